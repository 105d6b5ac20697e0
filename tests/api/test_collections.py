"""Collections, saved searches and words over JSON."""

import pytest

from labapp.knowledge import vocabulary


@pytest.fixture
def collection(call, teacher):
    return call(teacher, "POST", "/collections", json={"name": "Lezen"}).json


def test_a_collection_is_made_read_changed_and_removed(call, teacher):
    made = call(teacher, "POST", "/collections", json={"name": "Lezen", "description": "x"})
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix("/api/v1")
    tag = made.headers["ETag"]

    assert call(teacher, "GET", path).headers["ETag"] == tag
    assert call(teacher, "GET", path, headers={"If-None-Match": tag}).status_code == 304
    blind = call(teacher, "PATCH", path, json={"name": "Schrijven"})
    changed = call(teacher, "PATCH", path, json={"name": "Rekenen"}, headers={"If-Match": tag})
    late = call(teacher, "PATCH", path, json={"name": "Taal"}, headers={"If-Match": tag})
    assert blind.status_code == 428
    assert (changed.json["name"], changed.json["description"]) == ("Rekenen", "x")
    assert late.status_code == 412
    assert call(teacher, "DELETE", path, headers={"If-Match": tag}).status_code == 412
    removed = call(teacher, "DELETE", path, headers={"If-Match": changed.headers["ETag"]})
    assert removed.status_code == 204
    assert call(teacher, "GET", path).status_code == 404


def test_cards_go_in_and_out_of_a_collection(call, teacher, collection, published):
    card = published()
    items = f"/collections/{collection['id']}/items"

    first = call(teacher, "PUT", f"{items}/{card.id}", json={"note": "Voor groep 6"})
    again = call(teacher, "PUT", f"{items}/{card.id}", json={"note": "Voor groep 7"})
    listed = call(teacher, "GET", items).json["items"]
    counted = call(teacher, "GET", "/collections").json["items"]

    assert first.status_code == again.status_code == 204
    assert [(one["card"]["id"], one["note"]) for one in listed] == [(card.id, "Voor groep 7")]
    assert counted[0]["card_count"] == 1
    assert call(teacher, "DELETE", f"{items}/{card.id}").status_code == 204
    assert call(teacher, "DELETE", f"{items}/{card.id}").status_code == 204
    assert call(teacher, "GET", items).json["items"] == []


def test_a_private_collection_is_nobody_elses(call, collection, colleague, stranger, published):
    card = published()
    path = f"/collections/{collection['id']}"
    for user in (colleague, stranger):
        assert call(user, "GET", path).status_code == 404
        assert call(user, "GET", f"{path}/items").status_code == 404
        assert call(user, "PUT", f"{path}/items/{card.id}", json={}).status_code == 404
        assert call(user, "DELETE", path, headers={"If-Match": "*"}).status_code == 404
        assert call(user, "GET", "/collections").json["items"] == []
    assert call(None, "GET", "/collections").status_code == 401


def test_a_collection_of_the_team_is_the_teams(call, teacher, colleague, stranger):
    made = call(teacher, "POST", "/collections", json={"name": "Ons", "for_team": True}).json
    path = f"/collections/{made['id']}"

    assert call(colleague, "GET", path).status_code == 200
    assert call(stranger, "GET", path).status_code == 404
    assert call(colleague, "DELETE", path, headers={"If-Match": "*"}).status_code == 403


def test_a_card_one_may_not_see_is_not_in_the_collection(call, secret, stranger):
    made = call(stranger, "POST", "/collections", json={"name": "Van mij"}).json

    kept = call(stranger, "PUT", f"/collections/{made['id']}/items/{secret.id}", json={})

    assert kept.status_code == 404


def test_the_same_key_makes_one_collection(call, teacher):
    options = {"json": {"name": "Lezen"}, "headers": {"Idempotency-Key": "1"}}
    call(teacher, "POST", "/collections", **options)
    call(teacher, "POST", "/collections", **options)

    assert len(call(teacher, "GET", "/collections").json["items"]) == 1


def test_a_longer_list_of_collections_asks_no_more_queries(call, teacher, count_queries, token):
    headers = token(teacher)
    for name in ("Een", "Twee"):
        call(teacher, "POST", "/collections", json={"name": name})
    with count_queries() as few:
        call(None, "GET", "/collections", headers=headers)
    for name in ("Drie", "Vier", "Vijf"):
        call(teacher, "POST", "/collections", json={"name": name})
    with count_queries() as many:
        call(None, "GET", "/collections", headers=headers)

    assert len(many) <= len(few)


def test_a_search_is_followed(call, teacher, stranger):
    made = call(
        teacher, "POST", "/saved-searches",
        json={"name": "Lezen", "search": {"q": "lezen", "sector": ["po"]}, "frequency": "daily"},
    )  # fmt: skip
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix("/api/v1")

    assert made.json["parameters"] == {"q": "lezen", "sector": ["po"]}
    assert call(teacher, "PATCH", path, json={"frequency": "never"}).json["frequency"] == "never"
    assert call(stranger, "GET", path).status_code == 404
    assert call(stranger, "DELETE", path).status_code == 404
    assert len(call(teacher, "GET", "/saved-searches").json["items"]) == 1
    assert call(teacher, "DELETE", path).status_code == 204
    assert call(teacher, "GET", "/saved-searches").json["items"] == []


def test_a_followed_search_is_checked_like_any(call, teacher):
    answer = call(
        teacher, "POST", "/saved-searches", json={"name": "x", "search": {"theme": ["nonsense"]}}
    )

    assert answer.status_code == 422
    assert "theme" in answer.json["errors"]["search"]


def test_the_vocabulary_is_there_for_everybody(call):
    themes = call(None, "GET", "/themes").json["items"]
    words = call(None, "GET", "/vocabulary").json

    assert {row["slug"] for row in themes} == set(vocabulary.themes())
    assert words["outcomes"][0].keys() == {"slug", "nl", "en"}


def test_suggestions_begin_with_what_was_typed(call, published):
    published()

    assert "Hardop lezen in de brugklas" in call(None, "GET", "/suggestions?q=hard").json["items"]
    assert call(None, "GET", "/suggestions?q=").json["items"] == []
    assert call(None, "GET", "/suggestions").status_code == 422
