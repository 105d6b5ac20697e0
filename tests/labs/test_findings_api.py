"""Findings over the API: every answer as the document says."""

import pytest

from labapp.labs.finding_states import FindingAction as A
from labapp.labs.round_models import RoundPhase
from tests.labs.factories import RoundFactory
from tests.labs.findings import WHOLE, make_finding, published, signed, step


def test_a_finding_from_its_first_title_to_the_list(cast, call, knowledge_broker):
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DECIDE)
    start = {"round_id": one.id, "title": "Vrij lezen"}
    begun = call(cast.researcher, "POST", "/findings", json=start)
    path = f"/findings/{begun.json['id']}"
    assert (begun.status_code, begun.json["version"]["state"]) == (201, "draft")
    assert "plain" in begun.json["version"]["missing"]
    tag = {"If-Match": begun.headers["ETag"]}

    def take(user, action, tag, **more):
        body = {"action": action, **more}
        return call(user, "POST", f"{path}/steps", json=body, headers={"If-Match": tag})

    early = take(cast.researcher, "submit", tag["If-Match"])
    saved = call(cast.researcher, "PUT", f"{path}/draft", json={"content": WHOLE}, headers=tag)
    stale = call(
        cast.researcher, "PUT", f"{path}/draft", json={"content": {"title": "Oud"}}, headers=tag
    )
    assert (early.status_code, saved.status_code, stale.status_code) == (422, 200, 409)
    assert stale.json["yours"]["title"] == "Oud"
    now = take(cast.researcher, "submit", saved.headers["ETag"])
    now = take(cast.practice_lead, "start_signing", now.headers["ETag"])
    sealed = now.json["content_hash"]
    for lead in (cast.practice_lead, cast.research_lead):
        now = take(lead, "sign", now.headers["ETag"], content_hash=sealed)
    assert now.json["state"] == "editorial"
    assert {one["side"] for one in now.json["signatures"]} == {"practice", "research"}
    out = take(knowledge_broker, "publish", now.headers["ETag"], no_interest=True)
    assert (out.status_code, out.json["state"]) == (200, "published")

    listed = call(None, "GET", "/findings?theme=reading")
    assert listed.json["total"] == 1
    assert listed.json["items"][0]["version"]["content"]["plain"] == WHOLE["plain"]
    assert listed.json["items"][0]["lab_id"] is None
    assert call(None, "GET", "/findings?theme=feedback").json["total"] == 0


def test_a_draft_is_not_there_for_others(cast, call, knowledge_broker):
    made = make_finding(cast)
    path = f"/findings/{made.finding_id}"
    for user in (None, cast.outsider, knowledge_broker):
        for rest in ("", "/versions", "/versions/1", "/versions/1/diff", "/citation"):
            assert call(user, "GET", path + rest).status_code == 404
    read = call(cast.leader, "GET", path)
    assert read.json["lab_id"] == cast.lab.id
    put = {"json": {"content": {"title": "X"}}, "headers": {"If-Match": "*"}}
    assert call(cast.leader, "PUT", f"{path}/draft", **put).status_code == 403
    assert call(cast.teacher, "PUT", f"{path}/draft", json={"content": {}}).status_code == 428
    weak = call(cast.teacher, "PUT", f"{path}/draft", scopes=("labs:read",), **put)
    assert weak.status_code == 403


@pytest.mark.parametrize(
    "content",
    [{"title": "x" * 201}, {"certainty": 6}, {"effect_value": "NaN"}, {"onbekend": 1},
     {"relations": [{"kind": "replicates", "finding": 0}]}, {"embargo_until": "morgen"},
     {"licence": "alles"}, {"do": ["x" * 301]}, {"sectors": ["mbo"]}],
)  # fmt: skip
def test_nonsense_is_refused_at_its_field(cast, call, content):
    made = make_finding(cast)
    put = {"json": {"content": content}, "headers": {"If-Match": "*"}}

    answer = call(cast.teacher, "PUT", f"/findings/{made.finding_id}/draft", **put)

    assert answer.status_code == 422
    assert answer.json["errors"]


def test_what_is_out_is_read_cited_compared_and_used(cast, call, knowledge_broker):
    made = published(cast, knowledge_broker)
    path = f"/findings/{made.finding_id}"
    whole = call(None, "GET", path).json
    assert whole["address"].endswith(f"/bevindingen/{made.finding_id}")
    assert whole["version"]["contributors"][0]["particle"] == "van"
    assert call(None, "GET", f"{path}/versions").json["items"][0]["number"] == 1
    assert call(None, "GET", f"{path}/versions/1").json["content"]["title"] == WHOLE["title"]
    assert call(None, "GET", f"{path}/versions/2").status_code == 404
    assert call(None, "GET", f"{path}/versions/1/diff").json["old"] is None
    assert "labbevinding" in call(None, "GET", f"{path}/citation?number=1").text
    for form in ("bibtex", "ris", "csl-json"):
        assert call(None, "GET", f"{path}/citation?format={form}").status_code == 200
    read = call(cast.teacher, "GET", f"{path}/draft")
    known = call(
        cast.teacher, "GET", f"{path}/draft", headers={"If-None-Match": read.headers["ETag"]}
    )
    assert known.status_code == 304
    used = call(cast.outsider, "POST", f"{path}/use", scopes=("collections:write",))
    assert used.json["name"] == "In onze cyclus"


def test_it_is_repaired_corrected_and_its_people_set_right(cast, call, knowledge_broker):
    made = published(cast, knowledge_broker)
    path = f"/findings/{made.finding_id}"
    match = {"If-Match": "*"}

    def take(**body):
        return call(cast.research_lead, "POST", f"{path}/steps", json=body, headers=match)

    assert take(action="repair", changes={"keywords": ["lezen"]}).json["content"]["keywords"]
    assert take(action="repair", changes={"title": "Heel iets anders"}).status_code == 422
    said = take(action="correct", reason="Elf klassen.", reason_code="wrong_figure").json
    assert said["errata"][0]["text"] == "Elf klassen."
    rows = {"contributors": [{"family_name": "de Boer", "role": "teacher"}]}
    put = call(cast.research_lead, "PUT", f"{path}/contributors", json=rows, headers=match)
    assert put.json["contributors"][0]["family_name"] == "Boer"
    assert take(action="vliegen").status_code == 422
    assert take(action="retract", reason="Ja.", reason_code="other").status_code == 403
    assert take(action="start_version", reason="Opnieuw.", number=1).status_code == 200
    assert take(action="submit", number=9).status_code == 404


def test_a_retracted_finding_answers_with_its_tombstone(
    cast, call, programme_officer, knowledge_broker
):
    made = published(cast, knowledge_broker)
    step(programme_officer, made, A.RETRACT, reason="Toets fout.", reason_code="error_in_data")
    path = f"/findings/{made.finding_id}"

    for rest in ("", "/versions", "/versions/1", "/citation", "/draft"):
        answer = call(cast.outsider, "GET", path + rest)
        assert answer.status_code == 410
        assert answer.json["tombstone"]["reason"] == "error_in_data"
        assert answer.json["tombstone"]["people"]
    assert call(None, "GET", "/findings").json["total"] == 0


def test_a_finding_that_is_not_out_cannot_be_used_yet(cast, call):
    made = signed(cast, make_finding(cast))

    answer = call(
        cast.teacher, "POST", f"/findings/{made.finding_id}/use", scopes=("collections:write",)
    )
    assert answer.status_code == 409
