"""Cards over JSON: searching, reading, versions, citing."""

import pytest

from labapp.accounts.actors import Actor
from labapp.knowledge import cards
from labapp.knowledge.models import Visibility
from tests.api.conftest import CONTENT
from tests.factories import CardFactory

BIG = 2**31


def test_a_visitor_finds_a_public_card_and_why(call, published):
    card = published()

    answer = call(None, "GET", "/cards?q=hardop lezen")

    assert answer.status_code == 200
    assert answer.json["total"] == 1
    found = answer.json["items"][0]
    assert (found["id"], found["title"]) == (card.id, CONTENT["title"])
    assert found["why"]["sentence"]
    assert "parts" not in found["why"] or found["why"]["parts"] == {}
    assert answer.json["facets"]["sector"] == {"vo": 1}
    assert "Authorization" in answer.headers["Vary"]


def test_only_administrators_see_the_parts_of_the_score(call, published, administrator, teacher):
    published()

    plain = call(teacher, "GET", "/cards?q=lezen&explain=1")
    explained = call(administrator, "GET", "/cards?q=lezen&explain=1")

    assert not plain.json["items"][0]["why"]["parts"]
    assert explained.json["items"][0]["why"]["parts"]


def test_a_list_has_links_to_the_pages_around_it(call, published):
    for number in range(5):
        published(title=f"Lezen {number}")

    answer = call(None, "GET", "/cards?per_page=2&page=2&sector=vo")

    assert answer.json["total"] == 5
    assert len(answer.json["items"]) == 2
    links = answer.headers["Link"]
    assert '</api/v1/cards?per_page=2&sector=vo&page=3>; rel="next"' in links
    assert 'page=1>; rel="prev"' in links
    assert 'page=3>; rel="last"' in links


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=99999999999", "per_page=101", "per_page=x", "sort=name", "theme=nonsense",
        "sector=xx", "months=nan", "evidence=9", "thema=feedback", "q=%00", "explain=perhaps",
    ],
)  # fmt: skip
def test_a_search_that_makes_no_sense_is_refused(call, query):
    answer = call(None, "GET", f"/cards?{query}")

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 422
    assert answer.json["detail"]
    assert answer.json["request_id"]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "x" * 10_000,
        "😀😀",
        "مرحبا",
        "' OR 1=1 --",
        'NEAR("a" b)',
        "%",
        '"',
        "a* AND -",
        "\u202e",
    ],
)
def test_any_question_is_answered(call, published, question):
    published()

    assert call(None, "GET", "/cards", query_string={"q": question}).status_code == 200


def test_a_refusal_is_in_the_language_asked_for(call):
    dutch = call(None, "GET", "/cards/1", headers={"Accept-Language": "nl"})
    english = call(None, "GET", "/cards/1", headers={"Accept-Language": "en"})

    assert dutch.status_code == english.status_code == 404
    assert dutch.json["detail"] != english.json["detail"]


def test_reading_a_card_gives_it_whole_with_its_tag(call, published):
    card = published()

    answer = call(None, "GET", f"/cards/{card.id}")

    assert answer.status_code == 200
    assert answer.json["sources"][0]["title"] == "Een boek over lezen"
    assert answer.json["status"] == "published"
    assert answer.headers["ETag"] == f'"{card.version}"'


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"{}:br"', "*", '"x", "{}"'])
def test_what_one_has_already_is_not_sent_again(call, published, tag):
    card = published()
    version = card.version

    answer = call(None, "GET", f"/cards/{card.id}", headers={"If-None-Match": tag.format(version)})

    assert answer.status_code == 304
    assert answer.data == b""


@pytest.mark.parametrize("tag", ['W/""', '""', "x", '"9' + "9" * 5000 + '"', '"٣"'])
def test_a_tag_that_names_nothing_matches_nothing(call, published, tag):
    card = published()

    answer = call(
        None, "GET", f"/cards/{card.id}", headers={"If-None-Match": tag.encode().decode("latin-1")}
    )

    assert answer.status_code == 200


def test_a_changed_card_is_sent_again(call, published, knowledge_broker):
    card = published()
    before = card.version
    cards.mark_outdated(Actor.of(knowledge_broker), card, "Nieuw onderzoek")

    answer = call(None, "GET", f"/cards/{card.id}", headers={"If-None-Match": f'"{before}"'})

    assert answer.status_code == 200
    assert answer.json["status"] == "outdated"


@pytest.mark.parametrize(
    "path",
    ["/cards/0", "/cards/-1", f"/cards/{BIG}", "/cards/9" + "9" * 40, "/cards/x",
     f"/collections/{BIG}", f"/saved-searches/{BIG}", f"/cards/1/versions/{BIG}"],
)  # fmt: skip
def test_an_id_that_cannot_be_is_not_found(call, teacher, path):
    answer = call(teacher, "GET", path)

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_a_withdrawn_card_leaves_a_tombstone(call, published, knowledge_broker, secret):
    card = published(title="Oud")
    cards.withdraw_card(Actor.of(knowledge_broker), card, "Het klopt niet meer.", secret)

    answer = call(None, "GET", f"/cards/{card.id}")

    assert answer.status_code == 410
    assert answer.json["tombstone"]["reason"] == "Het klopt niet meer."
    assert answer.json["tombstone"]["replaced_by"] is None  # a visitor may not know of it
    for path in ("versions", "versions/1", "versions/1/diff", "citation", "similar"):
        assert call(None, "GET", f"/cards/{card.id}/{path}").status_code == 410, path
    assert call(None, "GET", "/cards?q=oud").json["total"] == 0


def test_versions_and_what_changed(call, published, knowledge_broker):
    card = published()
    cards.publish(
        Actor.of(knowledge_broker), card, {**CONTENT, "title": "Beter"}, author_id=None, summary="x"
    )

    versions = call(None, "GET", f"/cards/{card.id}/versions").json["items"]
    first = call(None, "GET", f"/cards/{card.id}/versions/1").json
    diff = call(None, "GET", f"/cards/{card.id}/versions/2/diff").json
    made = call(None, "GET", f"/cards/{card.id}/versions/1/diff").json

    assert [version["number"] for version in versions] == [2, 1]
    assert first["content"]["title"] == CONTENT["title"]
    assert diff == {
        "old": 1, "new": 2,
        "changes": [{"field": "title", "old": CONTENT["title"], "new": "Beter"}],
    }  # fmt: skip
    assert made["old"] == 0
    assert call(None, "GET", f"/cards/{card.id}/versions/3").status_code == 404


def test_a_version_that_was_of_a_school_alone_stays_there(
    call, secret, teacher, stranger, knowledge_broker
):
    cards.publish(
        Actor.of(knowledge_broker), secret, {**CONTENT, "visibility": "public"}, author_id=None
    )
    path = f"/cards/{secret.id}/versions"

    assert [v["number"] for v in call(teacher, "GET", path).json["items"]] == [2, 1]
    assert [v["number"] for v in call(stranger, "GET", path).json["items"]] == [2]
    assert call(stranger, "GET", f"{path}/1").status_code == 404
    assert call(stranger, "GET", f"{path}/2/diff").status_code == 404


@pytest.mark.parametrize(
    ("form", "kind", "words"),
    [
        ("apa", "text/plain", "Hardop lezen in de brugklas"),
        ("bibtex", "application/x-bibtex", "@"),
        ("ris", "application/x-research-info-systems", "TY  - "),
        ("csl-json", "application/vnd.citationstyles.csl+json", '"title"'),
    ],
)
def test_a_card_can_be_cited(call, published, form, kind, words):
    card = published()

    answer = call(None, "GET", f"/cards/{card.id}/citation?format={form}")

    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert words in answer.text


def test_a_citation_in_an_unknown_form_is_refused(call, published):
    card = published()

    assert call(None, "GET", f"/cards/{card.id}/citation?format=mla").status_code == 422


def test_feedback_is_given_once_for_a_question(call, published, teacher):
    card = published()
    path = f"/cards/{card.id}/feedback"

    first = call(teacher, "POST", path, json={"is_useful": True, "query": "lezen"})
    second = call(teacher, "POST", path, json={"is_useful": False, "query": "lezen"})

    assert first.status_code == 201
    assert second.json["id"] == first.json["id"]
    assert second.json["is_useful"] is False


def test_a_visitor_gives_no_feedback(call, published):
    card = published()

    answer = call(None, "POST", f"/cards/{card.id}/feedback", json={"is_useful": True})

    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_card_of_a_school_is_nowhere_for_others(call, secret, published, stranger, teacher):
    public = published()
    words = "regenboogrooster"
    for user in (None, stranger):
        found = call(user, "GET", f"/cards?q={words}")
        assert call(user, "GET", f"/cards/{secret.id}").status_code == 404
        for path in ("versions", "versions/1", "versions/1/diff", "citation", "similar"):
            assert call(user, "GET", f"/cards/{secret.id}/{path}").status_code == 404, path
        everything = [
            found.text,
            call(user, "GET", "/cards").text,
            call(user, "GET", f"/cards?q={secret.external_id}").text,
            call(user, "GET", "/suggestions?q=geh").text,
            call(user, "GET", "/suggestions?q=regen").text,
            call(user, "GET", f"/cards/{public.id}/similar").text,
        ]
        assert not any("geheim" in text.lower() or words in text.lower() for text in everything)
        assert call(user, "GET", "/cards").json["total"] == 1
        assert call(user, "GET", "/cards").json["facets"]["sector"] == {"vo": 1}

    assert call(teacher, "GET", f"/cards?q={words}").json["items"][0]["id"] == secret.id


def test_a_programme_card_is_for_people_with_an_affiliation(call, published, stranger, outsider):
    card = published(visibility=Visibility.PROGRAMME.value)

    assert call(stranger, "GET", f"/cards/{card.id}").status_code == 200
    assert call(outsider, "GET", f"/cards/{card.id}").status_code == 404
    assert call(None, "GET", f"/cards/{card.id}").status_code == 404


@pytest.mark.parametrize("path", ["/cards?q=lezen", "/cards"])
def test_a_longer_list_asks_no_more_queries(call, published, count_queries, teacher, path):
    published()
    call(teacher, "GET", path)
    with count_queries() as few:
        call(None, "GET", path)
    for number in range(8):
        published(title=f"Lezen {number}")
    call(None, "GET", path)
    with count_queries() as many:
        assert len(call(None, "GET", path).json["items"]) > 5

    assert len(many) <= len(few) + 1  # the index catches up with one query more


def test_a_card_without_ratings_has_no_number_where_none_is_known(call):
    card = CardFactory()

    found = call(None, "GET", f"/cards/{card.id}").json

    assert found["evidence_strength"] is None
    assert found["cost"] is None
