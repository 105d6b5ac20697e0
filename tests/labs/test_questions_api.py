"""Questions over the API: every answer as the document says."""

import io

import pytest

from labapp.database import db
from labapp.labs.question_models import QuestionState, QuestionVisibility
from tests.labs.asking import ask, card, standing, write
from tests.labs.factories import QuestionFactory

FIELDS = {"title": "Hoe houden we groep 7 aan het lezen?", "seen": "Ze haken af.",
          "theme": "reading", "sector": "po"}  # fmt: skip
ANSWER = {
    "answer": "Vrij lezen helpt.", "body": "Uitleg.", "sectors": ["po"],
    "sources": [{"title": "Lezen", "year": 2024, "url": "https://example.org"}],
}  # fmt: skip


@pytest.fixture
def call(call):
    """Call the API of questions: `call(user, "GET", "/1")`."""
    return lambda user, method, path, **options: call(user, method, f"/questions{path}", **options)


@pytest.fixture
def go(call):
    """Take a step over the version that the last answer had."""

    def going(user, before, action, **body):
        number, tag = before.json["id"], before.headers["ETag"]
        return call(user, "POST", f"/{number}/steps", json={"action": action, **body},
                    headers={"If-Match": tag})  # fmt: skip

    return going


def test_a_question_from_draft_to_answer(call, go, teacher, knowledge_broker):
    made = call(teacher, "POST", "", json=FIELDS)
    changed = call(
        teacher, "PATCH", f"/{made.json['id']}", json={"groups": "groep 7"},
        headers={"If-Match": made.headers["ETag"]},
    )  # fmt: skip
    answer = changed
    for user, action, body in [
        (teacher, "look", {}), (teacher, "submit", {}), (knowledge_broker, "take_up", {}),
        (knowledge_broker, "answer", {"answer": ANSWER}), (teacher, "confirm", {}),
    ]:  # fmt: skip
        answer = go(user, answer, action, **body)
        assert answer.status_code == 200, answer.text

    assert made.status_code == 201
    assert changed.json["groups"] == "groep 7"
    assert (answer.json["state"], answer.json["turn"]) == ("confirmed", "nobody")
    assert answer.json["answer_sources"][0]["title"] == "Lezen"
    read = call(teacher, "GET", f"/{made.json['id']}", headers={"If-None-Match": "*"})
    assert read.status_code == 304
    listed = call(teacher, "GET", "?scope=mine&group=answered&q=lezen&per_page=5").json
    assert [one["id"] for one in listed["items"]] == [made.json["id"]]


def test_refusals_name_the_field_and_the_version(call, go, teacher, stranger):
    made = call(teacher, "POST", "", json=FIELDS)
    path = f"/{made.json['id']}"

    short = call(teacher, "POST", "", json={"title": "Kort?"})
    no_tag = call(teacher, "PATCH", path, json={"seen": "x"})
    unseen = call(stranger, "GET", path)
    no_scope = call(teacher, "POST", "", json=FIELDS, scopes=("labs:read",))
    nobody = call(None, "GET", "")
    wrong_state = go(teacher, made, "confirm")
    call(teacher, "PATCH", path, json={"seen": "Anders."}, headers={"If-Match": "*"})
    stale = call(teacher, "PATCH", path, json={"seen": "Nog anders."},
                 headers={"If-Match": made.headers["ETag"]})  # fmt: skip

    assert "title" in short.json["errors"]
    assert [one.status_code for one in (short, no_tag, unseen, no_scope, nobody, wrong_state)] == [
        422, 428, 404, 403, 401, 409,
    ]  # fmt: skip
    assert stale.status_code == 409
    assert stale.json["theirs"]["seen"] == "Anders."


def test_matches_give_the_parts_of_their_score(call, go, teacher):
    card("Lange teksten lezen in groep 7")
    live = call(teacher, "GET", "/matches?text=lange teksten lezen&theme=reading&sector=po").json
    made = go(teacher, call(teacher, "POST", "", json={**FIELDS, "title": "Lange teksten lezen?"}),
              "look")  # fmt: skip
    path = f"/{made.json['id']}/matches"
    kept = call(teacher, "GET", path).json["items"]
    verdict = f"{path}/{kept[0]['id']}/verdict"

    lacking = call(teacher, "PUT", verdict, json={"verdict": "partly"})
    given = call(teacher, "PUT", verdict, json={"verdict": "partly", "difference": "Groep 3"})

    assert "meaning" in live["items"][0]["parts"]
    assert live["items"][0]["reasons"]
    assert live["meaning_available"]
    assert (lacking.status_code, given.status_code) == (422, 204)
    assert call(teacher, "GET", path).json["items"][0]["difference"] == "Groep 3"


def test_schools_join_over_the_api(call, teacher, school_leader, stranger):
    question = ask(stranger)
    path = f"/{question.id}/schools"
    school = teacher.affiliations[0].organisation_id

    made = call(teacher, "POST", path, json={"context": "Groep 8"})
    refused = call(teacher, "PUT", f"{path}/{school}")
    call(school_leader, "PUT", f"{path}/{school}")
    found = call(stranger, "GET", path).json
    call(school_leader, "DELETE", f"{path}/{school}")

    assert (made.status_code, refused.status_code) == (201, 403)
    assert found["by_sector"] == [{"sector": "po", "count": 1}]
    assert call(stranger, "GET", path).json["items"] == []


def test_a_table_comes_in_over_the_api(call, knowledge_broker, teacher):
    def send(user, text, **form):
        file = (io.BytesIO(text), "vragen.csv")
        return call(user, "POST", "/imports", data={"file": file, "origin": "api", **form})

    good = b"sleutel,vraag\na,Hoe leren kinderen klokkijken?\n"
    tried = send(knowledge_broker, good, dry_run="true")
    bad = send(knowledge_broker, b"sleutel,vraag\na,Kort?\n")
    forbidden = send(teacher, good)
    done = send(knowledge_broker, good)
    undone = call(knowledge_broker, "POST", f"/imports/{done.json['batch_id']}/undoing")

    assert (tried.json["created"], tried.json["batch_id"]) == (1, None)
    assert (bad.status_code, forbidden.status_code) == (422, 403)
    assert bad.json["faults"][0]["column"] == "vraag"
    assert undone.json == {"kept": 0}


def test_lists_hold_what_one_may_read(call, teacher, stranger):
    mine = ask(teacher)
    write(stranger, "Een concept van een ander?")
    QuestionFactory(visibility=QuestionVisibility.ORGANISATION, acting_for=None)
    standing(QuestionState.WITHDRAWN)
    db.session.commit()

    assert [one["id"] for one in call(teacher, "GET", "").json["items"]] == [mine.id]
