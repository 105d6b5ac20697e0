"""Who reads what in the queue: a page at a time, what is needed to decide, and one's own words."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.audit import AuditEvent
from labapp.clock import now, today
from labapp.database import db, name_of
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.labs import cases, findings, moderation
from labapp.labs.case_states import CaseAction
from labapp.labs.lab_models import LabRole, LabVisibility
from labapp.labs.thread_models import (
    CaseDecision,
    CaseState,
    Contribution,
    ModerationCase,
    Report,
    ReportReason,
    Thread,
    ThreadState,
)
from tests.labs.findings import make_finding
from tests.labs.talking import begin, fill
from tests.labs.test_moderation import decide, tell

SECRET = "Pien las het langst."


def read_by(user, case):
    db.session.expire_all()
    return cases.get_case(Actor.of(user), case.id)


def events(action):
    db.session.expire_all()
    return db.session.scalars(select(AuditEvent).where(AuditEvent.action == action)).all()


def leave(user):
    db.session.execute(
        update(LabRole)
        .where(LabRole.user_id == user.id)
        .values(from_on=today() - timedelta(days=9), until_on=today() - timedelta(days=1))
    )
    db.session.commit()


@pytest.fixture
def many(cast):
    """Forty-five contributions in an open lab, each reported as rude but one of the last."""
    cast.lab.visibility = LabVisibility.PUBLIC
    said = begin(cast.teacher, cast.lab)
    fill(said.thread, cast.teacher, 45)
    ids = db.session.scalars(select(Contribution.id).order_by(Contribution.id)).all()[1:]
    row = {"lab_id": cast.lab.id, "author_id": cast.teacher.id}
    made = [{"object": f"contributions:{number}", **row} for number in ids]
    numbers = db.session.scalars(insert(ModerationCase).returning(ModerationCase.id), made).all()
    numbers = sorted(numbers)
    for number in numbers:
        reason = ReportReason.PUPIL_DATA if number == numbers[40] else ReportReason.RUDE
        db.session.add(Report(case_id=number, reporter_id=cast.outsider.id, reason=reason))
    db.session.commit()
    return numbers


def test_the_queue_comes_a_page_at_a_time_data_of_pupils_first_then_the_oldest(
    cast, many, as_actor, knowledge_broker
):
    expected = [many[40], *many[:40], *many[41:]]
    for judge in (knowledge_broker, cast.practice_lead):
        pages = [cases.list_queue(as_actor(judge), page=number) for number in (1, 2, 3, 4)]
        assert [one.case.id for found, _total in pages for one in found] == expected
        assert [(len(found), total) for found, total in pages] == [
            (20, 45), (20, 45), (5, 45), (0, 45),
        ]  # fmt: skip

    assert cases.list_queue(as_actor(cast.teacher)) == ([], 0)
    db.session.execute(
        update(ModerationCase)
        .where(ModerationCase.id == many[0])
        .values(state=CaseState.DECIDED, decision=CaseDecision.KEEP)
    )
    assert cases.list_queue(as_actor(knowledge_broker), page=3)[1] == 44


def test_the_queue_is_paged_in_the_browser_and_as_json(cast, many, browse, call, knowledge_broker):
    shown = browse(knowledge_broker).get("/moderatie?page=3").text
    answer = call(knowledge_broker, "GET", "/cases?page=2&per_page=30")
    nothing = call(cast.teacher, "GET", "/cases")

    assert "45 meldingen wachten." in shown
    assert f"/moderatie/{many[44]}" in shown
    assert f'/moderatie/{many[0]}"' not in shown
    assert "/moderatie?page=2" in shown
    assert [one["id"] for one in answer.json["items"]] == [*many[29:40], *many[41:]]
    assert answer.json["total"] == 45
    assert 'rel="prev"' in answer.headers["Link"]
    assert nothing.json == {"items": [], "total": 0}


@pytest.fixture
def draft(cast):
    """A draft of a finding in a private lab, with a name in it."""
    return make_finding(cast, context=SECRET)


@pytest.fixture
def case(cast, draft):
    return tell(cast.leader, draft, text="Pien staat erin.")


def test_a_draft_of_a_private_lab_is_read_only_by_who_took_the_case(
    cast, case, knowledge_broker, programme_officer
):
    before = read_by(knowledge_broker, case)
    assert (before.text, before.must_take, before.actions) == (None, True, [])
    assert [(one.reason, before.text_of(one)) for one in before.reports] == [
        (ReportReason.RUDE, "")
    ]
    with pytest.raises(ConflictError, match="eerst op"):
        decide(knowledge_broker, case, CaseAction.KEEP)

    moderation.take(Actor.of(knowledge_broker), case)

    seen, other = read_by(knowledge_broker, case), read_by(programme_officer, case)
    assert SECRET in seen.text
    assert seen.text_of(seen.reports[0]) == "Pien staat erin."
    assert CaseAction.HIDE in seen.actions
    assert (other.text, other.actions) == (None, [])
    clock.set_clock((now() + timedelta(minutes=31)).isoformat())
    assert read_by(knowledge_broker, case).text is None


def test_that_somebody_reads_a_private_lab_for_a_case_is_kept_with_the_reason(
    cast, case, knowledge_broker
):
    moderation.take(Actor.of(knowledge_broker), case)
    (read,) = events("moderation_cases.read")
    assert (read.actor_id, read.object, read.reason) == (
        knowledge_broker.id, name_of(case), "rude",
    )  # fmt: skip

    said = begin(cast.teacher, cast.lab)
    own = tell(cast.researcher, said)
    assert read_by(cast.practice_lead, own).text == "Leerlingen lezen langer door."
    moderation.take(Actor.of(cast.practice_lead), own)
    assert len(events("moderation_cases.read")) == 1


def test_after_the_decision_the_text_is_closed_again_and_who_decided_takes_no_appeal(
    cast, case, knowledge_broker, programme_officer
):
    moderation.take(Actor.of(knowledge_broker), case)
    decide(knowledge_broker, case, CaseAction.HIDE, "Er staat een naam in.")

    seen = read_by(knowledge_broker, case)
    assert (seen.text, seen.reason) == (None, "Er staat een naam in.")
    decide(cast.practice_lead, case, CaseAction.APPEAL, "Het is een boek.")
    with pytest.raises(ForbiddenError):
        moderation.take(Actor.of(knowledge_broker), case)
    with pytest.raises(ForbiddenError):
        moderation.take(Actor.of(cast.outsider), case)
    assert read_by(programme_officer, case).appeal == ""
    moderation.take(Actor.of(programme_officer), case)
    assert read_by(programme_officer, case).appeal == "Het is een boek."
    decide(programme_officer, case, CaseAction.OVERTURN)
    assert case.state is CaseState.CLOSED


def test_a_draft_that_was_hidden_at_once_is_read_by_its_lab_and_no_editor(
    cast, draft, as_actor, knowledge_broker
):
    tell(cast.leader, draft, ReportReason.PUPIL_DATA)

    with pytest.raises(NotFoundError):
        findings.get_finding(as_actor(knowledge_broker), draft.finding_id)
    assert findings.get_finding(as_actor(cast.practice_lead), draft.finding_id)


def test_the_page_and_the_api_tell_of_it_only_after_taking(case, browse, call, knowledge_broker):
    client, page = browse(knowledge_broker), f"/moderatie/{case.id}"
    shown, queue = client.get(page).text, client.get("/moderatie").text
    told = call(knowledge_broker, "GET", f"/cases/{case.id}").json
    early = call(knowledge_broker, "POST", f"/cases/{case.id}/steps", "*", json={"action": "keep"})
    assert "Pien" not in shown + queue
    assert "Pak de melding op om te lezen" in shown
    assert "zodra je de melding oppakt" in queue
    assert (told["text"], told["must_take"], told["reasons"]) == (None, True, ["rude"])
    assert early.status_code == 409

    taken = call(knowledge_broker, "POST", f"/cases/{case.id}/take")
    shown = client.get(page).text

    assert SECRET in taken.json["text"]
    assert (taken.json["must_take"], "keep" in taken.json["actions"]) == (False, True)
    assert SECRET in shown
    assert "Pien staat erin." in shown


def test_who_left_a_private_lab_keeps_ones_own_words_and_the_decision(cast, browse, call, as_actor):
    said = begin(cast.teacher, cast.lab, body="Mijn eigen woorden.")
    case = decide(cast.practice_lead, tell(cast.researcher, said), CaseAction.HIDE, "Een naam.")

    leave(cast.teacher)

    seen = read_by(cast.teacher, case)
    assert (seen.text, seen.reason, seen.reports) == ("Mijn eigen woorden.", "Een naam.", [])
    assert CaseAction.APPEAL in seen.actions
    page = browse(cast.teacher).get(f"/moderatie/{case.id}").text
    assert "Mijn eigen woorden." in page
    assert "Bekijk waar het staat" not in page


def test_who_left_a_private_lab_reads_no_words_of_others_there(cast, browse):
    said = begin(cast.teacher, cast.lab, title="Mijn titel")
    closed = {"state": ThreadState.CLOSED, "closed_at": now(), "conclusion": SECRET,
              "closed_by_id": cast.research_lead.id}  # fmt: skip
    db.session.query(Thread).update(closed)
    db.session.commit()
    case = tell(cast.researcher, said.thread, text="Dit meldde ik.")
    decide(cast.practice_lead, case, CaseAction.KEEP, "Het kan zo.")
    assert SECRET in read_by(cast.teacher, case).text

    leave(cast.teacher)
    leave(cast.researcher)

    assert read_by(cast.teacher, case).text == "Mijn titel"
    reporter = read_by(cast.researcher, case)
    assert (reporter.text, reporter.reason) == (None, "Het kan zo.")
    assert [reporter.text_of(one) for one in reporter.reports] == ["Dit meldde ik."]
    pages = [browse(user).get(f"/moderatie/{case.id}").text
             for user in (cast.teacher, cast.researcher)]  # fmt: skip
    assert SECRET not in "".join(pages)
    assert "Dit meldde ik." in pages[1]
    assert "Het kan zo." in pages[1]


def test_a_text_written_together_is_closed_to_who_left(cast, draft, browse, knowledge_broker):
    draft.saved_by_id = cast.research_lead.id
    db.session.commit()
    case = tell(cast.leader, draft)
    moderation.take(Actor.of(knowledge_broker), case)
    decide(knowledge_broker, case, CaseAction.HIDE, "Een naam.")
    assert SECRET in read_by(cast.practice_lead, case).text

    leave(cast.practice_lead)

    assert read_by(cast.practice_lead, case).text is None
    page = browse(cast.practice_lead).get(f"/moderatie/{case.id}").text
    assert "samen met anderen" in page
    assert "Een naam." in page
