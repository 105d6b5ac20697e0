"""The frame of every page: headers, languages, errors, help pages."""

import re

import pytest
from flask import render_template

from labapp.security_headers import CONTENT_SECURITY_POLICY

TEXT_PAGES = ["/", "/hulp", "/toegankelijkheid", "/privacy", "/colofon"]


@pytest.fixture
def visitor(app):
    return app.test_client()


@pytest.mark.parametrize("address", [*TEXT_PAGES, "/bestaat-niet"])
def test_every_answer_carries_the_strict_policy(visitor, address):
    headers = visitor.get(address).headers

    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("address", TEXT_PAGES)
def test_a_page_about_the_platform_exists_in_both_languages(visitor, address, language):
    answer = visitor.get(f"{address}?lang={language}")

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<h1>") == 1
    assert answer.headers["Content-Language"] == language


def test_the_help_page_is_written_in_the_language_itself(visitor):
    assert "Stel je vraag zoals je hem aan een collega zou stellen" in visitor.get("/hulp").text
    assert "the way you would ask a colleague" in visitor.get("/hulp?lang=en").text


def test_the_choice_of_a_language_is_remembered(visitor):
    visitor.get("/hulp?lang=en")

    assert '<html lang="en">' in visitor.get("/privacy").text
    assert '<html lang="nl">' in visitor.get("/privacy?lang=nl").text
    assert '<html lang="nl">' in visitor.get("/privacy").text


def test_a_first_visit_is_in_dutch_whatever_the_computer_is_set_to(visitor):
    page = visitor.get("/hulp", headers={"Accept-Language": "en-GB,en;q=0.9"}).text

    assert '<html lang="nl">' in page


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        ("en-GB,en;q=0.9", "This page does not exist"),
        ("nl-NL,en;q=0.5", "Deze pagina bestaat niet"),
        ("fr", "Deze pagina bestaat niet"),
        ("en;q=0.2,nl;q=0.8", "Deze pagina bestaat niet"),
    ],
)
def test_the_api_speaks_the_language_that_is_asked_for(visitor, wish, title):
    problem = visitor.get("/api/v1/nothing", headers={"Accept-Language": wish}).json

    assert problem["detail"].startswith(title)


def test_an_unknown_language_changes_nothing(visitor):
    answer = visitor.get("/hulp?lang=xx")

    assert '<html lang="nl">' in answer.text
    assert "Set-Cookie" not in answer.headers or "taal=" not in answer.headers["Set-Cookie"]


def test_the_language_switch_keeps_the_address(visitor):
    page = visitor.get("/hulp?thema=lezen&thema=taal&q=a%26b").text

    link = re.search(r'class="lang" href="([^"]+)"', page).group(1)
    assert link == "/hulp?thema=lezen&amp;thema=taal&amp;q=a%26b&amp;lang=en"


def test_the_address_cannot_put_markup_in_the_page(visitor):
    page = visitor.get("/hulp?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text

    assert "<script>alert" not in page


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 428, 429, 500, 503])
def test_an_error_page_says_what_to_do_and_shows_its_number(app, status, language):
    with app.test_request_context(f"/?lang={language}"):
        from flask import g

        g.request_id = "3f2a9c1d"
        page = render_template("error.html", status=status, message="Een <b>zin</b>.")

    assert "3f2a9c1d" in page
    assert "Een &lt;b&gt;zin&lt;/b&gt;." in page
    assert f"{status}" in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("status", [500, 503])
def test_the_page_of_a_fault_asks_nothing_of_the_database(app, status, monkeypatch):
    from labapp import shell

    def broken(*_args):
        raise AssertionError("the database was asked")

    monkeypatch.setattr(shell.Shell, "links", broken)
    with app.test_request_context("/"):
        assert "<h1>" in render_template("error.html", status=status, message="")


def test_a_conflict_shows_both_texts(app):
    with app.test_request_context("/"):
        page = render_template(
            "error.html",
            status=409,
            message="",
            theirs={"title": "Van hen", "answer": "Gelijk"},
            yours={"title": "Van jou", "answer": "Gelijk"},
        )

    assert "Van hen" in page
    assert "Van jou" in page
    assert "Gelijk" not in page


def test_a_visitor_meets_no_menus_of_people(visitor):
    page = visitor.get("/hulp").text

    assert "account__toggle" not in page
    assert 'href="/mijn"' not in page
    assert "Naar de inhoud" in page


def test_the_colophon_names_every_package_with_its_licence(visitor):
    page = visitor.get("/colofon").text

    for name in ("htmx.org", "0BSD", "OFL-1.1", "EUPL-1.2"):
        assert name in page
    licence = visitor.get("/colofon/browser/htmx.org")
    assert "Permission to use, copy, modify" in licence.text
    assert visitor.get("/colofon/browser/jquery").status_code == 404
    assert visitor.get("/colofon/elders/htmx.org").status_code == 404


def test_python_packages_are_those_we_need_and_what_they_need():
    from labapp.home import licences

    found = {package.name.lower(): package for package in licences.python_packages()}
    if not found:
        pytest.skip("labapp is not installed in this environment")

    assert "BSD" in found["flask"].licence
    assert "werkzeug" in found
    assert "pytest" not in found
    assert all("\n" not in package.licence for package in found.values())


def test_a_message_after_a_change_is_spoken_and_escaped(app, visitor):
    with visitor.session_transaction() as session:
        session["_flashes"] = [("message", "Bewaard: <b>kaart</b>"), ("error", "Mislukt")]

    page = visitor.get("/hulp").text

    assert "Bewaard: &lt;b&gt;kaart&lt;/b&gt;" in page
    assert 'role="alert" data-announce' in page
