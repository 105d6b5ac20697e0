"""A card that is ready for review, written the way a person writes it."""

from playwright.sync_api import expect

from tests.browser.screens import WIDE

FIELDS = {
    "question": "Helpt het om samen hardop na te denken over een moeilijke zin?",
    "answer": "Doe hardop voor hoe je een moeilijke zin uit elkaar haalt en laat het nadoen.",
    "body": "## Wat is het?\n\nJe denkt hardop na terwijl je een zin ontleedt.",
    "for_whom": "Leerlingen van groep 6 tot en met 8.",
    "caveats": "Doe het kort.",
    "steps-0-text": "Kies een zin die leerlingen echt tegenkomen.",
    "ratings-0-scale": "cohens_d",
    "ratings-0-value": "0,30",
    "ratings-0-source": "jansen-2020",
    "ratings-0-dated_on": "2020-05-01",
    "sources-0-key": "jansen-2020",
    "sources-0-title": "Hardop denken bij moeilijke zinnen",
    "sources-0-year": "2020",
    "sources-0-authors": "Jansen, Joris",
    "sources-0-url": "https://www.example.org/hardop",
    "reviewed_on": "2026-11-01",
    "review_due_on": "2028-11-01",
}


def field(page, name):
    return page.locator(f"#kaart [name='{name}']")


def start_card(page, title, screen=WIDE):
    """Start a card and be in its editor."""
    page.goto("/kennis/nieuw")
    page.get_by_label(screen("Titel"), exact=True).fill(title)
    page.get_by_role("button", name=screen("Begin met schrijven")).click()
    expect(field(page, "title")).to_have_value(title)


def fill_card(page, **other):
    """Fill in all that a card needs; `other` fields win."""
    add_rows(page)
    for name, text in (FIELDS | other).items():
        field(page, name).fill(text)
    for name, value in (("sectors", "po"), ("themes", "reading"), ("subjects", "dutch")):
        page.locator(f"#kaart [name='{name}'][value='{value}']").check()
    field(page, "kind").select_option("practice_report")
    field(page, "ratings-0-outcome").select_option("reading")


def add_rows(page):
    for rows in ("steps", "ratings", "sources"):
        if not page.locator(f"#rijen-{rows} fieldset").count():
            page.locator(f"#erbij-{rows}").click()
            expect(page.locator(f"#rijen-{rows} fieldset").first).to_be_visible()


def submit(page, screen=WIDE):
    page.get_by_role("button", name=screen("Dien in voor beoordeling")).click()


def publish(page, screen=WIDE):
    """Publish the draft whose review page is open."""
    page.get_by_role("button", name=screen("Publiceer")).click()


def number_of(page):
    """Give the number of the card in the address."""
    return int(page.url.split("/kennis/")[1].split("/")[0].split("?")[0])
