"""What holds when many write and sign the same hours at the same moment."""

from collections import Counter
from datetime import date
from functools import partial

import pytest
from sqlalchemy import func, select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.audit import AuditEvent, verify
from labapp.database import db
from labapp.subsidy import hours
from labapp.subsidy.declaration_snapshots import is_intact
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.hours import EntryInput
from tests.at_once import run_at_once

MANY = 50
OCTOBER = date(2026, 10, 27)


@pytest.fixture
def together(app, teacher):
    """Send requests of the teacher to the API at once; give the statuses."""
    text = tokens.create_token(Actor.of(teacher), name="T", scopes=tuple(tokens.SCOPES), days=1)[1]

    def post(path, body):
        headers = {"Authorization": f"Bearer {text}", "If-Match": '"1"'}
        client = app.test_client()
        return client.post(f"/api/v1/subsidy{path}", json=body, headers=headers).status_code

    def together(requests):
        return Counter(run_at_once(app, [partial(post, *request) for request in requests]))

    return together


@pytest.fixture
def body(school, version, category):
    return {
        "organisation_id": school.id, "scheme_version_id": version.id,
        "category_id": category.id, "work_date": OCTOBER.isoformat(), "minutes": 60,
    }  # fmt: skip


@pytest.fixture
def declaration(teacher, school, version, category):
    entry = EntryInput(teacher.id, school.id, version.id, category.id, OCTOBER, 60)
    return hours.add_entry(Actor.of(teacher), entry).declaration


def test_of_many_who_sign_one_declaration_one_does(together, declaration):
    statuses = together([(f"/declarations/{declaration.id}/submit", {})] * MANY)

    assert statuses == {200: 1, 409: MANY - 1}
    assert is_intact(db.session.get(Declaration, declaration.id))
    signed = select(func.count()).where(AuditEvent.action == "declaration.submit")
    assert db.session.scalar(signed) == 1
    assert not list(verify())


def test_many_at_once_never_write_more_than_a_day_holds(together, body):
    texts = [body | {"description": f"Les {n}"} for n in range(20)]
    assert together([("/hours", one) for one in texts]) == {201: 12, 422: 8}
    assert db.session.scalar(select(func.sum(HourEntry.minutes))) == 720
    assert db.session.scalar(select(func.count(Declaration.id))) == 1


def test_nothing_slips_in_while_a_declaration_is_signed(together, declaration, body):
    adding = [("/hours", body | {"minutes": 15, "description": f"Les {n}"}) for n in range(12)]
    statuses = together([*adding, (f"/declarations/{declaration.id}/submit", {})])

    signed = db.session.get(Declaration, declaration.id)
    written = sum(entry.minutes for entry in signed.entries)
    assert statuses[200] == 1
    assert signed.snapshot["total_minutes"] == written == 60 + 15 * statuses[201]
    assert statuses[422] == 12 - statuses[201]
