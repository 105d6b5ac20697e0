"""Everything as one file, and only what one may read."""

import csv
import io
from contextvars import Context

import pytest
from flask.testing import FlaskClient

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import cards
from tests.api.conftest import CONTENT

FORMATS = {
    "json": "application/json",
    "csv": "text/csv",
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
}


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_has_what_one_may_read_and_no_more(
    call, published, secret, teacher, stranger, form
):
    published()

    public = call(None, "GET", f"/exports/cards?format={form}")
    others = call(stranger, "GET", f"/exports/cards?format={form}")
    own = call(teacher, "GET", f"/exports/cards?format={form}")

    assert public.status_code == 200
    assert public.mimetype == FORMATS[form]
    assert "attachment" in public.headers["Content-Disposition"]
    for answer in (public, others):
        assert "Hardop lezen" in answer.text
        assert "Regenboog" not in answer.text
    assert "Regenboog" in own.text


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_goes_on_when_the_request_has_ended(app, published, secret, teacher, token, form):
    """A server reads the answer after the request; a test's own context would hide that."""
    published()
    headers = token(teacher)
    db.session.commit()

    def ask():
        path = f"/api/v1/exports/cards?format={form}"
        return FlaskClient(app).get(path, headers=headers).data

    assert b"Regenboog" in Context().run(ask)


def test_an_export_comes_back_in_unchanged(call, published, researcher):
    card = published()
    exported = call(researcher, "GET", "/exports/cards?format=json").data

    again = call(
        researcher, "POST", "/imports",
        data={"file": (io.BytesIO(exported), "cards.json"), "format": "json"},
        content_type="multipart/form-data",
    )  # fmt: skip

    assert card.external_id.encode() in exported
    assert (again.status_code, again.json["created"], again.json["unchanged"]) == (200, 0, 1)


def test_drafts_go_only_to_who_writes_them(call, teacher, stranger, colleague):
    cards.start_card(Actor.of(teacher), {**CONTENT, "title": "Nog niet af"})

    for user, has_it in ((teacher, True), (stranger, False), (colleague, False), (None, False)):
        assert ("Nog niet af" in call(user, "GET", "/exports/cards").text) is has_it


def test_a_spreadsheet_runs_nothing(call, published):
    published(title="=HYPERLINK(1)", answer="@SUM(A1)")

    text = call(None, "GET", "/exports/cards?format=csv").text
    row = next(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    assert row["title"] == "'=HYPERLINK(1)"
    assert row["answer"] == "'@SUM(A1)"


def test_an_unknown_form_is_refused(call):
    assert call(None, "GET", "/exports/cards?format=exe").status_code == 422


def test_a_longer_export_asks_no_more_queries(call, published, count_queries):
    published()
    with count_queries() as few:
        call(None, "GET", "/exports/cards").get_data()
    for number in range(5):
        published(title=f"Lezen {number}")
    with count_queries() as many:
        call(None, "GET", "/exports/cards").get_data()

    assert len(many) == len(few)
