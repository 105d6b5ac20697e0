"""Signing in and out, over HTTP."""

import pytest

from labapp.accounts.passwords import hash_password
from labapp.accounts.recovery import find_by_email
from labapp.database import db

PASSWORD = "een lang wachtwoord"


@pytest.fixture
def person(teacher):
    teacher.password = hash_password(PASSWORD)
    db.session.commit()
    return teacher


@pytest.fixture
def sign_in(browse):
    def sign_in(person, password=PASSWORD, **extra):
        browser = browse()
        answer = browser.post(
            "/inloggen", data={"email": person.email, "password": password, **extra}
        )
        return browser, answer

    return sign_in


def test_a_person_signs_in_with_address_and_password(person, sign_in):
    browser, answer = sign_in(person)

    assert answer.status_code == 302
    assert answer.location == "/"
    assert person.name in browser.get("/mijn/profiel").text


def test_pages_of_oneself_ask_a_visitor_to_sign_in_and_come_back(browse):
    answer = browse().get("/mijn/profiel")

    assert answer.status_code == 303
    assert answer.location == "/inloggen?next=/mijn/profiel"
