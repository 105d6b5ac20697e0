"""Who may take which step with a review in which state: by service and over HTTP.

Written by hand from spec/labs.md (3.2 and 3.3) and what a review is for: the outsider reviews, the
leads answer for the lab, an editor without an interest decides.
"""

from datetime import timedelta

import pytest
from sqlalchemy import update

from labapp.clock import now
from labapp.database import db
from labapp.labs import reviews
from labapp.labs.review_models import Review, ReviewBasis, ReviewState
from labapp.labs.review_states import ReviewAction
from labapp.labs.reviews import ReviewInput
from tests.labs.reviewing import FREE, TEXT, make_outside, put_report, put_review
from tests.labs.stepping import everybody, wrong_in_service, wrong_over_http

S, A = ReviewState, ReviewAction
REVIEWER = {"reviewer"}
LEADS = {"practice_lead", "research_lead"}
EDITORS = {"knowledge_broker", "programme_officer"}
ALLOWED = {
    (S.INVITED, A.ACCEPT): REVIEWER,
    (S.INVITED, A.DECLINE): REVIEWER,
    (S.INVITED, A.WITHDRAW): EDITORS,
    (S.INVITED, A.EXPIRE): {"system"},
    (S.ACCEPTED, A.SUBMIT): REVIEWER,
    (S.ACCEPTED, A.WITHDRAW): REVIEWER,
    (S.ACCEPTED, A.EXPIRE): {"system"},
    (S.SUBMITTED, A.PUBLISH): EDITORS,
    (S.SUBMITTED, A.RETURN): EDITORS,
    (S.SUBMITTED, A.WITHDRAW): REVIEWER,
    (S.PUBLISHED, A.REPLY): LEADS,
    (S.PUBLISHED, A.DISPUTE): LEADS,
    (S.PUBLISHED, A.WITHDRAW): REVIEWER,
    (S.DISPUTED, A.UPHOLD): EDITORS,
    (S.DISPUTED, A.WITHDRAW): REVIEWER | EDITORS,
    (S.EXPIRED, A.INVITE_AGAIN): EDITORS,
    (S.DECLINED, A.INVITE_AGAIN): EDITORS,
    (S.EXPIRED, A.RESUME): REVIEWER,
}
EXTRA = {**TEXT, "declared": FREE, "decline_reason": "time"}


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    found = everybody(cast, knowledge_broker, programme_officer, administrator)
    outside = make_outside(cast, knowledge_broker)
    put_report(outside)
    return {**found, "reviewer": outside.user, "outside": outside}


@pytest.fixture
def review(people):
    outside = people.pop("outside")
    return put_review(outside, outside.user, basis=ReviewBasis.CONFIRMED_USE)


def putter(review):
    def put(state):
        values = {
            "state": state, "replied_at": None, "reply": "", "version": 1,
            "expires_at": now() + timedelta(days=21), "decline_reason": "",
        }  # fmt: skip
        db.session.execute(update(Review).values(values))
        db.session.commit()
        db.session.refresh(review)
        return review.version

    return put


def test_every_role_state_and_action_in_the_service(people, review):

    def step(actor, action):
        given = ReviewInput(**EXTRA)
        reviews.perform(actor, review, action, version=None, reason="Daarom.", given=given)

    assert wrong_in_service(people, ALLOWED, S, A, putter(review), step) == []


def test_every_role_state_and_action_over_http(app, browse, people, review):
    paths = (f"/beoordelingen/{review.id}/stap", f"/api/v1/reviews/{review.id}/steps")

    def body(action):
        return {"action": action.value, "reason": "Daarom.", **TEXT, "decline_reason": "time"}

    actions = [action for action in A if action is not A.EXPIRE]
    allowed = {key: who for key, who in ALLOWED.items() if key[1] in actions}
    put = putter(review)
    declared = ({f"declared-{name}": "no" for name in FREE}, {"declared": FREE})
    wrong = wrong_over_http(app, browse, people, allowed, actions, S, put, paths, body, declared)
    assert wrong == []
