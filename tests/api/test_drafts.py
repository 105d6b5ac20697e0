"""Writing, reviewing and publishing over JSON."""

import pytest

from labapp.accounts.actors import Actor
from labapp.knowledge import cards
from tests.api.conftest import CONTENT

NEW = {**CONTENT, "reviewer": "", "kind": "review"}


@pytest.fixture
def draft(teacher):
    """A draft of the teacher."""
    return cards.start_card(Actor.of(teacher), NEW).draft


@pytest.fixture
def submitted(draft, teacher):
    cards.submit_draft(Actor.of(teacher), draft)
    return draft


def test_from_a_first_word_to_a_published_card(call, teacher, knowledge_broker):
    started = call(teacher, "POST", "/cards", json=CONTENT)
    assert started.status_code == 201
    card_id = started.json["id"]
    assert started.headers["Location"] == f"/api/v1/cards/{card_id}"
    path = f"/cards/{card_id}"

    read = call(teacher, "GET", f"{path}/draft")
    assert read.json["content"]["title"] == CONTENT["title"]
    saved = call(
        teacher, "PUT", f"{path}/draft",
        json={**CONTENT, "answer": "Ja, vaak."}, headers={"If-Match": read.headers["ETag"]},
    )  # fmt: skip
    assert saved.status_code == 200
    assert saved.headers["ETag"] != read.headers["ETag"]
    assert call(None, "GET", path).status_code == 404

    submitted = call(teacher, "POST", f"{path}/draft/submission")
    assert submitted.json["status"] == "in_review"
    waiting = call(knowledge_broker, "GET", "/drafts?of=review").json["items"]
    assert [one["card_id"] for one in waiting] == [card_id]

    reviewed = call(knowledge_broker, "GET", f"{path}/draft")
    published = call(
        knowledge_broker, "PUT", f"{path}/publication",
        json={"summary": "Eerste versie"}, headers={"If-Match": reviewed.headers["ETag"]},
    )  # fmt: skip
    assert published.status_code == 200
    assert published.json["status"] == "published"
    assert published.json["version_number"] == 1
    assert call(None, "GET", path).json["answer"] == "Ja, vaak."
    assert call(None, "GET", "/cards?q=hardop").json["total"] == 1


def test_a_draft_is_saved_only_over_what_was_read(call, draft, teacher):
    path = f"/cards/{draft.card_id}/draft"
    tag = call(teacher, "GET", path).headers["ETag"]
    call(teacher, "PUT", path, json={**NEW, "title": "Van haar"}, headers={"If-Match": tag})

    late = call(teacher, "PUT", path, json={**NEW, "title": "Van hem"}, headers={"If-Match": tag})

    assert late.status_code == 409
    assert late.json["theirs"]["title"] == "Van haar"
    assert late.json["yours"]["title"] == "Van hem"


@pytest.mark.parametrize(
    ("tag", "status"),
    [(None, 428), ('"99"', 412), ('"x"', 412), ('W/"1"', 412), ("*", 200), ('W/""', 412)],
)
def test_a_change_says_which_version_it_changes(call, draft, teacher, tag, status):
    headers = {"If-Match": tag} if tag else {}

    answer = call(teacher, "PUT", f"/cards/{draft.card_id}/draft", json=NEW, headers=headers)

    assert answer.status_code == status


def test_what_is_still_missing_is_said_at_each_field(call, teacher):
    card_id = call(teacher, "POST", "/cards", json={"title": "Nog leeg"}).json["id"]

    answer = call(teacher, "POST", f"/cards/{card_id}/draft/submission")

    assert answer.status_code == 422
    assert {"question", "answer", "sources"} <= set(answer.json["errors"])


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "title"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x", "sources": [{"title": "y", "url": "javascript:alert(1)"}]}, "sources"),
        ({"title": "x", "evidence_strength": 6}, "evidence_strength"),
        ({"title": "x", "age_from": 12, "age_to": 4}, "age_from"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "themes": ["nonsense"]}, "themes"),
        ({"title": "x", "language": "fr"}, "language"),
        ({"title": "x", "visibility": "lab"}, "visibility"),
    ],
)
def test_wrong_content_is_refused_at_its_field(call, teacher, content, field):
    answer = call(teacher, "POST", "/cards", json=content)

    assert answer.status_code == 422
    assert field in answer.json["errors"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"title": "\xff"}', "application/json", 400),
        (b'{"title": "\\ud800"}', "application/json", 422),
        (b'{"title": "a\\u0000b"}', "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b'{"title": "x", "cost": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b'{"title": "x", "cost": 1e400}', "application/json", 422),
        (b'{"title": "x", "cost": NaN}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"title"', "application/json", 422),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b'{"title": "' + b"x" * 2_200_000 + b'"}', "application/json", 413),
        (b"", "application/json", 422),
    ],
)
def test_a_body_that_is_no_card_is_refused(call, teacher, body, kind, status):
    answer = call(teacher, "POST", "/cards", data=body, content_type=kind)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_scripts_in_a_text_never_reach_a_page(call, teacher, draft):
    text = "Goed <script>alert(1)</script> [klik](javascript:alert(1))"
    answer = call(
        teacher, "PUT", f"/cards/{draft.card_id}/draft",
        json={**NEW, "body": text}, headers={"If-Match": "*"},
    )  # fmt: skip

    assert answer.json["content"]["body"] == text  # kept as written; made safe when it is shown


def test_a_stranger_does_not_know_of_a_draft(call, draft, stranger, teacher):
    path = f"/cards/{draft.card_id}"
    for user in (None, stranger):
        assert call(user, "GET", path).status_code == 404
        assert call(user, "GET", f"{path}/draft").status_code in (401, 404)
    stolen = call(stranger, "PUT", f"{path}/draft", json=NEW, headers={"If-Match": "*"})
    assert stolen.status_code == 404
    assert call(stranger, "POST", f"{path}/draft").status_code == 404
    assert call(stranger, "GET", "/drafts").json["items"] == []


def test_nobody_reviews_what_they_wrote(call, submitted, teacher, knowledge_broker):
    path = f"/cards/{submitted.card_id}"
    everything = {"json": {}, "headers": {"If-Match": "*"}}

    own = call(teacher, "PUT", f"{path}/publication", **everything)
    other = call(knowledge_broker, "PUT", f"{path}/publication", **everything)

    assert own.status_code == 403
    assert other.status_code == 200


def test_a_reviewer_returns_a_draft_with_a_note(call, submitted, teacher, knowledge_broker):
    path = f"/cards/{submitted.card_id}"

    empty = call(knowledge_broker, "POST", f"{path}/return", json={"note": ""})
    spaces = call(knowledge_broker, "POST", f"{path}/return", json={"note": "  "})
    returned = call(knowledge_broker, "POST", f"{path}/return", json={"note": "Noem de bron."})
    again = call(knowledge_broker, "POST", f"{path}/return", json={"note": "Noem de bron."})

    assert empty.status_code == spaces.status_code == 422
    assert returned.json["review_note"] == "Noem de bron."
    assert again.status_code in (404, 409)
    assert call(teacher, "GET", f"{path}/draft").json["status"] == "writing"


def test_an_author_takes_a_draft_back(call, submitted, teacher):
    path = f"/cards/{submitted.card_id}/draft"
    late = call(teacher, "PUT", path, json=NEW, headers={"If-Match": "*"})

    back = call(teacher, "DELETE", f"{path}/submission")

    assert late.status_code == 409
    assert back.json["status"] == "writing"
    assert call(teacher, "DELETE", f"{path}/submission").status_code == 409


def test_a_draft_is_thrown_away_with_its_card(call, draft, teacher):
    path = f"/cards/{draft.card_id}"

    unmatched = call(teacher, "DELETE", f"{path}/draft")
    gone = call(teacher, "DELETE", f"{path}/draft", headers={"If-Match": "*"})

    assert unmatched.status_code == 428
    assert gone.status_code == 204
    assert call(teacher, "GET", path).status_code == 404


def test_a_published_card_is_outdated_and_then_withdrawn(call, published, knowledge_broker):
    card = published()
    path = f"/cards/{card.id}"
    match = {"If-Match": "*"}

    outdated = call(
        knowledge_broker, "PUT", f"{path}/outdated", json={"reason": "Nieuw"}, headers=match
    )
    itself = call(
        knowledge_broker, "PUT", f"{path}/withdrawal",
        json={"reason": "Fout", "replaced_by": card.id}, headers=match,
    )  # fmt: skip
    unknown = call(
        knowledge_broker, "PUT", f"{path}/withdrawal",
        json={"reason": "Fout", "replaced_by": 999}, headers=match,
    )  # fmt: skip
    withdrawn = call(
        knowledge_broker, "PUT", f"{path}/withdrawal", json={"reason": "Fout"}, headers=match
    )

    assert outdated.json["status"] == "outdated"
    assert itself.status_code == unknown.status_code == 422
    assert withdrawn.status_code == 200
    assert withdrawn.json["reason"] == "Fout"
    assert call(None, "GET", path).status_code == 410


def test_a_teacher_withdraws_nothing_of_others(call, published, teacher):
    card = published()

    answer = call(
        teacher, "PUT", f"/cards/{card.id}/withdrawal",
        json={"reason": "Fout"}, headers={"If-Match": "*"},
    )  # fmt: skip

    assert answer.status_code == 403


def test_a_token_does_only_what_its_scopes_say(call, draft, teacher):
    path = f"/cards/{draft.card_id}/draft"
    options = {"json": NEW, "headers": {"If-Match": "*"}}

    assert call(teacher, "GET", path, scopes=("cards:read",)).status_code == 200
    assert call(teacher, "PUT", path, scopes=("cards:read",), **options).status_code == 403
    assert call(teacher, "PUT", path, scopes=("cards:write",), **options).status_code == 200


def test_the_same_key_creates_one_card(call, teacher):
    options = {"json": CONTENT, "headers": {"Idempotency-Key": "mijn-sleutel"}}

    first = call(teacher, "POST", "/cards", **options)
    second = call(teacher, "POST", "/cards", **options)
    other = call(teacher, "POST", "/cards", json={"title": "Anders"}, headers=options["headers"])

    assert first.status_code == second.status_code == 201
    assert second.json == first.json
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert len(call(teacher, "GET", "/drafts").json["items"]) == 1


def test_a_key_is_of_one_person(call, teacher, colleague):
    options = {"json": CONTENT, "headers": {"Idempotency-Key": "1"}}

    first = call(teacher, "POST", "/cards", **options)
    second = call(colleague, "POST", "/cards", **options)

    assert first.json["id"] != second.json["id"]


def test_a_refused_request_may_be_bettered_under_its_key(call, teacher):
    headers = {"Idempotency-Key": "1"}

    assert call(teacher, "POST", "/cards", json={}, headers=headers).status_code == 422
    assert call(teacher, "POST", "/cards", json=CONTENT, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(call, teacher, key):
    answer = call(teacher, "POST", "/cards", json=CONTENT, headers={"Idempotency-Key": key})

    assert answer.status_code == 422
