"""Claims and payments over HTTP with tokens: keys, tags, scopes, and what strangers get."""

import pytest
from sqlalchemy import func, select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.budget_models import BudgetEvent
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.payment_models import PaymentBatch, Recovery
from tests.api.test_openapi import check
from tests.subsidy import claiming
from tests.subsidy.claiming import approved, correction, draft, granted, reversed_part, submit


@pytest.fixture
def hours(teacher, school, category, school_leader):
    return approved(teacher, school, category, school_leader)


@pytest.fixture
def claim(hours, controller, version, school):
    return draft(controller, version, school)


@pytest.fixture
def ask(app):
    """Call the API: `ask(controller, "POST", "/claims", json={...})`; all as promised."""
    document = app.test_client().get("/api/openapi.json").json

    def asking(user, method, path, *, key=None, match="*", scopes=(), name=None, **options):
        given = tuple(scopes) or tuple(tokens.SCOPES)
        text = tokens.create_token(Actor.of(user), name="T", scopes=given, days=1)[1]
        headers = {"Authorization": f"Bearer {text}"}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"If-Match": match} if match and method != "GET" else {}
        answer = app.test_client().open(
            f"/api/v1/subsidy{path}", method=method, headers=headers, buffered=True, **options
        )
        db.session.expire_all()
        if name:
            check(document, method.lower() + name, answer)
        return answer

    return asking


def rows(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_claim_goes_the_whole_way(
    ask, hours, controller, assessor, decider, payer, version, school, board
):
    claiming.give_account(board)
    values = {"scheme_version_id": version.id, "branch_id": school.id}
    made = ask(controller, "POST", "/claims", json=values, name="AllClaims")
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix("/api/v1/subsidy")
    plan = ask(controller, "GET", f"{path}/preview", name="ClaimPreview").json
    assert (plan["total_cents"], plan["problems"]) == (38_800, [])
    changed = {"excluded_entries": [], "note": "Alles"}
    assert ask(controller, "PATCH", path, json=changed, name="OneClaim").json["note"] == "Alles"
    signed = {"agree": True}
    answer = ask(controller, "POST", f"{path}/submission", json=signed, name="ClaimSubmission")
    assert (answer.status_code, answer.json["state"]) == (200, "submitted")
    lines = ask(assessor, "GET", f"{path}/lines", name="ClaimLines").json["items"]
    assert lines[0]["person_id"] == f"P{hours[0].user_id:06d}"
    reason = {"reason": "Vul aan."}
    ask(assessor, "POST", f"{path}/return", json=reason, name="ClaimReturn")
    ask(controller, "POST", f"{path}/submission", json=signed, name="ClaimSubmission")
    less = {"reductions": [{"line": 1, "cents": 800, "reason": "no_evidence"}], "text": "Zie lijst"}
    ask(assessor, "POST", f"{path}/assessment", json=less, name="ClaimAssessment")
    decided = ask(decider, "POST", f"{path}/decision", json=less, name="ClaimDecision")
    assert (decided.json["state"], decided.json["granted_cents"]) == ("partial", 38_000)
    batch = ask(payer, "POST", "/batches", json={"scheme_version_id": version.id}, name="Batches")
    place = batch.headers["Location"].removeprefix("/api/v1/subsidy")
    assert ask(payer, "GET", f"{place}/file", name="BatchFile").status_code == 404
    paid = ask(payer, "POST", f"{place}/release", name="BatchRelease")
    assert (paid.json["state"], paid.json["total_cents"]) == ("released", 38_000)
    assert "380.00" in ask(payer, "GET", f"{place}/file", name="BatchFile").text
    assert ask(payer, "GET", place, name="OneBatch").json["file_sha256"]
    assert ask(controller, "GET", path, name="OneClaim").json["state"] == "paid"
    movements = ask(payer, "GET", f"/ledger/{version.id}", name="Ledger").json["items"]
    assert [row["type"] for row in movements] == ["reserve", "release", "commit", "pay"]
    assert ask(payer, "GET", "/batches", name="Batches").json["items"][0]["number"] == 1
    listed = ask(controller, "GET", "/claims?state=paid&per_page=5", name="AllClaims")
    assert listed.json["total"] == 1


def test_a_recovery_over_the_api(
    ask, claim, hours, controller, assessor, decider, payer, version, board, school_leader
):
    claiming.give_account(board)
    granted(controller, assessor, decider, claim)
    claiming.pay(payer, version)
    reversed_part(hours[0], school_leader, 60)
    made = ask(controller, "POST", f"/claims/{claim.id}/corrections", name="ClaimCorrections")
    assert made.json["corrects_id"] == claim.id
    owed = granted(controller, assessor, decider, db.session.get(Claim, made.json["id"]))

    opened = ask(payer, "POST", "/recoveries", json={"claim_id": owed.id}, name="Recoveries")
    assert opened.json["cents"] == 4850
    path = f"/recoveries/{opened.json['id']}/receipt"
    got = ask(payer, "POST", path, name="RecoveryReceipt", key="geld")
    again = ask(payer, "POST", path, name="RecoveryReceipt", key="geld")
    assert (got.json["state"], again.json) == ("received", got.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(ask(controller, "GET", "/recoveries", name="Recoveries").json["items"]) == 1


MONEY = {
    "assemble": ("controller", "/claims", {"branch_id": 0, "scheme_version_id": 0}),
    "submission": ("controller", "/claims/{id}/submission", {"agree": True}),
    "return": ("assessor", "/claims/{id}/return", {"reason": "Vul aan."}),
    "withdrawal": ("controller", "/claims/{id}/withdrawal", None),
    "assessment": ("assessor", "/claims/{id}/assessment", {"text": "Goed"}),
    "decision": ("decider", "/claims/{id}/decision", {"text": "Goed"}),
    "batch": ("payer", "/batches", {"scheme_version_id": 0}),
    "release": ("payer", "/batches/1/release", None),
    "correction": ("controller", "/claims/{id}/corrections", {"note": ""}),
    "recovery": ("payer", "/recoveries", {"claim_id": 0}),
}


@pytest.fixture
def prepared(request, claim, controller, assessor, decider, payer, version, board, hours):
    """Give the claim in the state in which an action is possible."""

    def prepare(action):
        claiming.give_account(board)
        if action in ("assemble", "submission"):
            return claim
        submit(controller, claim)
        if action in ("return", "withdrawal", "assessment"):
            return claim
        claiming.assess(assessor, claim)
        if action == "decision":
            return claim
        claiming.decide(decider, claim)
        if action == "release":
            claiming.batch_of(payer, version)
        if action in ("recovery", "correction"):
            leader = hours[0].declaration.approved_by
            claiming.pay(payer, version)
            reversed_part(hours[0], leader, 60)
        if action == "recovery":
            return granted(controller, assessor, decider, correction(controller, claim))
        return claim

    return prepare


@pytest.mark.parametrize("action", MONEY)
def test_each_money_action_is_done_once_for_a_key(request, ask, prepared, action, version, school):
    who, path, body = MONEY[action]
    claim = prepared(action)
    known = {"branch_id": school.id, "scheme_version_id": version.id, "claim_id": claim.id}
    body = None if body is None else {k: known.get(k, v) for k, v in body.items()}
    path, user = path.format(id=claim.id), request.getfixturevalue(who)
    options = {} if body is None else {"json": body}

    first = ask(user, "POST", path, key="een", **options)
    counts = [rows(model) for model in (Claim, PaymentBatch, Recovery, BudgetEvent)]
    second = ask(user, "POST", path, key="een", **options)
    other = {**(body or {}), "note": "anders"}
    third = ask(user, "POST", path, key="een", json=other)

    assert first.status_code in (200, 201), first.text
    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert third.status_code == 422
    assert counts == [rows(model) for model in (Claim, PaymentBatch, Recovery, BudgetEvent)]
    claiming.check_identities()


def test_a_refusal_names_limit_used_requested_and_remaining(ask, claim, controller, version):
    version.ceiling_cents = 10_000
    db.session.commit()

    answer = ask(
        controller, "POST", f"/claims/{claim.id}/submission", json={"agree": True},
        name="ClaimSubmission",
    )  # fmt: skip

    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    problem = answer.json["problems"][0]
    del problem["message"], problem["unit"]
    assert problem == {
        "code": "cap_exceeded", "scope": "ceiling", "limit": 10_000, "used": 0,
        "requested": 38_800, "remaining": 10_000,
    }  # fmt: skip


def test_the_version_that_was_read_must_be_named(ask, claim, controller):
    path, body = f"/claims/{claim.id}/submission", {"agree": True}
    assert ask(controller, "POST", path, json=body, match=None).status_code == 428
    assert ask(controller, "POST", path, json=body, match='"99"').status_code == 412
    ask(controller, "PATCH", f"/claims/{claim.id}", json={"note": "x"})
    assert ask(controller, "POST", path, json=body, match='"1"').status_code in (409, 412)
    assert ask(controller, "POST", path, json={"agree": False}).status_code == 422

    tag = f'"{claim.version}"'
    assert ask(controller, "POST", path, json=body, match=tag).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_controller", 404), ("administrator", 404), ("teacher", 404), ("school_leader", 403),
     ("assessor", 403), ("auditor", 403)],
)  # fmt: skip
def test_only_the_board_submits_whatever_the_token_says(
    request, ask, claim, controller, who, status
):
    if who in ("assessor", "auditor"):
        submit(controller, claim)
    user = request.getfixturevalue(who)

    answer = ask(user, "POST", f"/claims/{claim.id}/withdrawal")

    assert answer.status_code == status
    assert claim.state is not ClaimState.WITHDRAWN


def test_a_token_without_the_scope_does_nothing(ask, claim, controller, assessor):
    submit(controller, claim)
    path = f"/claims/{claim.id}"

    assert ask(controller, "POST", f"{path}/withdrawal", scopes=["claims:read"]).status_code == 403
    body = {"text": "x"}
    for scopes in (["claims:read"], ["claims:write"]):
        refused = ask(assessor, "POST", f"{path}/assessment", scopes=scopes, json=body)
        assert refused.status_code == 403


def test_four_eyes_hold_for_tokens(ask, claim, controller, assessor):
    claiming.assess(assessor, submit(controller, claim))

    answer = ask(assessor, "POST", f"/claims/{claim.id}/decision", json={}, name="ClaimDecision")

    assert answer.status_code == 403


def test_drafts_and_batches_can_be_thrown_away(
    ask, claim, controller, assessor, decider, payer, version, school
):
    assert ask(controller, "DELETE", f"/claims/{claim.id}", name="OneClaim").status_code == 204
    granted(controller, assessor, decider, draft(controller, version, school))
    batch = claiming.batch_of(payer, version)
    assert ask(payer, "DELETE", f"/batches/{batch.id}", name="OneBatch").status_code == 204
    assert ask(payer, "GET", f"/batches/{batch.id}", name="OneBatch").status_code == 404


@pytest.mark.parametrize("body", [{"cents": 1.5}, {"cents": "8e2"}, {"cents": True}, {"x": 1}])
def test_money_is_whole_cents(ask, claim, controller, assessor, body):
    submit(controller, claim)
    reduction = {"line": 1, "reason": "error", "cents": 100, **body}

    answer = ask(
        assessor, "POST", f"/claims/{claim.id}/assessment", json={"reductions": [reduction]}
    )

    assert answer.status_code == 422
