"""What tests of the labs share."""

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import LabappError
from tests.at_once import run_at_once
from tests.labs.factories import make_lab
from tests.labs.stepping import everybody
from tests.labs.working import actor_of
from tests.subsidy.api_document import check_answer

SCOPES = ("labs:read", "labs:write")


@pytest.fixture
def cast():
    """A private lab with both sides: see `Cast`."""
    return make_lab()


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    """Everybody of the matrices by what they are; the visitor is None."""
    return everybody(cast, knowledge_broker, programme_officer, administrator)


@pytest.fixture
def call(app):
    """Call the API as the document says it answers: `call(user, "GET", "/labs/1")`."""

    def calling(user, method, path, match=None, *, headers=None, scopes=SCOPES, **options):
        given = dict(headers or {})
        if match:
            given["If-Match"] = match
        if user:
            text = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)[1]
            given["Authorization"] = f"Bearer {text}"
        answer = app.test_client().open(
            f"/api/v1{path}", method=method, buffered=True, headers=given, **options
        )
        if answer.mimetype != "application/zip":
            check_answer(app, method, path, answer)
        return answer

    return calling


@pytest.fixture
def together(app):
    """Do things at once, each for a person in a context of its own; give what each answered."""

    def as_somebody(user, work):
        model, user_id = type(user), user.id

        def run():
            try:
                return work(actor_of(db.session.get_one(model, user_id)))
            except LabappError as error:
                return type(error).__name__

        return run

    def run_all(*works):
        return run_at_once(app, [as_somebody(user, work) for user, work in works])

    return run_all
