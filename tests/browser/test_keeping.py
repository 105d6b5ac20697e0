"""Keeping cards: for oneself, for the team, and not for a stranger; following a search."""

import re

from playwright.sync_api import expect


def keep_button(page):
    return page.locator("[id^=bewaar-]").first


def make_collection(page, name, screen, team=False):
    page.goto("/mijn/verzamelingen")
    page.get_by_label(screen("Naam"), exact=True).fill(name)
    if team:
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name=screen("Maak verzameling")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.url.split("?")[0]


def put_in(page, name, screen):
    page.goto("/kennis?q=woordenschat")
    page.locator("#resultaten h3 a").first.click()
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_text(screen("Zet in een verzameling")).click()
    page.get_by_label(screen("Verzameling"), exact=True).select_option(
        label=next(
            text
            for text in page.get_by_label(screen("Verzameling"), exact=True)
            .locator("option")
            .all_inner_texts()
            if text.startswith(name)
        )
    )
    page.get_by_role("button", name=screen("Zet erin")).click()
    return title


def test_one_tap_keeps_a_card_and_one_lets_it_go(visit, screen):
    page = visit("/kennis?q=spelling", who="expert", screen=screen)
    button = keep_button(page)
    number = button.get_attribute("id")
    if screen("Bewaard") in button.inner_text():
        button.click()
        expect(button).to_contain_text(screen("Bewaar"))

    button.click()
    expect(button).to_contain_text(screen("Bewaard"))
    expect(page.locator(f"#{number}")).to_be_focused()
    page.reload()
    expect(page.locator(f"#{number}")).to_contain_text(screen("Bewaard"))
    page.locator(f"#{number}").click()

    expect(page.locator(f"#{number}")).not_to_contain_text(screen("Bewaard"))


def test_without_script_a_card_is_kept_too(visit, screen):
    page = visit("/kennis?q=huiswerk", who="controller", screen=screen, java_script_enabled=False)
    button = keep_button(page)
    before = button.inner_text()

    button.click()

    assert keep_button(page).inner_text() != before
    assert "q=huiswerk" in page.url


def test_a_visitor_who_keeps_is_asked_to_sign_in(visit, screen):
    page = visit("/kennis?q=spelling", screen=screen)
    page.locator(".evidence__actions a").first.click()

    expect(page).to_have_url(re.compile("/inloggen"))


def test_the_team_sees_its_collection_and_a_stranger_does_not(visit, screen, unique, noise):
    noise.expect("status of 40[34]")
    name = unique("Taal in groep 6")
    page = visit(who="leraar", screen=screen)
    address = make_collection(page, name, screen, team=True)
    title = put_in(page, name, screen)

    colleague = visit("/mijn/verzamelingen", who="collega", screen=screen)
    colleague.get_by_role("link", name=name).click()
    expect(colleague.get_by_role("link", name=title, exact=True)).to_be_visible()
    stranger = visit("/mijn/verzamelingen", who="vo-leraar", screen=screen)
    assert stranger.get_by_text(name).count() == 0
    stranger.goto(address)
    assert stranger.get_by_text(name).count() == 0
    expect(stranger.get_by_role("heading", level=1)).to_be_visible()


def test_a_private_collection_stays_private(visit, screen, unique, noise):
    noise.expect("status of 40[34]")
    name = unique("Alleen voor mij")
    page = visit(who="leraar", screen=screen)
    address = make_collection(page, name, screen)

    colleague = visit(address, who="collega", screen=screen)

    assert colleague.get_by_text(name).count() == 0


def test_a_note_and_the_order_are_kept(visit, screen, unique):
    name = unique("Met notities")
    page = visit(who="leraar", screen=screen)
    address = make_collection(page, name, screen)
    put_in(page, name, screen)
    page.goto(address)
    page.get_by_text(screen("Notitie en volgorde")).first.click()
    page.locator("main textarea").first.fill("Voor de studiedag.")
    page.get_by_role("button", name=screen("Bewaar notitie")).first.click()

    expect(page.locator("main").get_by_text("Voor de studiedag.").first).to_be_visible()


def test_a_collection_without_a_name_is_refused(visit, screen, noise):
    noise.expect("status of 422")
    page = visit("/mijn/verzamelingen", who="leraar", screen=screen)
    page.get_by_role("button", name=screen("Maak verzameling")).click()

    expect(page.locator("#foutkader")).to_be_focused()


def test_a_search_is_followed_and_let_go(visit, screen, unique):
    name = unique("Volg taal")
    page = visit("/kennis?q=taal&sector=po", who="leraar", screen=screen)
    page.get_by_text(screen("Bewaar deze zoekopdracht")).click()
    page.locator("#zoek-naam").fill(name)
    page.get_by_role("button", name=screen("Bewaar zoekopdracht")).click()
    page.goto("/mijn/zoekopdrachten")

    page.get_by_role("link", name=name).click()
    assert page.locator("#q").input_value() == "taal"
    assert "sector=po" in page.url


def test_a_card_is_judged_useful_and_that_can_be_changed(visit, screen):
    page = visit("/kennis?q=zittenblijven", who="expert", screen=screen)
    page.locator("#resultaten h3 a").first.click()
    page.get_by_role("button", name=screen("Ja, nuttig")).click()
    expect(page.get_by_text(screen("Je zei: nuttig."))).to_be_visible()

    page.get_by_role("button", name=screen("Nee, niet nuttig")).click()

    expect(page.get_by_text(screen("Je zei: niet nuttig."))).to_be_visible()
