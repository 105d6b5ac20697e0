"""A week of hours: saved by itself on a phone, and with a button where there is no script."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect


@pytest.fixture
def last_week():
    return f"/uren?week={datetime.now(UTC).date() - timedelta(days=7)}"


def saved(screen):
    """The first word of what is said after a save."""
    words = screen("Bewaard. Totaal deze week %(hours)s uur.", hours="")
    return words.partition(" ")[0]


def empty_cells(page):
    """The first two days on which nothing is written yet."""
    ids = page.locator('.hours-grid .cell input[value=""]').evaluate_all(
        "all => all.map(e => e.id)"
    )
    return [page.locator(f"#{name}") for name in ids[:2]]


def test_a_week_saves_itself_and_says_so(visit, screen, last_week, noise):
    noise.expect("422")
    page = visit(last_week, who="collega", screen=screen)
    first, second = empty_cells(page)
    first.fill("1:30")
    first.press("Tab")
    expect(page.locator("#melding")).to_contain_text(saved(screen))
    expect(first).to_have_value("1:30")  # nobody is thrown out of a field

    second.fill("1,1")
    second.press("Tab")
    expect(second).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#fouten")).to_contain_text(
        screen("Vul hele kwartieren in, bijvoorbeeld 1,25 of 1,5.")
    )
    second.fill("1,25")
    second.press("Tab")
    expect(page.locator("#fouten")).to_be_empty()
    page.reload()
    expect(second).to_have_value("1,25" if screen.language == "nl" else "1.25")

    for cell in (first, second):  # as it was
        cell.fill("")
        cell.press("Tab")
    expect(page.locator("#melding")).to_contain_text(saved(screen))


def test_without_script_a_button_saves(visit, last_week):
    page = visit(last_week, who="coach", java_script_enabled=False)
    place = empty_cells(page)[0]
    for text in ("2", ""):
        place.fill(text)
        page.get_by_role("button", name="Bewaar", exact=True).last.click()
        expect(page.locator(".flash")).to_contain_text("Bewaard.")
        expect(place).to_have_value(text)
