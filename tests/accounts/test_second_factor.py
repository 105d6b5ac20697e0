"""Signing in with two steps: codes, recovery codes, and passkeys as far as a test can go."""

import re
from datetime import timedelta

import pytest
from flask_security import Security
from sqlalchemy import select

from labapp.accounts.models import Role, User
from labapp.audit import AuditEvent
from labapp.database import db


@pytest.fixture
def security(app) -> Security:
    return app.extensions["security"]


@pytest.fixture
def code(security):
    """Give the code that somebody's app shows now."""

    def code(person):
        secret = db.session.get(User, person.id).tf_totp_secret
        return security.totp_factory.generate_totp_password(secret)

    return code


@pytest.fixture
def careful(person, security):
    """Somebody who uses two steps."""
    person.tf_primary_method = "authenticator"
    person.tf_totp_secret = security.totp_factory.generate_totp_secret()
    db.session.commit()
    return person


def test_a_person_switches_two_steps_on_with_a_drawing_that_the_policy_allows(
    person, sign_in, security
):
    browser, _answer = sign_in(person)

    page = browser.post("/tweede-stap/instellen", data={"setup": "authenticator"}).text

    assert '<svg class="qr"' in page
    assert "data:image" not in page
    action = re.search(r'action="(/tweede-stap/instellen/[^"]+)"', page)[1]
    with browser.session_transaction() as session:
        secret = session["tf_totp_secret"]
    right = security.totp_factory.generate_totp_password(secret)
    assert browser.post(action, data={"code": "000000"}).location == "/tweede-stap/instellen"
    assert db.session.get(User, person.id).tf_primary_method is None
    assert browser.post(action, data={"code": right}).location == "/mijn/beveiliging"
    assert db.session.get(User, person.id).tf_primary_method == "authenticator"
    assert db.session.scalar(select(AuditEvent.action).order_by(AuditEvent.seq.desc()).limit(1)) \
        == "second_factor.changed"  # fmt: skip


def test_the_password_alone_is_not_enough(careful, sign_in, code):
    browser, answer = sign_in(careful)
    assert answer.status_code in {200, 302}
    assert browser.get("/mijn/profiel").status_code == 303

    assert browser.post("/tweede-stap", data={"code": "000000"}).status_code == 200
    assert browser.get("/mijn/profiel").status_code == 303

    assert browser.post("/tweede-stap", data={"code": code(careful)}).status_code == 302
    assert browser.get("/mijn/profiel").status_code == 200


def test_a_code_counts_only_once(careful, sign_in, code):
    used = code(careful)
    browser, _answer = sign_in(careful)
    browser.post("/tweede-stap", data={"code": used})

    thief, _answer = sign_in(careful)
    answer = thief.post("/tweede-stap", data={"code": used})

    assert answer.status_code == 200
    assert thief.get("/mijn/profiel").status_code == 303


def test_the_second_step_needs_the_first(careful, browse, code):
    browser = browse()

    answer = browser.post("/tweede-stap", data={"code": code(careful)})

    assert answer.location.startswith("/inloggen")
    assert browser.get("/mijn/profiel").status_code == 303


def test_a_recovery_code_signs_in_once(careful, sign_in, code):
    browser, _answer = sign_in(careful)
    browser.post("/tweede-stap", data={"code": code(careful)})
    page = browser.post("/mijn/herstelcodes", data={"generate_new_codes": "1"}).text
    codes = re.findall(r"<code>([0-9a-f-]{14})</code>", page)
    assert len(codes) == 8
    stored = db.session.get(User, careful.id).mf_recovery_codes
    assert not set(codes) & set(stored)

    def enter(recovery_code):
        other, _answer = sign_in(careful)
        other.post("/tweede-stap/herstelcode", data={"code": recovery_code})
        return other.get("/mijn/profiel").status_code

    assert enter(codes[0]) == 200
    assert enter(codes[0]) == 303
    assert enter("0000-0000-0000") == 303


def test_administrators_must_use_two_steps_where_the_setting_says_so(
    administrator, with_password, sign_in, monkeypatch, security
):
    monkeypatch.setattr(User, "second_factor_roles", frozenset({Role.ADMINISTRATOR}))
    with_password(administrator)

    browser, answer = sign_in(administrator)

    assert "/tweede-stap/instellen" in (answer.location or answer.text)
    assert browser.get("/mijn/profiel").status_code == 303
    browser.post("/tweede-stap/instellen", data={"setup": "authenticator"})
    with browser.session_transaction() as session:
        secret = session["tf_totp_secret"]
    browser.post(
        "/tweede-stap", data={"code": security.totp_factory.generate_totp_password(secret)}
    )
    assert browser.get("/mijn/profiel").status_code == 200


def test_a_teacher_need_not(person, sign_in, monkeypatch):
    monkeypatch.setattr(User, "second_factor_roles", frozenset({Role.ADMINISTRATOR}))

    browser, _answer = sign_in(person)

    assert browser.get("/mijn/profiel").status_code == 200


def test_changing_the_second_step_asks_for_the_password_after_a_while(person, sign_in, monkeypatch):
    browser, _answer = sign_in(person)
    with browser.session_transaction() as session:
        session["fs_paa"] -= timedelta(hours=2).total_seconds()
        session.pop("fs_gexp", None)

    answer = browser.post("/tweede-stap/instellen", data={"setup": "authenticator"})

    assert answer.location.startswith("/opnieuw-inloggen")


def test_a_passkey_is_asked_for_by_a_script_of_ours(person, sign_in):
    browser, _answer = sign_in(person)

    page = browser.post("/mijn/passkeys", data={"name": "laptop", "usage": "first"}).text

    assert 'data-passkey="create"' in page
    assert "challenge" in page
    assert "passkey.js" in page
    assert "<script>" not in page
    assert db.session.get(User, person.id).fs_webauthn_user_handle is not None


def test_signing_in_with_a_passkey_does_not_tell_who_has_one(person, browse):
    pages = [
        browse().post("/inloggen/passkey", data={"identity": name}).text
        for name in (person.email, "niemand@example.org")
    ]

    assert all('data-passkey="get"' in page for page in pages)
    assert all("allowCredentials&#34;: []" in page for page in pages)


def test_a_forged_passkey_does_not_sign_in(person, browse):
    browser = browse()
    page = browser.post("/inloggen/passkey").text
    action = re.search(r'action="(/inloggen/passkey/[^"]+)"', page)[1]

    answer = browser.post(action, data={"credential": '{"id": "x", "rawId": "eA"}'})

    assert answer.status_code in {200, 302}
    assert browser.get("/mijn/profiel").status_code == 303
