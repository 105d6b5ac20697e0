from datetime import date

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.scheme_models import SchemeVersion
from tests.subsidy.api_document import check_answer, read_document, seen

PATHS = tuple(f"/api/v1/subsidy/{noun}" for noun in ("schemes", "participations", "grants"))
RULES = {
    "kind": "hourly", "school_year": 2026, "valid_from": "2026-08-01", "valid_to": "2027-07-31",
    "statement": "Waar.",
}  # fmt: skip
NAMES = {"code": "PROEF", "name_nl": "Proef", "is_fictional": True}
CATEGORY = {"code": "sessie", "label_nl": "Teamsessie"}
RATE = {"rate_cents": 4850, "valid_from": "2026-08-01", "valid_to": "2027-07-31"}


@pytest.fixture
def call(app):
    """Call the API: `call(user, "GET", "/schemes")`; None is a visitor."""

    def calling(user, method, path, *, headers=None, scopes=(), **options):
        given = {}
        if user:
            chosen = scopes or tuple(tokens.SCOPES)
            text = tokens.create_token(Actor.of(user), name="Test", scopes=chosen, days=1)[1]
            given = {"Authorization": f"Bearer {text}"}
        answer = app.test_client().open(
            f"/api/v1/subsidy{path}", method=method, headers={**given, **(headers or {})},
            buffered=True, **options,
        )  # fmt: skip
        check_answer(app, method, f"/subsidy{path}", answer)
        return answer

    return calling


@pytest.fixture
def office_call(call, assessor):
    """Call as the office; a change names the version that the last answer had."""
    seen = {}

    def calling(method, path, **options):
        headers = dict(options.pop("headers", {}))
        if method in ("PUT", "PATCH", "DELETE"):
            headers.setdefault("If-Match", seen["tag"])
        answer = call(assessor, method, path, headers=headers, **options)
        seen["tag"] = answer.headers.get("ETag", seen.get("tag"))
        return answer

    return calling


@pytest.fixture
def draft(office_call):
    scheme = office_call("POST", "/schemes", json=NAMES)
    assert scheme.status_code == 201
    made = office_call("POST", f"/schemes/{scheme.json['id']}/versions", json=RULES)
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"/schemes/versions/{made.json['id']}")
    return f"/schemes/versions/{made.json['id']}"


def test_a_scheme_is_entered_and_put_in_force_over_the_api(office_call, draft, call, teacher):
    lacking = office_call("PUT", f"{draft}/status", json={"status": "active"})
    assert lacking.status_code == 422
    assert "categories_missing" in lacking.json["errors"]
    checks = office_call("GET", f"{draft}/checks").json["items"]
    assert checks[0] == {
        "code": "categories_missing", "is_blocking": True, "part": "categories",
        "words": "Er is geen activiteit waarop iemand uren kan schrijven.",
    }  # fmt: skip

    office_call("GET", draft)
    assert office_call("PUT", f"{draft}/categories", json={"items": [CATEGORY]}).status_code == 200
    rates = [RATE, {**RATE, "rate_cents": 6000, "role": "school_leader", "category": "sessie"}]
    assert office_call("PUT", f"{draft}/rates", json={"items": rates}).status_code == 200
    caps = [{"scope": "person_year", "unit": "minutes", "value": 4800}]
    assert office_call("PUT", f"{draft}/caps", json={"items": caps}).status_code == 200
    active = office_call("PUT", f"{draft}/status", json={"status": "active"})

    assert active.status_code == 200
    shown = call(teacher, "GET", draft).json
    assert shown["status"] == "active"
    assert shown["rates"][1]["category"] == "sessie"
    assert shown["caps"] == caps
    assert [s["code"] for s in call(teacher, "GET", "/schemes").json["items"]] == ["PROEF"]
    found = call(teacher, "GET", "/schemes/versions?on=2026-11-18&active_only=true").json["items"]
    assert len(found) == 1
    assert call(teacher, "GET", "/schemes/versions?on=2028-01-01").json["items"] == []
    for role, cents in (("school_leader", 6000), ("teacher", 4850)):
        query = f"category=sessie&role={role}&sector=po&day=2026-11-18"
        assert call(teacher, "GET", f"{draft}/rate?{query}").json["rate_cents"] == cents
    none = call(teacher, "GET", f"{draft}/rate?category=sessie&day=2030-01-01")
    assert none.status_code == 422
    assert "rate" in none.json["errors"]
    assert call(teacher, "GET", f"{draft}/rate?category=x&day=2030-01-01").status_code == 422


def test_a_change_names_the_version_that_was_read(office_call, draft):
    tag = office_call("GET", draft).headers["ETag"]
    change = {"json": {"entry_window_days": 30}}

    assert office_call("PATCH", draft, headers={"If-Match": ""}, **change).status_code == 428
    assert office_call("PATCH", draft, headers={"If-Match": '"99"'}, **change).status_code == 412
    assert office_call("PATCH", draft, headers={"If-Match": tag}, **change).status_code == 200
    assert office_call("PATCH", draft, headers={"If-Match": tag}, **change).status_code == 412
    stale = office_call("PUT", f"{draft}/rates", headers={"If-Match": tag}, json={"items": []})
    assert stale.status_code == 412
    assert office_call("GET", draft).json["entry_window_days"] == 30


def test_the_same_key_makes_one_scheme(office_call):
    key = {"Idempotency-Key": "een"}
    first = office_call("POST", "/schemes", json=NAMES, headers=key)
    again = office_call("POST", "/schemes", json=NAMES, headers=key)
    other = office_call("POST", "/schemes", json={**NAMES, "code": "X"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json == again.json
    assert len(office_call("GET", "/schemes").json["items"]) == 1


def test_others_are_refused(call, draft, version, teacher, administrator, auditor, assessor):
    for user in (teacher, administrator, auditor):
        headers = {"If-Match": f'"{version.version}"'}
        active = f"/schemes/versions/{version.id}"
        assert call(user, "POST", "/schemes", json=NAMES).status_code == 403
        changed = call(user, "PATCH", active, json={"track": "x"}, headers=headers)
        assert changed.status_code == 403
        closing = call(user, "PUT", f"{active}/status", json={"status": "closed"}, headers=headers)
        assert closing.status_code == 403
    assert call(teacher, "GET", draft).status_code == 404
    assert call(administrator, "GET", draft).status_code == 404
    assert call(auditor, "GET", draft).status_code == 200
    assert call(None, "GET", "/schemes").status_code == 401
    assert call(assessor, "GET", "/schemes", scopes=("hours:read",)).status_code == 403
    reading = ("schemes:read",)
    assert call(assessor, "POST", "/schemes", json=NAMES, scopes=reading).status_code == 403


@pytest.mark.parametrize(
    ("part", "items"),
    [
        ("rates", [{**RATE, "rate_cents": 48.5}]),
        ("rates", [{**RATE, "rate_cents": "4850"}]),
        ("rates", [{**RATE, "rate_cents": -1}]),
        ("rates", [{**RATE, "rate_cents": 10**30}]),
        ("rates", [{**RATE, "role": "king"}]),
        ("rates", [{**RATE, "category": "nergens"}]),
        ("rates", [RATE, RATE]),
        ("rates", [{**RATE, "extra": 1}]),
        ("rates", [RATE] * 501),
        ("categories", [CATEGORY, CATEGORY]),
        ("categories", [{"code": "x y", "label_nl": "A"}]),
        ("caps", [{"scope": "person_year", "unit": "minutes", "value": True}]),
        ("fixed_amounts", [{"sector": "po", "amount_cents": 1}] * 2),
    ],
    ids=range(13),
)
def test_what_cannot_be_is_refused(office_call, draft, part, items):
    answer = office_call("PUT", f"{draft}/{part}", json={"items": items})

    assert answer.status_code == 422
    assert answer.json["errors"]


@pytest.mark.parametrize(
    "change",
    [
        {"granularity_minutes": 5}, {"granularity_minutes": 10}, {"granularity_minutes": 20},
        {"valid_from": "2027-08-01"}, {"opens_at": "2026-10-01T09:00:00"}, {"kind": "other"},
        {"percentage_bp": 10001}, {"status": "active"}, {"ceiling_cents": 1.5}, {"track": "a b"},
        {"opens_at": "2026-10-02T09:00:00Z", "closes_at": "2026-10-01T09:00:00Z"},
    ],
    ids=range(11),
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(office_call, draft, change):
    answer = office_call("PATCH", draft, json=change)

    assert answer.status_code == 422


def test_a_version_is_copied_thrown_away_and_does_not_go_back(office_call, draft, version):
    copied = office_call("POST", f"{draft}/copies", json={"school_year": 2027})
    assert copied.json["valid_from"] == "2027-08-01"
    assert office_call("DELETE", f"/schemes/versions/{copied.json['id']}").status_code == 204
    active = f"/schemes/versions/{version.id}"
    office_call("GET", active)
    assert office_call("PUT", f"{active}/status", json={"status": "draft"}).status_code == 422
    assert office_call("PUT", f"{active}/status", json={"status": "archived"}).status_code == 409
    assert office_call("PUT", f"{active}/status", json={"status": "closed"}).status_code == 200
    assert office_call("DELETE", active).status_code == 409
    names = office_call("GET", f"/schemes/{version.scheme_id}")
    assert office_call(
        "PATCH", f"/schemes/{names.json['id']}", json={"name_nl": "Anders"}
    ).json["name_nl"] == "Anders"  # fmt: skip


def test_participations_over_the_api(office_call, call, version, school, teacher, board):
    new = {
        "version_id": version.id, "organisation_id": school.id, "from_on": "2026-08-01",
        "to_on": "2027-07-31",
    }  # fmt: skip
    made = office_call("POST", "/participations", json=new, headers={"Idempotency-Key": "p"})
    assert made.status_code == 201
    assert made.json["organisation"] == school.name
    again = office_call("POST", "/participations", json=new, headers={"Idempotency-Key": "p"})
    assert again.json == made.json
    assert office_call("POST", "/participations", json=new).status_code == 422
    other = {**new, "organisation_id": board.id}
    assert office_call("POST", "/participations", json=other).status_code == 422
    nowhere = {**new, "version_id": 999}
    assert office_call("POST", "/participations", json=nowhere).status_code == 404

    one = f"/participations/{made.json['id']}"
    assert call(teacher, "GET", one).json["to_on"] == "2027-07-31"
    listed = call(teacher, "GET", f"/participations?version_id={version.id}").json["items"]
    assert [row["id"] for row in listed] == [made.json["id"]]
    office_call("GET", one)
    assert office_call("PATCH", one, json={"to_on": "2026-12-31"}).status_code == 200
    early = office_call("PATCH", one, json={"from_on": "2026-07-31"})
    assert early.status_code == 422
    assert call(teacher, "DELETE", one, headers={"If-Match": '"2"'}).status_code == 403
    assert office_call("DELETE", one).status_code == 204


def test_grants_over_the_api(
    office_call, call, fixed_version, school, teacher, controller, foreign_controller
):
    new = {
        "version_id": fixed_version.id, "organisation_id": school.id, "decision_number": "X 1",
        "decided_on": "2026-09-01", "amount_cents": 1_000_000, "from_on": "2026-08-01",
        "to_on": "2027-07-31",
        "instalments": [{"due_on": "2026-12-01", "cents": 1_000_000}],
    }  # fmt: skip
    made = office_call("POST", "/grants", json=new, headers={"Idempotency-Key": "g"})
    assert made.status_code == 201
    again = office_call("POST", "/grants", json=new, headers={"Idempotency-Key": "g"})
    assert again.json == made.json
    one = f"/grants/{made.json['id']}"
    assert call(controller, "GET", one).json["instalments"] == new["instalments"]
    assert call(controller, "GET", "/grants").json["items"][0]["claimed_cents"] == 0
    for user in (teacher, foreign_controller):
        assert call(user, "GET", one).status_code == 404
        assert call(user, "GET", "/grants").json["items"] == []
    assert call(controller, "PATCH", one, json={}, headers={"If-Match": "*"}).status_code == 403
    office_call("GET", one)
    wrong = office_call("PATCH", one, json={"amount_cents": 1})
    assert wrong.status_code == 422
    assert "instalments" in wrong.json["errors"]
    less = office_call("PATCH", one, json={"amount_cents": 1, "instalments": []})
    assert less.json["amount_cents"] == 1
    assert office_call("DELETE", one).status_code == 204


def test_a_ceiling_of_hundreds_of_millions_goes_over_the_line(office_call, draft):
    answer = office_call("PATCH", draft, json={"ceiling_cents": 33_200_000_000})

    assert answer.json["ceiling_cents"] == 33_200_000_000
    kept = db.session.get_one(SchemeVersion, answer.json["id"])
    assert (kept.ceiling_cents, kept.valid_from) == (33_200_000_000, date(2026, 8, 1))


def test_fixed_amounts_and_one_scheme_over_the_api(office_call, draft):
    amounts = [{"sector": "po", "amount_cents": 100, "min_minutes": 0, "min_participants": 2}]
    assert office_call("PUT", f"{draft}/fixed_amounts", json={"items": amounts}).status_code == 200
    for part in ("categories", "rates", "caps", "fixed_amounts"):
        assert office_call("GET", f"{draft}/{part}").status_code == 200
    shown = office_call("GET", draft).json
    assert shown["fixed_amounts"] == amounts
    assert office_call("GET", f"/schemes/{shown['scheme_id']}").json["code"] == "PROEF"


def test_each_operation_was_held_to_the_document(app):
    """After all tests of this file: none was left out. One test alone has nothing to compare."""
    wanted = {
        operation["operationId"]
        for path, methods in read_document(app)["paths"].items()
        if path.startswith(PATHS)
        for method, operation in methods.items()
        if method != "parameters"
    }
    if len(seen) > 1:
        assert wanted <= seen
