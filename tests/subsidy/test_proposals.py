"""Hours that attendance proposes."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.subsidy import proposals
from labapp.subsidy.hour_models import EntrySource, HourEntry, HourProposal, ProposalStatus
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.proposals import ProposalInput


@pytest.fixture
def attended(teacher, school, version, category):
    return ProposalInput(
        user_id=teacher.id, organisation_id=school.id, scheme_version_id=version.id,
        category_id=category.id, work_date=date(2026, 11, 17), minutes=60,
        source_ref="sessions:12", description="Bordsessie",
    )  # fmt: skip


def test_a_session_proposes_once_however_often_it_says_so(attended, colleague):
    both = [attended, replace(attended, user_id=colleague.id)]
    proposals.propose_hours(Actor.system(), both)
    proposals.propose_hours(Actor.system(), [replace(attended, minutes=90), both[1]])

    rows = db.session.scalars(select(HourProposal).order_by(HourProposal.user_id)).all()
    assert [row.minutes for row in rows] == [90, 60]
    assert db.session.scalar(select(func.count(HourEntry.id))) == 0  # only a proposal


def test_the_person_takes_over_what_was_proposed(attended, teacher, as_actor):
    one = proposals.propose_hours(Actor.system(), [attended])[0]
    entry = proposals.accept(as_actor(teacher), [one.id])[0]
    assert (entry.source, entry.source_ref, entry.touched_by) == (
        EntrySource.SESSION, "sessions:12", [teacher.id],
    )  # fmt: skip
    assert (one.status, one.entry_id) == (ProposalStatus.ACCEPTED, entry.id)
    with pytest.raises(ConflictError):
        proposals.accept(as_actor(teacher), [one.id])
    proposals.propose_hours(Actor.system(), [replace(attended, minutes=120)])
    assert (one.minutes, one.status) == (60, ProposalStatus.ACCEPTED)


def test_what_was_dismissed_does_not_come_back(attended, teacher, as_actor):
    one = proposals.propose_hours(Actor.system(), [attended])[0]
    proposals.dismiss(as_actor(teacher), [one.id])
    proposals.propose_hours(Actor.system(), [attended])
    assert proposals.list_open(as_actor(teacher)) == []


def test_proposals_obey_the_rules_when_they_are_taken_over(attended, teacher, as_actor):
    ones = proposals.propose_hours(
        Actor.system(), [attended, replace(attended, minutes=720, source_ref="sessions:13")]
    )
    with pytest.raises(EntriesInvalidError) as refused:
        proposals.accept(as_actor(teacher), [one.id for one in ones])
    assert [p.code for p in refused.value.problems[1]] == ["day_max"]
    assert len(proposals.list_open(as_actor(teacher))) == 2


def test_nobody_answers_for_another_and_strangers_propose_nothing(
    attended, teacher, colleague, school_leader, other_leader, as_actor
):
    one = proposals.propose_hours(as_actor(school_leader), [attended])[0]
    for stranger in (colleague, school_leader):
        with pytest.raises(NotFoundError):
            proposals.accept(as_actor(stranger), [one.id])
    for stranger in (colleague, other_leader):
        with pytest.raises(NotFoundError):
            proposals.propose_hours(as_actor(stranger), [attended])
    with pytest.raises(InvalidError):
        proposals.propose_hours(as_actor(teacher), [replace(attended, minutes=10)])
