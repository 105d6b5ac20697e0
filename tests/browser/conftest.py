"""One demonstration and one Chromium for all of these tests; what a console says is an error."""

import os
import re
from itertools import count
from pathlib import Path
from zlib import crc32

import pytest

from tests.browser.screens import SCREENS, WIDE
from tests.browser.server import Running, Server, share_model
from tests.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]
BOTH = {
    "test_a_question_is_answered_within_a_second_and_the_search_stays",
    "test_the_practice_card_prints_on_one_side_of_a4",
    "test_one_tap_keeps_a_card_and_one_lets_it_go",
    "test_who_signs_in_sees_for_whom_and_signs_out",
    "test_a_card_is_written_reviewed_published_and_found",
    "test_on_a_phone_the_filters_fold_and_say_how_many_are_on",
}
PASSWORD = "labapp-demo"
PATIENCE = 15_000  # milliseconds; a machine with two cores may be busy


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def context():
    """These tests ask a server; they need no application of their own."""


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    running = os.environ.get("LABAPP_TEST_ADDRESS")
    server = Running(running) if running else Server(tmp_path_factory.mktemp("demo"))
    if not running:
        share_model(server.instance)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def signed_in(chromium, server):
    """Give the cookies of a demo person, who signs in once for all tests."""
    kept = {}

    def signed_in(who):
        if who not in kept:
            context = chromium.new_context(base_url=server.address, java_script_enabled=False)
            page = context.new_page()
            sign_in(page, who)
            kept[who] = context.storage_state()
            context.close()
        return kept[who]

    return signed_in


def sign_in(page, who, password=PASSWORD, screen=WIDE):
    """Fill in the form of signing in; `who` is the first part of a demo address."""
    page.goto("/inloggen")
    page.get_by_label(screen("E-mailadres")).fill(who if "@" in who else f"{who}@demo.example")
    page.get_by_label(screen("Wachtwoord"), exact=True).fill(password)
    page.get_by_role("button", name=screen("Log in"), exact=True).click()


class Noise:
    """What the consoles said, and what a test says is right: a refusal is an error to Chromium."""

    def __init__(self):
        self.said = []
        self.expected = []

    def expect(self, *patterns):
        self.expected += patterns

    def listen(self, page):
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
        page.on("response", self._look)

    def _look(self, response):
        if response.status >= 500:
            self.said.append(f"{response.status} {response.url}")

    @property
    def unexpected(self):
        return [
            words
            for words in self.said
            if not any(re.search(pattern, words) for pattern in self.expected)
        ]


@pytest.fixture
def noise():
    noise = Noise()
    yield noise
    assert noise.unexpected == []


@pytest.fixture
def visit(chromium, server, signed_in, noise):
    """Open a page: `visit("/kennis", who="leraar", screen=screen)`; each call is another person."""
    contexts = []

    def visit(path="/", who=None, screen=WIDE, **settings):
        context = chromium.new_context(
            base_url=server.address,
            locale="nl-NL",
            viewport={"width": screen.width, "height": 900},
            storage_state=signed_in(who) if who else None,
            **settings,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "taal", "value": screen.language, "url": server.address}])
        page = context.new_page()
        noise.listen(page)
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()


def pytest_generate_tests(metafunc):
    """`screen` is a phone in Dutch or a desktop in English; the main journeys get both."""
    if "screen" not in metafunc.fixturenames:
        return
    name = metafunc.definition.originalname
    both = name in BOTH
    screens = SCREENS if both else [SCREENS[crc32(name.encode()) % len(SCREENS)]]
    metafunc.parametrize("screen", screens, ids=str)


numbers = count(1)


@pytest.fixture
def unique():
    """Give words that no other test used: `unique("Kaart")`."""
    return lambda words: f"{words} {os.getpid()}-{next(numbers)}"


def has_focus(locator):
    return locator.evaluate("element => element === document.activeElement")
