"""Attempts to let hours lie, or to learn of hours of others."""

from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import func, select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.subsidy import declarations, hours, proposals
from labapp.subsidy.declaration_snapshots import registered_on
from labapp.subsidy.hour_models import (
    Declaration,
    DeclarationState,
    HourEntry,
)
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.hours import EntryInput, Step, Way
from labapp.subsidy.proposals import ProposalInput
from labapp.subsidy.scheme_models import Evidence
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.subsidy.conftest import BEGIN, works
from tests.subsidy.factories import CategoryFactory

OCTOBER = date(2026, 10, 6)


@pytest.fixture
def wrote(wrote):
    """Two hours in October, a month that is over."""
    return replace(wrote, work_date=OCTOBER, minutes=120)


@pytest.fixture
def approve(school_leader, as_actor):
    def approve(actor, *entries, leader=school_leader):
        for number in dict.fromkeys(entry.declaration_id for entry in entries):
            one = db.session.get(Declaration, number)
            one = declarations.submit(actor, one, one.version)
            declarations.approve(as_actor(leader), one, one.version)

    return approve


@pytest.fixture
def other_category(version):
    return CategoryFactory(scheme_version=version, code="sessie", evidence=Evidence.SESSION)


def codes_of(refused):
    return {problem.code for found in refused.value.problems.values() for problem in found}


@pytest.fixture
def works_twice(teacher, other_school):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)


@pytest.mark.usefixtures("works_twice")
@pytest.mark.parametrize(
    ("times", "code"),
    [({"minutes": 720}, "day_max"), ({"start_local": time(9), "end_local": time(11)}, "overlap")],
)
def test_what_is_taken_back_makes_room_once_that_is_approved(
    me, wrote, approve, other_school, other_leader, school_leader, as_actor, times, code
):
    """Else the same day is approved at two schools and the reversal never signed."""
    there = replace(wrote, organisation_id=other_school.id, **times)
    first = hours.add_entry(me, replace(wrote, **times))
    approve(me, first)
    reversal = hours.reverse(me, first, first.minutes, "Niet gewerkt")[0]
    with pytest.raises(EntriesInvalidError) as refused:
        hours.add_entries(me, [there], may_repeat=True)
    assert codes_of(refused) == {code}

    approve(me, reversal)
    [second] = hours.add_entries(me, [there], may_repeat=True)
    approve(me, second, leader=other_leader)
    one = db.session.get(Declaration, reversal.declaration_id)
    with pytest.raises(ConflictError, match="vrijmaakte"):
        declarations.reopen(as_actor(school_leader), one, one.version, "Toch wel gewerkt")


def test_what_takes_hours_back_can_be_opened_while_nothing_came_instead(
    me, wrote, approve, school_leader, as_actor
):
    first = hours.add_entry(me, replace(wrote, minutes=720))
    approve(me, first)
    reversal = hours.reverse(me, first, 720, "Niet gewerkt")[0]
    approve(me, reversal)
    one = db.session.get(Declaration, reversal.declaration_id)
    one = declarations.reopen(as_actor(school_leader), one, one.version, "Toch wel gewerkt")
    assert one.state is DeclarationState.OPEN


def test_a_reversal_may_be_taken_away_where_nothing_came_instead(me, wrote, approve):
    first = hours.add_entry(me, wrote)
    approve(me, first)
    reversal = hours.reverse(me, first, 120, "Niet gewerkt")[0]
    hours.remove_entry(me, reversal, reversal.version)
    assert db.session.scalar(select(func.sum(HourEntry.minutes))) == 120


def test_a_change_of_activity_asks_for_the_evidence_of_the_new_one(me, wrote, other_category):
    entry = hours.add_entry(me, wrote)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.change_entry(me, entry, replace(wrote, category_id=other_category.id), entry.version)
    assert codes_of(refused) == {"evidence_missing"}


def test_a_change_of_activity_does_not_reach_a_closed_one(me, wrote, version):
    closed = CategoryFactory(scheme_version=version, code="dicht", is_open=False)
    entry = hours.add_entry(me, wrote)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.change_entry(me, entry, replace(wrote, category_id=closed.id), entry.version)
    assert codes_of(refused) == {"category_closed"}


def test_a_replacement_in_another_activity_needs_its_evidence(me, wrote, approve, other_category):
    entry = hours.add_entry(me, wrote)
    approve(me, entry)
    instead = replace(wrote, category_id=other_category.id)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.reverse(me, entry, 120, "Andere activiteit", instead)
    assert codes_of(refused) == {"evidence_missing"}


def test_a_replacement_stays_with_its_reversal(me, wrote, approve):
    """In another month it could be signed and approved while the reversal never is."""
    clock.set_clock("2026-12-01T09:30")
    entry = hours.add_entry(me, wrote)
    approve(me, entry)
    with pytest.raises(InvalidError):
        hours.reverse(me, entry, 120, "Andere dag", replace(wrote, work_date=date(2026, 11, 3)))


def test_a_replacement_is_not_moved_away_from_its_reversal(me, wrote, approve):
    clock.set_clock("2026-12-01T09:30")
    entry = hours.add_entry(me, wrote)
    approve(me, entry)
    _reversal, instead = hours.reverse(me, entry, 120, "Ander", replace(wrote, minutes=60))
    moved = replace(wrote, minutes=60, work_date=date(2026, 11, 3))
    with pytest.raises(InvalidError):
        hours.change_entry(me, instead, moved, instead.version)


def test_a_reversal_does_not_go_without_its_replacement(me, wrote, approve):
    entry = hours.add_entry(me, wrote)
    approve(me, entry)
    reversal, _instead = hours.reverse(me, entry, 120, "Ander", replace(wrote, minutes=60))
    with pytest.raises((ConflictError, InvalidError)):
        hours.write(me, [Step(entry_id=reversal.id, version=reversal.version)], Way())


def test_what_was_corrected_is_not_opened_again(me, wrote, approve, school_leader, as_actor):
    entry = hours.add_entry(me, wrote)
    approve(me, entry)
    approve(me, hours.reverse(me, entry, 60, "Korter")[0])
    one = db.session.get(Declaration, entry.declaration_id)
    with pytest.raises(ConflictError):
        declarations.reopen(as_actor(school_leader), one, one.version, "Toch anders")


def test_hours_of_a_month_join_the_declaration_that_was_opened_again(
    me, wrote, approve, school_leader, as_actor
):
    first = hours.add_entry(me, wrote)
    approve(me, first)
    second = hours.add_entry(me, replace(wrote, work_date=date(2026, 10, 7)))
    approve(me, second)
    one = db.session.get(Declaration, first.declaration_id)
    declarations.reopen(as_actor(school_leader), one, one.version, "Toch anders")

    third = hours.add_entry(me, replace(wrote, work_date=date(2026, 10, 8)))
    assert third.declaration_id == one.id


def test_nothing_is_added_beside_an_older_declaration_that_is_signed(
    me, wrote, approve, school_leader, as_actor
):
    """Else giving it back would make two open ones."""
    first = hours.add_entry(me, wrote)
    approve(me, first)
    approve(me, hours.add_entry(me, replace(wrote, work_date=date(2026, 10, 7))))
    one = db.session.get(Declaration, first.declaration_id)
    one = declarations.reopen(as_actor(school_leader), one, one.version, "Toch anders")
    one = declarations.submit(me, one, one.version)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.add_entry(me, replace(wrote, work_date=date(2026, 10, 8)))
    assert codes_of(refused) == {"period_submitted"}
    declarations.reject(as_actor(school_leader), one, one.version, "Nee")


def test_a_leader_learns_nothing_of_people_of_other_schools(wrote, me, school, as_actor):
    """Neither that they exist nor when they worked."""
    hours.add_entry(me, replace(wrote, start_local=time(9), end_local=time(11)))
    other = OrganisationFactory(name="Ver weg")
    leader = as_actor(works(Role.SCHOOL_LEADER, other))
    probe = replace(wrote, organisation_id=other.id, start_local=time(9), end_local=time(11))
    for probed in (probe, replace(probe, user_id=987_654)):
        with pytest.raises(NotFoundError):
            hours.add_entry(leader, probed)


def test_nobody_proposes_hours_to_people_of_other_schools(wrote, teacher, as_actor):
    other = OrganisationFactory(name="Ver weg")
    coach = as_actor(works(Role.INTERNAL_COACH, other))
    for user_id in (teacher.id, 987_654):
        one = ProposalInput(
            user_id, other.id, wrote.scheme_version_id, wrote.category_id, OCTOBER, 60, "sessions:1"
        )
        with pytest.raises(NotFoundError):
            proposals.propose_hours(coach, [one])


def test_a_proposal_of_one_school_is_not_rewritten_by_another(
    wrote, teacher, school, other_school, as_actor
):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    ours = as_actor(works(Role.INTERNAL_COACH, school))
    theirs = as_actor(works(Role.INTERNAL_COACH, other_school))
    one = ProposalInput(
        teacher.id, school.id, wrote.scheme_version_id, wrote.category_id, OCTOBER, 60, "sessions:1"
    )
    [row] = proposals.propose_hours(ours, [one])
    with pytest.raises((NotFoundError, ConflictError)):
        proposals.propose_hours(
            theirs, [replace(one, organisation_id=other_school.id, minutes=720)]
        )
    db.session.refresh(row)
    assert (row.organisation_id, row.minutes) == (school.id, 60)


def test_a_late_change_by_a_leader_counts_as_late(wrote, me, school_leader, as_actor):
    entry = hours.add_entry(me, wrote)
    coach = as_actor(school_leader)
    late = replace(wrote, work_date=date(2026, 8, 20), late_reason="Ziek geweest")
    changed = hours.change_entry(coach, entry, late, entry.version)
    assert changed.late_reason == "Ziek geweest"


def test_an_entry_keeps_its_person(wrote, me, colleague, school_leader, as_actor):
    coach = as_actor(school_leader)
    entry = hours.add_entry(me, wrote)
    with pytest.raises((ConflictError, NotFoundError, InvalidError)):
        hours.change_entry(coach, entry, replace(wrote, user_id=colleague.id), entry.version)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_at_the_end_of_time_are_refused_in_words(wrote, me, day):
    with pytest.raises(InvalidError):
        hours.add_entry(me, replace(wrote, work_date=day))


def test_the_day_of_registration_is_the_branchs_own(
    me, teacher, category, version, as_actor, school_leader
):
    """On Bonaire it is still the day before: both papers say the same."""

    branch = OrganisationFactory(name="Bonaire", time_zone="America/Kralendijk")
    AffiliationFactory(user=teacher, organisation=branch, role=Role.TEACHER, from_on=BEGIN)
    clock.set_clock("2026-11-03T02:00")
    entry = hours.add_entry(
        as_actor(teacher),
        EntryInput(teacher.id, branch.id, version.id, category.id, date(2026, 11, 2), 60),
    )
    assert registered_on(entry) == date(2026, 11, 2)


def test_hours_of_a_session_are_no_longer_than_attendance_shows(
    wrote, me, teacher, school, other_category, approve
):
    one = ProposalInput(
        teacher.id, school.id, wrote.scheme_version_id, other_category.id, OCTOBER, 60, "sessions:1"
    )
    [row] = proposals.propose_hours(Actor.system(), [one])
    [entry] = proposals.accept(me, [row.id])
    longer = replace(hours.input_of(entry), minutes=600)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.change_entry(me, entry, longer, entry.version)
    assert codes_of(refused) == {"evidence_missing"}
    entry = hours.change_entry(me, entry, replace(longer, minutes=30), entry.version)
    entry = hours.change_entry(me, entry, replace(longer, minutes=60), entry.version)
    approve(me, entry)
    with pytest.raises(EntriesInvalidError):
        hours.reverse(me, entry, 60, "Langer", replace(longer, source_ref=None))
