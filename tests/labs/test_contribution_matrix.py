"""Who may take which step with a contribution in which state: by service and over HTTP.

The table is that of spec/labs.md (3.2 and 3.3), written by hand: authors take back their own,
leads hide in their lab, brokers and the office anywhere; nobody judges words of their own.
"""

from itertools import product

import pytest
from sqlalchemy import update

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, LabappError, NotFoundError
from labapp.labs import contributions
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.lab_models import LabVisibility
from labapp.labs.thread_models import Contribution, ContributionState
from tests.labs.talking import begin

JUDGES = {"practice_lead", "research_lead", "knowledge_broker", "programme_officer"}
AUTHOR = {"teacher"}
P, H, X, R = (
    ContributionState.POSTED,
    ContributionState.HELD,
    ContributionState.HIDDEN,
    ContributionState.REMOVED,
)
ALLOWED = {
    (H, ContributionAction.RELEASE): JUDGES,
    (P, ContributionAction.HIDE): JUDGES,
    (H, ContributionAction.HIDE): JUDGES,
    (X, ContributionAction.RESTORE): JUDGES,
    (P, ContributionAction.REMOVE): JUDGES | AUTHOR,
    (H, ContributionAction.REMOVE): JUDGES | AUTHOR,
    (X, ContributionAction.REMOVE): JUDGES,
}
LEADS_TO = {
    ContributionAction.RELEASE: P,
    ContributionAction.HIDE: X,
    ContributionAction.RESTORE: P,
    ContributionAction.REMOVE: R,
}


@pytest.fixture
def said(cast):
    """A contribution of the teacher in a lab that everybody reads."""
    cast.lab.visibility = LabVisibility.PUBLIC
    return begin(cast.teacher, cast.lab)


def put(said, state):
    if said.state is state:
        return
    db.session.execute(update(Contribution).values(state=state))
    db.session.commit()
    db.session.refresh(said)


def attempt(user, said, action):
    """Take a step; give the state that it led to, or the refusal."""
    actor = Actor.of(user) if user else Actor.visitor()
    try:
        contributions.perform(actor, said, action, version=said.version, reason="Daarom.")
    except LabappError as error:
        return type(error)
    return said.state


def test_every_role_state_and_action_in_the_service(people, said):
    wrong = []
    for state in ContributionState:
        put(said, state)
        for (name, user), action in product(people.items(), ContributionAction):
            got = attempt(user, said, action)
            put(said, state)
            if name in ALLOWED.get((state, action), set()):
                right = got is LEADS_TO[action]
            else:
                right = got in (ForbiddenError, ConflictError)
            if not right:
                wrong.append((state.value, name, action.value, got))

    assert wrong == []


def test_every_role_state_and_action_over_http(app, people, said, browse):
    browsers = {name: browse(user) for name, user in people.items()}
    headers = {}
    for name, user in people.items():
        if user is not None:
            _row, text = tokens.create_token(
                Actor.of(user), name="T", scopes=("labs:read", "labs:write"), days=1
            )
            headers[name] = {"Authorization": f"Bearer {text}", "If-Match": "*"}
    page, resource = f"/bijdragen/{said.id}/stap", f"/api/v1/contributions/{said.id}/steps"
    wrong = []
    for state, action in product(ContributionState, ContributionAction):
        body = {"action": action.value, "reason": "Daarom."}
        exists = (state, action) in ALLOWED
        for number, name in enumerate(people if exists else ("teacher", "practice_lead")):
            put(said, state)
            allowed = name in ALLOWED.get((state, action), set())
            if number % 2 == (action.value == "hide"):  # half by the page, half by the API
                form = {**body, "version": said.version}
                answer = browsers[name].post(page, data=form)
                refused = answer.status_code in (403, 404, 409)
                is_sent_on = answer.status_code == 303 and "/inloggen" in answer.location
                right = answer.status_code == 303 if allowed else refused or is_sent_on
            else:
                answer = app.test_client().post(resource, json=body, headers=headers.get(name, {}))
                refused = answer.status_code in (401, 403, 404, 409)
                right = answer.status_code == 200 if allowed else refused
            db.session.refresh(said)
            right = right and said.state is (LEADS_TO[action] if allowed else state)
            if not right:
                wrong.append((state.value, action.value, name, answer.status_code))

    assert wrong == []


def test_in_a_private_lab_a_step_of_others_finds_nothing(cast, said, as_actor, knowledge_broker):
    cast.lab.visibility = LabVisibility.PRIVATE
    db.session.commit()

    for user in (cast.outsider, cast.bystander, knowledge_broker):
        with pytest.raises(NotFoundError):
            contributions.get_contribution(as_actor(user), said.id)
