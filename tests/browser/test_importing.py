"""The knowledge broker brings cards in, takes them back, and withdraws one while others search."""

import re

from playwright.sync_api import expect

from tests.browser.writing import fill_card, number_of, publish, start_card, submit

HEADING = "id;Titel;Vraag;Antwoord;Tekst;Sectoren;Thema's;Bron;Auteurs;Jaar"


def table(*rows):
    """A CSV with the given (id, title, year) rows."""
    lines = [
        f"{code};{title};Wat helpt bij {title}?;Dit helpt.;## Wat is het?;PO;Feedback;"
        f"Een boek;Berg, Jan van der;{year}"
        for code, title, year in rows
    ]
    return "\n".join([HEADING, *lines]).encode()


def code_of(title):
    return title.lower().replace(" ", "-")


def choose(page, content, screen, name="kaarten.csv"):
    """Upload a table to see what it would do."""
    page.goto("/kennis/invoeren")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.locator("[name=format]").select_option("csv")
    page.get_by_role("button", name=screen("Kijk wat dit doet")).click()


def found(page, title):
    return page.locator("#resultaten h3").get_by_role("link", name=title)


def test_faults_are_shown_by_row_and_column_and_nothing_comes_in(visit, screen, unique, noise):
    noise.expect("status of 422")
    title = unique("Invoer met een fout")
    page = visit(who="makelaar", screen=screen)
    other = unique("Tweede")
    rows = [(code_of(title), title, "2020"), (code_of(other), other, "geen jaar")]
    choose(page, table(*rows), screen)

    faults = page.get_by_role("table")
    expect(faults).to_contain_text("3")
    expect(faults.locator("tbody tr")).to_have_count(1)
    assert (
        page.get_by_role(
            "button", name=re.compile(screen("Voer %(number)s kaarten in", number="."))
        ).count()
        == 0
    )
    visitor = visit(f"/kennis?q={title}", screen=screen)
    expect(found(visitor, title)).to_have_count(0)


def test_a_right_file_comes_in_is_found_and_is_undone(visit, screen, unique):
    title = unique("Invoer die klopt")
    code = code_of(title)
    page = visit(who="makelaar", screen=screen)
    choose(page, table((code, title, "2020")), screen, name=f"{code}.csv")
    page.get_by_role("button", name=screen("Voer %(number)s kaarten in", number=1)).click()
    batch = page.locator("li", has_text=f"{code}.csv").first
    expect(batch).to_be_visible()
    visitor = visit(f"/kennis?q={title}", screen=screen)
    expect(found(visitor, title)).to_have_count(1)

    choose(page, table((code, title, "2020")), screen, name=f"{code}.csv")
    expect(page.get_by_text(screen("Er is niets nieuws: alles stond er al."))).to_be_visible()
    page.goto("/kennis/invoeren")
    batch.get_by_text(screen("Draai deze invoer terug")).click()
    batch.get_by_role("button", name=re.compile("^" + screen("Draai terug"))).click()
    expect(page.get_by_text(screen("De invoer is teruggedraaid."))).to_be_visible()
    visitor.reload()

    expect(found(visitor, title)).to_have_count(0)


def test_without_a_file_or_the_right_the_page_says_so(visit, screen, noise):
    noise.expect("status of 4(22|03)")
    page = visit("/kennis/invoeren", who="makelaar", screen=screen)
    page.locator("input[type=file]").evaluate("field => field.removeAttribute('required')")
    page.get_by_role("button", name=screen("Kijk wat dit doet")).click()
    expect(page.locator("#foutkader")).to_be_visible()

    teacher = visit("/kennis/invoeren", who="leraar", screen=screen)
    if teacher.locator("input[type=file]").count():
        choose(teacher, table(("x", "y", "2020")), screen)
    assert teacher.get_by_role("button", name=re.compile("1")).count() == 0


def test_a_card_withdrawn_in_one_tab_is_gone_in_the_other(visit, screen, unique, noise):
    noise.expect("status of 4(10|22)")
    title = unique("Gaat weg")
    writer = visit(who="leraar", screen=screen)
    start_card(writer, title, screen)
    number = number_of(writer)
    fill_card(writer)
    submit(writer, screen)
    broker = visit(f"/kennis/{number}/beoordelen", who="makelaar", screen=screen)
    publish(broker, screen)
    other = visit(f"/kennis?q={title}", screen=screen)
    expect(found(other, title)).to_have_count(1)

    broker.goto(f"/kennis/{number}/intrekken")
    broker.get_by_role("button", name=screen("Trek de kaart in")).click()
    expect(broker.locator("#foutkader")).to_be_visible()
    broker.locator("[name=reason]").fill("De bron is teruggetrokken.")
    broker.get_by_role("button", name=screen("Trek de kaart in")).click()
    expect(
        broker.get_by_text(screen("De kaart is ingetrokken en niet meer te vinden."))
    ).to_be_visible()
    if not other.locator("#filters").is_visible():
        other.locator(".filters__toggle").click()
    other.locator("input[name=sector][value=po]").check()

    expect(found(other, title)).to_have_count(0)
    other.goto(f"/kennis/{number}")
    expect(other.get_by_role("heading", level=1)).to_have_text(screen("Deze kaart is ingetrokken"))
    expect(other.get_by_text("De bron is teruggetrokken.")).to_be_visible()


def test_a_teacher_cannot_withdraw(visit, screen, noise):
    noise.expect("status of 403")
    page = visit("/kennis?q=huiswerk", who="leraar", screen=screen)
    page.locator("#resultaten h3 a").first.click()
    assert page.get_by_role("link", name=re.compile("^" + screen("Trek in"))).count() == 0

    page.goto(page.url.split("?")[0] + "/intrekken")
    assert page.get_by_role("button", name=screen("Trek de kaart in")).count() == 0
