"""What is one's own, through HTTP: bookmarks, collections, searches, history, start page."""

import pytest

from labapp.knowledge import collections, feedback, saved_searches
from labapp.knowledge.finding import CardQuery

FRAGMENT = {"HX-Request": "true"}


def text_of(answer):
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "address",
    [
        "/mijn/kennis",
        "/mijn/verzamelingen",
        "/mijn/zoekopdrachten",
        "/kennis/beoordelen",
        "/kennis/nieuw",
        "/kennis/analyse",
        "/kennis/invoeren",
    ],
)
def test_a_visitor_signs_in_first_and_comes_back(browse, address):
    answer = browse().get(address)

    assert answer.status_code == 303
    assert "/inloggen?next=" in answer.location


def test_a_bookmark_is_set_and_taken_off(publish, browse, teacher, as_actor):
    card = publish()
    address = f"/kennis/{card.id}/bewaren"

    part = browse(teacher).post(address, data={"aan": "1"}, headers=FRAGMENT)
    assert "Bewaard in ‘Bewaard’." in text_of(part)
    assert f'id="bewaar-{card.id}"' in text_of(part)
    assert "<html" not in text_of(part)
    assert collections.kept_card_ids(as_actor(teacher), [card.id]) == {card.id}

    page = browse(teacher).post(address, data={"aan": "0", "terug": "/kennis?q=lezen"})
    assert page.location == "/kennis?q=lezen"
    assert collections.kept_card_ids(as_actor(teacher), [card.id]) == set()
    assert "/inloggen" in browse().post(address, data={"aan": "1"}).location


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""]
)
def test_a_bookmark_never_leads_to_another_site(publish, browse, teacher, back):
    card = publish()

    page = browse(teacher).post(f"/kennis/{card.id}/bewaren", data={"aan": "1", "terug": back})

    assert page.location == f"/kennis/{card.id}"


def test_a_collection_is_made_filled_ordered_and_removed(publish, browse, teacher, as_actor):
    client = browse(teacher)
    assert client.post("/mijn/verzamelingen", data={"name": " "}).status_code == 422
    place = client.post("/mijn/verzamelingen", data={"name": "Studiedag"}).location
    number = int(place.rsplit("/", 1)[1])
    first, second = publish(title="Eerste"), publish(title="Tweede")
    for card in (first, second):
        client.post(f"/kennis/{card.id}/bewaren", data={"aan": "1", "verzameling": number})

    item = f"{place}/kaarten/{second.id}"
    assert client.post(item, data={"actie": "omhoog"}).status_code == 303
    client.post(item, data={"actie": "notitie", "note": "Voor groep 5"})
    html = text_of(client.get(place))
    assert html.index("Tweede") < html.index("Eerste")
    assert "Voor groep 5" in html
    assert html.count("<h1") == 1

    client.post(item, data={"actie": "weg"})
    assert "Tweede" not in text_of(client.get(place))
    client.post(place, data={"name": "Andere naam"})
    assert "<h1>Andere naam</h1>" in text_of(client.get(place))
    assert client.post(place, data={"name": "x" * 500}).status_code == 422
    assert client.post(f"{place}/verwijderen").status_code == 303
    assert client.get(place).status_code == 404


def test_a_collection_of_the_team_is_for_the_team(
    browse, teacher, colleague, stranger, school_leader
):
    made = browse(teacher).post("/mijn/verzamelingen", data={"name": "Samen", "for_team": "1"})

    assert browse(colleague).get(made.location).status_code == 200
    assert browse(stranger).get(made.location).status_code == 404
    assert browse(stranger).post(made.location, data={"name": "x"}).status_code == 404
    assert browse(colleague).post(f"{made.location}/verwijderen").status_code == 403
    assert browse(school_leader).post(f"{made.location}/verwijderen").status_code == 303


def test_a_search_is_followed_changed_and_dropped(browse, teacher, colleague, as_actor):
    client = browse(teacher)
    client.post(
        "/mijn/zoekopdrachten",
        data={"q": "lezen", "sector": ["po", "vo"], "name": "Lezen", "frequency": "daily"},
    )
    saved = saved_searches.list_saved_searches(as_actor(teacher))[0]
    assert saved.parameters == {"q": "lezen", "sector": ["po", "vo"]}
    html = text_of(client.get("/mijn/zoekopdrachten"))
    assert "/kennis?q=lezen&amp;sector=po&amp;sector=vo" in html
    assert "Primair onderwijs · Voortgezet onderwijs" in html

    place = f"/mijn/zoekopdrachten/{saved.id}"
    assert browse(colleague).post(f"{place}/verwijderen").status_code == 404
    assert client.post(f"{place}/bericht", data={"frequency": "never"}).status_code == 303
    assert client.post(f"{place}/bericht", data={"frequency": "ooit"}).status_code == 303
    assert client.post(f"{place}/verwijderen").status_code == 303
    assert saved_searches.list_saved_searches(as_actor(teacher)) == []
    assert client.post("/mijn/zoekopdrachten", data={"name": ""}).status_code == 422


def test_the_history_is_wiped(browse, teacher, as_actor):
    saved_searches.note_past_search(as_actor(teacher), CardQuery(text="iets van mij"))
    client = browse(teacher)
    assert "iets van mij" in text_of(client.get("/mijn/zoekopdrachten"))

    client.post("/mijn/zoekgeschiedenis/wissen")

    assert "iets van mij" not in text_of(client.get("/mijn/zoekopdrachten"))


def test_mine_shows_what_waits_for_me(
    submitted, draft_of, browse, teacher, knowledge_broker, outsider
):
    draft_of(teacher, title="Nog te schrijven")
    submitted(teacher, title="Te beoordelen kaart")

    mine = text_of(browse(teacher).get("/mijn/kennis"))
    theirs = text_of(browse(knowledge_broker).get("/mijn/kennis"))
    nothing = text_of(browse(outsider).get("/mijn/kennis"))

    assert "Nog te schrijven" in mine
    assert "Bij de beoordelaar" in mine
    assert "Te beoordelen kaart" in theirs
    assert "Nog te schrijven" not in theirs
    assert "Schrijf een kaart" not in nothing


def test_the_start_page_has_the_question_the_themes_and_ones_turn(
    publish, submitted, browse, teacher, knowledge_broker
):
    publish(title="Pas verschenen kaart")
    submitted(teacher, title="Wachtende kaart")

    visitor = text_of(browse().get("/"))
    broker = text_of(browse(knowledge_broker).get("/"))

    assert "Pas verschenen kaart" in visitor
    assert "/kennis?theme=feedback" in visitor
    assert "Jouw beurt" not in visitor
    assert "Beoordeel:" in broker
    assert "Wachtende kaart" in broker
    assert visitor.count("<h1") == broker.count("<h1") == 1


def test_lists_take_a_constant_number_of_queries(
    publish, draft_of, browse, teacher, as_actor, count_queries
):
    actor, client = as_actor(teacher), browse(teacher)
    collection = collections.keep_card(actor, publish())
    draft_of(teacher)
    addresses = ["/mijn/kennis", f"/mijn/verzamelingen/{collection.id}", "/mijn/verzamelingen", "/"]
    before = {}
    for address in addresses:
        client.get(address)
        with count_queries() as queries:
            client.get(address)
        before[address] = len(queries)

    for number in range(8):
        collections.keep_card(actor, publish(title=f"Meer {number}"))
        draft_of(teacher, title=f"Concept {number}")
        collections.create_collection(actor, f"Verzameling {number}", for_team=bool(number % 2))

    for address in addresses:
        with count_queries() as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= before[address] + 2, address


def test_the_brokers_see_what_was_asked_in_vain(
    publish, browse, knowledge_broker, administrator, teacher, as_actor
):
    from labapp.search import analytics

    card = publish()
    browse().get("/kennis?q=kwantumzwemmen&sector=so")
    feedback.give_feedback(as_actor(teacher), card, is_useful=True, query="=1+1")
    analytics.flush()

    for user in (knowledge_broker, administrator):
        assert browse(user).get("/kennis/analyse").status_code == 200
    assert "kwantumzwemmen" in text_of(browse(knowledge_broker).get("/kennis/analyse"))
    assert browse(teacher).get("/kennis/analyse").status_code == 403
    assert browse(teacher).get("/kennis/analyse/oordelen.csv").status_code == 403
    file = browse(knowledge_broker).get("/kennis/analyse/oordelen.csv")
    assert "'=1+1," in text_of(file)
