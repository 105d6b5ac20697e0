"""Rounds and meetings over the API: every answer as the document says."""

import pytest

from labapp import clock
from labapp.database import db, transaction
from labapp.labs.lab_models import LabVisibility
from labapp.labs.plan_answers import KEYS
from labapp.labs.round_models import RoundPhase
from labapp.labs.round_seal import SHEET
from tests.labs import working


@pytest.fixture
def cast(cast):
    """The people of the lab, at work since August; it is Wednesday 18 November 2026."""
    clock.set_clock("2026-11-18T09:30")
    working.at_work_since_august()
    return cast


@pytest.fixture
def work(cast):
    return working.start(cast)


def test_a_round_from_its_question_to_the_next_phase(cast, call):
    question = working.adopted(cast)
    new = {"lab_id": cast.lab.id, "title": "Vrij lezen", "question_ids": [question.id]}

    made = call(cast.practice_lead, "POST", "/rounds", json=new)
    path = made.headers["Location"].removeprefix("/api/v1")
    tag = made.headers["ETag"]
    step = {"action": "diagnose"}
    first = call(cast.practice_lead, "POST", f"{path}/steps", tag, json=step)
    early = call(cast.research_lead, "POST", f"{path}/steps", json=step)
    second = call(cast.research_lead, "POST", f"{path}/steps", tag, json=step)
    stale = call(cast.practice_lead, "PATCH", path, tag, json={"aim": "Weten."})
    changed = call(cast.teacher, "PATCH", path, "*", json={"aim": "Weten.", "known_checked": True})

    assert (made.status_code, first.status_code, second.status_code) == (201, 200, 200)
    assert made.json["question_ids"] == [question.id]
    assert first.json["proposal"] == {"action": "diagnose", "side": "practice", "reason": ""}
    assert (second.json["phase"], second.json["proposal"]) == ("diagnose", None)
    assert (early.status_code, stale.status_code) == (428, 409)
    assert stale.json["theirs"] == {"aim": ""}
    assert changed.json["known_checked_at"]
    listed = call(cast.teacher, "GET", f"/rounds?lab_id={cast.lab.id}").json["items"]
    assert [one["phase"] for one in listed] == ["diagnose"]


def test_refusals_over_the_line(cast, work, call):
    path = f"/rounds/{work.round.id}"
    gate = {"action": "design"}
    working.set_phase(work.round, RoundPhase.DIAGNOSE)

    missing = call(cast.practice_lead, "POST", f"{path}/steps", "*", json=gate)
    unknown = call(cast.practice_lead, "POST", f"{path}/steps", "*", json={"action": "fly"})
    nothing = call(cast.practice_lead, "POST", f"{path}/refusals", json={"reason": "Nee."})
    stranger = call(cast.outsider, "GET", path)
    visitor = call(None, "POST", f"{path}/steps", "*", json=gate)
    pupil = call(cast.teacher, "PATCH", path, "*", json={"design": "Leerling met BSN 111222333."})

    codes = [one.status_code for one in (missing, unknown, nothing, stranger, visitor, pupil)]
    assert codes == [409, 422, 404, 404, 401, 422]
    assert {problem["code"] for problem in missing.json["problems"]} == {"missing"}
    assert "pupil_data" in pupil.json["errors"]


def test_a_visitor_reads_a_public_round_and_no_more(cast, work, call):
    one = working.prepare(cast, work)
    with transaction():
        cast.lab.visibility = LabVisibility.PUBLIC
    path = f"/rounds/{one.id}"

    read = call(None, "GET", path)
    sites = call(None, "GET", f"{path}/sites")
    plan = call(None, "GET", f"{path}/plan")

    assert (read.json["proposal"], read.json["actions"], read.json["question_ids"]) == (
        None, [], [],
    )  # fmt: skip
    assert [sorted(one) for one in sites.json["items"]] == [
        ["id", "kind", "organisation", "organisation_id", "round_id"]
    ]
    assert plan.json["items"][0]["answers"]["question"] == "Zo."
    assert call(None, "GET", f"{path}/privacy-sheet").status_code == 401
    assert call(cast.outsider, "GET", f"{path}/privacy-sheet").status_code == 404
    assert call(cast.outsider, "GET", f"{path}/tasks").json["items"] == []


def test_plan_and_privacy_sheet(cast, work, call):
    path = f"/rounds/{work.round.id}"
    answers = {"answers": dict.fromkeys(KEYS, "Zo.")}

    plan = call(cast.researcher, "PUT", f"{path}/plan", '"0"', json=answers)
    again = call(cast.teacher, "PUT", f"{path}/plan", plan.headers["ETag"],
                 json={"answers": {"design": "Anders."}})  # fmt: skip
    stale = call(cast.researcher, "PUT", f"{path}/plan", plan.headers["ETag"],
                 json={"answers": {"design": "Weer anders."}})  # fmt: skip
    sheet = call(cast.researcher, "PUT", f"{path}/privacy-sheet", "*",
                 json=dict.fromkeys(SHEET, "Zo."))  # fmt: skip
    step = {"action": "submit"}
    asked = call(cast.researcher, "POST", f"{path}/privacy-sheet/steps", sheet.headers["ETag"],
                 json=step)  # fmt: skip
    judged = call(work.judge, "POST", f"{path}/privacy-sheet/steps", asked.headers["ETag"],
                  json={"action": "approve"})  # fmt: skip

    assert again.json["answers"]["question"] == "Zo."
    assert (stale.status_code, stale.json["theirs"]["design"]) == (409, "Anders.")
    assert (asked.json["state"], judged.json["state"]) == ("submitted", "approved")


def test_schools_and_tasks(cast, work, call):
    path = f"/rounds/{work.round.id}"
    working.set_phase(work.round, RoundPhase.DETERMINE)

    site = call(cast.practice_lead, "POST", f"{path}/sites",
                json={"organisation_id": cast.school.id})  # fmt: skip
    own = f"/rounds/sites/{site.json['id']}"
    given = call(cast.leader, "POST", f"{own}/steps", "*", json={"action": "give"})
    began = call(cast.leader, "POST", f"{own}/moves", "*",
                 json={"move": "start", "on": "2026-11-17"})  # fmt: skip
    kept = call(cast.practice_lead, "DELETE", own, "*")
    task = call(cast.teacher, "POST", f"{path}/tasks", json={"title": "Toets"})
    one = f"/rounds/tasks/{task.json['id']}"
    late = call(cast.teacher, "PATCH", one, "*", json={"due_on": "2026-12-01"})
    begun = call(cast.teacher, "POST", f"{one}/steps", "*", json={"action": "open"})

    assert (site.status_code, given.json["consent"]) == (201, "given")
    assert (began.json["started_on"], kept.status_code) == ("2026-11-17", 409)
    assert (late.json["title"], late.json["due_on"]) == ("Toets", "2026-12-01")
    assert begun.json["state"] == "open"


def test_decision_and_questions(cast, work, call):
    one, other = working.prepare(cast, work), working.adopted(cast)
    working.set_phase(one, RoundPhase.DECIDE)
    path = f"/rounds/{one.id}"
    decision = {"decision": "stop", "reason": "Het hielp niet.", "review_due_on": "2027-11-01"}

    taken = call(cast.practice_lead, "PUT", f"{path}/decision", "*", json=decision)
    added = call(cast.practice_lead, "POST", f"{path}/questions", json={"question_id": other.id})
    gone = call(cast.practice_lead, "DELETE", f"{path}/questions/{work.question.id}")
    last = call(cast.practice_lead, "DELETE", f"{path}/questions/{other.id}")

    assert taken.json["decision"] == "stop"
    assert len(added.json["question_ids"]) == 2
    assert (gone.status_code, last.status_code) == (204, 409)


def test_a_meeting_from_plan_to_presence(cast, work, call):
    new = {"lab_id": cast.lab.id, "round_id": work.round.id, "title": "Werksessie",
           "kind": "session", "held_on": "2026-11-17", "starts_at": "15:00:00", "minutes": 90,
           "people": [cast.teacher.id]}  # fmt: skip

    made = call(cast.practice_lead, "POST", "/activities", json=new)
    path = made.headers["Location"].removeprefix("/api/v1")
    moved = call(cast.practice_lead, "PATCH", path, made.headers["ETag"], json={"minutes": 60})
    present = {"action": "confirm", "present": [{"user_id": cast.teacher.id}]}
    stale = call(cast.practice_lead, "POST", f"{path}/steps", made.headers["ETag"], json=present)
    held = call(cast.practice_lead, "POST", f"{path}/steps", moved.headers["ETag"], json=present)
    listed = call(cast.teacher, "GET", f"/activities?lab_id={cast.lab.id}")

    assert (moved.json["kind"], moved.json["minutes"]) == ("session", 60)
    assert (stale.status_code, held.json["state"]) == (409, "held")
    assert held.json["people"][0]["without_hours"] == "no_scheme"
    assert [one["title"] for one in listed.json["items"]] == ["Werksessie"]
    assert call(cast.bystander, "GET", path).status_code == 404
    assert call(cast.bystander, "GET", f"/activities?lab_id={cast.lab.id}").status_code == 404
    assert db.session.is_active
