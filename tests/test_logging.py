import json
import logging

import pytest
import structlog
from sqlalchemy import select

from labapp import audit, create_app
from labapp import logging as logs
from labapp.accounts.models import User
from labapp.audit import AuditEvent
from labapp.database import db, transaction
from tests.conftest import close
from tests.factories import UserFactory

EMAIL, QUESTION = "noor.van.dijk@school.example.nl", "waarom-luistert-niemand"


@pytest.fixture
def site(app):
    """A site in production's clothes: JSON logs, faults answered with a page."""
    site = create_app(
        TESTING=True,
        DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
        INSTANCE=app.config["INSTANCE"],
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        LOG_FORMAT="json",
        PROPAGATE_EXCEPTIONS=False,
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False,
    )
    yield site
    close(site)
    logs.configure("text", "INFO")


@pytest.fixture
def lines(capsys):
    """Give the events logged since the last time."""

    def read():
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return read


def test_a_request_is_one_line_of_json_with_its_id(site, lines):
    answer = site.test_client().get("/healthz")

    (line,) = lines()
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/healthz", 200)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["ms"] >= 0
    assert line["timestamp"].endswith("Z")


def test_the_id_of_a_proxy_is_taken_over_and_nonsense_is_not(site, lines):
    client = site.test_client()
    given = client.get("/healthz", headers={"X-Request-ID": "0123456789-abc"})
    refused = client.get("/healthz", headers={"X-Request-ID": "<script>alert(1)</script>"})

    assert given.headers["X-Request-ID"] == "0123456789-abc"
    assert len(refused.headers["X-Request-ID"]) == 32
    assert lines()[0]["request_id"] == "0123456789-abc"


def test_what_is_recorded_carries_the_id_of_its_request(site):
    site.add_url_rule("/act", view_func=lambda: audit.record(None, "acted", "things:1") or "done")

    answer = site.test_client().get("/act")

    event = db.session.scalars(select(AuditEvent)).one()
    assert event.request_id == answer.headers["X-Request-ID"]


def test_a_fault_shows_an_id_that_is_in_the_log_with_the_fault(site, lines):
    site.add_url_rule("/break", view_func=lambda: 1 / 0)

    answer = site.test_client().get("/break")

    fault = next(line for line in lines() if line["event"] == "request.failed")
    assert answer.status_code == 500
    assert fault["request_id"] in answer.text
    assert "ZeroDivisionError" in fault["exception"]
    assert "ZeroDivisionError" not in answer.text


def test_a_fault_of_the_api_has_the_id_too(site, lines):
    site.add_url_rule("/api/v1/break", "api_break", view_func=lambda: 1 / 0)

    answer = site.test_client().get("/api/v1/break")

    fault = next(line for line in lines() if line["event"] == "request.failed")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert answer.json["request_id"] == fault["request_id"]


def test_no_question_and_no_address_stands_in_the_log(site, capsys):
    client = site.test_client()
    client.get("/kennis", query_string={"q": QUESTION, "email": EMAIL}, follow_redirects=True)
    client.get("/nergens/" + EMAIL)
    client.post("/login", data={"email": EMAIL, "password": QUESTION})

    said = capsys.readouterr().err
    assert said
    assert EMAIL not in said
    assert QUESTION not in said


def sign_up_twice():
    for _ in range(2):
        with transaction() as session:
            session.add(UserFactory.build(email=EMAIL))
    return "done"


def test_a_database_that_names_an_address_in_its_refusal_does_not_bring_it_into_the_log(
    site, capsys
):
    site.add_url_rule("/twice", view_func=sign_up_twice)

    answer = site.test_client().get("/twice")

    said = capsys.readouterr().err
    assert answer.status_code == 500
    assert "IntegrityError" in said
    assert EMAIL not in said
    assert db.session.scalars(select(User.email)).all() == [EMAIL]


def test_local_variables_are_not_shown_in_text_either(capsys):
    def refuse(secret):
        raise ValueError(len(secret))

    logs.configure("text", "INFO")
    try:
        refuse(QUESTION)
    except ValueError:
        structlog.get_logger().exception("broken")

    said = capsys.readouterr().err
    assert f"ValueError: {len(QUESTION)}" in said
    assert QUESTION not in said


def test_an_address_in_any_field_is_taken_out():
    event = logs.mask_addresses(
        None, "", {"event": f"sent to <{EMAIL}>", "key": f"(email)=({EMAIL})", "number": 3}
    )

    assert event == {"event": "sent to <[address]>", "key": "(email)=([address])", "number": 3}


def test_what_libraries_log_comes_out_in_the_same_form(lines):
    logs.configure("json", "INFO")

    logging.getLogger("waitress.queue").warning("Task queue depth is %d", 3)
    logging.getLogger("alembic").info("not worth a line")
    logs.configure("text", "INFO")

    (line,) = lines()
    assert (line["event"], line["level"]) == ("Task queue depth is 3", "warning")


@pytest.mark.parametrize(("level", "said"), [("INFO", True), ("ERROR", False)])
def test_the_level_is_a_setting(capsys, level, said):
    logs.configure("json", level)

    structlog.get_logger().info("news")
    logs.configure("text", "INFO")

    assert ("news" in capsys.readouterr().err) is said


def test_one_request_says_nothing_of_another(site, lines):
    site.add_url_rule(
        "/bind", view_func=lambda: structlog.contextvars.bind_contextvars(word="left") and "done"
    )
    client = site.test_client()

    client.get("/bind")
    client.get("/healthz")

    first, second = lines()
    assert first["word"] == "left"
    assert "word" not in second
