"""What holds when two do something with the same round or person at the same moment."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from labapp import clock
from labapp.database import db, transaction
from labapp.labs import activities, plans, privacy_sheets, rounds
from labapp.labs.activity_states import ActivityAction
from labapp.labs.plan_answers import KEYS
from labapp.labs.round_models import PlanVersion, PrivacySheet, Round, RoundPhase
from labapp.labs.round_states import RoundAction
from labapp.subsidy.hour_models import HourProposal
from labapp.subsidy.scheme_models import Participation
from tests.labs import working
from tests.subsidy.factories import CategoryFactory


@pytest.fixture
def cast(cast):
    clock.set_clock("2026-11-18T09:30")
    working.at_work_since_august()
    return cast


def test_two_leads_who_propose_at_once_have_agreed(cast, together):
    one = working.start(cast).round
    number, version = one.id, one.version

    def propose(actor):
        found = rounds.get_round(actor, number)
        return rounds.perform(actor, found, RoundAction.DIAGNOSE, version=version)

    answers = together((cast.practice_lead, propose), (cast.research_lead, propose))

    assert sorted(answers) == [False, True]
    assert db.session.get_one(Round, number).phase is RoundPhase.DIAGNOSE


def test_two_who_begin_a_plan_and_a_sheet_at_once_lose_no_text(cast, together):
    number = working.start(cast).round.id

    def write(actor):
        one = rounds.get_round(actor, number)
        plans.save_plan(actor, one, dict.fromkeys(KEYS, str(actor.id)), mark=0)

    def fill(actor):
        one = rounds.get_round(actor, number)
        privacy_sheets.save_sheet(actor, one, {"purpose": str(actor.id)}, version=0)

    for work, model in ((write, PlanVersion), (fill, PrivacySheet)):
        answers = together((cast.teacher, work), (cast.researcher, work))
        assert sorted(answers, key=str) == ["ConflictError", None]
        assert db.session.scalar(select(func.count(model.id))) == 1


def test_two_meetings_at_one_time_propose_hours_once(cast, together):
    category = CategoryFactory()
    part = Participation(
        scheme_version_id=category.scheme_version_id, organisation_id=cast.school.id,
        from_on=date(2026, 8, 1), to_on=date(2027, 7, 31),
    )  # fmt: skip
    with transaction() as session:
        session.add(part)
    first, second = (working.plan_meeting(cast, clock=time(hour)).id for hour in (15, 16))
    teacher = cast.teacher.id

    def confirm(number):
        def work(actor):
            found = activities.get_activity(actor, number)
            activities.perform(
                actor, found, ActivityAction.CONFIRM, version=1, present={teacher: None}
            )

        return work

    answers = together(
        (cast.practice_lead, confirm(first)),
        (cast.research_lead, confirm(second)),
        (cast.research_lead, confirm(first)),
    )

    assert sorted(answers, key=str) == ["ConflictError", None, None]
    assert db.session.scalar(select(func.count(HourProposal.id))) == 1
