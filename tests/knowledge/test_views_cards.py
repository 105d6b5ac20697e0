"""The page of a card through HTTP: what everybody reads, and what is left of what is gone."""

import json
import re

import pytest

from labapp.accounts.actors import Actor
from labapp.knowledge import card_lists, cards
from labapp.knowledge.finding import CardQuery, search_cards
from labapp.knowledge.published import value_words

FRAGMENT = {"HX-Request": "true"}


def text_of(answer):
    return answer.get_data(as_text=True)


def test_a_card_is_read_in_its_fixed_order(publish, browse):
    card = publish()

    page = browse().get(f"/kennis/{card.id}")

    html = text_of(page)
    assert page.status_code == 200
    assert html.count("<h1") == 1
    headings = [
        "In het kort", "Wat is het?", "Hoe goed werkt het en voor wie?", "Hoe pak je het aan?",
        "Kosten", "Hoe zeker weten we dit?", "Bronnen", "Was dit nuttig voor je vraag?",
    ]  # fmt: skip
    places = [html.index(f">{heading}</h2>") for heading in headings]
    assert places == sorted(places)
    assert "Gemiddeld +6 maanden leerwinst; kosten: zeer laag; bewijs: sterk." in html
    assert "<strong>werk</strong>" in html


def test_the_chart_has_a_conclusion_and_a_table_with_the_same_numbers(publish, browse):
    card = publish()

    html = text_of(browse().get(f"/kennis/{card.id}"))

    assert "<figcaption>+6 maanden op leerprestaties</figcaption>" in html
    assert 'role="img"' in html
    assert "435 studies" in html
    assert '<a href="#bron-1">Bron 1</a>' in html


def test_unknown_and_negative_stand_in_the_same_form(publish, browse):
    rating = {"outcome": "attainment", "scale": "maanden", "value": "-2", "months": -2.0,
              "conversion": "eef_menukaart_nl"}  # fmt: skip
    negative = publish(title="Zittenblijven", ratings=[rating])
    unknown = publish(title="Nieuw", ratings=[], cost=None, evidence_strength=None)

    told = text_of(browse().get(f"/kennis/{negative.id}"))
    asked = text_of(browse().get(f"/kennis/{unknown.id}"))

    assert "\u22122 maanden op leerprestaties" in told
    assert "is-neg" in told
    assert "nog niet bekend" in asked
    assert "er zijn nog geen metingen van het effect" in asked


def test_a_rating_on_another_scale_is_shown_as_published(publish, browse):
    rating = {"outcome": "reading", "scale": "Hedges' g (kinderen)", "value": "0.42"}
    card = publish(ratings=[rating])

    html = text_of(browse().get(f"/kennis/{card.id}"))

    assert '<span class="metric__big">0,42</span>' in html
    assert "niet omgerekend naar maanden" in html
    assert "Leerlingen</th>" not in html  # nothing is known of them


def test_a_verdict_is_shown_in_the_language_of_the_reader(publish, browse):
    scale, value = "WWC effectiveness rating", "No Discernible Effects"
    card = publish(ratings=[{"outcome": "reading", "scale": scale, "value": value}])

    assert (
        "Geen aantoonbaar effect (oordeel van het WWC)" in browse().get(f"/kennis/{card.id}").text
    )
    english = browse().get(f"/kennis/{card.id}?lang=en").text
    assert "No discernible effect (WWC effectiveness rating)" in english


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("g = 0.186", "g = 0,186"),
        ("0.59 to 1.04", "0,59 to 1,04"),
        ("1,250", "1,250"),
        ("+4", "+4"),
    ],
)
def test_a_value_has_the_comma_of_dutch(app, value, shown):
    with app.test_request_context("/"):
        assert value_words(value) == shown


def test_a_card_of_a_school_is_404_for_strangers(
    publish, browse, teacher, colleague, stranger, knowledge_broker, administrator, school
):
    card = publish(visibility="organisation", organisation=school, author=teacher)
    parts = ("", "/praktijkkaart", "/versies", "/versies/1", "/verschil", "/citaat.bib")

    for part in parts:
        address = f"/kennis/{card.id}{part}"
        for user in (teacher, colleague, administrator):
            assert browse(user).get(address).status_code == 200, address
        for user in (stranger, knowledge_broker, None):
            assert browse(user).get(address).status_code == 404, address


def test_english_research_has_dutch_words_and_says_its_language(publish, browse):
    card = publish(
        title="Peer assessment", language="en", answer="Peers help.",
        dutch={"title": "Elkaar beoordelen", "answer": "Medeleerlingen helpen.", "keywords": ["x"]},
    )  # fmt: skip

    html = text_of(browse().get(f"/kennis/{card.id}"))

    assert "<h1>Elkaar beoordelen</h1>" in html
    assert 'lang="en">Peer assessment' in html
    assert "Engelstalig onderzoek" in html
    english = text_of(browse().get(f"/kennis/{card.id}?lang=en"))
    assert "<h1>Peer assessment</h1>" in english


def test_translations_name_each_other(publish, browse):
    dutch = publish(title="Feedback geven")
    english = publish(title="Giving feedback", language="en", translated_from=dutch.external_id)

    html = text_of(browse().get(f"/kennis/{dutch.id}"))

    assert f'hreflang="en" href="http://localhost/kennis/{english.id}"' in html


def test_a_card_tells_harvesters_what_it_is(publish, browse):
    card = publish(answer="</script><script>alert(1)</script>")

    html = text_of(browse().get(f"/kennis/{card.id}"))

    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    data = json.loads(found[1])
    assert data["name"] == "Feedback"
    assert data["abstract"].startswith("</script>")
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("form", "sign"), [("bib", "@misc{"), ("ris", "TY  - ELEC"), ("json", '"type": "webpage"')]
)
def test_a_card_is_cited(publish, browse, form, sign):
    card = publish()

    file = browse().get(f"/kennis/{card.id}/citaat.{form}")

    assert sign in text_of(file)
    assert "attachment" in file.headers["Content-Disposition"]
    assert browse().get(f"/kennis/{card.id}/citaat.exe").status_code == 404


def test_scripts_in_markdown_and_javascript_links_do_nothing(publish, browse):
    body = (
        "## Wat is het?\n\n<script>alert(1)</script>\n\n[klik](javascript:alert(1))\n\n"
        '<img src=x onerror="alert(1)">\n\n[goed](https://example.org/)\n\n'
        "## <b>Eigen kop</b>\n\n<a href='javascript:x'>y</a>"
    )
    card = publish(body=body)

    html = text_of(browse().get(f"/kennis/{card.id}"))

    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    assert "<img src=x" not in html
    assert 'href="https://example.org/" rel="noopener noreferrer nofollow"' in html


def test_a_practice_card_is_one_sheet(publish, browse):
    card = publish()

    html = text_of(browse().get(f"/kennis/{card.id}/praktijkkaart"))

    assert 'class="practice-card"' in html
    assert "Zeg de volgende stap." in html
    assert f"http://localhost/kennis/{card.id}" in html


def test_versions_are_read_and_compared_word_for_word(publish, browse, teacher):
    card = publish(author=teacher)
    content = {
        **card_lists.list_versions(Actor.system(), card)[0].content,
        "title": "Feedback geven",
    }
    cards.publish(Actor.system(), card, content, author_id=teacher.id, summary="Titel korter.")

    listed = text_of(browse().get(f"/kennis/{card.id}/versies"))
    first = text_of(browse().get(f"/kennis/{card.id}/versies/1"))
    compared = text_of(browse().get(f"/kennis/{card.id}/verschil?van=1&naar=2"))

    assert "Titel korter." in listed
    assert "Dit is een eerdere versie" in first
    assert "<h1>Feedback</h1>" in first
    assert re.search(r"<ins>.*geven</ins>", compared)
    assert ">Feedback<" in compared.replace("</span>", "<")
    assert browse().get(f"/kennis/{card.id}/versies/9").status_code == 404
    assert browse().get(f"/kennis/{card.id}/verschil?van=x&naar=7").status_code == 404


def test_a_withdrawn_card_leaves_a_tombstone(publish, browse, knowledge_broker, teacher, as_actor):
    card, instead = publish(title="Leerstijlen"), publish(title="Beter onderbouwd")
    hidden = publish(title="Geheim", visibility="organisation", organisation=None)
    client = browse(knowledge_broker)

    refused = browse(teacher).post(f"/kennis/{card.id}/intrekken", data={"reason": "x"})
    empty = client.post(f"/kennis/{card.id}/intrekken", data={"reason": ""})
    wrong = client.post(
        f"/kennis/{card.id}/intrekken", data={"reason": "x", "replaced_by": str(hidden.id)}
    )
    done = client.post(
        f"/kennis/{card.id}/intrekken",
        data={"reason": "Niet waar.", "replaced_by": f"https://x.nl/kennis/{instead.id}"},
    )

    assert (refused.status_code, empty.status_code, wrong.status_code) == (403, 422, 422)
    assert done.status_code == 303
    stone = browse().get(f"/kennis/{card.id}")
    assert stone.status_code == 410
    assert "Niet waar." in text_of(stone)
    assert f'href="/kennis/{instead.id}"' in text_of(stone)
    for part in ("/praktijkkaart", "/versies", "/citaat.ris"):
        assert browse().get(f"/kennis/{card.id}{part}").status_code == 410
    assert browse().get(f"/kennis/{card.id}/versies/1").status_code == 404
    assert "Leerstijlen" not in text_of(browse().get("/kennis?q=leerstijlen"))


def test_an_outdated_card_says_so_on_top(publish, browse, knowledge_broker, teacher):
    card = publish()
    address = f"/kennis/{card.id}/verouderd"

    assert browse(teacher).get(address).status_code == 403
    assert browse(knowledge_broker).get(address).status_code == 200
    assert browse(knowledge_broker).post(address, data={"reason": " "}).status_code == 422
    assert browse(knowledge_broker).post(address, data={"reason": "Nieuw."}).status_code == 303

    html = text_of(browse().get(f"/kennis/{card.id}"))
    assert "Deze kaart is verouderd" in html
    assert "Nieuw." in html
    assert "Verouderd" in text_of(browse().get("/kennis"))


def test_feedback_is_given_with_the_question(publish, browse, teacher):
    card = publish()
    address = f"/kennis/{card.id}/oordeel"
    answer = {"nuttig": "1", "vraag": "wat helpt?", "toelichting": "<b>Fijn</b>"}

    page = browse(teacher).post(address, data=answer)
    part = browse(teacher).post(address, data=answer, headers=FRAGMENT)
    visitor = browse().post(address, data=answer)

    assert page.status_code == 303
    assert page.location == f"/kennis/{card.id}?van=wat+helpt?#oordeel"
    assert "Je zei: nuttig." in text_of(part)
    assert "&lt;b&gt;Fijn" in text_of(part)
    assert "<html" not in text_of(part)
    assert visitor.status_code == 303
    assert "/inloggen" in visitor.location


def test_opening_a_result_counts_the_question_and_nobody(publish, browse, teacher, monkeypatch):
    from labapp.search import analytics

    counted = []
    monkeypatch.setattr(analytics, "note_click", counted.append)
    card = publish()

    browse(teacher).get(f"/kennis/{card.id}?van=hoe+geef+ik+feedback")
    browse(teacher).get(f"/kennis/{card.id}")

    assert counted == ["hoe geef ik feedback"]


def test_a_reader_sees_no_buttons_of_writers(publish, browse, teacher, stranger, knowledge_broker):
    card = publish(author=teacher)

    assert "Voor de redactie" in text_of(browse(teacher).get(f"/kennis/{card.id}"))
    assert "Voor de redactie" in text_of(browse(knowledge_broker).get(f"/kennis/{card.id}"))
    assert "Voor de redactie" not in text_of(browse(stranger).get(f"/kennis/{card.id}"))
    assert "Voor de redactie" not in text_of(browse().get(f"/kennis/{card.id}"))


def test_numbers_too_large_for_a_database_are_404(browse):
    assert browse().get("/kennis/99999999999999999999999").status_code == 404


def test_a_card_withdrawn_elsewhere_is_not_in_the_answer(publish, monkeypatch):
    card = publish(title="Lezen")
    found = search_cards(Actor.visitor(), CardQuery(text="lezen"))
    assert [item.card.id for item in found.items] == [card.id]

    from labapp.knowledge import finding
    from labapp.search import services

    answer = services.search(finding._asked(Actor.visitor(), CardQuery("lezen"), explain=False))
    cards.withdraw_card(Actor.system(), card, "Onjuist.")
    monkeypatch.setattr(services, "search", lambda _query: answer)

    assert search_cards(Actor.visitor(), CardQuery(text="lezen")).items == []
