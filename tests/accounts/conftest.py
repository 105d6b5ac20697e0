"""Fixtures for accounts: a person with a password, signing in through the page, letters."""

import re

import pytest

from labapp.accounts.passwords import hash_password
from labapp.cli import Labapp
from labapp.database import db
from labapp.jobs import services as jobs
from labapp.mail.services import list_outbox

PASSWORD = "een lang wachtwoord"


@pytest.fixture
def with_password():
    """Give a person the password of these tests."""

    def give(person):
        person.password = hash_password(PASSWORD)
        db.session.commit()
        return person

    return give


@pytest.fixture
def person(teacher, with_password):
    return with_password(teacher)


@pytest.fixture
def sign_in(browse):
    """Sign in through the page: `browser, answer = sign_in(person)`."""

    def sign_in(person, password=PASSWORD, browser=None, **extra):
        browser = browser or browse()
        email = person if isinstance(person, str) else person.email
        answer = browser.post("/inloggen", data={"email": email, "password": password, **extra})
        return browser, answer

    return sign_in


@pytest.fixture
def letters():
    """Let the jobs run; give the letters, the newest first."""

    def read():
        jobs.run_waiting()
        return list_outbox()

    return read


@pytest.fixture
def link_in():
    """Give the path of the first link in a letter."""
    return lambda letter: re.search(r"https?://[^/\s]+(/\S*)", letter.text)[1]


@pytest.fixture
def run(app):
    """Run `labapp ...`; give exit code and output."""

    def run(*arguments):
        group = Labapp(create_app=lambda: app, add_default_commands=False, add_version_option=False)
        db.session.commit()
        result = app.test_cli_runner().invoke(group, [str(a) for a in arguments])
        db.session.rollback()
        return result

    return run
