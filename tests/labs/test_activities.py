"""Meetings: planned with people of the lab, and the hours that follow once they were held."""

from datetime import date, time

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import activities, round_duties
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_calendar import calendar_of
from labapp.labs.activity_states import ActivityAction
from labapp.labs.lab_models import LabState, LabVisibility
from labapp.labs.round_models import ActivityState
from labapp.notifications.models import Delivery, Event
from tests.labs import working
from tests.labs.working import actor_of, at
from tests.labs.working import confirm_meeting as confirm
from tests.labs.working import plan_meeting as plan

BEGIN = date(2026, 8, 1)


@pytest.fixture(autouse=True)
def in_november():
    """It is Wednesday 18 November 2026, half past nine."""
    clock.set_clock("2026-11-18T09:30")


@pytest.fixture
def cast(in_november, cast):
    """The people of the lab, at work since August."""
    working.at_work_since_august()
    return cast


def test_a_meeting_is_for_the_people_of_the_lab(cast):
    activity = plan(cast, cast.teacher)

    assert [person.organisation_id for person in activity.people] == [
        cast.school.id, cast.institution.id,
    ]  # fmt: skip
    told = select(Delivery.user_id).join(Event).where(Event.type == "activity.planned")
    assert set(db.session.scalars(told)) == {cast.researcher.id}
    for stranger in (cast.outsider, cast.bystander):
        with pytest.raises(InvalidError) as refused:
            plan(cast, people=(stranger,))
        assert list(refused.value.fields) == ["people"]
    for user in (cast.leader, cast.outsider):
        with pytest.raises(ForbiddenError):
            plan(cast, user)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"day": date(2020, 1, 1)}, "held_on"),
        ({"day": date(2032, 1, 1)}, "held_on"),
        ({"minutes": 10}, "minutes"),
        ({"minutes": 721}, "minutes"),
        ({"minutes": 62}, "minutes"),
        ({"title": " "}, "title"),
        ({"notes": "a" * 50_000}, "notes"),
        ({"round_id": 999}, "round_id"),
    ],
)
def test_a_meeting_makes_sense(cast, values, field):
    with pytest.raises(InvalidError) as refused:
        plan(cast, **values)

    assert list(refused.value.fields) == [field]


def test_only_who_planned_it_and_the_leads_confirm_and_not_before_it_was_held(cast):
    activity = plan(cast, cast.teacher, day=date(2026, 11, 19))
    for user in (cast.researcher, cast.leader, cast.bystander):
        with pytest.raises(ForbiddenError):
            confirm(user, activity, cast.teacher)
    with pytest.raises(ConflictError, match="nog niet geweest"):
        confirm(cast.teacher, activity, cast.teacher)
    clock.set_clock("2026-11-20T09:00")
    assert [duty.object for duty in round_duties.list_duties(actor_of(cast.teacher))] == [
        f"activities:{activity.id}"
    ]

    confirm(cast.teacher, activity, cast.teacher)

    assert activity.state is ActivityState.HELD
    assert round_duties.list_duties(actor_of(cast.teacher)) == []


def test_a_meeting_is_cancelled_with_a_reason_and_people_hear_it(cast):
    activity = plan(cast)
    with pytest.raises(InvalidError):
        activities.perform(
            actor_of(cast.practice_lead), activity, ActivityAction.CANCEL, version=activity.version
        )

    activities.perform(
        actor_of(cast.practice_lead), activity, ActivityAction.CANCEL, version=activity.version,
        reason="Griep.",
    )  # fmt: skip

    told = select(Delivery.user_id).join(Event).where(Event.type == "activity.cancelled")
    assert set(db.session.scalars(told)) == {cast.teacher.id, cast.researcher.id}
    with pytest.raises(ConflictError):
        confirm(cast.practice_lead, activity, cast.teacher)


def test_a_meeting_that_moves_is_told_to_who_comes(cast):
    activity = plan(cast)
    wanted = frozenset({cast.teacher.id, cast.practice_lead.id})
    values = ActivityInput(**at(clock=time(16), people=wanted))

    activities.change_activity(
        actor_of(cast.practice_lead), activity, values, version=activity.version
    )

    told = select(Delivery.user_id).join(Event).where(Event.type == "activity.moved")
    assert set(db.session.scalars(told)) == {cast.teacher.id}
    with pytest.raises(ConflictError):
        activities.change_activity(
            actor_of(cast.practice_lead), activity, values, version=activity.version - 1
        )
    with pytest.raises(ForbiddenError):
        activities.change_activity(
            actor_of(cast.teacher), activity, values, version=activity.version
        )


def test_a_lab_that_rests_has_no_new_meetings(cast):
    activity = plan(cast)
    with transaction():
        cast.lab.state = LabState.PAUSED

    with pytest.raises(ConflictError):
        plan(cast)
    with pytest.raises(ConflictError):
        confirm(cast.practice_lead, activity, cast.teacher)


def test_who_is_not_in_the_lab_finds_no_meeting(cast):
    activity = plan(cast)
    with transaction():
        cast.lab.visibility = LabVisibility.PUBLIC

    assert activities.list_activities(actor_of(cast.leader), cast.lab) == [activity]
    for user in (None, cast.bystander, cast.outsider):
        with pytest.raises(NotFoundError):
            activities.get_activity(actor_of(user), activity.id)
        assert activities.list_activities(actor_of(user), cast.lab) == []
    assert activities.list_activities(Actor.visitor(), cast.lab) == []


def test_a_calendar_has_the_moment_in_utc_and_what_is_off(cast):
    activity = plan(cast, title="Lezen; en meer\nregels", place="Lokaal 3")
    with transaction():
        activity.state = ActivityState.CANCELLED

    lines = (
        calendar_of([(activity, "https://example.org/b/1")], "example.org").decode().split("\r\n")
    )

    assert "DTSTART:20261117T140000Z" in lines
    assert "DTEND:20261117T153000Z" in lines
    assert "STATUS:CANCELLED" in lines
    assert f"UID:activity-{activity.id}@example.org" in lines
    assert r"SUMMARY:Lezen\; en meer regels" in lines
