"""Signing in and out, over HTTP."""

import re
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from labapp import clock, create_app
from labapp.accounts.access_models import SignIn
from labapp.accounts.models import User
from labapp.database import db
from labapp.extensions import limiter
from tests.accounts.conftest import PASSWORD


def same(page, email):
    """The page without what differs for everybody: the token of the form, and what was typed."""
    return re.sub(r"I[\w-]{20,}\.[\w-]+\.[\w-]+", "", page.replace(email, ""))


def test_a_person_signs_in_with_address_and_password(person, sign_in):
    browser, answer = sign_in(person)

    assert answer.status_code == 302
    assert answer.location == "/"
    assert person.name in browser.get("/mijn/profiel").text


def test_the_address_may_be_in_capitals(person, sign_in):
    _browser, answer = sign_in(person.email.upper())

    assert answer.status_code == 302


def test_pages_of_oneself_ask_a_visitor_to_sign_in_and_come_back(browse, person, sign_in):
    answer = browse().get("/mijn/profiel")
    assert answer.status_code == 303
    assert answer.location == "/inloggen?next=/mijn/profiel"

    _browser, answer = sign_in(person, next="/mijn/profiel")
    assert answer.location == "/mijn/profiel"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(person, sign_in, address):
    _browser, answer = sign_in(person, next=address)

    assert not answer.location or urlsplit(answer.location).netloc == ""
    assert not (answer.location or "").startswith(("//", "/\\"))


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(person, sign_in):
    _browser, wrong = sign_in(person, "niet het wachtwoord")
    _browser, unknown = sign_in("niemand@example.org", "niet het wachtwoord")

    assert wrong.status_code == unknown.status_code == 200
    assert "E-mailadres of wachtwoord klopt niet." in wrong.text
    assert same(wrong.text, person.email) == same(unknown.text, "niemand@example.org")


def test_an_unknown_address_costs_a_hash_too(person, sign_in, monkeypatch):
    hashed = []
    monkeypatch.setattr("flask_security.forms.hash_password", hashed.append)

    sign_in("niemand@example.org", "een wachtwoord")

    assert hashed == ["een wachtwoord"]


@pytest.mark.parametrize("attribute", ["active", "confirmed_at", "password"])
def test_who_may_not_sign_in_hears_no_more_than_a_stranger(person, sign_in, attribute):
    setattr(person, attribute, False if attribute == "active" else None)
    db.session.commit()

    browser, answer = sign_in(person)

    assert answer.status_code == 200
    assert "E-mailadres of wachtwoord klopt niet." in answer.text
    assert browser.get("/mijn/profiel").status_code == 303


def test_signing_out_ends_the_session_also_for_a_copied_cookie(person, sign_in, browse):
    browser, _answer = sign_in(person)
    copied = browser.get_cookie("labapp").value

    answer = browser.post("/uitloggen")

    assert answer.status_code == 302
    thief = browse()
    thief.set_cookie("labapp", copied)
    assert thief.get("/mijn/profiel").status_code == 303


def test_a_session_ends_after_the_set_hours(person, sign_in):
    browser, _answer = sign_in(person)
    clock.set_clock(clock.now() + timedelta(hours=11))
    assert browser.get("/mijn/profiel").status_code == 200

    clock.set_clock(clock.now() + timedelta(hours=2))

    assert browser.get("/mijn/profiel").status_code == 303


def test_a_person_sees_and_revokes_their_other_session(person, sign_in):
    here, _answer = sign_in(person)
    there, _answer = sign_in(person)
    page = here.get("/mijn/beveiliging").text
    assert page.count("Deze browser") == 1
    other = db.session.scalar(select(SignIn).order_by(SignIn.id.desc()).limit(1))

    assert here.post(f"/mijn/sessies/{other.id}/beeindig").status_code == 303

    assert there.get("/mijn/profiel").status_code == 303
    assert here.get("/mijn/profiel").status_code == 200


def test_nobody_revokes_the_session_of_another(person, sign_in, browse, stranger):
    browser, _answer = sign_in(person)
    sign_in_id = db.session.scalar(select(SignIn.id))

    assert browse(stranger).post(f"/mijn/sessies/{sign_in_id}/beeindig").status_code == 404

    assert browser.get("/mijn/profiel").status_code == 200


def test_all_other_sessions_end_at_once(person, sign_in):
    here, _answer = sign_in(person)
    there, _answer = sign_in(person)

    here.post("/mijn/sessies/beeindig-andere")

    assert there.get("/mijn/profiel").status_code == 303
    assert here.get("/mijn/profiel").status_code == 200


def test_a_closed_account_is_out_at_once(person, sign_in):
    browser, _answer = sign_in(person)
    db.session.get(User, person.id).active = False
    db.session.commit()

    assert browser.get("/mijn/profiel").status_code == 303


def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(person, sign_in):
    _browser, answer = sign_in(person)

    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("labapp="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie


def test_a_form_without_its_token_is_refused(app, person, sign_in, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)

    browser, answer = sign_in(person)

    assert answer.status_code == 400
    assert browser.get("/mijn/profiel").status_code == 303


@pytest.fixture
def limited(app):
    """The same application, that counts attempts."""
    other = create_app(
        **{name: app.config[name] for name in ("TESTING", "INSTANCE", "SECRET_KEY")},
        DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
        EMBEDDING_MODEL="hashing",
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=True,
        SIGN_IN_LIMIT="3 per minute",
    )
    yield other
    limiter.enabled = False
    with other.app_context():
        db.engine.dispose()


def test_guessing_is_stopped_for_one_machine_and_about_one_person(limited, person):
    def attempt(email, machine):
        db.session.commit()
        return limited.test_client().post(
            "/inloggen",
            data={"email": email, "password": "verkeerd wachtwoord"},
            environ_base={"REMOTE_ADDR": machine},
        ).status_code  # fmt: skip

    email = person.email
    assert [attempt(email, "192.0.2.1") for _ in range(4)] == [200, 200, 200, 429]
    assert attempt("iemand@example.org", "192.0.2.1") == 429
    assert attempt(email, "192.0.2.2") == 429
    assert attempt("iemand@example.org", "192.0.2.2") == 200


def test_a_password_hashed_at_another_cost_is_hashed_anew(person, sign_in):
    from labapp.accounts.passwords import PROPER

    person.password = PROPER.hasher.hash(PASSWORD)
    db.session.commit()
    before = person.password

    _browser, answer = sign_in(person)

    assert answer.status_code == 302
    assert db.session.get(User, person.id).password != before
    assert sign_in(person)[1].status_code == 302


def test_signing_in_answers_about_as_fast_for_an_unknown_address(person, sign_in, monkeypatch):
    """A coarse check, at the real cost of a hash: nobody can tell by tenths of seconds."""
    from labapp.accounts import passwords

    monkeypatch.setattr(passwords.chosen, "cost", passwords.PROPER)

    def seconds(address):
        best = 9.0
        for _ in range(3):
            start = time.perf_counter()
            sign_in(address, "verkeerd wachtwoord")
            best = min(best, time.perf_counter() - start)
        return best

    assert abs(seconds(person.email) - seconds("niemand@example.org")) < 0.25
