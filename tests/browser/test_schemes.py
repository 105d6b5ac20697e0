"""The programme office: a branch that takes part is found while typing, and a rate is changed."""

import re

from playwright.sync_api import expect

DEMO = "/regelingen/versies/1"


def test_a_branch_is_found_while_typing_takes_part_and_is_taken_back(visit, noise, screen):
    noise.expect("422")  # the refusal is a page too
    page = visit(f"{DEMO}/deelnames/nieuw", who="programma", screen=screen)
    page.get_by_role("combobox", name=screen("Vestiging")).press_sequentially("maasl")
    page.get_by_role("option").first.click()
    page.get_by_role("button", name=screen("Bewaar")).click()
    expect(page).to_have_url(re.compile(f"{DEMO}$"))
    page.get_by_role("link", name="Maasland College").first.click()
    page.get_by_label(screen("Doet mee tot en met")).fill("2026-01-01")
    page.get_by_role("button", name=screen("Bewaar")).click()
    expect(page.get_by_role("alert")).to_contain_text(screen("Het einde ligt voor het begin."))

    page.get_by_text(screen("Was dit een vergissing?")).click()
    page.get_by_role("button", name=re.compile(f"^{screen('Haal weg')}")).click()

    expect(page).to_have_url(re.compile(f"{DEMO}$"))
    expect(page.get_by_role("link", name="Maasland College")).to_have_count(0)


def test_without_script_a_row_of_rates_comes_and_goes(visit, noise, screen):
    noise.expect("422")
    page = visit(f"{DEMO}/tarieven", who="programma", screen=screen, java_script_enabled=False)
    rows = page.locator("main").get_by_role("group")  # not the menu of a phone
    before = rows.count()
    page.get_by_role("button", name=screen("Nog een regel")).click()
    expect(rows).to_have_count(before + 1)
    double = rows.nth(before)
    double.get_by_label(screen("Tarief per uur (euro)")).fill("47,00")

    page.get_by_role("button", name=screen("Bewaar")).click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(double.get_by_label(screen("Tarief per uur (euro)"))).to_have_value("47,00")
