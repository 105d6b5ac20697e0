"""Who may take which step with a lab in which state: by service and over HTTP.

The table is that of spec/labs.md (3.2 and 3.3), written by hand. The school leader proposed the
lab. A step that both leads take counts as taken when it is proposed.
"""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from labapp.clock import now
from labapp.database import db
from labapp.labs import labs
from labapp.labs.lab_models import Lab, LabState, LabVisibility, LeadProposal
from labapp.labs.lab_states import LabAction
from tests.labs.stepping import everybody, wrong_in_service, wrong_over_http

S, A = LabState, LabAction
LEADS = {"practice_lead", "research_lead"}
OFFICE = {"programme_officer", "system"}
PROPOSER = {"leader"}
ALLOWED = {
    (S.PROPOSED, A.APPROVE): OFFICE,
    (S.PROPOSED, A.REJECT): OFFICE,
    (S.PROPOSED, A.WITHDRAW): PROPOSER | LEADS,
    (S.RECRUITING, A.WITHDRAW): PROPOSER | LEADS,
    (S.RECRUITING, A.START): LEADS,
    (S.ACTIVE, A.PAUSE): LEADS | OFFICE,
    (S.PAUSED, A.RESUME): LEADS | OFFICE,
    (S.ACTIVE, A.CONCLUDE): LEADS,
    (S.CONCLUDING, A.CLOSE): OFFICE,
    (S.CLOSED, A.ARCHIVE): {"system"},
}


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    cast.lab.visibility = LabVisibility.PUBLIC
    cast.lab.proposed_by_id = cast.leader.id
    cast.lab.closed_at = now() - timedelta(days=400)
    db.session.commit()
    return everybody(cast, knowledge_broker, programme_officer, administrator)


def putter(lab):
    def put(state):
        db.session.execute(delete(LeadProposal))
        values = {"state": state, "closed_at": now() - timedelta(days=400)}
        db.session.execute(update(Lab).values(values))
        db.session.commit()
        db.session.refresh(lab)
        return lab.version

    return put


def test_every_role_state_and_action_in_the_service(cast, people):
    def step(actor, action):
        labs.perform(actor, cast.lab, action, version=None, reason="Daarom.")

    assert wrong_in_service(people, ALLOWED, S, A, putter(cast.lab), step) == []


def test_every_role_state_and_action_over_http(app, browse, cast, people):
    lab_id = cast.lab.id
    paths = (f"/labs/{lab_id}/stap", f"/api/v1/labs/{lab_id}/steps")

    def body(action):
        return {"action": action.value, "reason": "Daarom."}

    assert wrong_over_http(app, browse, people, ALLOWED, A, S, putter(cast.lab), paths, body) == []
