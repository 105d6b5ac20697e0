"""Forgotten and changed passwords, confirmed addresses, over HTTP."""

import pytest

from labapp.accounts import passwords
from labapp.accounts.models import User
from labapp.database import db
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import same

NEW = "een heel ander wachtwoord"


def test_a_forgotten_password_is_chosen_anew_by_letter(person, browse, sign_in, letters, link_in):
    elsewhere, _answer = sign_in(person)
    browser = browse()
    answer = browser.post("/wachtwoord-vergeten", data={"email": person.email.upper()})
    assert answer.status_code == 303
    (letter,) = letters()
    assert letter.to == person.email
    link = link_in(letter)
    assert browser.get(link).status_code == 200

    answer = browser.post(link, data={"password": NEW, "password_confirm": NEW})

    assert answer.status_code == 302
    assert sign_in(person, NEW)[1].status_code == 302
    assert sign_in(person)[1].status_code == 200
    assert elsewhere.get("/mijn/profiel").status_code == 303
    assert "opnieuw ingesteld" in letters()[0].subject
    assert browser.post(link, data={"password": PASSWORD, "password_confirm": PASSWORD}).location \
        == "/wachtwoord-vergeten"  # fmt: skip


def test_asking_for_a_password_tells_nothing_about_who_has_an_account(browse, person, letters):
    known, unknown = browse(), browse()

    answers = [
        known.post("/wachtwoord-vergeten", data={"email": person.email}),
        unknown.post("/wachtwoord-vergeten", data={"email": "niemand@example.org"}),
    ]

    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].location == answers[1].location
    pages = [client.get("/inloggen").text for client in (known, unknown)]
    assert "Als dit adres bij ons bekend is" in pages[0]
    assert same(pages[0], "") == same(pages[1], "")
    assert [letter.to for letter in letters()] == [person.email]


def test_what_is_no_address_is_said_at_the_field(browse):
    answer = browse().post("/wachtwoord-vergeten", data={"email": "geen adres"})

    assert answer.status_code == 422
    assert "Vul een geldig e-mailadres in" in answer.text


def test_the_link_comes_from_the_setting_and_not_from_the_request(person, browse, letters, app):
    browse().post(
        "/wachtwoord-vergeten", data={"email": person.email}, headers={"Host": "evil.example"}
    )

    (letter,) = letters()
    assert "evil.example" not in letter.text
    assert app.config["BASE_URL"] in letter.text


def test_a_closed_account_gets_no_letter(person, browse, letters):
    person.active = False
    db.session.commit()

    browse().post("/wachtwoord-vergeten", data={"email": person.email})

    assert letters() == []


def test_changing_the_password_keeps_this_session_and_ends_the_others(person, sign_in, letters):
    here, _answer = sign_in(person)
    there, _answer = sign_in(person)

    answer = here.post(
        "/mijn/wachtwoord",
        data={"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW},
    )

    assert answer.location == "/mijn/beveiliging"
    assert here.get("/mijn/beveiliging").status_code == 200
    assert there.get("/mijn/beveiliging").status_code == 303
    assert sign_in(person, NEW)[1].status_code == 302
    assert "gewijzigd" in letters()[0].subject


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "verkeerd wachtwoord"}, "Dit is niet je wachtwoord."),
        ({"new_password": "kort", "new_password_confirm": "kort"}, "ten minste 10 tekens"),
        ({"new_password_confirm": "iets heel anders"}, "De wachtwoorden zijn niet gelijk."),
    ],
)
def test_a_new_password_must_be_right_in_every_way(person, sign_in, fields, words):
    browser, _answer = sign_in(person)
    right = {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}

    answer = browser.post("/mijn/wachtwoord", data={**right, **fields})

    assert answer.status_code == 200
    assert words in answer.text
    assert sign_in(person)[1].status_code == 302


def test_an_address_is_confirmed_once_by_the_link_in_the_letter(
    person, browse, sign_in, letters, link_in
):
    person.confirmed_at = None
    db.session.commit()
    browse().post("/bevestigen", data={"email": person.email})
    (letter,) = letters()

    answer = browse().get(link_in(letter))

    assert answer.status_code == 302
    assert sign_in(person)[1].status_code == 302
    assert browse().get("/bevestigen/x.y.z").status_code == 302


def test_a_new_address_counts_when_it_is_confirmed(person, sign_in, letters, link_in):
    browser, _answer = sign_in(person)
    old = person.email

    answer = browser.post("/mijn/e-mailadres", data={"email": "Nieuw@Example.org"})
    assert answer.status_code in {200, 302}
    assert db.session.get(User, person.id).email == old
    letter = next(x for x in letters() if x.to == "nieuw@example.org")
    browser.get(link_in(letter))

    assert db.session.get(User, person.id).email == "nieuw@example.org"


def test_a_hash_is_argon2id_and_fits_only_its_password():
    hashed = passwords.hash_password("wachtwoord ó")

    assert hashed.startswith("$argon2id$")
    assert passwords.is_password(hashed, "wachtwoord ó")  # composed and not
    assert not passwords.is_password(hashed, "wachtwoord o")
    assert not passwords.is_password("niets", "wachtwoord")
    assert not passwords.is_password(None, "wachtwoord")


@pytest.mark.parametrize(
    "path",
    ["/inloggen", "/wachtwoord-vergeten", "/bevestigen", "/aanmelden", "/inloggen/passkey"],
)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_for_visitors_shows(browse, path, language):
    answer = browse().get(path, query_string={"lang": language})

    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/mijn/profiel", "/mijn/beveiliging", "/mijn/tokens", "/mijn/gegevens", "/mijn/wachtwoord",
        "/mijn/e-mailadres", "/mijn/passkeys", "/mijn/herstelcodes", "/tweede-stap/instellen",
        "/opnieuw-inloggen", "/organisaties",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_of_oneself_shows(person, sign_in, path, language):
    browser, _answer = sign_in(person)

    answer = browser.get(path, query_string={"lang": language})

    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
