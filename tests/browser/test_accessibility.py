"""Every page and state in both languages: axe on a phone and a desktop, reflow, spacing, policy.

The policy stays on: axe comes in through the protocol of the browser, and the wider spacing as a
style sheet that is made there.
"""

import re
from itertools import cycle

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, ROOT, Noise, sign_in
from tests.browser.screens import LANGUAGES, Screen
from tests.browser.writing import field, fill_card, number_of, publish, start_card, submit

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_FINDS = """rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(
  (found) => found.violations.flatMap(
    (rule) => rule.nodes.map((node) => [rule.id, node.target])))"""  # what is right is much to send
WIDTHS = PHONE, DESKTOP = 390, 1280
# WCAG 1.4.12: what a reader may set without losing anything.
SPACING = """() => {
 const sheet = new CSSStyleSheet();
 sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
 word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
 document.adoptedStyleSheets.push(sheet);
}"""

PAGES = {
    None: [
        "/", "/hulp", "/toegankelijkheid", "/privacy", "/colofon", "/api/", "/demo/postvak",
        "/kennis", "/kennis?q=feedback+geven&sector=po", "/kennis?q=lezzen", "/kennis?q=xqzw",
        "/kennis?q=taal&sector=so&kind=question_answered&subject=technology",
        "/kennis?q=taal&page=99", "{card}", "{english}", "{card}/praktijkkaart", "{card}/versies",
        "{changed}/versies", "{changed}/versies/1", "{changed}/verschil?van=1&tot=2", "{withdrawn}",
        "{outdated}", "/kennis/999999", "/inloggen", "/inloggen/passkey", "/aanmelden",
        "/aanmelden/gelukt", "/wachtwoord-vergeten", "/bevestigen", "/uitnodiging/bestaat-niet",
        "/labs", "/labs/1", "/regels", "{card}/gebruik", "{card}/beoordelingen",
    ],
    "leraar": [
        "/", "/kennis?q=feedback", "{card}?van=feedback", "/mijn/kennis", "/mijn/verzamelingen",
        "{collection}", "/mijn/zoekopdrachten", "/mijn/profiel", "/mijn/beveiliging",
        "/mijn/tokens", "/mijn/gegevens", "/mijn/wachtwoord", "/mijn/e-mailadres",
        "/mijn/passkeys", "/mijn/herstelcodes", "/tweede-stap/instellen", "/organisaties",
        "/organisaties?q=regenboog", "{school}", "/kennis/nieuw", "{draft}/concept",
        "{draft}/concept/bekijken", "{draft}/concept/weggooien", "{waiting}/concept",
        "/kennis/beoordelen", "/beheer", "/uren", "/uren?week=2026-10-26", "/uren/boeking",
        "/urenstaten", "/urenstaten/1", "/meldingen", "/mijn/meldingen", "/jouw-beurt",
        "/vragen", "/vragen/nieuw", "/vragen/1", "/agenda",
    ],
    "schoolleider": [
        "/organisaties", "{school}", "/regelingen/versies/1", "/urenstaten/goedkeuren",
        "/urenstaten/1", "/labs/nieuw", "/labs/1/overeenkomst", "/labs/deelnames/4",
    ],
    "programma": [
        "/regelingen", "/regelingen/nieuw", "/regelingen/bestand", "/regelingen/1/naam",
        "/regelingen/versies/1", "/regelingen/versies/2", "/regelingen/versies/1/voorwaarden",
        "/regelingen/versies/1/activiteiten", "/regelingen/versies/1/tarieven",
        "/regelingen/versies/1/maxima", "/regelingen/versies/2/bedragen",
        "/regelingen/versies/1/deelnames/nieuw", "/regelingen/versies/1/verleningen/nieuw",
        "/regelingen/deelnames/1", "/regelingen/verleningen/1",
    ],
    "coach": [
        "/labs/1", "/labs/1/leden", "/labs/1/bord", "/labs/1/instellingen",
        "/labs/1/instellingen/schakelaars", "/labs/deelnames/4",
    ],
    "makelaar": [
        "/mijn/kennis", "/kennis/beoordelen", "{waiting}/beoordelen", "{rewritten}/beoordelen",
        "/kennis/invoeren", "/kennis/analyse", "/vragen/1", "/vragen/invoeren",
        "{card}", "{card}/intrekken", "{card}/verouderd",
    ],
    "beheer": [
        "/beheer", "/beheer/mensen", "/beheer/logboek", "/beheer/logboek?controle=1",
        "/beheer/taken", "/kennis?q=feedback&uitleg=1",
    ],
}  # fmt: skip
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core: npm ci in frontend")
VISITS = [(who, address) for who, addresses in PAGES.items() for address in addresses]


@pytest.fixture(scope="session")
def places(chromium, server, signed_in):
    """What the addresses in braces stand for; made once, by people."""
    contexts = []

    def person(who):
        context = chromium.new_context(base_url=server.address, storage_state=signed_in(who))
        contexts.append(context)
        return context.new_page()

    writer, broker = person("leraar"), person("makelaar")
    places = make_places(writer, broker)
    for context in contexts:
        context.close()
    return places


def make_places(writer, broker):
    found = {"card": first_card(writer, "feedback"), "english": first_card(writer, "", "en")}
    for name in ("withdrawn", "outdated", "changed", "rewritten", "waiting", "draft"):
        start_card(writer, f"Toegankelijk: {name}")
        found[name] = f"/kennis/{number_of(writer)}"
        fill_card(writer)
        if name == "draft":
            writer.locator("#kaart [value=bewaren]").first.click()
            continue
        submit(writer)
        if name != "waiting":
            broker.goto(found[name] + "/beoordelen")
            publish(broker)
    for name, word in (("withdrawn", "intrekken"), ("outdated", "verouderd")):
        broker.goto(f"{found[name]}/{word}")
        broker.locator("[name=reason]").fill("Er is nieuwer onderzoek.")
        broker.locator("main form button").last.click()
    for name in ("changed", "rewritten"):
        writer.goto(found[name])
        writer.get_by_role("button", name=re.compile("^Wijzig")).click()
        field(writer, "answer").fill("Het nieuwe antwoord in één zin.")
        submit(writer)
    broker.goto(found["changed"] + "/beoordelen")
    publish(broker)
    writer.goto("/mijn/verzamelingen")
    writer.locator("[name=name]").fill("Toegankelijk")
    writer.locator("[name=name]").press("Enter")
    found["collection"] = path_of(writer)
    writer.goto(found["card"])
    writer.get_by_text("Zet in een verzameling").click()
    writer.locator("[name=verzameling]").select_option(found["collection"].split("/")[-1])
    writer.get_by_role("button", name="Zet erin").click()
    writer.goto("/organisaties")
    writer.get_by_role("link", name="De Regenboog (demo)").first.click()
    found["school"] = path_of(writer)
    return found


def first_card(page, question, language="nl"):
    page.goto(f"/kennis?q={question}&language={language}")
    return page.locator("#resultaten h3 a").first.get_attribute("href").split("?")[0]


def path_of(page):
    return "/" + page.url.split("://")[1].split("/", 1)[1].split("?")[0]


@pytest.fixture(scope="module")
def tabs(chromium, server, signed_in):
    """Give the one tab of a person, which keeps its assets; many pages are opened in it."""
    open_tabs = {}

    def tab(who, **settings):
        key = (who, *settings.items())
        if key not in open_tabs:
            context = chromium.new_context(
                base_url=server.address,
                locale="nl-NL",
                storage_state=signed_in(who) if who else None,
                **settings,
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.on("dialog", lambda dialog: dialog.accept())  # a text that is not saved yet
            noise = Noise()
            noise.expect("Failed to load resource")  # refusals are pages too
            noise.listen(page)
            open_tabs[key] = page, noise
        return open_tabs[key]

    yield tab
    for page, _noise in open_tabs.values():
        page.context.close()


@pytest.fixture
def look(tabs, server, places):
    """Open a page in the tab of a person; what the console says meanwhile is an error."""
    used = []

    def look(address, who=None, language="nl", width=DESKTOP, **settings):
        page, noise = tabs(who, **settings)
        noise.said.clear()
        used.append(noise)
        page.context.add_cookies([{"name": "taal", "value": language, "url": server.address}])
        set_width(page, width)
        page.goto(address.format(**places))
        return page

    yield look
    assert [words for noise in used for words in noise.unexpected] == []


def set_width(page, width):
    """Make the page so wide, if it is not: each change lays it out anew."""
    if page.viewport_size != (size := {"width": width, "height": 900}):
        page.set_viewport_size(size)
        page.wait_for_timeout(50)


def violations(page, widths=WIDTHS):
    """What axe finds on each width; without axe nothing (the states say so: they are skipped)."""
    if not AXE.exists():
        return []
    page.evaluate(AXE.read_text())
    found = []
    for width in widths:
        set_width(page, width)
        found += [(width, *words) for words in page.evaluate(AXE_FINDS, RULES)]
    return found


def sticking_out(page):
    """What is wider than the screen at 320 px (400 % zoom), also with more space in the text."""
    page.set_viewport_size({"width": 320, "height": 256})
    found = [("reflow", words) for words in wide_parts(page)]
    page.evaluate(SPACING)
    return found + [("spacing", words) for words in wide_parts(page)]


def wide_parts(page):
    return page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          const wide = [...document.body.querySelectorAll("*")].filter(
            (part) => part.getBoundingClientRect().right > room + 1 && part.checkVisibility());
          return wide.slice(-3).map((part) => part.outerHTML.slice(0, 120)).concat("the page");
        }"""
    )


@pytest.mark.parametrize(("who", "address"), VISITS)
def test_a_page_is_for_everybody(look, who, address):
    page = look(address, who, "nl", width=PHONE)

    expect(page.locator("h1")).to_be_visible()
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "nl"
    assert violations(page, [PHONE]) == []
    assert sticking_out(page) == []  # Dutch has the longer words

    page = look(address, who, "en")

    assert page.locator("html").get_attribute("lang") == "en"
    assert violations(page, [DESKTOP]) == []

    plain = look(address, who, java_script_enabled=False)

    expect(plain.locator("h1")).to_be_visible()
    assert plain.locator(".js-only:visible").count() == 0


def open_menu(page):
    page.locator(".account__toggle").click()


def open_filters(page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.locator(".filters__toggle").click()
    page.locator("#filters details > summary").first.click()


def open_suggestions(page):
    page.locator("#q").press_sequentially("feed")
    expect(page.locator("#q-lijst [role=option]").first).to_be_visible()


def open_folds(page):
    page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")


def send_empty(page):
    page.locator("main form button").first.click()
    expect(page.locator("[role=alert]").first).to_be_visible()


def send_search_empty(page):
    page.locator("main form").last.locator("button").last.click()
    expect(page.locator("[role=alert]").first).to_be_visible()


def preview_text(page):
    field(page, "body").fill("## Kop\n\n- een\n- twee\n\n| a | b |\n| --- | --- |\n| 1 | 2 |")
    page.locator("[data-preview]").first.click()
    expect(page.locator(".editor__preview h2").first).to_be_visible()


def add_rows(page):
    page.locator("#erbij-ratings").click()
    expect(page.locator("#rijen-ratings fieldset")).to_have_count(2)


def fail_to_save(page):
    page.context.set_offline(True)
    field(page, "body").press_sequentially("x")
    expect(page.locator("[data-state]").first).to_have_class("editor__state is-failed")
    page.context.set_offline(False)


def wrong_password(page):
    sign_in(page, "leraar", "niet dit wachtwoord", screen=Screen(1280, page.lang))


STATES = {
    "account menu": ("leraar", "/", open_menu),
    "filters on a phone": (None, "/kennis?q=taal&sector=po", open_filters),
    "suggestions": (None, "/kennis", open_suggestions),
    "folds of results": ("leraar", "/kennis?q=taal&sector=po", open_folds),
    "folds of a card": ("makelaar", "{card}", open_folds),
    "folds of an import": ("makelaar", "/kennis/invoeren", open_folds),
    "folds of a collection": ("leraar", "{collection}", open_folds),
    "sign-up refused": (None, "/aanmelden", send_empty),
    "sign-in refused": (None, "/inloggen", wrong_password),
    "card refused": ("leraar", "/kennis/nieuw", send_empty),
    "collection refused": ("leraar", "/mijn/verzamelingen", send_search_empty),
    "invitation refused": ("schoolleider", "{school}", send_search_empty),
    "withdrawal refused": ("makelaar", "{card}/intrekken", send_empty),
    "import refused": ("makelaar", "/kennis/invoeren", send_empty),
    "preview": ("leraar", "{draft}/concept", preview_text),
    "row added": ("leraar", "{draft}/concept", add_rows),
    "not saved": ("leraar", "{draft}/concept", fail_to_save),
}


@needs_axe
@pytest.mark.parametrize(("state", "language"), [*zip(STATES, cycle(LANGUAGES), strict=False)])
def test_a_state_is_for_everybody(look, state, language):
    who, address, change = STATES[state]
    page = look(address, who, language)
    page.lang = language

    change(page)

    assert violations(page) == []
    assert sticking_out(page) == []


@pytest.mark.parametrize("address", ["/kennis?q=feedback", "{card}", "{draft}/concept"])
def test_forced_colours_leave_every_button_an_edge(visit, places, address):
    page = visit(address.format(**places), who="leraar", forced_colors="active")

    bare = page.locator("main .btn:visible").evaluate_all(
        """buttons => buttons.filter((button) => {
          const look = getComputedStyle(button);
          return look.borderTopStyle === "none" && look.textDecorationLine === "none"
            && look.backgroundColor === getComputedStyle(document.body).backgroundColor;
        }).map((button) => button.innerText)"""
    )

    assert bare == []


def test_the_skip_link_is_the_first_and_leads_to_the_content(visit, screen):
    page = visit("/kennis", screen=screen)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name=screen("Naar de inhoud"))
    expect(link).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("address", ["/kennis?q=taal", "{card}", "{draft}/concept"])
def test_the_focus_is_seen_and_never_hidden(visit, places, address):
    page = visit(address.format(**places), who="leraar", screen=Screen(390, "nl"))
    page.set_viewport_size({"width": 390, "height": 700})
    hidden = []
    for _ in range(60):
        page.keyboard.press("Tab")
        hidden += page.evaluate(
            """() => {
              const part = document.activeElement, box = part.getBoundingClientRect();
              if (part === document.body || !box.width) return [];
              const x = box.left + box.width / 2, y = box.top + Math.min(box.height / 2, 20);
              const top = document.elementFromPoint(x, y);
              const seen = top?.closest("label") || part.contains(top) || top?.contains(part);
              return seen ? [] : [part.outerHTML.slice(0, 90) + " under " + (top?.className ?? "")];
            }"""
        )
    assert hidden == []
