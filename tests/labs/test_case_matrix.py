"""Who may take which step with a case in which state: by service and over HTTP.

Written by hand from spec/labs.md (feature 18, 3.3): who guides the lab, brokers and the office
decide; the author alone appeals; another than who decided has the last word.
"""

import pytest
from sqlalchemy import update

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import moderation
from labapp.labs.case_states import CaseAction as A
from labapp.labs.lab_models import LabVisibility
from labapp.labs.thread_models import (
    CaseDecision,
    CaseState,
    Contribution,
    ContributionState,
    ModerationCase,
    ReportReason,
)
from tests.labs.stepping import wrong_in_service, wrong_over_http
from tests.labs.talking import begin

JUDGES = {"practice_lead", "research_lead", "knowledge_broker", "programme_officer"}
OTHERS = JUDGES - {"knowledge_broker"}  # who decided it first
O, D, P, C = CaseState.OPEN, CaseState.DECIDED, CaseState.APPEALED, CaseState.CLOSED  # noqa: E741
ALLOWED = {
    (O, A.KEEP): JUDGES,
    (O, A.HIDE): JUDGES,
    (O, A.REMOVE): JUDGES,
    (D, A.APPEAL): {"teacher"},
    (P, A.UPHOLD): OTHERS,
    (P, A.OVERTURN): OTHERS,
    (D, A.EXPIRE): {"system"},
}
LEADS_TO = {A.KEEP: D, A.HIDE: D, A.REMOVE: D, A.APPEAL: P, A.UPHOLD: C, A.OVERTURN: C, A.EXPIRE: C}


@pytest.fixture
def case(cast):
    """A reported contribution of the teacher in a lab that everybody reads."""
    cast.lab.visibility = LabVisibility.PUBLIC
    said = begin(cast.teacher, cast.lab)
    actor = Actor.of(cast.outsider)
    return moderation.report(actor, f"contributions:{said.id}", ReportReason.RUDE)


def put(case, state, people):
    is_open = state is O
    db.session.rollback()
    db.session.execute(
        update(ModerationCase).values(
            state=state,
            decision=None if is_open else CaseDecision.HIDE,
            decided_by_id=None if is_open else people["knowledge_broker"].id,
        )
    )
    hidden = ContributionState.POSTED if is_open else ContributionState.HIDDEN
    db.session.execute(update(Contribution).values(state=hidden))
    db.session.commit()
    db.session.expire_all()


def test_every_role_state_and_action_in_the_service(people, case):
    def step(actor, action):
        moderation.perform(actor, case, action, version=case.version, reason="Daarom.")
        assert case.state is LEADS_TO[action]

    wrong = wrong_in_service(
        people, ALLOWED, CaseState, A, lambda state: put(case, state, people), step
    )

    assert wrong == []


def test_every_role_in_the_states_that_lead_on_over_http(app, people, case, browse):
    def begin_in(state):
        put(case, state, people)
        return case.version

    wrong = wrong_over_http(
        app, browse, people, ALLOWED, A, CaseState, begin_in,
        (f"/moderatie/{case.id}/stap", f"/api/v1/cases/{case.id}/steps"),
        lambda action: {"action": action.value, "reason": "Daarom."},
    )  # fmt: skip

    assert wrong == []
