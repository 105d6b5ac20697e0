"""What tests of the labs share."""

import threading

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import LabappError
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

    def run_all(*works):
        db.session.commit()
        start, answers = threading.Barrier(len(works)), {}

        def run(number, user_id, work):
            with app.app_context():
                actor = actor_of(db.session.get_one(type(users[number]), user_id))
                start.wait()
                try:
                    answers[number] = work(actor)
                except LabappError as error:
                    answers[number] = type(error).__name__
                db.session.remove()

        users = [user for user, _work in works]
        numbered = [(n, user.id, work) for n, (user, work) in enumerate(works)]
        threads = [threading.Thread(target=run, args=one) for one in numbered]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        db.session.expire_all()
        return [answers[number] for number in range(len(works))]

    return run_all
