"""Who joins: invited by the school leader, or by signing up and waiting for one's word."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import sign_in

SECRET = "een zin van vijf woorden"


def link_to(page, address, part):
    """Give the link in the newest letter to an address; a job sends it a moment later."""
    link = page.locator("article", has_text=address).locator(f"a[href*='{part}']").first
    for _ in range(20):
        page.goto("/demo/postvak")
        if link.count():
            break
        page.wait_for_timeout(500)
    return link


def invite(page, address, screen):
    page.goto("/organisaties")
    page.get_by_role("link", name="De Regenboog (demo)").first.click()
    page.locator("#uitnodigen").scroll_into_view_if_needed()
    page.get_by_label(screen("E-mailadres")).fill(address)
    page.get_by_role("button", name=screen("Verstuur de uitnodiging")).click()


def fill_person(page, screen, given, family):
    page.get_by_label(screen("Voornaam")).fill(given)
    page.get_by_label(screen("Achternaam")).fill(family)
    page.locator("[name=password]").fill(SECRET)


def test_the_invited_accepts_from_the_mail(visit, screen, unique):
    address = unique("nieuw").replace(" ", "") + "@example.org"
    leader = visit(who="schoolleider", screen=screen)
    invite(leader, address, screen)
    expect(leader.get_by_text(address).first).to_be_visible()

    page = visit(screen=screen)
    link_to(page, address, "/uitnodiging/").click()
    fill_person(page, screen, "Mila", "Bakker")
    page.get_by_role("button", name=screen("Neem de uitnodiging aan")).click()

    if page.locator("details.account").count() == 0:
        sign_in(page, address, SECRET, screen)
    expect(page.locator(".site-header")).to_contain_text("De Regenboog (demo)")


def test_an_invitation_to_no_address_is_refused_and_one_withdrawn_is_dead(
    visit, screen, unique, noise
):
    noise.expect("status of 4[02][0-9]", "status of 410")
    address = unique("toch-niet").replace(" ", "") + "@example.org"
    leader = visit(who="schoolleider", screen=screen)
    invite(leader, "geen adres", screen)
    expect(leader.locator("#foutkader")).to_be_visible()
    invite(leader, address, screen)
    page = visit(screen=screen)
    href = link_to(page, address, "/uitnodiging/").get_attribute("href")

    row = leader.locator("li", has_text=address)
    row.get_by_role("button", name=screen("Trek in")).click()
    page.goto(href)

    assert page.get_by_role("button", name=screen("Neem de uitnodiging aan")).count() == 0


def test_a_teacher_cannot_invite(visit, screen):
    page = visit("/organisaties", who="leraar", screen=screen)
    page.get_by_role("link", name="De Regenboog (demo)").first.click()

    assert page.get_by_role("button", name=screen("Verstuur de uitnodiging")).count() == 0


def test_who_signs_up_waits_for_the_school_leader(visit, screen, unique):
    address = unique("zelf").replace(" ", "") + "@example.org"
    page = visit("/aanmelden", screen=screen)
    fill_person(page, screen, "Zoë", unique("Vermeer"))
    page.get_by_label(screen("E-mailadres")).fill(address)
    school = page.get_by_role("combobox", name=screen("School"))
    school.press_sequentially("regenbog")
    page.get_by_role("option", name=re.compile("De Regenboog")).click()
    page.get_by_role("button", name=screen("Meld je aan")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(screen("Kijk in je e-mail"))

    link_to(page, address, "/bevestigen/").click()
    confirm = page.locator("main form button")
    if confirm.count() and "/bevestigen/" in page.url:
        confirm.first.click()
    if page.locator("details.account").count() == 0:
        sign_in(page, address, SECRET, screen)
    expect(page.locator("details.account")).to_be_visible()
    assert "De Regenboog (demo)" not in page.locator(".site-header").inner_text()

    leader = visit("/organisaties", who="schoolleider", screen=screen)
    leader.get_by_role("link", name="De Regenboog (demo)").first.click()
    row = leader.locator("li", has_text=address)
    row.get_by_role("button", name=screen("Bevestig")).click()
    page.goto("/mijn/kennis")
    expect(page.locator(".site-header")).to_contain_text("De Regenboog (demo)")


def test_signing_up_without_script_asks_which_school_is_meant(visit, screen, unique, noise):
    noise.expect("status of 422")
    page = visit("/aanmelden", screen=screen, java_script_enabled=False)
    fill_person(page, screen, "Teun", unique("Smit"))
    page.get_by_label(screen("E-mailadres")).fill(unique("teun").replace(" ", "") + "@example.org")
    page.get_by_label(screen("School"), exact=False).first.fill("regenboog")
    page.get_by_role("button", name=screen("Meld je aan")).click()
    if page.get_by_role("radio", name=re.compile("De Regenboog")).count():
        page.get_by_role("radio", name=re.compile("De Regenboog")).check()
        page.locator("[name=password]").fill(SECRET)
        page.get_by_role("button", name=screen("Meld je aan")).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(screen("Kijk in je e-mail"))


def test_a_short_password_and_no_school_are_said_at_their_fields(visit, screen, noise):
    noise.expect("status of 422")
    page = visit("/aanmelden", screen=screen)
    page.get_by_label(screen("Voornaam")).fill("Bo")
    page.locator("[name=password]").fill("kort")
    page.get_by_role("button", name=screen("Meld je aan")).click()

    summary = page.locator("#foutkader")
    expect(summary).to_be_focused()
    assert summary.get_by_role("link").count() >= 3
    expect(page.get_by_label(screen("Voornaam"))).to_have_value("Bo")
