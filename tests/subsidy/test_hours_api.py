"""Hours, proposals and declarations over the API."""

import io
from datetime import date

import pytest
from sqlalchemy import func, select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.subsidy.hour_models import Declaration, HourEntry
from tests.factories import AffiliationFactory
from tests.subsidy.conftest import BEGIN, works


@pytest.fixture
def call(app):
    """Call the API: `call(teacher, "GET", "/hours")`."""

    def call(user, method, path, *, scopes=(), headers=None, **options):
        text = tokens.create_token(
            Actor.of(user), name="Test", scopes=scopes or tuple(tokens.SCOPES), days=1
        )[1]
        return app.test_client().open(
            f"/api/v1/subsidy{path}",
            method=method,
            headers={"Authorization": f"Bearer {text}", **(headers or {})},
            **options,
        )

    return call


@pytest.fixture
def body(school, version, category):
    return {
        "organisation_id": school.id, "scheme_version_id": version.id,
        "category_id": category.id, "work_date": "2026-11-17", "minutes": 90,
    }  # fmt: skip


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count(HourEntry.id)))


def test_hours_are_written_read_changed_and_taken_away(call, teacher, body):
    made = call(teacher, "POST", "/hours", json=body)
    assert made.status_code == 201
    place = made.headers["Location"].removeprefix("/api/v1/subsidy")
    assert call(teacher, "GET", place).json["minutes"] == 90
    assert len(call(teacher, "GET", "/hours?first=2026-11-17").json["items"]) == 1

    tag = {"If-Match": made.headers["ETag"]}
    assert call(teacher, "PATCH", place, json={"hours": "2u"}).status_code == 428
    changed = call(teacher, "PATCH", place, json={"hours": "2u"}, headers=tag)
    assert changed.json["minutes"] == 120
    clash = call(teacher, "PATCH", place, json={"minutes": 60}, headers=tag)
    assert clash.status_code == 409
    assert (clash.json["theirs"]["minutes"], clash.json["yours"]["minutes"]) == (120, 60)
    tag = {"If-Match": changed.headers["ETag"]}
    times = {"start_local": "09:00", "end_local": "10:30"}
    timed = call(teacher, "PATCH", place, json=times, headers=tag)
    assert timed.json["minutes"] == 90
    tag = {"If-Match": timed.headers["ETag"]}
    assert call(teacher, "DELETE", place, headers=tag).status_code == 204
    assert call(teacher, "GET", place).status_code == 404


def test_a_refusal_has_codes_for_programs(call, teacher, body):
    wrong = call(teacher, "POST", "/hours", json=body | {"work_date": "2026-11-20", "minutes": 7})
    assert wrong.status_code == 422
    assert [p["code"] for p in wrong.json["problems"]] == ["future_date", "granularity"]
    assert set(wrong.json["errors"]) == {"work_date", "minutes"}
    both = call(teacher, "POST", "/hours/bulk", json={"items": [body, body]})
    assert [(p["index"], p["code"]) for p in both.json["problems"]] == [(1, "duplicate")]
    assert count() == 0


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 1.5}, {"minutes": "90"}, {"work_date": "17-11-2026"}, {"minutes": 2**40},
     {"hours": "veel"}, {"start_local": "9"}, {"onbekend": 1}, {"category_id": True}],
)  # fmt: skip
def test_what_is_no_hour_is_refused(call, teacher, body, wrong):
    assert call(teacher, "POST", "/hours", json=body | wrong).status_code == 422
    assert count() == 0


def test_the_same_key_writes_once_and_another_body_is_refused(call, teacher, body):
    key = {"Idempotency-Key": "a"}
    first = call(teacher, "POST", "/hours", json=body, headers=key)
    again = call(teacher, "POST", "/hours", json=body, headers=key)
    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    other = call(teacher, "POST", "/hours", json=body | {"minutes": 15}, headers=key)
    assert other.status_code == 422
    wrong = {"Idempotency-Key": "b"}
    assert call(teacher, "POST", "/hours", json=body | {"minutes": 7}, headers=wrong).json[
        "problems"
    ]
    assert count() == 1


def test_hours_of_a_stranger_do_not_exist(call, teacher, colleague, other_leader, body):
    entry = call(teacher, "POST", "/hours", json=body).json["id"]
    for stranger in (colleague, other_leader):
        assert call(stranger, "GET", f"/hours/{entry}").status_code == 404
        tag = {"If-Match": '"1"'}
        assert call(stranger, "DELETE", f"/hours/{entry}", headers=tag).status_code == 404
    assert call(colleague, "POST", "/hours", json=body | {"user_id": teacher.id}).status_code == 404
    assert call(teacher, "GET", "/hours", scopes=["cards:read"]).status_code == 403


def test_a_declaration_goes_its_way(call, teacher, school_leader, body, category):
    category.claimable = False
    db.session.commit()
    old = body | {"work_date": "2026-10-27"}
    number = call(teacher, "POST", "/hours", json=old).json["declaration_id"]
    place = f"/declarations/{number}"
    read = call(teacher, "GET", place)
    assert read.json["entries"][0]["minutes"] == 90

    assert call(teacher, "POST", f"{place}/submit").status_code == 428
    tag = {"If-Match": read.headers["ETag"]}
    signed = call(teacher, "POST", f"{place}/submit", headers=tag)
    assert signed.json["state"] == "submitted"
    again = call(teacher, "POST", f"{place}/submit", headers=tag)
    assert again.status_code == 409
    assert again.json["theirs"]["state"] == "submitted"

    tag = {"If-Match": signed.headers["ETag"]}
    own = call(teacher, "POST", f"{place}/approve", headers=tag)
    assert own.status_code == 403  # a token of one's own approves nothing either
    back = call(school_leader, "POST", f"{place}/reject", headers=tag, json={"reason": "Mist"})
    tag = {"If-Match": back.headers["ETag"]}
    signed = call(teacher, "POST", f"{place}/submit", headers=tag)
    waiting = call(school_leader, "GET", "/declarations?state=submitted").json["items"]
    choice = {"items": [{"id": one["id"], "version": one["version"]} for one in waiting]}
    done = call(school_leader, "POST", "/declarations/approve", json=choice)
    assert [one["state"] for one in done.json["items"]] == ["approved"]

    entry = read.json["entries"][0]["id"]
    taken = call(teacher, "POST", f"/hours/{entry}/reversal", json={"minutes": 30, "reason": "Te"})
    assert [one["minutes"] for one in taken.json["items"]] == [-30]
    version = db.session.get(Declaration, number).version
    opened = call(school_leader, "POST", f"{place}/reopen", json={"reason": "x"},
                  headers={"If-Match": f'"{version}"'})  # fmt: skip
    assert opened.status_code == 409  # a supplementary one waits


def test_a_leader_who_teaches_here_approves_nothing_of_themselves(call, school, body, category):
    category.claimable = False
    both = works(Role.TEACHER, school)
    AffiliationFactory(user=both, organisation=school, role=Role.SCHOOL_LEADER, from_on=BEGIN)
    db.session.expire_all()
    number = call(both, "POST", "/hours", json=body | {"work_date": "2026-10-27"}).json[
        "declaration_id"
    ]
    signed = call(both, "POST", f"/declarations/{number}/submit", headers={"If-Match": "*"})
    assert signed.status_code == 200
    answer = call(both, "POST", f"/declarations/{number}/approve", headers={"If-Match": "*"})
    assert answer.status_code == 403


def test_proposals_are_made_and_answered(call, teacher, school_leader, body):
    one = body | {"user_id": teacher.id, "source_ref": "sessions:1"}
    wanted = {"items": [one, one | {"source_ref": "sessions:2"}]}
    for _ in range(2):
        assert call(school_leader, "POST", "/proposals", json=wanted).status_code == 200
    ids = [p["id"] for p in call(teacher, "GET", "/proposals").json["items"]]
    assert len(ids) == 2
    accepted = call(teacher, "POST", "/proposals/accept", json={"ids": ids[:1]})
    assert accepted.json["items"][0]["source_ref"] == "sessions:1"
    assert call(teacher, "POST", "/proposals/accept", json={"ids": ids[:1]}).status_code == 409
    assert call(teacher, "POST", "/proposals/dismiss", json={"ids": ids[1:]}).status_code == 204
    stranger = call(school_leader, "POST", "/proposals/accept", json={"ids": ids})
    assert stranger.status_code == 404


def test_a_file_is_taken_in(call, school_leader, teacher, school, version, category):
    head = "persoon,vestiging,regeling,activiteit,datum,uren"
    line = f"{teacher.email},{school.brin6},{version.scheme.code},{category.code}"

    def send(text, **extra):
        data = {"file": (io.BytesIO(f"{head}\n{text}".encode()), "uren.csv"), **extra}
        return call(school_leader, "POST", "/hours/imports", data=data,
                    content_type="multipart/form-data")  # fmt: skip

    assert send(f"{line},2026-11-17,1.5", dry_run="true").json["created"] == 1
    wrong = send(f"{line},2026-11-17,x")
    assert (wrong.status_code, wrong.json["faults"][0]["column"]) == (422, "uren")
    assert send(f"{line},2026-11-17,1.5").json["created"] == 1
    entry = db.session.scalars(select(HourEntry)).one()
    assert (entry.work_date, entry.minutes) == (date(2026, 11, 17), 90)
