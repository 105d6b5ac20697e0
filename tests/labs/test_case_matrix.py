"""Who may take which step with a case in which state: by service and over HTTP.

Written by hand from spec/labs.md (feature 18, 3.3): who guides the lab, brokers and the office
decide; the author alone appeals; another than who decided has the last word.
"""

from itertools import product

import pytest
from sqlalchemy import update

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, LabappError
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
}
LEADS_TO = {A.KEEP: D, A.HIDE: D, A.REMOVE: D, A.APPEAL: P, A.UPHOLD: C, A.OVERTURN: C}
IN_CAST = ("bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
           "leader")  # fmt: skip


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    return {
        "visitor": None,
        **{name: getattr(cast, name) for name in IN_CAST},
        "knowledge_broker": knowledge_broker,
        "programme_officer": programme_officer,
        "administrator": administrator,
    }


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
    wrong = []
    for state, (name, user), action in product(CaseState, people.items(), A):
        put(case, state, people)
        actor = Actor.of(user) if user else Actor.visitor()
        try:
            moderation.perform(actor, case, action, version=case.version, reason="Daarom.")
            got = case.state
        except LabappError as error:
            got = type(error)
        if name in ALLOWED.get((state, action), set()):
            right = got is LEADS_TO[action]
        else:
            right = got in (ForbiddenError, ConflictError)
        if not right:
            wrong.append((state.value, name, action.value, got))

    assert wrong == []


def test_every_role_in_the_states_that_lead_on_over_http(app, people, case, browse):
    browsers = {name: browse(user) for name, user in people.items()}
    headers = {}
    for name, user in people.items():
        if user is not None:
            _row, text = tokens.create_token(
                Actor.of(user), name="T", scopes=("labs:read", "labs:write"), days=1
            )
            headers[name] = {"Authorization": f"Bearer {text}", "If-Match": "*"}
    wrong = []
    for (state, action), names in ALLOWED.items():
        for number, name in enumerate(people):
            put(case, state, people)
            allowed = name in names
            body = {"action": action.value, "reason": "Daarom."}
            if number % 2:
                page = f"/moderatie/{case.id}/stap"
                answer = browsers[name].post(page, data={**body, "version": case.version})
                sent_on = answer.status_code == 303 and "/inloggen" in answer.location
                right = answer.status_code == 303 if allowed else (
                    sent_on or answer.status_code in (403, 404, 409)
                )  # fmt: skip
            else:
                answer = app.test_client().post(
                    f"/api/v1/cases/{case.id}/steps", json=body, headers=headers.get(name, {})
                )
                right = answer.status_code == 200 if allowed else (
                    answer.status_code in (401, 403, 404, 409)
                )  # fmt: skip
            db.session.refresh(case)
            if not right or case.state is not (LEADS_TO[action] if allowed else state):
                wrong.append((state.value, action.value, name, answer.status_code))

    assert wrong == []
