"""Tokens for the API, and the API's organisations and /me."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts import tokens
from labapp.accounts.access_models import ApiToken
from labapp.accounts.models import Affiliation, User
from labapp.database import db
from tests.factories import AffiliationFactory, OrganisationFactory

FORM = {"name": "Script", "scopes": ["profile:read", "organisations:read"], "days": "30"}


@pytest.fixture
def token(teacher, as_actor):
    """The text of a token of the teacher."""
    _token, text = tokens.create_token(
        as_actor(teacher), name="x", scopes=["profile:read", "organisations:read"], days=30
    )
    return text


@pytest.fixture
def call(browse):
    def call(path, token=None, browser=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return (browser or browse()).get(path, headers=headers)

    return call


def test_a_token_is_shown_once_and_kept_as_a_hash(browse, teacher, call):
    browser = browse(teacher)

    answer = browser.post("/mijn/tokens", data=FORM)

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    text = re.search(r"labapp_[\w-]{43}", answer.text)[0]
    assert text not in browser.get("/mijn/tokens").text
    assert db.session.scalar(select(ApiToken.token_hash)) not in {text, ""}
    me = call("/api/v1/me", text)
    assert me.json["name"] == teacher.name
    assert me.json["scopes"] == ["organisations:read", "profile:read"]
    assert me.json["acting_for"]["name"] == "De Regenboog"


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["alles"]}, {"days": "0"},
     {"days": "9999"}, {"days": "x"}],
)  # fmt: skip
def test_a_token_needs_a_name_scopes_and_an_end(browse, teacher, fields):
    answer = browse(teacher).post("/mijn/tokens", data={**FORM, **fields})

    assert answer.status_code == 422
    assert db.session.scalar(select(ApiToken.id)) is None


def test_the_api_takes_no_cookie(browse, teacher, call, token):
    signed_in = browse(teacher)
    assert signed_in.get("/mijn/profiel").status_code == 200

    answer = call("/api/v1/me", browser=signed_in)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"
    assert call("/api/v1/me", token).status_code == 200


def test_a_page_takes_no_token(browse, token):
    answer = browse().get("/mijn/profiel", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 303


@pytest.mark.parametrize(
    "header", ["Bearer labapp_verkeerd", "Bearer ", "Basic bGFiYXBwOng=", "x", "Bearer é"]
)
def test_a_wrong_token_is_401_also_where_visitors_may_come(browse, header):
    for path in ("/api/v1/me", "/api/v1/organisations?q=x"):
        answer = browse().get(path, headers={"Authorization": header})
        assert answer.status_code == 401


def test_a_token_without_the_scope_is_403(teacher, as_actor, call):
    _token, text = tokens.create_token(
        as_actor(teacher), name="x", scopes=["organisations:read"], days=1
    )

    assert call("/api/v1/me", text).status_code == 403
    assert call("/api/v1/organisations?q=regenboog", text).status_code == 200


def test_a_revoked_token_is_worthless_at_once(browse, teacher, stranger, call, token):
    number = db.session.scalar(select(ApiToken.id))
    path = f"/mijn/tokens/{number}/intrekken"
    assert browse(stranger).post(path).status_code == 404
    assert call("/api/v1/me", token).status_code == 200

    browse(teacher).post(path)

    assert call("/api/v1/me", token).status_code == 401


def test_an_expired_token_is_worthless(call, token):
    clock.set_clock(clock.now() + timedelta(days=29))
    assert call("/api/v1/me", token).status_code == 200

    clock.set_clock(clock.now() + timedelta(days=2))

    assert call("/api/v1/me", token).status_code == 401


def test_the_token_of_a_closed_account_is_worthless(call, token, teacher):
    db.session.get(User, teacher.id).active = False
    db.session.commit()

    assert call("/api/v1/me", token).status_code == 401


def test_a_token_gives_no_more_than_the_person_still_has(call, token, teacher):
    place = db.session.get(Affiliation, teacher.affiliations[0].id)
    place.until_on = clock.today()
    db.session.commit()

    me = call("/api/v1/me", token).json

    assert me["affiliations"] == []
    assert me["acting_for"] is None


def test_a_token_keeps_acting_for_the_organisation_it_was_made_for(call, token, teacher, school):
    second = AffiliationFactory(user=teacher)
    user = db.session.get(User, teacher.id)
    user.acting_for_id = second.organisation_id
    db.session.commit()

    assert call("/api/v1/me", token).json["acting_for"]["id"] == school.id


def test_a_token_cannot_make_tokens(teacher, as_actor):
    from labapp.errors import ForbiddenError

    with pytest.raises(ForbiddenError):
        tokens.create_token(
            as_actor(teacher, scopes=frozenset({"profile:read"})),
            name="x", scopes=["profile:read"], days=1,
        )  # fmt: skip


def test_organisations_are_found_and_read(call, token, school):
    OrganisationFactory(name="Montessorischool", municipality="Breda")

    found = call("/api/v1/organisations?q=regenbogg", token).json["items"]

    assert [row["name"] for row in found] == ["De Regenboog"]
    one = call(f"/api/v1/organisations/{school.id}", token)
    assert one.json == found[0]
    assert call("/api/v1/organisations/99999", token).status_code == 404
    assert call("/api/v1/organisations", token).status_code == 422
    assert call("/api/v1/organisations?q=x&limit=0", token).status_code == 422
    assert call("/api/v1/organisations?q=x").status_code == 401


def test_using_a_token_is_noted_now_and_then_and_not_each_time(call, token, count_queries):
    call("/api/v1/me", token)

    with count_queries() as queries:
        call("/api/v1/me", token)

    assert not [q for q in queries if str(q).startswith("UPDATE")]
    assert db.session.scalar(select(ApiToken.used_at)) is not None
