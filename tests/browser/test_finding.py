"""A visitor asks a question, sees why the answers fit, reads, prints, and comes back."""

import time

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import has_focus

QUESTION = "hoe geef ik feedback waar leerlingen echt iets mee doen?"


def cards(page):
    return page.locator("#resultaten article.evidence")


def ask(page, words):
    page.locator("#q").fill(words)
    page.locator("#q").press("Enter")


def test_a_question_is_answered_within_a_second_and_the_search_stays(visit, screen):
    page = visit("/", screen=screen)
    page.get_by_role("link", name=screen("Kennis"), exact=True).locator(
        "visible=true"
    ).first.click()

    begun = time.perf_counter()
    ask(page, QUESTION)
    first = cards(page).first
    expect(first.get_by_role("heading")).to_have_text("Feedback")
    seconds = time.perf_counter() - begun

    expect(page.locator("#telling")).to_contain_text(screen("resultaten"))
    assert first.locator("dl.metrics dt").count() == 3
    expect(first.locator(".evidence__why")).not_to_be_empty()
    titles = cards(page).get_by_role("heading").all_inner_texts()
    assert cards(page).locator("[lang]").count() > 0, titles
    first.get_by_role("link", name="Feedback", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Feedback")
    page.go_back()
    assert page.locator("#q").input_value() == QUESTION
    assert cards(page).get_by_role("heading").all_inner_texts() == titles
    assert seconds < 1


def test_a_card_leads_back_to_the_question_it_answered(visit, screen):
    page = visit(f"/kennis?q={QUESTION}", screen=screen)
    cards(page).get_by_role("link", name="Feedback", exact=True).click()

    page.get_by_role("navigation").get_by_role("link", name=QUESTION[:20]).click()

    assert page.locator("#q").input_value() == QUESTION


def test_the_practice_card_prints_on_one_side_of_a4(visit, screen, tmp_path):
    page = visit(f"/kennis?q={QUESTION}", screen=screen)
    cards(page).get_by_role("link", name="Feedback", exact=True).click()
    page.get_by_role("link", name=screen("Praktijkkaart")).click()

    page.wait_for_url("**/praktijkkaart*")  # with its style sheet, which says A4
    page.pdf(path=tmp_path / "kaart.pdf", prefer_css_page_size=True)

    printed = PdfReader(tmp_path / "kaart.pdf")
    width, height = (float(side) for side in printed.pages[0].mediabox[2:])
    words = printed.pages[0].extract_text()
    assert len(printed.pages) == 1
    assert (round(width), round(height)) == (595, 842)
    assert "Feedback" in words
    assert screen("Inloggen") not in words


def test_the_page_prints_when_the_button_is_pressed(visit, screen):
    page = visit(f"/kennis?q={QUESTION}", screen=screen)
    page.add_init_script("window.print = () => { document.title = 'printed'; }")
    cards(page).get_by_role("link", name="Feedback", exact=True).click()
    page.get_by_role("link", name=screen("Praktijkkaart")).click()

    page.get_by_role("button", name="Print").click()

    expect(page).to_have_title("printed")


def test_no_result_comes_with_advice(visit, screen):
    page = visit(
        "/kennis?q=woordenschat&sector=so&kind=question_answered&subject=technology", screen=screen
    )

    expect(page.get_by_role("heading", name=screen("Geen resultaten"))).to_be_visible()
    expect(
        page.get_by_text(screen("Haal een filter weg of probeer een ander woord."))
    ).to_be_visible()
    page.locator("#resultaten").get_by_role("link", name=screen("Wis alle filters")).click()
    expect(cards(page).first).to_be_visible()


def test_a_typing_error_is_put_right(visit, screen):
    page = visit("/kennis", screen=screen)
    ask(page, "woordenschatt onderwijs begrijpend lezzen")

    expect(page.get_by_text(screen("Bedoelde je"))).to_be_visible()
    page.locator("#resultaten .lead a").click()

    assert "lezzen" not in page.locator("#q").input_value()
    expect(cards(page).first).to_be_visible()


@pytest.mark.parametrize(
    "words",
    [
        "",
        "x" * 10_000,
        "👩‍🏫📚",
        "مرحبا كيف الحال",
        "'; DROP TABLE cards; --",
        '"feedback" NEAR/2 -*(',
        "100%_",
    ],
    ids=["empty", "long", "emoji", "right-to-left", "sql", "fts", "percent"],
)
def test_odd_questions_get_a_page(visit, words):
    page = visit("/kennis")
    page.locator("#q").evaluate(
        "(field, words) => { field.removeAttribute('maxlength'); field.value = words; }", words
    )
    page.locator("#q").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_filters_go_by_keyboard_alone_and_the_focus_stays(visit, noise):
    page = visit("/kennis")
    before = page.locator("#telling").inner_text()
    box = page.get_by_role("checkbox", name="Voortgezet onderwijs")
    page.locator("#q").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if has_focus(box):
            break
    assert has_focus(box)

    page.keyboard.press("Space")
    expect(page.locator("#telling")).not_to_have_text(before)

    assert has_focus(box)
    assert box.is_checked()
    assert page.locator("#telling").get_attribute("aria-live") == "polite"
    assert "sector=vo" in page.url
    expect(page.locator("#resultaten .chips")).to_contain_text("Voortgezet onderwijs")
    page.go_back()
    expect(page.locator("#telling")).to_have_text(before)
    assert not page.get_by_role("checkbox", name="Voortgezet onderwijs").is_checked()


def test_the_number_beside_a_filter_is_the_number_that_remains(visit):
    page = visit("/kennis?q=leesvaardigheid")
    box = page.locator("#filters").get_by_role("checkbox").first
    number = int(page.locator("#filters .check__count").first.inner_text().strip(", ").split()[0])

    box.check()

    expect(page.locator("#telling")).to_contain_text(str(number))


def test_on_a_phone_the_filters_fold_and_say_how_many_are_on(visit, screen):
    if screen.width > 600:
        pytest.skip("on a wide screen they stand beside the results")
    page = visit("/kennis?q=feedback", screen=screen)
    toggle = page.locator(".filters__toggle")
    expect(page.locator("#filters")).not_to_be_visible()

    toggle.click()
    page.locator("input[name=sector][value=vo]").check()

    expect(toggle.locator(".count-dot")).to_contain_text("1")
    assert page.locator("#filters").is_visible()


def test_without_script_question_filters_and_card_work(visit, screen):
    page = visit("/kennis", screen=screen, java_script_enabled=False)
    ask(page, QUESTION)
    if not page.locator("#filters").is_visible():
        page.locator(".filters__toggle").click()
    page.locator("input[name=sector][value=vo]").check()
    page.get_by_role("button", name=screen("Toon resultaten")).click()

    assert "sector=vo" in page.url
    cards(page).get_by_role("link", name="Feedback", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Feedback")


def test_a_lost_network_is_said_and_the_results_stay(visit, noise):
    noise.expect("Failed to load resource", "htmx:")
    page = visit("/kennis?q=feedback")
    page.context.set_offline(True)
    page.get_by_role("checkbox", name="Voortgezet onderwijs").check()

    expect(page.locator("#melding")).to_contain_text("Controleer je verbinding")
    expect(cards(page).first).to_be_visible()


def test_a_card_that_is_not_there_says_so(visit, noise, screen):
    noise.expect("status of 404")
    page = visit("/kennis/999999", screen=screen)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(
        page.get_by_role("link", name=screen("Kennis"), exact=True).locator("visible=true").first
    ).to_be_visible()
