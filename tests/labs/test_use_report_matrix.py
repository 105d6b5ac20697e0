"""Who may take which step with a report of use in which state: by service and over HTTP.

Written by hand from spec/labs.md (3.2 and 3.3): a teacher writes, the leader of that school
confirms, the makers are told and may reply, and cannot block.
"""

import pytest
from sqlalchemy import update

from labapp.database import db
from labapp.labs import use_reports
from labapp.labs.review_models import UseReport, UseReportState
from labapp.labs.use_report_states import UseReportAction
from tests.labs.reviewing import make_outside, put_report
from tests.labs.stepping import everybody, wrong_in_service, wrong_over_http

S, A = UseReportState, UseReportAction
WRITER, HEAD = {"writer"}, {"head"}
ALLOWED = {
    (S.DRAFT, A.SUBMIT): WRITER,
    (S.DRAFT, A.WITHDRAW): WRITER,
    (S.SUBMITTED, A.CONFIRM): HEAD,
    (S.SUBMITTED, A.RETURN): HEAD,
    (S.SUBMITTED, A.WITHDRAW): WRITER | HEAD,
    (S.RETURNED, A.SUBMIT): WRITER,
    (S.RETURNED, A.WITHDRAW): WRITER | HEAD,
    (S.PUBLISHED, A.REPLY): {"practice_lead", "research_lead"},
    (S.PUBLISHED, A.WITHDRAW): WRITER | HEAD,
}


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    outside = make_outside(cast, knowledge_broker)
    put_report(outside)
    found = everybody(cast, knowledge_broker, programme_officer, administrator)
    return {**found, "writer": outside.user, "head": outside.head}


@pytest.fixture
def report(people):
    return db.session.query(UseReport).one()


def putter(report):
    def put(state):
        values = {"state": state, "reply": "", "return_note": "", "version": 1}
        db.session.execute(update(UseReport).values(values))
        db.session.commit()
        db.session.refresh(report)
        return report.version

    return put


def test_every_role_state_and_action_in_the_service(people, report):
    def step(actor, action):
        use_reports.perform(actor, report, action, version=None, reason="Daarom.")

    assert wrong_in_service(people, ALLOWED, S, A, putter(report), step) == []


def test_every_role_state_and_action_over_http(app, browse, people, report):
    paths = (f"/gebruik/{report.id}/stap", f"/api/v1/use-reports/{report.id}/steps")

    def body(action):
        return {"action": action.value, "reason": "Daarom."}

    put = putter(report)
    assert wrong_over_http(app, browse, people, ALLOWED, A, S, put, paths, body) == []
