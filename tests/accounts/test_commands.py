"""labapp users ..."""

import json

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, User
from labapp.accounts.recovery import find_by_email
from labapp.database import db
from tests.accounts.conftest import PASSWORD

NEW = ("--given-name", "Ada", "--family-name", "Beheer", "--password", PASSWORD, "--json")


def create(run, *more, email="ada@example.org"):
    return run("users", "create", "--email", email, *NEW, *more)


def test_a_first_administrator_is_made_and_signs_in(run, office, sign_in):
    result = create(run, "--role", "administrator")

    assert result.exit_code == 0, result.output
    user = db.session.get(User, json.loads(result.output)["id"])
    assert Actor.of(user).is_administrator
    assert sign_in("ada@example.org")[1].status_code == 302


def test_an_address_is_given_once_and_a_password_is_long(run):
    assert create(run).exit_code == 0

    again = create(run, email="ADA@example.org")
    short = run("users", "create", "--email", "b@example.org", *NEW, "--password", "kort")

    assert again.exit_code == short.exit_code == 1
    assert "al een account" in again.output
    assert "10 tekens" in short.output


def test_roles_are_given_at_a_school_by_its_number(run, school, person):
    code = school.brin6.lower()
    result = run("users", "add-role", person.email, "internal_coach", "--organisation", code)

    assert result.exit_code == 0, result.output
    user = db.session.get(User, person.id)
    assert Actor.of(user).has_role(Role.INTERNAL_COACH, organisation_id=school.id)
    wrong = run("users", "add-role", person.email, "researcher", "--organisation", code)
    assert wrong.exit_code == 1
    assert run("users", "add-role", "x@example.org", "teacher").exit_code == 1


def test_accounts_are_listed(run, person, stranger):
    everybody = json.loads(run("users", "list", "--json").output)["users"]
    some = json.loads(run("users", "list", person.family_name.lower(), "--json").output)["users"]

    assert len(everybody) == 2
    assert [row["email"] for row in some] == [person.email]
    assert some[0]["roles"] == ["teacher at De Regenboog"]
    assert person.email in run("users", "list").output


def test_closing_an_account_and_ending_sessions(run, person, sign_in):
    browser, _answer = sign_in(person)
    ended = run("users", "revoke-sessions", person.email, "--json")
    assert json.loads(ended.output)["ended"] == 1
    assert browser.get("/mijn/profiel").status_code == 303

    assert run("users", "deactivate", person.email).exit_code == 0
    assert sign_in(person)[1].status_code == 200


def test_a_password_is_set(run, person, sign_in):
    result = run("users", "set-password", person.email, "--password", "nieuw en lang genoeg")

    assert result.exit_code == 0
    assert sign_in(person, "nieuw en lang genoeg")[1].status_code == 302


def test_a_person_is_erased(run, person):
    email = person.email

    assert run("users", "erase", email, "--yes").exit_code == 0

    assert find_by_email(email) is None


@pytest.mark.parametrize("command", ["deactivate", "revoke-sessions", "set-password"])
def test_nobody_is_said_in_a_sentence(run, command):
    extra = ["--password", PASSWORD] if command == "set-password" else []

    result = run("users", command, "niemand@example.org", *extra)

    assert result.exit_code == 1
    assert "Nobody has the address" in result.output
    assert "Traceback" not in result.output
