"""What tests of the labs share."""

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from tests.labs.factories import make_lab
from tests.labs.stepping import everybody
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
