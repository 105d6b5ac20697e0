"""Rounds: begun with adopted questions, moved on by both leads, closed with a finding."""

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import (
    both_leads,
    round_duties,
    round_questions,
    round_tasks,
    rounds,
)
from labapp.labs.finding_models import FindingVersion, VersionState
from labapp.labs.lab_models import LabState, Step
from labapp.labs.round_models import (
    ConsentState,
    PlanVersion,
    RoundPhase,
    TaskState,
)
from labapp.labs.round_states import MACHINE, RoundAction
from labapp.labs.round_tasks import TaskInput
from labapp.links import links_of
from labapp.notifications.models import Delivery, Event
from tests.labs import working
from tests.labs.working import actor_of


@pytest.fixture
def work(cast):
    return working.start(cast)


@pytest.fixture
def both(cast):
    """Both leads, practice first."""
    return actor_of(cast.practice_lead), actor_of(cast.research_lead)


def take(both, one, action, reason=""):
    """Let both leads take a step."""
    first, second = both
    assert not rounds.perform(first, one, action, version=one.version, reason=reason)
    assert rounds.perform(second, one, action, version=one.version)


def test_a_round_begins_with_questions_that_the_lab_adopted(cast, both):
    question, foreign = working.adopted(cast), working.adopted(cast)
    foreign.lab_id = None
    db.session.commit()

    one = rounds.create_round(
        both[0], cast.lab, {"title": " Vrij lezen ", "aim": ""}, [question.id]
    )
    for wrong in ([], [foreign.id], [question.id, foreign.id], [99999]):
        with pytest.raises(InvalidError) as refused:
            rounds.create_round(both[0], cast.lab, {"title": "Nog een"}, wrong)

    assert (one.title, one.phase) == ("Vrij lezen", RoundPhase.DETECT)
    assert "questions" in refused.value.fields
    assert [link.to_object for link in links_of(f"questions:{question.id}")] == [f"rounds:{one.id}"]


def test_only_a_lead_begins_a_round_and_only_in_a_lab_that_runs(cast, both):
    question = working.adopted(cast)
    for user in (cast.teacher, cast.researcher, cast.leader, cast.outsider):
        with pytest.raises(ForbiddenError):
            rounds.create_round(actor_of(user), cast.lab, {"title": "X"}, [question.id])
    with transaction():
        cast.lab.state = LabState.PAUSED

    with pytest.raises(ConflictError):
        rounds.create_round(both[0], cast.lab, {"title": "X"}, [question.id])


def test_who_cannot_read_the_lab_finds_no_round(cast, work, programme_officer):
    seen = rounds.get_round(actor_of(cast.teacher), work.round.id)

    assert seen is work.round
    for user in (None, cast.outsider, cast.bystander, programme_officer):
        with pytest.raises(NotFoundError):
            rounds.get_round(actor_of(user), work.round.id)
        assert rounds.list_rounds(actor_of(user), cast.lab) == []


def test_one_lead_proposes_and_the_other_confirms(cast, work, both):
    one, (practice, research) = work.round, both

    assert not rounds.perform(practice, one, RoundAction.DIAGNOSE, version=one.version)
    assert one.phase is RoundPhase.DETECT
    with pytest.raises(ConflictError):  # not twice by the same side
        rounds.perform(practice, one, RoundAction.DIAGNOSE, version=one.version)
    assert [duty.object for duty in round_duties.list_duties(research)] == [f"rounds:{one.id}"]
    assert round_duties.list_duties(practice) == []
    assert rounds.perform(research, one, RoundAction.DIAGNOSE, version=one.version)

    assert one.phase is RoundPhase.DIAGNOSE
    assert both_leads.proposal_of(one) is None
    assert [step.action for step in db.session.scalars(select(Step).order_by(Step.id))] == [
        "propose_diagnose", "diagnose",
    ]  # fmt: skip


def test_a_proposal_lapses_when_what_was_agreed_on_changes(cast, work, both):
    one, (practice, research) = work.round, both
    rounds.perform(practice, one, RoundAction.DIAGNOSE, version=one.version)

    rounds.change_round(research, one, {"aim": "Iets anders."}, version=one.version)

    assert rounds.proposal_of(one) is None
    assert not rounds.perform(research, one, RoundAction.DIAGNOSE, version=one.version)
    assert rounds.perform(practice, one, RoundAction.DIAGNOSE, version=one.version)


def test_the_other_lead_says_no_with_a_reason(cast, work, both):
    one, (practice, research) = work.round, both
    rounds.perform(practice, one, RoundAction.DIAGNOSE, version=one.version)

    with pytest.raises(InvalidError):
        rounds.refuse_step(research, one)
    with pytest.raises(ForbiddenError):
        rounds.refuse_step(actor_of(cast.teacher), one, reason="Ik niet.")
    rounds.refuse_step(research, one, reason="De vraag is nog te breed.")

    told = select(Delivery.user_id).join(Event).where(Event.type == "round.step_refused")
    assert set(db.session.scalars(told)) == {practice.id}
    with pytest.raises(NotFoundError):
        rounds.refuse_step(practice, one)


def test_a_stop_asks_for_a_reason_and_ends_open_tasks(cast, work, both):
    one = work.round
    task = round_tasks.add_task(both[0], one, TaskInput(title="Lokaal regelen"))
    with pytest.raises(InvalidError) as refused:
        rounds.perform(both[0], one, RoundAction.STOP, version=one.version)

    take(both, one, RoundAction.STOP, reason="De school fuseert.")

    assert refused.value.fields == {"reason": ["Schrijf op waarom."]}
    assert (one.phase, task.state) == (RoundPhase.STOPPED, TaskState.CANCELLED)
    with pytest.raises(ConflictError):
        rounds.change_round(both[0], one, {"aim": "Toch"}, version=one.version)


GATES = [
    (RoundPhase.DIAGNOSE, RoundAction.DESIGN, "known_already", ""),
    (RoundPhase.DIAGNOSE, RoundAction.DESIGN, "known_checked_at", None),
    (RoundPhase.DETERMINE, RoundAction.DECIDE, "result_data", " "),
    (RoundPhase.DECIDE, RoundAction.CLOSE, "decision", None),
]


@pytest.mark.parametrize(("phase", "action", "name", "value"), GATES)
def test_a_gate_names_what_is_missing(cast, work, both, phase, action, name, value):
    one = working.prepare(cast, work)
    working.set_phase(one, phase)
    assert MACHINE.missing(one, action) == []
    with transaction():
        setattr(one, name, value)

    with pytest.raises(ConflictError) as refused:
        rounds.perform(both[0], one, action, version=one.version)

    assert [problem["code"] for problem in refused.value.problems] == ["missing"]


def unanswered(one):
    one.plans[0].answers = {**one.plans[0].answers, "stopping": " "}


def without_answer(one):
    one.sites[0].consent = ConsentState.ASKED


def without_sheet(one):
    db.session.delete(one.privacy_sheet)


@pytest.mark.parametrize("spoil", [unanswered, without_answer, without_sheet])
def test_a_test_begins_with_plan_consent_and_privacy_sheet(cast, work, both, spoil):
    one = working.prepare(cast, work)
    working.set_phase(one, RoundPhase.DESIGN)
    with transaction():
        spoil(one)

    with pytest.raises(ConflictError):
        rounds.perform(both[0], one, RoundAction.DETERMINE, version=one.version)


def test_the_plan_is_frozen_when_the_test_begins(cast, work, both):
    one = working.prepare(cast, work)
    working.set_phase(one, RoundPhase.DESIGN)

    take(both, one, RoundAction.DETERMINE)

    plan = db.session.scalar(select(PlanVersion))
    assert one.phase is RoundPhase.DETERMINE
    assert plan.frozen_at is not None
    assert len(plan.content_hash) == 64
    assert plan.frozen_by_id == both[1].id


def test_a_school_that_is_still_busy_holds_the_decision_up(cast, work, both):
    one = working.prepare(cast, work)
    working.set_phase(one, RoundPhase.DETERMINE)
    with transaction():
        one.sites[0].finished_on = None

    with pytest.raises(ConflictError, match="De Regenboog"):
        rounds.perform(both[0], one, RoundAction.DECIDE, version=one.version)


def test_a_finding_is_due_also_when_nothing_worked(cast, work, both):
    one = working.prepare(cast, work)
    working.set_phase(one, RoundPhase.DECIDE)
    with transaction():
        version = db.session.scalar(select(FindingVersion))
        version.state = VersionState.DRAFT  # somebody's draft is not shared yet

    with pytest.raises(ConflictError, match="ook als niets werkte"):
        rounds.perform(both[0], one, RoundAction.CLOSE, version=one.version)
    with transaction():
        version.state = VersionState.LAB_REVIEW
    take(both, one, RoundAction.CLOSE)

    assert one.phase is RoundPhase.CLOSED


def test_adapting_takes_the_decision_back_and_lets_schools_go_on(cast, work, both):
    one = working.prepare(cast, work)
    working.set_phase(one, RoundPhase.DECIDE)

    take(both, one, RoundAction.ADAPT, reason="De teksten waren te moeilijk.")

    assert (one.phase, one.decision, one.review_due_on) == (RoundPhase.DESIGN, None, None)
    assert one.sites[0].finished_on is None


def test_who_saves_an_older_text_sees_both(cast, work):
    one, version = work.round, work.round.version
    rounds.change_round(actor_of(cast.teacher), one, {"diagnosis": "Saai."}, version=version)

    with pytest.raises(ConflictError) as refused:
        rounds.change_round(
            actor_of(cast.researcher), one, {"diagnosis": "Moeilijk."}, version=version
        )

    assert (refused.value.theirs, refused.value.yours) == (
        {"diagnosis": "Saai."}, {"diagnosis": "Moeilijk."},
    )  # fmt: skip


def test_a_text_is_not_endless_and_names_no_pupil_by_accident(cast, work):
    one, teacher = work.round, actor_of(cast.teacher)

    with pytest.raises(InvalidError, match="klopt iets niet"):
        rounds.change_round(teacher, one, {"design": "a" * 50_000}, version=one.version)
    number = {"design": "Leerling met BSN 111222333."}
    with pytest.raises(InvalidError) as refused:
        rounds.change_round(teacher, one, number, version=one.version)
    rounds.change_round(teacher, one, number, version=one.version, confirmed=True)

    assert "pupil_data" in refused.value.fields
    assert one.design == number["design"]


def test_questions_come_and_go_but_one_stays(cast, work, both):
    one, other = work.round, working.adopted(cast)
    with pytest.raises(ConflictError):
        round_questions.remove_question(both[0], one, work.question.id)

    round_questions.add_question(both[0], one, other.id)
    round_questions.add_question(both[0], one, other.id)
    round_questions.remove_question(both[0], one, work.question.id)

    assert [link.question_id for link in one.questions] == [other.id]
    assert links_of(f"questions:{work.question.id}") == []
    with pytest.raises(ForbiddenError):
        round_questions.add_question(actor_of(cast.teacher), one, work.question.id)


def test_a_reader_sees_only_the_questions_one_may_read(cast, work):
    assert round_questions.list_questions(Actor.visitor(), work.round) == []
    assert round_questions.list_questions(actor_of(cast.teacher), work.round) == [work.question]
