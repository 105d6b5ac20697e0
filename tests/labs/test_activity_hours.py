"""The hours that follow from a meeting: proposed once, to who was there, in steps of the scheme."""

from datetime import date, time

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError
from labapp.labs.lab_models import LabVisibility
from labapp.labs.round_models import ActivityState
from labapp.links import LinkKind, links_of
from labapp.subsidy import proposals
from labapp.subsidy.hour_models import HourProposal
from labapp.subsidy.scheme_models import Participation
from tests.labs import working
from tests.labs.working import actor_of
from tests.labs.working import confirm_meeting as confirm
from tests.labs.working import plan_meeting as plan
from tests.subsidy.factories import CategoryFactory

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


@pytest.fixture
def category(cast):
    """An activity of a scheme in which the school takes part; the other schools do not."""
    category = CategoryFactory(code="werksessie")
    with transaction() as session:
        part = Participation(
            scheme_version_id=category.scheme_version_id,
            organisation_id=cast.school.id,
            from_on=BEGIN,
            to_on=date(2027, 7, 31),
        )  # fmt: skip
        session.add(part)
    return category


def proposed():
    rows = db.session.scalars(select(HourProposal).order_by(HourProposal.id))
    return [(row.user_id, row.minutes, row.source_ref) for row in rows]


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


def test_what_the_lab_chose_last_is_the_usual_activity_of_a_school(cast, category):
    other = CategoryFactory(scheme_version=category.scheme_version)
    key = (category.scheme_version_id, other.id)
    first, second, third = plan(cast), plan(cast, clock=time(9)), plan(cast, clock=time(11))

    with pytest.raises(InvalidError) as refused:
        confirm(cast.practice_lead, first, cast.teacher)
    confirm(cast.practice_lead, first, cast.teacher, hours={cast.school.id: key})
    confirm(cast.practice_lead, second, cast.teacher)
    with transaction():
        other.is_open = False
    confirm(cast.practice_lead, third, cast.teacher)

    rows = db.session.scalars(select(HourProposal).order_by(HourProposal.id)).all()
    assert list(refused.value.fields) == [f"hours-{cast.school.id}"]
    assert [row.category_id for row in rows] == [other.id, other.id, category.id]


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
