"""Rounds and meetings in the browser: read, written, moved on by both leads."""

import re

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.database import db, transaction
from labapp.labs import plans, rounds, sites
from labapp.labs.lab_models import LabVisibility
from labapp.labs.round_models import (
    PrivacySheet,
    Round,
    RoundDecision,
    RoundPhase,
    RoundTask,
)
from tests.labs import working
from tests.labs.working import actor_of

SUBPAGES = ("", "/plan", "/plekken", "/privacy", "/taken", "/bewerken", "/plan/bewerken",
            "/privacy/bewerken", "/taken/nieuw")  # fmt: skip


@pytest.fixture
def cast(cast):
    """The people of the lab, at work since August; it is Wednesday 18 November 2026."""
    clock.set_clock("2026-11-18T09:30")
    working.at_work_since_august()
    return cast


@pytest.fixture
def work(cast):
    return working.start(cast)


@pytest.fixture
def whole(cast, work):
    """A round with everything in it, in the given phase."""
    return working.prepare(cast, work)


def version_in(answer):
    return int(re.search(r'name="version" value="(\d+)"', answer.text)[1])


def test_the_pages_of_a_round_are_there_for_the_people_of_the_lab_only(cast, whole, browse):
    lab, one = cast.lab, whole
    paths = [f"/rondes/{one.id}{sub}" for sub in SUBPAGES]
    paths += [f"/labs/{lab.id}/{sub}" for sub in ("rondes", "bijeenkomsten", "agenda.ics",
                                                  "bijeenkomsten/nieuw")]  # fmt: skip
    mine, theirs = browse(cast.teacher), browse(cast.outsider)

    assert {path: mine.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
    assert {path: theirs.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_a_visitor_reads_a_round_of_a_public_lab_without_names_and_consent(cast, whole, browse):
    with transaction():
        cast.lab.visibility = LabVisibility.PUBLIC
        whole.sites[0].consent_note = "Knikkerpot"
    visitor = browse()

    page, plan, schools = (visitor.get(f"/rondes/{whole.id}{sub}") for sub in SUBPAGES[:3])

    assert [answer.status_code for answer in (page, plan, schools)] == [200, 200, 200]
    assert "De Regenboog" in schools.text
    assert "Knikkerpot" not in schools.text
    assert "Toestemming" not in schools.text
    for sub in ("/privacy", "/taken", "/bewerken"):
        assert "/inloggen" in visitor.get(f"/rondes/{whole.id}{sub}").location


def test_the_phase_bar_says_in_words_where_the_round_is(cast, whole, browse):
    working.set_phase(whole, RoundPhase.DESIGN)

    text = browse(cast.teacher).get(f"/rondes/{whole.id}").text

    now = re.search(r'<li class="is-now" aria-current="step">(.*?)</li>', text, re.DOTALL)[1]
    assert "Ontwerpen" in now
    assert "Design" in now
    assert "(nu)" in now
    assert text.count("(gedaan)") == 2


def test_a_lead_begins_a_round_in_the_browser(cast, browse):
    browser = browse(cast.practice_lead)
    path = f"/labs/{cast.lab.id}/rondes/nieuw"
    assert "Pak eerst een vraag op" in browser.get(path).text
    question = working.adopted(cast)

    refused = browser.post(path, data={"title": "", "aim": "Weten."})
    made = browser.post(path, data={"title": "Vrij lezen", "questions": [question.id]})

    assert refused.status_code == 422
    assert "Weten." in refused.text
    assert made.status_code == 303
    assert browser.get(made.location).status_code == 200
    assert browse(cast.teacher).get(path).status_code == 403


def test_one_lead_proposes_and_the_other_confirms_in_the_browser(cast, work, browse):
    page = f"/rondes/{work.round.id}"
    first, second = browse(cast.practice_lead), browse(cast.research_lead)
    sent = {"action": "diagnose", "version": work.round.version}

    proposed = first.post(f"{page}/stap", data=sent, follow_redirects=True)
    seen = second.get(page)
    refused = second.post(f"{page}/voorstel", data={})
    confirmed = second.post(f"{page}/stap", data=sent, follow_redirects=True)

    assert "Voorgesteld" in proposed.text
    assert "Bevestig: Naar Begrijpen" in seen.text
    assert refused.status_code == 422
    assert "De ronde is nu: Begrijpen." in confirmed.text


def test_a_gate_says_what_is_missing_and_a_wrong_step_is_refused(cast, work, browse):
    browser, page = browse(cast.practice_lead), f"/rondes/{work.round.id}"
    working.set_phase(work.round, RoundPhase.DIAGNOSE)
    version = work.round.version

    shown = browser.get(page)
    early = browser.post(f"{page}/stap", data={"action": "design", "version": version})
    nonsense = browser.post(f"{page}/stap", data={"action": "fly", "version": version})
    stale = browser.post(f"{page}/stap", data={"action": "stop", "version": 99, "reason": "Nee."})

    assert "Nodig voor: Naar Ontwerpen" in shown.text
    assert f'<a href="/rondes/{work.round.id}/bewerken">Bewerk de teksten</a>' in shown.text
    assert early.status_code == 409
    assert "Schrijf op wat er al bekend is" in early.text
    assert (nonsense.status_code, stale.status_code) == (422, 409)


def test_who_saves_an_older_text_sees_both_and_loses_nothing(cast, work, browse):
    path = f"/rondes/{work.round.id}/bewerken"
    first, second = browse(cast.teacher), browse(cast.researcher)
    version = version_in(first.get(path))
    texts = {"title": "Ronde", "aim": "A", "known_already": "", "design": "", "result_data": ""}

    first.post(path, data={**texts, "diagnosis": "Te <b>saai</b>.", "version": version})
    clash = second.post(path, data={**texts, "diagnosis": "Te moeilijk.", "version": version})
    again = second.post(
        path, data={**texts, "diagnosis": "Te moeilijk.", "version": version_in(clash)}
    )

    assert clash.status_code == 409
    assert "Te &lt;b&gt;saai&lt;/b&gt;." in clash.text
    assert "Te moeilijk." in clash.text
    assert again.status_code == 303
    assert db.session.get_one(Round, work.round.id).diagnosis == "Te moeilijk."


def test_a_plan_and_its_changes_are_shown(cast, whole, browse):
    with transaction():
        whole.phase = RoundPhase.DETERMINE
        plans.freeze(actor_of(cast.research_lead), whole)
    path = f"/rondes/{whole.id}/plan"
    browser = browse(cast.practice_lead)
    form = browser.get(f"{path}/bewerken")
    sent = {**dict.fromkeys(plans.KEYS, "Zo."), "schools": "Eén school.",
            "version": version_in(form)}  # fmt: skip

    refused = browser.post(f"{path}/bewerken", data=sent)
    saved = browser.post(f"{path}/bewerken", data={**sent, "justification": "Een school viel af."})
    shown = browser.get(path)

    assert refused.status_code == 422
    assert "Eén school." in refused.text
    assert saved.status_code == 303
    for words in ("Een school viel af.", "Gewijzigd", "Als gepland", "Versie 1"):
        assert words in shown.text
    assert "oudere versie" in browser.get(f"{path}?versie=1").text
    assert browser.get(f"{path}?versie=9").status_code == 404


def test_a_privacy_sheet_goes_from_writer_to_judge_in_the_browser(cast, work, browse):
    path = f"/rondes/{work.round.id}/privacy"
    writer, judge = browse(cast.researcher), browse(work.judge)
    assert "Nog geen privacyblad" in writer.get(path).text
    texts = dict.fromkeys(("purpose", "data_list", "legal_ground", "retention", "who_sees"), "Zo.")

    writer.post(f"{path}/bewerken", data={**texts, "version": 0})
    writer.post(f"{path}/stap", data={"action": "submit", "version": 1})
    own = writer.post(f"{path}/stap", data={"action": "approve", "version": 2})
    empty = judge.post(f"{path}/stap", data={"action": "return", "version": 2})
    done = judge.post(f"{path}/stap", data={"action": "approve", "version": 2})

    assert (own.status_code, empty.status_code, done.status_code) == (403, 422, 303)
    assert db.session.scalar(select(PrivacySheet)).approved_by_id == work.judge.id


def test_a_school_is_asked_and_answers_in_the_browser(cast, work, browse):
    path = f"/rondes/{work.round.id}/plekken"
    lead, leader = browse(cast.practice_lead), browse(cast.leader)

    wrong = lead.post(path, data={"organisation_id": cast.institution.id})
    lead.post(path, data={"organisation_id": cast.school.id})
    site = sites.list_sites(work.round)[0]
    step = f"/rondes/plekken/{site.id}"
    refused = leader.post(f"{step}/stap", data={"action": "refuse", "version": site.version})
    given = leader.post(f"{step}/stap", data={"action": "give", "version": site.version})
    working.set_phase(work.round, RoundPhase.DETERMINE)
    day = {"on": clock.today().isoformat()}
    started = leader.post(f"{step}/verloop", data={"move": "start", "version": 2, **day})
    bad_day = leader.post(f"{step}/verloop", data={"move": "finish", "version": 3, "on": "x"})

    assert (wrong.status_code, refused.status_code, given.status_code) == (422, 422, 303)
    assert (started.status_code, bad_day.status_code) == (303, 422)
    assert "Toestemming gegeven" in leader.get(path).text


def test_a_task_is_planned_and_begun_in_the_browser(cast, work, browse):
    path = f"/rondes/{work.round.id}/taken"
    browser = browse(cast.teacher)

    empty = browser.post(f"{path}/nieuw", data={"title": "", "due_on": "2026-13-40"})
    browser.post(f"{path}/nieuw", data={"title": "Toets", "collects_data": "1"})
    task = db.session.scalar(select(RoundTask))
    early = browser.post(f"/rondes/taken/{task.id}/stap", data={"action": "open", "version": 1})
    changed = browser.post(f"/rondes/taken/{task.id}", data={"title": "Kijken", "version": 1})
    begun = browser.post(f"/rondes/taken/{task.id}/stap", data={"action": "open", "version": 2})

    assert (empty.status_code, early.status_code) == (422, 409)
    assert "privacyblad" in early.text
    assert (changed.status_code, begun.status_code) == (303, 303)


def test_a_decision_is_taken_and_the_round_closed(cast, whole, browse):
    with transaction():
        whole.phase, whole.decision = RoundPhase.DECIDE, None
        whole.decision_reason, whole.review_due_on = "", None
    page, browser = f"/rondes/{whole.id}", browse(cast.practice_lead)
    sent = {"decision": "scale", "decision_reason": "Het werkt.", "review_due_on": "",
            "version": whole.version}  # fmt: skip

    refused = browser.post(f"{page}/besluit", data=sent)
    saved = browser.post(f"{page}/besluit", data={**sent, "review_due_on": "2027-11-01"})

    assert refused.status_code == 422
    assert "Het werkt." in refused.text
    assert saved.status_code == 303
    assert db.session.get_one(Round, whole.id).decision is RoundDecision.SCALE
    assert "Verder verspreiden" in browser.get(page).text


def test_questions_are_added_and_taken_off(cast, work, browse):
    other = working.adopted(cast)
    path, browser = f"/rondes/{work.round.id}/vragen", browse(cast.practice_lead)

    browser.post(path, data={"question_id": other.id})
    assert other.title in browser.get(f"/rondes/{work.round.id}").text
    browser.post(path, data={"question_id": other.id, "remove": 1})

    assert [one.question_id for one in rounds.get_round(
        actor_of(cast.teacher), work.round.id).questions] == [work.question.id]  # fmt: skip
    assert browser.post(path, data={"question_id": "x"}).status_code == 422


def test_a_page_of_a_round_takes_no_more_statements_with_more_in_it(
    cast, whole, browse, count_queries
):
    browser = browse(cast.practice_lead)
    path = f"/rondes/{whole.id}/taken"

    def count():
        with count_queries() as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    count()
    with transaction() as session:
        session.add(RoundTask(round_id=whole.id, title="Een"))
    few = count()
    with transaction() as session:
        session.add_all([RoundTask(round_id=whole.id, title=f"Taak {n}") for n in range(10)])

    assert count() == few
