"""Raw SQL against what is frozen: the database itself refuses."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy import claims, hours, recoveries
from labapp.subsidy.hours import EntryInput
from tests.subsidy.claiming import approved, correction, draft, granted, reversed_part, submitted


def refused(statement, **values):
    """Whether the database refuses a statement; nothing of it stays."""
    try:
        with db.engine.begin() as connection:
            connection.execute(text(statement), values)
    except DBAPIError:
        return True
    return False


@pytest.fixture
def entry(teacher, school, category, version, as_actor):
    new = EntryInput(teacher.id, school.id, version.id, category.id, date(2026, 11, 17), 60)
    return hours.add_entry(as_actor(teacher), new)


@pytest.mark.parametrize(
    "change",
    ["user_id = {colleague}", "organisation_id = {other}", "work_date = '2026-10-30'"],
)
def test_hours_stay_with_the_declaration_of_their_person(entry, colleague, other_school, change):
    db.session.commit()
    change = change.format(colleague=colleague.id, other=other_school.id)
    assert refused(f"UPDATE hour_entries SET {change} WHERE id = :id", id=entry.id)
    assert not refused("UPDATE hour_entries SET minutes = 90 WHERE id = :id", id=entry.id)


@pytest.mark.parametrize(
    "change",
    ["total_cents = 1", "submitted_by_id = NULL", "instalment = 7", "submitted_at = NULL",
     "revision = 9"],
)  # fmt: skip
def test_a_submitted_claim_keeps_what_was_submitted(
    teacher, school, category, school_leader, controller, version, change
):
    approved(teacher, school, category, school_leader)
    claim = submitted(controller, version, school)
    db.session.commit()
    assert refused(f"UPDATE claims SET {change} WHERE id = :id", id=claim.id)
    assert claims.get_claim(Actor.of(controller), claim.id).state.value == "submitted"


def test_nobody_puts_another_name_under_hours_that_were_claimed(
    teacher, school, category, school_leader, controller, version
):
    approved(teacher, school, category, school_leader)
    submitted(controller, version, school)
    db.session.commit()
    assert refused("UPDATE claim_hours SET person_name = '', approved_by = 'Een ander'")
    assert not refused("UPDATE claim_hours SET person_name = '', approved_by = ''")


def test_what_a_board_owes_does_not_change(
    teacher, school, category, school_leader, controller, version, assessor, decider, payer
):
    [entry] = approved(teacher, school, category, school_leader)
    first = granted(controller, assessor, decider, draft(controller, version, school))
    reversed_part(entry, school_leader, 60)
    owed = granted(controller, assessor, decider, correction(controller, first))
    found = recoveries.open_recovery(Actor.of(payer), owed)
    db.session.commit()
    assert refused("UPDATE recoveries SET cents = 1")
    assert refused("DELETE FROM recoveries")
    received = recoveries.receive(Actor.of(payer), found, version=found.version)
    db.session.commit()
    assert refused("UPDATE recoveries SET state = 'open' WHERE id = :id", id=received.id)
