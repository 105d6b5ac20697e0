"""Writing a card: it saves itself, loses nothing, is read by a second person, and is found."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.writing import FIELDS, field, fill_card, number_of, publish, start_card, submit


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_card_is_written_reviewed_published_and_found(visit, screen, unique, script):
    title = unique("Hardop nadenken over zinnen")
    page = visit("/mijn/kennis", who="leraar", screen=screen, java_script_enabled=script)
    start_card(page, title, screen)
    number = number_of(page)
    fill_card(page)
    submit(page, screen)
    expect(
        page.get_by_text(screen("Ingediend. Een ander kijkt de kaart na voordat zij verschijnt."))
    ).to_be_visible()

    broker = visit("/kennis/beoordelen", who="makelaar", screen=screen, java_script_enabled=script)
    broker.get_by_role("link", name=title).first.click()
    publish(broker, screen)
    expect(broker.get_by_role("heading", level=1)).to_have_text(title)

    visitor = visit(f"/kennis?q={title}", screen=screen)
    expect(visitor.locator("#resultaten").get_by_role("link", name=title).first).to_be_visible()
    visitor.goto(f"/kennis/{number}")
    expect(visitor.get_by_text(FIELDS["answer"]).first).to_be_visible()


def test_what_is_missing_is_said_at_its_field(visit, screen, unique, noise):
    noise.expect("status of 422")
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Bijna leeg"), screen)

    submit(page, screen)

    summary = page.locator("#foutkader")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_a_card_without_a_title_is_refused(visit, screen, noise):
    noise.expect("status of 422")
    page = visit("/kennis/nieuw", who="leraar", screen=screen)
    page.get_by_role("button", name=screen("Begin met schrijven")).click()

    expect(page.locator("#foutkader")).to_be_visible()


def test_a_visitor_is_asked_to_sign_in_first_and_then_writes(visit, screen):
    page = visit("/kennis/nieuw", screen=screen)
    expect(page).to_have_url(re.compile("/inloggen"))
    page.get_by_label(screen("E-mailadres")).fill("leraar@demo.example")
    page.get_by_label(screen("Wachtwoord"), exact=True).fill("labapp-demo")
    page.get_by_role("button", name=screen("Log in"), exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(screen("Nieuwe kaart"))


def test_the_writer_does_not_review_and_a_stranger_sees_nothing(visit, screen, unique, noise):
    noise.expect("status of 40[34]")
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Van mij"), screen)
    number = number_of(page)
    fill_card(page)
    submit(page, screen)

    page.goto(f"/kennis/{number}/beoordelen")
    expect(
        page.get_by_text(screen("Een ander dan de schrijver beoordeelt een kaart."))
    ).to_be_visible()
    assert page.get_by_role("button", name=screen("Publiceer")).count() == 0
    stranger = visit(f"/kennis/{number}", who="vo-leraar", screen=screen)
    assert stranger.get_by_text("Van mij").count() == 0


def test_the_reviewer_gives_back_with_a_note_that_the_writer_reads(visit, screen, unique, noise):
    noise.expect("status of 422")
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Terug naar de schrijver"), screen)
    number = number_of(page)
    fill_card(page)
    submit(page, screen)
    broker = visit(f"/kennis/{number}/beoordelen", who="makelaar", screen=screen)

    broker.get_by_role("button", name=screen("Geef terug")).click()
    expect(broker.locator("#foutkader")).to_be_visible()
    broker.get_by_label(screen("Wat moet er beter?")).fill("Noem ook het onderzoek.")
    broker.get_by_role("button", name=screen("Geef terug")).click()
    page.goto(f"/kennis/{number}/concept")

    expect(page.get_by_text("Noem ook het onderzoek.")).to_be_visible()


def test_the_text_saves_itself_and_says_so(visit, screen, unique):
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Bewaart zichzelf"), screen)
    state = page.locator("[data-state]").first

    field(page, "body").press_sequentially("Dit blijft staan.")
    expect(state).to_have_class("editor__state is-changed")
    expect(state).to_contain_text(screen("Bewaard om {time}").split("{")[0].strip())
    page.reload()

    expect(field(page, "body")).to_have_value("Dit blijft staan.")


def test_a_lost_network_is_said_and_nothing_is_lost(visit, screen, unique, noise):
    noise.expect("Failed to load resource")
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Zonder netwerk"), screen)
    state = page.locator("[data-state]").first
    page.context.set_offline(True)
    field(page, "body").press_sequentially("Getypt in de trein.")

    expect(state).to_have_class("editor__state is-failed")
    assert page.locator("[role=status][data-state]").count() > 0
    expect(field(page, "body")).to_have_value("Getypt in de trein.")
    page.context.set_offline(False)
    expect(state).not_to_have_class("editor__state is-failed", timeout=20_000)
    page.reload()

    expect(field(page, "body")).to_have_value("Getypt in de trein.")


def test_two_editors_get_both_texts_and_lose_neither(visit, screen, unique, noise):
    noise.expect("status of 409")
    first = visit(who="leraar", screen=screen)
    start_card(first, unique("Twee schrijvers"), screen)
    address = f"/kennis/{number_of(first)}/concept"
    second = visit(address, who="leraar", screen=screen, java_script_enabled=False)
    field(second, "answer").fill("De tekst van de tweede.")
    second.get_by_role("button", name=screen("Bewaar"), exact=True).click()

    field(first, "answer").fill("De tekst van de eerste.")
    expect(first.locator("[data-state]").first).to_have_class("editor__state is-failed")
    first.get_by_role("button", name=screen("Bewaar"), exact=True).click()

    for text in ("De tekst van de tweede.", "De tekst van de eerste."):
        expect(first.locator(".as-typed", has_text=text)).to_be_visible()
    first.get_by_role("button", name=screen("Bewaar deze keuzes")).click()
    expect(field(first, "answer")).to_have_value("De tekst van de eerste.")


def test_the_preview_shows_markdown_without_its_scripts(visit, screen, unique):
    page = visit(who="leraar", screen=screen)
    start_card(page, unique("Met een script"), screen)
    field(page, "body").fill("**vet** <script>alert(1)</script> [klik](javascript:alert(1))")

    page.locator("[data-preview]").first.click()
    shown = page.locator(".editor__preview").first

    expect(shown.locator("strong")).to_have_text("vet")
    assert shown.locator("script, a[href^=javascript]").count() == 0


def test_the_toolbar_marks_text_by_keyboard(visit, unique):
    page = visit(who="leraar")
    start_card(page, unique("Met knoppen"))
    body = field(page, "body")
    body.fill("samen")
    body.press("Control+a")
    body.press("Control+b")

    expect(body).to_have_value("**samen**")


def test_a_published_card_is_changed_beside_the_text_that_stands(visit, screen, unique):
    title = unique("Wordt gewijzigd")
    page = visit(who="leraar", screen=screen)
    start_card(page, title, screen)
    number = number_of(page)
    fill_card(page)
    submit(page, screen)
    broker = visit(f"/kennis/{number}/beoordelen", who="makelaar", screen=screen)
    publish(broker, screen)

    page.goto(f"/kennis/{number}")
    page.get_by_role("button", name=re.compile("^" + screen("Wijzig"))).click()
    field(page, "answer").fill("Een nieuw antwoord in één zin.")
    page.get_by_role("button", name=screen("Bewaar"), exact=True).click()
    visitor = visit(f"/kennis/{number}", screen=screen)
    expect(visitor.get_by_text(FIELDS["answer"]).first).to_be_visible()
    submit(page, screen)
    broker.goto(f"/kennis/{number}/beoordelen")
    expect(broker.locator("ins").first).to_be_visible()
    publish(broker, screen)
    visitor.reload()

    expect(visitor.get_by_text("Een nieuw antwoord in één zin.").first).to_be_visible()
    visitor.goto(f"/kennis/{number}/versies")
    assert visitor.locator("main").get_by_role("link").count() >= 2
