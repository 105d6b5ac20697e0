"""Conversations and contributions over the API: every answer as the document says."""

import pytest

from labapp.database import db
from labapp.labs.lab_models import LabVisibility
from tests.labs.factories import QuestionFactory
from tests.labs.talking import begin, say


@pytest.fixture
def said(cast):
    return begin(cast.teacher, cast.lab, "Wat zien we?")


def test_a_conversation_from_first_words_to_conclusion(cast, call):
    first = {"subject": f"labs:{cast.lab.id}", "title": "Wat zien we?", "body": "Ze lezen door."}
    made = call(cast.teacher, "POST", "/threads", json=first)
    thread_id = made.json["contribution"]["thread_id"]
    path = f"/threads/{thread_id}"

    reply = {"body": "Hoe lang?", "reply_to_id": made.json["contribution"]["id"],
             "quote": "lezen door", "kind": "objection"}  # fmt: skip
    again = call(cast.researcher, "POST", f"{path}/contributions", json=reply)
    read = call(cast.practice_lead, "GET", path)
    close = {"action": "close", "reason": "Een kwartier."}
    match = {"If-Match": read.headers["ETag"]}
    closed = call(cast.practice_lead, "POST", f"{path}/steps", json=close, headers=match)
    stale = call(cast.practice_lead, "POST", f"{path}/steps", json=close, headers=match)

    assert (made.status_code, again.status_code, closed.status_code) == (201, 201, 200)
    assert again.json["contribution"]["said_by"]["side"] == "research"
    assert again.headers["Location"].endswith(str(again.json["contribution"]["id"]))
    assert (closed.json["state"], closed.json["conclusion"]) == ("closed", "Een kwartier.")
    assert stale.status_code == 409
    listed = call(cast.teacher, "GET", f"/threads?lab_id={cast.lab.id}").json["items"]
    assert [(one["title"], one["unread"]) for one in listed] == [("Wat zien we?", 1)]
    assert call(cast.teacher, "PUT", f"{path}/read").status_code == 204
    words = call(cast.teacher, "GET", f"{path}/contributions?per_page=1&page=2")
    assert [one["quote"] for one in words.json["items"]] == ["lezen door"]
    assert call(cast.teacher, "POST", f"{path}/contributions", json=reply).status_code == 409


def test_a_contribution_is_changed_marked_hidden_and_removed(cast, call, said):
    path = f"/contributions/{said.id}"
    tag = call(cast.teacher, "GET", path).headers["ETag"]

    changed = call(
        cast.teacher, "PUT", path, json={"body": "Beter gezegd."}, headers={"If-Match": tag}
    )
    stale = call(cast.teacher, "PUT", path, json={"body": "Anders."}, headers={"If-Match": tag})
    match = {"If-Match": "*"}
    marks = {"is_useful": True, "for_researchers": True}
    marked = call(cast.practice_lead, "PUT", f"{path}/marks", json=marks, headers=match)
    hide = {"action": "hide", "reason": "Een naam."}
    hidden = call(cast.practice_lead, "POST", f"{path}/steps", json=hide, headers=match)

    assert changed.json["contribution"]["body"] == "Beter gezegd."
    assert (stale.status_code, stale.json["theirs"]["body"]) == (409, "Beter gezegd.")
    assert (marked.json["is_useful"], marked.json["for_researchers"]) == (True, True)
    assert hidden.json["state"] == "hidden"
    seen = call(cast.researcher, "GET", path).json
    assert (seen["body"], seen["html"], seen["said_by"]) == (None, None, None)
    assert call(cast.researcher, "GET", f"{path}/texts").status_code == 404
    assert call(cast.teacher, "GET", f"{path}/texts").json == {"items": []}
    remove = {"action": "remove"}
    by_author = call(cast.teacher, "POST", f"{path}/steps", json=remove, headers=match)
    by_lead = call(cast.research_lead, "POST", f"{path}/steps", json=remove, headers=match)
    assert (by_author.status_code, by_lead.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": "a" * 50_000}, "body"),
        ({"body": "x", "kind": "gossip"}, "kind"),
        ({"body": "BSN 111222333"}, "pupil_data"),
        ({"body": "x", "reply_to_id": 99999}, "reply_to_id"),
        ({"body": "x", "author_id": 1}, "author_id"),
    ],
)
def test_a_refusal_names_the_field(cast, call, said, values, field):
    path = f"/threads/{said.thread_id}/contributions"

    refused = call(cast.teacher, "POST", path, json=values)

    assert refused.status_code == 422
    assert field in refused.json["errors"]


def test_the_same_key_says_it_once(cast, call, said):
    path, key = f"/threads/{said.thread_id}/contributions", {"Idempotency-Key": "een"}

    ids = {
        call(cast.researcher, "POST", path, json={"body": "Ja."}, headers=key).json["contribution"][
            "id"
        ]
        for _ in range(2)
    }

    assert len(ids) == 1


def test_others_find_nothing_of_a_private_lab(cast, call, said):
    one, thread = f"/contributions/{said.id}", f"/threads/{said.thread_id}"
    match = {"If-Match": "*"}

    for path in (one, f"{one}/texts", thread, f"{thread}/contributions", f"{thread}/people",
                 f"/threads?subject=labs:{cast.lab.id}"):  # fmt: skip
        assert call(cast.outsider, "GET", path).status_code == 404
    assert call(cast.outsider, "GET", f"/threads?lab_id={cast.lab.id}").json == {"items": []}
    hide = {"action": "hide", "reason": "Ha."}
    for method, path, body in (
        ("POST", f"{one}/steps", hide), ("PUT", one, {"body": "Ha."}),
        ("PUT", f"{one}/marks", {"is_useful": True}), ("PUT", f"{thread}/read", None),
        ("POST", f"{thread}/steps", {"action": "lock", "reason": "Ha."}),
        ("POST", f"{thread}/contributions", {"body": "Ha."}),
    ):  # fmt: skip
        answer = call(cast.outsider, method, path, json=body, headers=match)
        assert answer.status_code == 404, path


def test_a_visitor_reads_an_open_lab_without_a_token(cast, call, said):
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()

    read = call(None, "GET", f"/threads/{said.thread_id}/contributions")

    assert [one["body"] for one in read.json["items"]] == ["Leerlingen lezen langer door."]
    assert call(None, "GET", f"/contributions/{said.id}").status_code == 200
    assert call(None, "POST", "/threads", json={}).status_code == 401


def test_the_conversation_about_a_question_is_found_by_its_name(cast, call):
    asked = QuestionFactory(asker=cast.teacher, acting_for=cast.school)
    subject = f"questions:{asked.id}"

    before = call(cast.teacher, "GET", f"/threads?subject={subject}")
    call(cast.teacher, "POST", "/threads", json={"subject": subject, "body": "Wie weet het?"})
    after = call(cast.teacher, "GET", f"/threads?subject={subject}")

    assert before.json == {"items": []}
    assert [one["title"] for one in after.json["items"]] == [asked.title]


def test_whom_one_can_name_is_listed(cast, call, said):
    say(cast.researcher, said.thread)

    found = call(cast.teacher, "GET", f"/threads/{said.thread_id}/people?q=noor")

    assert {"name": cast.researcher.name} in found.json["items"]
