"""Who may take which step with somebody's taking part, in which state: service and HTTP.

The table is that of spec/labs.md (3.2 and 3.3), written by hand: a branch speaks through its own
school leader, the lab through its leads. The branch asked for another kind, so the leads answer.
"""

import pytest
from sqlalchemy import delete, update

from labapp.accounts.models import Role
from labapp.database import db
from labapp.labs import memberships
from labapp.labs.lab_models import (
    LabMembership,
    LabRole,
    LabVisibility,
    MembershipKind,
    MembershipState,
)
from labapp.labs.membership_states import MembershipAction
from tests.factories import AffiliationFactory
from tests.labs.stepping import everybody, wrong_in_service, wrong_over_http

S, A = MembershipState, MembershipAction
PARTY = {"leader"}
LEADS = {"practice_lead", "research_lead"}
OFFICE = {"programme_officer", "system"}
ALLOWED = {
    (S.INVITED, A.ACCEPT): PARTY,
    (S.INVITED, A.DECLINE): PARTY,
    (S.INVITED, A.CANCEL): LEADS,
    (S.INVITED, A.EXPIRE): {"system"},
    (S.REQUESTED, A.ADMIT): LEADS,
    (S.REQUESTED, A.REFUSE): LEADS,
    (S.REQUESTED, A.WITHDRAW): PARTY,
    (S.REQUESTED, A.EXPIRE): {"system"},
    (S.ACTIVE, A.SUSPEND): LEADS | OFFICE,
    (S.SUSPENDED, A.RESUME): LEADS | OFFICE,
    (S.ACTIVE, A.CHANGE_KIND): LEADS,
    (S.ACTIVE, A.END): PARTY | OFFICE,
    (S.SUSPENDED, A.END): PARTY | OFFICE,
    (S.ACTIVE, A.LAPSE): {"system"},
    (S.SUSPENDED, A.LAPSE): {"system"},
}


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    cast.lab.visibility = LabVisibility.PUBLIC
    AffiliationFactory(user=cast.leader, organisation=cast.other_school, role=Role.SCHOOL_LEADER)
    db.session.commit()
    db.session.refresh(cast.leader)
    return everybody(cast, knowledge_broker, programme_officer, administrator)


def putter(cast):
    row = cast.participating
    known = [cast.practice.id, cast.participating.id, cast.research.id]

    def put(state):
        others = LabMembership.id.not_in(known)
        db.session.execute(delete(LabRole).where(LabRole.membership_id.not_in(known)))
        db.session.execute(delete(LabMembership).where(others))
        values = {
            "state": state, "asked_kind": MembershipKind.OBSERVER, "asked_kind_by_lab": False,
            "until_on": None, "expires_at": None,
        }  # fmt: skip
        db.session.execute(update(LabMembership).where(LabMembership.id == row.id).values(values))
        db.session.commit()
        db.session.refresh(row)
        return row.version

    return put


def test_every_role_state_and_action_in_the_service(cast, people):
    def step(actor, action):
        memberships.perform(
            actor, cast.participating, action, version=None, reason="Daarom.", agrees=True
        )

    assert wrong_in_service(people, ALLOWED, S, A, putter(cast), step) == []


def test_every_role_state_and_action_over_http(app, browse, cast, people):
    row_id = cast.participating.id
    paths = (f"/labs/deelnames/{row_id}/stap", f"/api/v1/labs/memberships/{row_id}/steps")

    def body(action):
        return {"action": action.value, "reason": "Daarom.", "agrees": "1"}

    assert wrong_over_http(app, browse, people, ALLOWED, A, S, putter(cast), paths, body) == []
