"""Every building block in a real Chromium: accessible, within the policy, on small and large."""

import threading
from pathlib import Path

import pytest
from flask import Blueprint, jsonify, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from jinja2_fragments.flask import render_block
from werkzeug.serving import make_server

from labapp import charts, create_app
from tests.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_FINDS = """rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(
  (found) => found.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.target)]))"""
PAGES = ["/gallery/blocks", "/gallery/results", "/gallery/form", "/gallery/sheet"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in frontend"),
]
gallery = Blueprint("gallery", __name__, url_prefix="/gallery")


@gallery.get("/<name>")
def show(name):
    rows = [charts.Range("Lezen", 6, 3, 9, "71 studies"), charts.Range("Rekenen", -2, -4, 0)]
    values = {
        "oob": request.headers.get("HX-Request") == "true",
        "pageurl": lambda number: f"/gallery/blocks?pagina={number}",
        "chart": charts.range_chart("c1", "Leerwinst", "In maanden", rows),
        "bars": charts.bar_chart("c2", "Studies", "Aantal", [charts.Bar("Lezen", 71)]),
    }
    if values["oob"]:
        return render_block(f"{name}.html", "resultaten", **values)
    return render_template(f"{name}.html", **values)


@gallery.get("/suggest")
def suggest():
    found = request.args["q"].startswith("fe")
    return jsonify([{"value": "2", "label": "feedback geven", "note": "thema"}] if found else [])


@gallery.post("/draft")
def save_draft():
    return jsonify(version=4)


@gallery.post("/preview")
def preview():
    return "<h2>Kop</h2><p>tekst</p>"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The application with a page of every building block, on a free port."""
    app = create_app(
        TESTING=True,
        SECRET_KEY="test",
        INSTANCE=str(tmp_path_factory.mktemp("gallery")),
        EMBEDDING_MODEL="hashing",
        RATELIMIT_ENABLED=False,
    )
    app.register_blueprint(gallery)
    own = FileSystemLoader(Path(__file__).parent / "gallery")
    app.jinja_env.loader = ChoiceLoader([own, app.jinja_env.loader])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium, address):
    """Open a page; what the console says (a broken policy, a fault in a script) is an error."""
    contexts, said = [], []

    def open_page(path, width=1280, **settings):
        context = chromium.new_context(
            locale="nl-NL", viewport={"width": width, "height": 900}, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    expected = ("Failed to load resource", "htmx:")  # tests that cut the network or ask for a 404
    assert [words for words in said if not words.startswith(expected)] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page, path, width):
    page = open_page(path, width)
    page.evaluate(AXE.read_text())

    assert page.evaluate(AXE_FINDS, RULES) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_sticks_out_of_a_small_screen(open_page, path):
    page = open_page(path, 320)

    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_suggestions_are_chosen_with_the_keyboard(open_page):
    page = open_page("/gallery/results")

    page.locator("#q").press_sequentially("fee")
    page.get_by_role("option", name="feedback geven").wait_for()
    page.keyboard.press("ArrowDown")
    active = page.locator("#q").get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    page.get_by_text("3 resultaten gevonden").wait_for()

    assert active
    assert "q=feedback%20geven" in page.url


def test_a_draft_saves_itself_and_says_so_or_says_that_it_failed(open_page):
    page = open_page("/gallery/form")
    state = page.locator("[data-state]")

    page.locator("#body").press_sequentially("nieuw")
    state.filter(has_text="Bewaard om").wait_for()
    version = page.locator("[name=version]").input_value()
    page.context.set_offline(True)
    page.locator("#body").press_sequentially("x")
    state.filter(has_text="Niet bewaard").wait_for()

    assert version == "4"


def test_the_error_summary_has_focus_and_leads_to_the_field(open_page):
    page = open_page("/gallery/form")
    first = page.locator(":focus").get_attribute("id")

    page.get_by_role("link", name="Titel").click()

    assert first == "foutkader"
    assert page.locator(":focus").get_attribute("id") == "title"


def test_escape_closes_a_dialog_and_gives_focus_back(open_page):
    page = open_page("/gallery/blocks")

    page.get_by_role("button", name="Trek in").click()
    opened = page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")

    assert opened
    assert page.locator(":focus").inner_text() == "Trek in"


def test_the_network_failing_is_said_aloud(open_page):
    page = open_page("/gallery/results")

    page.context.set_offline(True)
    page.get_by_label("Voortgezet onderwijs").check()

    page.get_by_text("Controleer je verbinding").wait_for()


def test_without_script_a_form_shows_its_button_and_a_dialog_its_content(open_page):
    page = open_page("/gallery/results", java_script_enabled=False)
    assert page.get_by_role("button", name="Toon resultaten").count() == 1

    page.goto(page.url.replace("results", "blocks"))
    page.locator(".dialog-fold summary").click()

    assert page.get_by_text("De kaart is dan nergens meer te vinden.").is_visible()


def test_a_practice_card_prints_on_one_side(open_page, tmp_path):
    from pypdf import PdfReader

    page = open_page("/gallery/sheet")
    page.pdf(path=tmp_path / "kaart.pdf", prefer_css_page_size=True)

    printed = PdfReader(tmp_path / "kaart.pdf")
    assert len(printed.pages) == 1
    assert "Inloggen" not in printed.pages[0].extract_text()
