"""The decision of a round, and looking at it again."""

from datetime import timedelta

import pytest

from labapp.clock import today
from labapp.database import transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.labs import round_duties
from labapp.labs.round_decisions import review_decision, take_decision
from labapp.labs.round_models import RoundDecision, RoundPhase
from tests.labs import working
from tests.labs.working import actor_of


@pytest.fixture
def work(cast):
    return working.start(cast)


@pytest.fixture
def both(cast):
    """Both leads, practice first."""
    return actor_of(cast.practice_lead), actor_of(cast.research_lead)


def test_a_decision_has_a_reason_and_a_day_to_look_again(cast, work, both):
    one = work.round
    working.set_phase(one, RoundPhase.DECIDE)
    values = {"decision": RoundDecision.STOP, "reason": "Het hielp niet.",
              "review_due_on": today() + timedelta(days=90)}  # fmt: skip
    wrong = [{"reason": " "}, {"review_due_on": None}, {"review_due_on": today()},
             {"review_due_on": today() + timedelta(days=4000)}]  # fmt: skip
    for change in wrong:
        with pytest.raises(InvalidError):
            take_decision(both[0], one, version=one.version, **{**values, **change})
    with pytest.raises(ForbiddenError):
        take_decision(actor_of(cast.researcher), one, version=one.version, **values)

    take_decision(both[0], one, version=one.version, **values)

    assert (one.decision, one.decision_reason) == (RoundDecision.STOP, "Het hielp niet.")
    working.set_phase(one, RoundPhase.DESIGN)
    with pytest.raises(ConflictError):
        take_decision(both[0], one, version=one.version, **values)


def test_a_closed_round_is_looked_at_again(cast, work, both):
    one = working.prepare(cast, work)
    with transaction():
        one.phase, one.review_due_on = RoundPhase.CLOSED, today()
    assert [duty.due_on for duty in round_duties.list_duties(both[0])] == [today()]

    later = today() + timedelta(days=200)
    with pytest.raises(InvalidError):
        review_decision(both[0], one, review_due_on=later, note="", version=one.version)
    review_decision(both[0], one, review_due_on=later, note="Het loopt nog.", version=one.version)

    assert one.review_due_on == later
    assert round_duties.list_duties(both[0]) == []
