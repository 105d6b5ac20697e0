"""The search page through HTTP: as anybody asks it, and as nobody should."""

import re

import pytest

FRAGMENT = {"HX-Request": "true"}
HOSTILE = [
    "",
    " ",
    "a" * 10_000,
    "🙂🏳️‍🌈 👩🏽‍🏫",
    "مرحبا بالعالم",
    "\u202eabc\u202c",
    "' OR 1=1; DROP TABLE cards; --",
    'NEAR("a" b) AND NOT *',
    '"niet gesloten',
    "100% _zeker_ \\ %s %(x)s {0}",
    "<script>alert(1)</script>",
    "\x00\x07\n\t\r",
    "'\"`´‘’“”",
    "title:lezen^3 (a OR",
]


def text_of(answer):
    return answer.get_data(as_text=True)


def test_a_visitor_finds_a_card_and_reads_why(publish, browse):
    publish(title="Hardop denkend voordoen", answer="Voordoen helpt leerlingen bij lezen.")

    page = browse().get("/kennis?q=voordoen")

    html = text_of(page)
    assert page.status_code == 200
    assert html.count("<h1") == 1
    assert "1 resultaat" in html
    assert "Hardop denkend voordoen" in html
    assert "?van=voordoen" in html
    assert page.vary.find("hx-request") >= 0


def test_a_card_of_a_school_is_found_by_its_people_only(
    publish, browse, teacher, stranger, knowledge_broker, school
):
    publish(title="Onze aanpak", visibility="organisation", organisation=school, author=teacher)

    assert "Onze aanpak" in text_of(browse(teacher).get("/kennis?q=aanpak"))
    for user in (stranger, knowledge_broker, None):
        html = text_of(browse(user).get("/kennis?q=aanpak"))
        assert "Onze aanpak" not in html
        assert "0 resultaten" in html
        assert "Onze" not in text_of(browse(user).get("/kennis/suggesties?q=onze"))


def test_a_change_of_filter_brings_results_and_counts_without_the_filters(publish, browse):
    publish(title="In het po", sectors=["po"])
    publish(title="In het vo", sectors=["vo"])

    part = browse().get("/kennis?sector=vo&months=&evidence=&q=", headers=FRAGMENT)

    html = text_of(part)
    assert "In het vo" in html
    assert "In het po" not in html
    assert 'id="aantal-sector-vo" hx-swap-oob="true"' in html
    assert 'id="telling" hx-swap-oob="innerHTML"' in html
    assert 'id="filters"' not in html
    assert "<html" not in html
    assert part.headers["HX-Push-Url"] == "/kennis?sector=vo"


def test_who_works_somewhere_can_ask_what_they_looked_for(publish, browse, teacher):
    publish(title="Voordoen")
    link = 'href="/vragen/nieuw?q=voordoen"'

    assert link in text_of(browse(teacher).get("/kennis?q=voordoen"))
    assert link not in text_of(browse().get("/kennis?q=voordoen"))
    assert "/vragen/nieuw" not in text_of(browse(teacher).get("/kennis"))


def test_the_counts_of_a_facet_add_up_to_the_total(publish, browse):
    for kind in ("review", "review", "trial"):
        publish(title=f"Kaart {kind}", kind=kind)

    html = text_of(browse().get("/kennis"))

    counts = re.findall(r'id="aantal-kind-\w+"[^>]*>.*?, </span>(\d+)<', html)
    assert sum(int(count) for count in counts) == 3


def test_each_filter_is_a_chip_that_takes_it_off(publish, browse):
    publish(sectors=["po", "vo"])

    html = text_of(browse().get("/kennis?q=feedback&sector=po&sector=vo&months=3&sort=newest"))

    assert "/kennis?q=feedback&amp;sector=vo&amp;months=3.0&amp;sort=newest" in html
    assert "/kennis?q=feedback&amp;sort=newest" in html
    assert "+3 maanden of meer" in html


def test_without_results_it_says_which_filter_to_take_off(publish, browse, teacher):
    publish(title="Feedback", sectors=["po"])

    html = text_of(browse(teacher).get("/kennis?q=feedback&sector=so"))

    assert "Geen resultaten" in html
    assert "Zonder Speciaal onderwijs: 1 resultaat" in re.sub(r"\s+", " ", html)
    assert "Bewaar deze zoekopdracht" in html


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_no_question_breaks_the_page(publish, browse, question, headers):
    publish()

    page = browse().get("/kennis", query_string={"q": question}, headers=headers)

    assert page.status_code == 200
    assert "<script>alert" not in text_of(page)


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "field", ["sector", "theme", "months", "evidence", "sort", "page", "uitleg", "outcome"]
)
def test_no_filter_breaks_the_page(browse, question, field):
    page = browse().get("/kennis", query_string={field: question, "q": "lezen"})

    assert page.status_code == 200


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
def test_no_beginning_breaks_the_suggestions(publish, browse, question):
    publish()

    answer = browse().get("/kennis/suggesties", query_string={"q": question})

    assert answer.status_code == 200
    assert isinstance(answer.json, list)


def test_suggestions_are_titles_that_begin_so(publish, browse):
    publish(title="Begrijpend lezen")

    words = [row["value"] for row in browse().get("/kennis/suggesties?q=begrij").json]

    assert "Begrijpend lezen" in words


def test_only_an_administrator_sees_the_parts_of_the_score(publish, browse, administrator, teacher):
    publish(title="Lezen")

    assert "Delen van de score" in text_of(browse(administrator).get("/kennis?q=lezen&uitleg=1"))
    assert "Delen van de score" not in text_of(browse(administrator).get("/kennis?q=lezen"))
    assert "Delen van de score" not in text_of(browse(teacher).get("/kennis?q=lezen&uitleg=1"))


def test_the_sector_of_the_school_ranks_and_it_says_so(publish, browse, teacher):
    publish(title="Lezen", sectors=["vo"])

    html = text_of(browse(teacher).get("/kennis?q=lezen"))

    assert "1 resultaat" in html
    assert "staan iets hoger, omdat je daar werkt" in html


def test_what_one_asked_is_there_the_next_time_and_for_nobody_else(browse, teacher, colleague):
    browse(teacher).get("/kennis?q=woordenschat+kleuters")

    assert "woordenschat kleuters" in text_of(browse(teacher).get("/kennis"))
    assert "woordenschat kleuters" not in text_of(browse(colleague).get("/kennis"))


def test_a_page_that_is_not_there_leads_back(publish, browse):
    publish()

    html = text_of(browse().get("/kennis?page=9"))

    assert "Naar de eerste bladzijde" in html


def test_many_results_come_in_pages_with_a_constant_number_of_queries(
    publish, browse, teacher, count_queries
):
    publish(title="Kaart 0")
    client = browse(teacher)
    client.get("/kennis?q=kaart")
    with count_queries() as few:
        client.get("/kennis?q=kaart")
    for number in range(1, 13):
        publish(title=f"Kaart {number}")
    client.get("/kennis?q=kaart")

    with count_queries() as many:
        html = text_of(client.get("/kennis?q=kaart"))

    assert "13 resultaten" in html
    assert "page=2" in html
    assert len(many) <= len(few) + 1


def test_the_page_speaks_english(publish, browse):
    publish()

    page = browse().get("/kennis?q=feedback&lang=en")

    html = text_of(page)
    assert page.headers["Content-Language"] == "en"
    assert "What works?" in html
    assert 'lang="nl"' in html
    assert "1 result" in html


def test_a_model_out_of_order_is_said_and_words_go_on(publish, browse, monkeypatch):
    from dataclasses import replace

    from labapp.search import services

    publish(title="Lezen")
    search = services.search
    monkeypatch.setattr(
        services, "search", lambda query: replace(search(query), meaning_available=False)
    )

    html = text_of(browse().get("/kennis?q=lezen"))

    assert "Zoeken op betekenis werkt nu even niet" in html
    assert "1 resultaat" in html
