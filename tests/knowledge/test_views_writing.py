"""Writing and reviewing through HTTP: nothing is lost, and nobody reviews their own work."""

import json
import re

import pytest
from werkzeug.datastructures import MultiDict

from labapp.accounts.actors import Actor
from labapp.knowledge import cards
from labapp.knowledge.forms import CardForm
from labapp.knowledge.models import CardStatus
from tests.knowledge.conftest import content_for

FRAGMENT = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def text_of(answer):
    return answer.get_data(as_text=True)


def form_of(content, **extra):
    """The fields of the form as a browser sends them, from content."""
    values = CardForm.of_content(content).values
    pairs = MultiDict()
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for place, row in enumerate(value):
                for column, text in row.items():
                    pairs.add(f"{name}-{place}-{column}", text)
        else:
            for one in value if isinstance(value, list) else [value]:
                pairs.add(name, one)
    for name, value in extra.items():
        pairs[name] = value
    return pairs


def test_a_card_is_started_with_a_title(browse, teacher, outsider):
    assert browse(teacher).get("/kennis/nieuw").status_code == 200
    assert browse(outsider).get("/kennis/nieuw").status_code == 403
    assert browse(outsider).post("/kennis/nieuw", data={"title": "x"}).status_code == 403
    assert "/inloggen" in browse().get("/kennis/nieuw").location
    assert browse(teacher).post("/kennis/nieuw", data={"title": " "}).status_code == 422
    assert browse(teacher).post("/kennis/nieuw", data={"title": "x" * 300}).status_code == 422

    done = browse(teacher).post("/kennis/nieuw", data={"title": "Stil lezen", "language": "nl"})

    assert done.status_code == 303
    assert "Stil lezen" in text_of(browse(teacher).get(done.location))


def test_a_draft_is_of_its_writer(draft_of, browse, teacher, colleague, stranger, knowledge_broker):
    card = draft_of(teacher)

    for part in ("", "/concept", "/concept/bekijken"):
        assert browse(teacher).get(f"/kennis/{card.id}{part}").status_code == 200
        for user in (colleague, stranger, knowledge_broker):
            assert browse(user).get(f"/kennis/{card.id}{part}").status_code == 404
    assert browse(stranger).post(f"/kennis/{card.id}/concept", data={}).status_code == 404


def test_content_goes_through_the_form_and_back_unchanged(draft_of, browse, teacher, as_actor):
    card = draft_of(teacher)
    draft = cards.get_draft(as_actor(teacher), card.id)
    before = dict(draft.content)

    done = browse(teacher).post(
        f"/kennis/{card.id}/concept",
        data=form_of(before, version=draft.version, actie="bewaren"),
    )

    assert done.status_code == 303
    after = cards.get_draft(as_actor(teacher), card.id).content
    assert after["ratings"][0]["months"] == 6.0
    assert after["ratings"][0]["studies"] == 435
    assert after["sources"][0]["authors"] == before["sources"][0]["authors"]
    for name in ("title", "body", "steps", "themes", "sectors", "keywords", "cost", "dutch"):
        assert after[name] == before[name], name


def test_the_page_saves_itself_and_learns_its_version(draft_of, browse, teacher, as_actor):
    card = draft_of(teacher)
    draft = cards.get_draft(as_actor(teacher), card.id)

    answer = browse(teacher).post(
        f"/kennis/{card.id}/concept",
        data=form_of(content_for(title="Beter"), version=draft.version),
        headers=JSON,
    )

    assert answer.json["errors"] == []
    saved = cards.get_draft(as_actor(teacher), card.id)
    assert saved.content["title"] == "Beter"
    assert answer.json["version"] == saved.version > 1


def test_what_is_wrong_is_said_and_the_rest_is_saved(draft_of, browse, teacher, as_actor):
    card = draft_of(teacher)
    draft = cards.get_draft(as_actor(teacher), card.id)
    form = form_of(
        content_for(title="Goed"), version=draft.version, actie="bewaren", age_from="oud"
    )
    form["ratings-0-months"] = "zes"
    form["sources-0-url"] = "javascript:alert(1)"

    page = browse(teacher).post(f"/kennis/{card.id}/concept", data=form)
    saving = browse(teacher).post(f"/kennis/{card.id}/concept", data=form, headers=JSON)

    html = text_of(page)
    assert page.status_code == 422
    assert 'href="#ratings-0-months">Waardering 1: Omgerekend naar maanden</a>' in html
    assert 'href="#sources-0-url"' in html
    assert 'value="zes"' in html
    assert "Dit is geen heel getal." in html
    saved = cards.get_draft(as_actor(teacher), card.id).content
    assert saved["title"] == "Goed"
    assert saved["ratings"][0]["months"] == 6.0
    assert len(saving.json["errors"]) == 3


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_rows_come_and_go_without_losing_what_was_typed(draft_of, browse, teacher, headers):
    card = draft_of(teacher)
    form = form_of(content_for(title="Niet bewaard"), version=1)

    more = browse(teacher).post(
        f"/kennis/{card.id}/concept", data=form | {"actie": "ratings:erbij"}, headers=headers
    )
    less = browse(teacher).post(
        f"/kennis/{card.id}/concept", data=form | {"actie": "sources:0"}, headers=headers
    )

    assert more.status_code == less.status_code == 200
    assert 'name="ratings-1-value"' in text_of(more)
    assert 'name="ratings-0-value" value="+6"' in text_of(more)
    assert "hattie-2007" not in re.findall(r'name="sources-0-key"[^>]*', text_of(less))[0]
    assert ("<html" in text_of(more)) == (not headers)


def test_two_editors_meet_both_texts_and_lose_nothing(
    publish, browse, teacher, knowledge_broker, as_actor
):
    card = publish(author=teacher)
    browse(teacher).post(f"/kennis/{card.id}/concept/openen")
    seen = cards.get_draft(as_actor(teacher), card.id).version
    address = f"/kennis/{card.id}/concept"
    first = content_for(title="Van de makelaar", caveats="Let hierop.")
    second = content_for(title="Van de leraar", body="## Wat is het?\n\nMijn lange tekst.")
    browse(knowledge_broker).post(address, data=form_of(first, version=seen, actie="bewaren"))

    clash = browse(teacher).post(address, data=form_of(second, version=seen, actie="bewaren"))
    saving = browse(teacher).post(address, data=form_of(second, version=seen), headers=JSON)

    html = text_of(clash)
    assert clash.status_code == saving.status_code == 409
    for words in ("Van de makelaar", "Van de leraar", "Mijn lange tekst.", "Let hierop."):
        assert words in html
    assert html.count("<h1") == 1

    whole = re.search(r'<textarea name="whole"[^>]*>(.*?)</textarea>', html, re.DOTALL)[1]
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    choices = {
        "version": version, "whole": unescaped(whole), "keuze-title": "own",
        "tekst-title": "Van ons beiden", "keuze-caveats": "theirs", "keuze-body": "yours",
    }  # fmt: skip
    merged = browse(teacher).post(f"{address}/samenvoegen", data=choices)

    assert merged.status_code == 303
    content = cards.get_draft(as_actor(teacher), card.id).content
    assert content["title"] == "Van ons beiden"
    assert content["caveats"] == "Let hierop."
    assert "Mijn lange tekst." in content["body"]
    again = browse(teacher).post(f"{address}/samenvoegen", data=choices | {"tekst-title": "Toch"})
    assert again.status_code == 409


def unescaped(text):
    from html import unescape

    return unescape(text)


def test_a_choice_that_arrives_broken_is_refused_and_changes_nothing(draft_of, browse, teacher):
    card = draft_of(teacher)

    for whole in ("", "{", "[1]", '"x"', json.dumps({"title": 5})):
        answer = browse(teacher).post(
            f"/kennis/{card.id}/concept/samenvoegen", data={"whole": whole, "version": "1"}
        )
        assert answer.status_code == 422, whole


def test_an_incomplete_card_names_each_field_when_handed_in(browse, teacher, as_actor):
    card = cards.start_card(as_actor(teacher), {"title": "Kort"})

    page = browse(teacher).post(
        f"/kennis/{card.id}/concept",
        data=form_of(cards.get_draft(as_actor(teacher), card.id).content, version=1,
                     actie="indienen"),
    )  # fmt: skip

    html = text_of(page)
    assert page.status_code == 422
    for name in ("question", "answer", "body", "sectors", "themes"):
        assert f'href="#{name}"' in html
        assert f'id="{name}"' in html
    assert cards.get_card(as_actor(teacher), card.id).status is CardStatus.DRAFT


def test_a_card_is_handed_in_given_back_and_published(
    draft_of, browse, teacher, stranger, knowledge_broker, as_actor
):
    card = draft_of(teacher, title="Stil lezen")
    draft = cards.get_draft(as_actor(teacher), card.id)
    browse(teacher).post(
        f"/kennis/{card.id}/concept",
        data=form_of(draft.content, version=draft.version, actie="indienen"),
    )
    queue, address = "/kennis/beoordelen", f"/kennis/{card.id}/beoordelen"

    assert "Stil lezen" in text_of(browse(knowledge_broker).get(queue))
    assert "Stil lezen" not in text_of(browse(stranger).get(queue))
    assert browse(stranger).get(address).status_code == 404
    assert "Publiceer" not in text_of(browse(teacher).get(address))
    assert browse(teacher).post(address, data={"besluit": "publiceer"}).status_code == 403
    assert "Publiceer" in text_of(browse(knowledge_broker).get(address))
    assert browse(knowledge_broker).post(
        address, data={"besluit": "terug", "note": " "}
    ).status_code == 422  # fmt: skip
    browse(knowledge_broker).post(address, data={"besluit": "terug", "note": "Noem de bron."})
    assert "Noem de bron." in text_of(browse(teacher).get(f"/kennis/{card.id}/concept"))

    draft = cards.get_draft(as_actor(teacher), card.id)
    browse(teacher).post(
        f"/kennis/{card.id}/concept",
        data=form_of(draft.content, version=draft.version, actie="indienen"),
    )
    done = browse(knowledge_broker).post(
        address, data={"besluit": "publiceer", "summary": "Eerste versie."}
    )

    assert done.location == f"/kennis/{card.id}"
    assert "Stil lezen" in text_of(browse().get("/kennis?q=stil+lezen"))
    assert "Eerste versie." in text_of(browse().get(f"/kennis/{card.id}/versies"))


def test_a_reviewer_sees_what_changes(publish, browse, teacher, knowledge_broker, as_actor):
    card = publish(author=teacher, title="Feedback")
    actor = as_actor(teacher)
    draft = cards.open_draft(actor, cards.get_card(actor, card.id))
    cards.save_draft(actor, draft, {"title": "Feedback vragen"}, version=draft.version)
    cards.submit_draft(actor, cards.get_draft(actor, card.id))

    html = text_of(browse(knowledge_broker).get(f"/kennis/{card.id}/beoordelen"))

    assert "Wat verandert er?" in html
    assert re.search(r"<ins>.*vragen</ins>", html)


def test_a_card_in_review_is_not_changed_until_it_is_taken_back(
    submitted, browse, teacher, as_actor
):
    card = submitted(teacher)
    address = f"/kennis/{card.id}/concept"

    assert "Haal terug" in text_of(browse(teacher).get(address))
    content = cards.get_draft(as_actor(teacher), card.id).content
    refused = browse(teacher).post(
        address, data=form_of(content, version=2, actie="bewaren", title="Anders")
    )
    assert refused.status_code == 409

    assert browse(teacher).post(f"{address}/terughalen").status_code == 303
    assert 'name="title"' in text_of(browse(teacher).get(address))


def test_a_draft_is_thrown_away_after_asking(draft_of, browse, teacher, stranger):
    card = draft_of(teacher)
    address = f"/kennis/{card.id}/concept/weggooien"

    assert "De hele kaart gaat weg." in text_of(browse(teacher).get(address))
    assert browse(stranger).post(address).status_code == 404
    assert browse(teacher).post(address).status_code == 303
    assert browse(teacher).get(f"/kennis/{card.id}").status_code == 404


def test_a_preview_is_clean(browse, teacher):
    answer = browse(teacher).post(
        "/kennis/voorbeeld", data={"text": "**vet** <script>x</script> [a](javascript:x)"}
    )

    assert "<strong>vet</strong>" in text_of(answer)
    assert "<script" not in text_of(answer)
    assert 'href="javascript' not in text_of(answer)


def test_the_draft_is_seen_as_readers_will(draft_of, browse, teacher):
    card = draft_of(teacher, title="Zo wordt het")

    html = text_of(browse(teacher).get(f"/kennis/{card.id}/concept/bekijken"))

    assert "<h1>Zo wordt het</h1>" in html
    assert "Hoe zeker weten we dit?" in html
    assert Actor.visitor() is not None
