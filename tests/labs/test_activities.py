"""Meetings: planned with people of the lab, and the hours that follow once they were held."""

from datetime import date, time

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import activities, round_duties
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_calendar import calendar_of
from labapp.labs.activity_states import ActivityAction
from labapp.labs.lab_models import LabState, LabVisibility
from labapp.labs.round_models import ActivityState
from labapp.links import LinkKind, links_of
from labapp.notifications.models import Delivery, Event
from labapp.subsidy import proposals
from labapp.subsidy.hour_models import HourProposal
from labapp.subsidy.scheme_models import Participation
from tests.labs.working import actor_of, at
from tests.subsidy.factories import CategoryFactory

BEGIN = date(2026, 8, 1)


@pytest.fixture(autouse=True)
def in_november():
    """It is Wednesday 18 November 2026, half past nine."""
    clock.set_clock("2026-11-18T09:30")


@pytest.fixture
def cast(in_november, cast):
    """The people of the lab, at work since August."""
    with transaction() as session:
        for held in session.scalars(select(Affiliation)):
            held.from_on = BEGIN
    return cast


@pytest.fixture
def category(cast):
    """An activity of a scheme in which the school takes part; the other schools do not."""
    category = CategoryFactory(code="werksessie")
    with transaction() as session:
        session.add(
            Participation(
                scheme_version_id=category.scheme_version_id, organisation_id=cast.school.id,
                from_on=BEGIN, to_on=date(2027, 7, 31),
            )  # fmt: skip
        )
    return category


def plan(cast, user=None, people=(), **values):
    wanted = frozenset(one.id for one in people or (cast.teacher, cast.researcher))
    return activities.plan_activity(
        actor_of(user or cast.practice_lead), cast.lab, ActivityInput(**at(people=wanted, **values))
    )


def confirm(user, activity, *people, **values):
    given = {"present": {one.id: None for one in people}, "version": activity.version, **values}
    return activities.perform(actor_of(user), activity, ActivityAction.CONFIRM, **given)


def proposed():
    rows = db.session.scalars(select(HourProposal).order_by(HourProposal.id))
    return [(row.user_id, row.minutes, row.source_ref) for row in rows]


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


def test_who_was_there_gets_hours_to_take_over(cast, category):
    activity = plan(cast)

    confirm(cast.practice_lead, activity, cast.teacher, cast.researcher)

    row = db.session.scalar(select(HourProposal))
    assert (row.user_id, row.minutes, row.source_ref) == (
        cast.teacher.id, 90, f"activities:{activity.id}",
    )  # fmt: skip
    assert (row.start_local, row.end_local) == (time(15), time(16, 30))
    assert [(person.has_proposal, person.without_hours) for person in activity.people] == [
        (True, ""), (False, "no_scheme"),
    ]  # fmt: skip
    links = links_of(f"activities:{activity.id}")
    assert [(link.kind, link.to_object) for link in links] == [
        (LinkKind.LOGGED_AS, f"hour_proposals:{row.id}")
    ]
    entry = proposals.accept(actor_of(cast.teacher), [row.id])[0]
    assert entry.source_ref == f"activities:{activity.id}"


def test_hours_say_nothing_of_a_private_lab(cast, category):
    secret = plan(cast, title="Knikkers in lokaal 3")
    confirm(cast.practice_lead, secret, cast.teacher)
    with transaction():
        cast.lab.visibility = LabVisibility.PUBLIC
    public = plan(cast, title="Lezen in de klas", clock=time(9))
    confirm(cast.practice_lead, public, cast.teacher)

    words = db.session.scalars(select(HourProposal.description).order_by(HourProposal.id)).all()
    assert words == ["Overleg in een lab", "Lezen in de klas"]


def test_a_meeting_is_confirmed_once_and_who_was_forgotten_is_added(cast, category):
    activity = plan(cast)
    confirm(cast.practice_lead, activity, cast.teacher)
    with pytest.raises(InvalidError):
        confirm(cast.practice_lead, activity, cast.teacher)
    with pytest.raises(ConflictError):
        confirm(cast.practice_lead, activity, cast.researcher, version=activity.version - 1)

    confirm(cast.practice_lead, activity, cast.practice_lead)

    assert [(user, minutes) for user, minutes, _ref in proposed()] == [
        (cast.teacher.id, 90), (cast.practice_lead.id, 90),
    ]  # fmt: skip
    assert [person.was_there for person in activity.people] == [True, False, True]


def test_nobody_gets_hours_twice_for_one_time(cast, category):
    first, second = plan(cast), plan(cast, clock=time(16))
    after = plan(cast, clock=time(16, 30), minutes=30)
    for activity in (first, second, after):
        confirm(cast.practice_lead, activity, cast.teacher)

    assert [ref for _user, _minutes, ref in proposed()] == [
        f"activities:{first.id}", f"activities:{after.id}",
    ]  # fmt: skip
    assert second.people[0].without_hours == "overlap"


def test_minutes_are_whole_steps_of_the_scheme(cast, category):
    activity = plan(cast, minutes=100)

    confirm(cast.practice_lead, activity, present={cast.teacher.id: 50})

    assert proposed() == [(cast.teacher.id, 45, f"activities:{activity.id}")]
    short = plan(cast, clock=time(9))
    confirm(cast.practice_lead, short, present={cast.teacher.id: 10})
    assert short.people[0].without_hours == "too_short"


def test_one_chooses_the_scheme_and_activity_or_no_hours(cast, category):
    other = CategoryFactory(scheme_version=category.scheme_version)
    closed = CategoryFactory(scheme_version=category.scheme_version, is_open=False)
    key = (category.scheme_version_id, other.id)
    first, second = plan(cast), plan(cast, clock=time(9))

    confirm(cast.practice_lead, first, cast.teacher, hours={cast.school.id: key})
    confirm(cast.practice_lead, second, cast.teacher, hours={cast.school.id: None})

    row = db.session.scalar(select(HourProposal))
    assert row.category_id == other.id
    assert second.people[0].without_hours == "not_chosen"
    third = plan(cast, clock=time(11))
    for wrong in ((1, 99_999), (key[0], closed.id)):
        with pytest.raises(InvalidError):
            confirm(cast.practice_lead, third, cast.teacher, hours={cast.school.id: wrong})
    assert third.state is ActivityState.PLANNED


def test_a_participation_that_ended_gives_no_hours(cast, category):
    with transaction() as session:
        session.scalar(select(Participation)).to_on = date(2026, 11, 16)
    activity = plan(cast)

    confirm(cast.practice_lead, activity, cast.teacher)

    assert proposed() == []
    assert activity.people[0].without_hours == "no_scheme"


def test_a_meeting_past_midnight_has_no_clock_times(cast, category):
    activity = plan(cast, clock=time(23), minutes=120)

    confirm(cast.practice_lead, activity, cast.teacher)

    row = db.session.scalar(select(HourProposal))
    assert (row.minutes, row.start_local, row.end_local) == (120, None, None)


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

    lines = calendar_of([(activity, "https://example.org/b/1")], "example.org").decode().split("\r\n")

    assert "DTSTART:20261117T140000Z" in lines
    assert "DTEND:20261117T153000Z" in lines
    assert "STATUS:CANCELLED" in lines
    assert f"UID:activity-{activity.id}@example.org" in lines
    assert r"SUMMARY:Lezen\; en meer regels" in lines
