"""Signing in and out, with what a demonstration prints on the screen, and the second factor."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, sign_in


def account_menu(page):
    return page.locator("details.account")


def open_account(page):
    page.locator(".account__toggle").click()
    return account_menu(page)


def code_of(key, ahead=0):
    """The six figures that an authenticator app shows now (RFC 6238), or `ahead` times 30 s on."""
    bare = re.sub(r"[\s-]", "", key).upper()
    padded = bare + "=" * (-len(bare) % 8)
    digest = hmac.new(
        base64.b32decode(padded), struct.pack(">Q", int(time.time()) // 30 + ahead), hashlib.sha1
    ).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_the_screen_shows_logins_that_work(server, visit, screen):
    if server.printed is None:
        pytest.skip("the server was started by somebody else")
    printed = re.findall(r"^\s+(\S+@demo\.example)\s+(\S.*)$", server.printed, re.MULTILINE)
    assert len(printed) >= 10
    assert PASSWORD in server.printed
    page = visit("/", screen=screen)

    sign_in(page, printed[0][0], screen=screen)

    expect(account_menu(page)).to_be_visible()


def test_who_signs_in_sees_for_whom_and_signs_out(visit, screen):
    page = visit("/kennis", screen=screen)
    sign_in(page, "leraar", screen=screen)

    expect(page.locator(".site-header")).to_contain_text("De Regenboog (demo)")
    menu = open_account(page)
    menu.get_by_role("button", name=screen("Uitloggen")).click()

    expect(account_menu(page)).to_have_count(0)
    page.goto("/mijn/kennis")
    expect(page).to_have_url(re.compile("/inloggen"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_wrong_password_is_refused_in_words_and_nobody_is_named(visit, screen, script):
    said = []
    for who in ("leraar", "bestaat-niet"):
        page = visit("/", screen=screen, java_script_enabled=script)
        sign_in(page, who, password="zeker niet dit", screen=screen)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(screen("Inloggen lukte niet"))
        said.append(alert.inner_text())
        assert page.get_by_label(screen("E-mailadres")).input_value() == f"{who}@demo.example"

    assert said[0] == said[1]


def test_signing_in_leads_back_to_where_one_was_and_nowhere_else(visit):
    page = visit("/mijn/verzamelingen")
    page.get_by_label("E-mailadres").fill("leraar@demo.example")
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/mijn/verzamelingen$"))

    other = visit("/inloggen?next=https://example.org/")
    other.get_by_label("E-mailadres").fill("leraar@demo.example")
    other.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Log in", exact=True).click()
    assert "example.org" not in other.url.split("?")[0].split("/")[2]


def test_escape_closes_the_menu_of_the_account(visit, screen):
    page = visit("/", who="leraar", screen=screen)
    menu = open_account(page)
    expect(menu.get_by_role("button", name=screen("Uitloggen"))).to_be_visible()

    page.keyboard.press("Escape")

    expect(menu.get_by_role("button", name=screen("Uitloggen"))).not_to_be_visible()
    expect(page.locator(".account__toggle")).to_be_focused()


def test_a_second_step_is_set_up_and_then_asked(visit, noise):
    page = visit("/")
    sign_in(page, "auditor")
    page.goto("/tweede-stap/instellen")
    if page.url.split("?")[0].endswith("/opnieuw-inloggen"):
        page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Ga verder").click()
    page.get_by_role("button", name="Begin").click()
    key = page.locator("code").first.inner_text()
    page.get_by_label("Code van zes cijfers").fill(code_of(key))
    page.get_by_role("button", name="Zet aan").click()
    expect(page.get_by_role("main")).to_be_visible()

    other = visit("/")
    sign_in(other, "auditor")
    expect(other.get_by_role("heading", level=1)).to_have_text("Tweede stap")
    other.goto("/mijn/kennis")
    expect(other).to_have_url(re.compile("/inloggen"))
    sign_in(other, "auditor")
    other.get_by_label("Code van zes cijfers").fill("000000")
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_role("alert").first).to_be_visible()
    other.get_by_label("Code van zes cijfers").fill(code_of(key, ahead=1))  # each works once
    other.get_by_role("button", name="Log in").click()
    expect(account_menu(other)).to_be_visible()

    page.goto("/tweede-stap/instellen")
    page.get_by_role("button", name="Zet twee stappen uit").click()
    third = visit("/")
    sign_in(third, "auditor")
    expect(account_menu(third)).to_be_visible()


def test_a_session_that_is_ended_elsewhere_is_over(visit):
    here = visit("/")
    sign_in(here, "coach")
    elsewhere = visit("/")
    sign_in(elsewhere, "coach")

    elsewhere.goto("/mijn/beveiliging")
    elsewhere.get_by_role("button", name="Log overal elders uit").click()
    here.goto("/mijn/kennis")

    expect(here).to_have_url(re.compile("/inloggen"))
    elsewhere.goto("/mijn/kennis")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Mijn kennis")
