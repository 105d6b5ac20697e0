"""What waits for a person stands on the start page, and only for that person."""

from datetime import date

import pytest

from labapp.subsidy import declarations, hours
from labapp.subsidy.surroundings import EntryInput


@pytest.fixture
def october(teacher, school, version, category, as_actor):
    """Hours of a teacher in October, which is over."""
    entry = hours.add_entry(
        as_actor(teacher),
        EntryInput(teacher.id, school.id, version.id, category.id, date(2026, 10, 8), 60),
    )
    return entry.declaration_id


def test_a_month_that_is_over_waits_to_be_signed(browse, october, teacher, colleague):
    assert "Onderteken je urenstaat" in browse(teacher).get("/").text
    assert "Onderteken je urenstaat" not in browse(colleague).get("/").text


def test_what_is_signed_waits_for_the_leader_of_that_branch(
    browse, october, teacher, school_leader, other_leader, as_actor
):
    actor = as_actor(teacher)
    one = declarations.get_declaration(actor, october)
    declarations.submit(actor, one, one.version)

    words = "1 urenstaat wacht op goedkeuring"
    assert words in browse(school_leader).get("/").text
    assert words not in browse(other_leader).get("/").text
    assert "Onderteken je urenstaat" not in browse(teacher).get("/").text


def test_hours_of_a_leader_wait_for_the_board_and_for_no_other_leader(
    browse, school, school_leader, controller, other_leader, foreign_controller, version, category,
    as_actor,
):  # fmt: skip
    actor = as_actor(school_leader)
    entry = hours.add_entry(
        actor,
        EntryInput(school_leader.id, school.id, version.id, category.id, date(2026, 10, 8), 60),
    )
    one = declarations.get_declaration(actor, entry.declaration_id)
    declarations.submit(actor, one, one.version)

    words = "1 urenstaat wacht op goedkeuring"
    assert words in browse(controller).get("/").text
    for who in (school_leader, other_leader, foreign_controller):
        assert words not in browse(who).get("/").text
