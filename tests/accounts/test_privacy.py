"""One's own data: to take away, and to have erased."""

import json

import pytest
from sqlalchemy import func, select

from labapp import audit
from labapp.accounts import people, privacy, tokens
from labapp.accounts.access_models import ApiToken, SignIn
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, User
from labapp.audit import AuditEvent, AuditSalt
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError
from labapp.mail.models import Letter
from tests.accounts.conftest import PASSWORD


@pytest.fixture
def packages(monkeypatch):
    """Another package that keeps something about people."""
    erased = []
    monkeypatch.setattr(privacy.registry, "exporters", {"notes": lambda user: [f"note of {user}"]})
    monkeypatch.setattr(privacy.registry, "erasers", (erased.append,))
    return erased


def test_a_person_downloads_everything_about_them_and_nothing_of_others(
    person, sign_in, colleague, packages
):
    browser, _answer = sign_in(person)
    tokens.create_token(Actor.of(person), name="mijn token", scopes=["cards:read"], days=1)

    answer = browser.get("/mijn/gegevens.json")

    data = json.loads(answer.text)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert data["person"]["email"] == person.email
    assert data["affiliations"][0]["organisation"] == "De Regenboog"
    assert data["tokens"][0]["name"] == "mijn token"
    assert data["notes"] == [f"note of {person.id}"]
    assert [a["action"] for a in data["actions"]] == ["token.created"]
    for secret in (colleague.email, person.password, person.fs_uniquifier, "token_hash"):
        assert secret not in answer.text


def test_a_visitor_downloads_nothing(browse):
    assert browse().get("/mijn/gegevens.json").status_code == 303


def test_erasing_takes_the_name_everywhere_and_keeps_the_work(
    person, sign_in, browse, packages, letters
):
    browser, _answer = sign_in(person)
    user_id, email, name = person.id, person.email, person.family_name
    people.update_profile(
        Actor.of(person), given_name="Ander", particle="", family_name=name, language="nl",
        preferred_sector="",
    )  # fmt: skip
    tokens.create_token(Actor.of(person), name="x", scopes=["cards:read"], days=1)
    browse().post("/wachtwoord-vergeten", data={"email": email})
    assert letters()

    answer = browser.post("/mijn/gegevens/wissen", data={"password": PASSWORD})

    assert answer.status_code == 303
    user = db.session.get(User, user_id)
    assert user.name == "Verwijderd persoon"
    assert user.email is None
    assert user.password is None
    assert not user.active
    assert user.affiliations[0].until_on is not None
    for model in (SignIn, ApiToken, Letter, AuditSalt):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
    assert packages == [user_id]
    assert browser.get("/mijn/profiel").status_code == 303
    assert sign_in(email)[1].status_code == 200
    assert list(audit.verify()) == []
    trail = " ".join(
        str(e.changes) + (e.reason or "") for e in db.session.scalars(select(AuditEvent))
    )
    assert email not in trail
    assert name not in trail
    assert "Ander" not in trail


def test_erasing_needs_the_password(person, sign_in):
    browser, _answer = sign_in(person)

    answer = browser.post("/mijn/gegevens/wissen", data={"password": "verkeerd"})

    assert answer.status_code == 422
    assert db.session.get(User, person.id).email == person.email


def test_an_erased_address_may_be_used_again(person, app):
    email = person.email
    privacy.erase_user(Actor.system(), person.id)

    again = people.create_user(
        Actor.system(), email=email, given_name="N", family_name="M", password=PASSWORD
    )

    assert again.email == email


def test_who_is_erased_by_whom(person, colleague, administrator):
    with pytest.raises(ForbiddenError):
        privacy.erase_user(Actor.of(colleague), person.id)
    privacy.erase_user(Actor.of(administrator), person.id)
    assert db.session.get(User, person.id).erased_at is not None


def test_the_last_administrator_stays(administrator):
    with pytest.raises(ConflictError):
        privacy.erase_user(Actor.of(administrator), administrator.id)


def test_when_one_part_fails_nothing_is_erased(person, monkeypatch):
    def fail(_user_id):
        raise ConflictError("nee")

    monkeypatch.setattr(privacy.registry, "erasers", (fail,))

    with pytest.raises(ConflictError):
        privacy.erase_user(Actor.system(), person.id)

    assert db.session.get(User, person.id).email == person.email


def test_a_person_changes_their_profile(person, sign_in):
    browser, _answer = sign_in(person)
    form = {
        "given_name": "Łucja", "particle": "van 't", "family_name": "Hoff", "language": "en",
        "preferred_sector": "vo",
    }  # fmt: skip

    answer = browser.post("/mijn/profiel", data=form)

    assert answer.status_code == 303
    assert db.session.get(User, person.id).name == "Łucja van 't Hoff"
    assert '<html lang="en"' in browser.get("/mijn/profiel").text
    assert browser.post("/mijn/profiel", data={**form, "language": "fr"}).status_code == 422
    assert browser.post("/mijn/profiel", data={**form, "preferred_sector": "x"}).status_code == 422
    assert browser.post("/mijn/profiel", data={**form, "family_name": ""}).status_code == 422


def test_a_name_cannot_run_as_a_script(person, sign_in):
    browser, _answer = sign_in(person)

    browser.post("/mijn/profiel", data={
        "given_name": "<script>alert(1)</script>", "particle": "", "family_name": "{{7*7}}",
        "language": "nl", "preferred_sector": "",
    })  # fmt: skip

    page = browser.get("/mijn/profiel").text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    assert db.session.scalar(select(func.count()).select_from(Affiliation)) == 1
