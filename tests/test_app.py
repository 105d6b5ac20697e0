import re
import subprocess
import sys

import pytest
from werkzeug.routing.converters import AnyConverter, NumberConverter

from labapp import create_app
from labapp.database import db
from tests.conftest import close

HEAVY = ("torch", "sentence_transformers", "transformers", "openvino", "openpyxl", "ctranslate2")


@pytest.fixture
def site(tmp_path):
    """The application as it is served: with tokens against forged requests."""
    site = create_app(
        TESTING=True, INSTANCE=str(tmp_path), SECRET_KEY="test", EMBEDDING_MODEL="hashing"
    )
    with site.app_context():
        db.create_all()
        yield site
        db.session.remove()
    close(site)


@pytest.mark.once
def test_starting_loads_no_model(app):
    code = f"import sys, labapp; print([name for name in {HEAVY} if name in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.strip() == "[]"


def test_making_the_application_makes_no_database(tmp_path):
    app = create_app(TESTING=True, INSTANCE=str(tmp_path), SECRET_KEY="test")
    close(app)

    assert not (tmp_path / "labapp.sqlite").exists()


def test_two_applications_in_one_process_keep_apart(app, tmp_path):
    other = create_app(TESTING=True, INSTANCE=str(tmp_path), SECRET_KEY="test")
    with other.app_context():
        theirs = db.engine.url
    close(other)

    assert theirs != db.engine.url


def example(kind):
    """A value that a part of an address takes."""
    if isinstance(kind, AnyConverter):
        return min(kind.items)
    if isinstance(kind, NumberConverter):
        return 1
    return "x" * int(re.search(r"\{(\d+)|$", kind.regex).group(1) or 1)


SIGNED = {"notifications.unsubscribe"}  # a mail program sends it: the address itself is signed


def test_every_page_that_changes_something_refuses_a_forged_request(site):
    client = site.test_client()
    adapter = site.url_map.bind("localhost")
    refused = []
    for rule in site.url_map.iter_rules():
        if "POST" not in rule.methods or rule.rule.startswith("/api/"):
            continue
        if rule.endpoint in SIGNED:
            continue
        values = {name: example(kind) for name, kind in rule._converters.items()}
        answer = client.post(adapter.build(rule.endpoint, values, method="POST"))
        refused.append((rule.rule, answer.status_code))

    assert len(refused) > 20
    assert [pair for pair in refused if pair[1] != 400] == []


@pytest.mark.parametrize("address", ["/nergens", "/kennis/0x10", "/a/1/../../config.py"])
def test_what_is_not_there_is_said_in_the_frame(site, address):
    answer = site.test_client().get(address)

    assert answer.status_code == 404
    assert "<main" in answer.text


def test_no_trace_and_no_unknown_method(site):
    for method in ("TRACE", "DELETE", "PROPFIND"):
        assert site.test_client().open("/", method=method).status_code == 405
