"""Who may take which step with a question in which state: by the table of the specification."""

from contextlib import suppress

import pytest
from sqlalchemy import select, update

from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError
from labapp.labs import questions, reading
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.question_states import QuestionAction
from tests.labs.asking import ANSWER, card
from tests.labs.factories import QuestionFactory

ASKER, BROKER = {"teacher"}, {"knowledge_broker", "programme_officer"}
LEADS = {"practice_lead", "research_lead"}
SCHOLARS = {"researcher", "research_lead"}
WITH_BROKER = "submitted triage clarifying reopened"
WAITING = "accepted prioritised"
ALLOWED = {
    "look": ("draft", ASKER),
    "rewrite": ("matching", ASKER),
    "submit": ("matching", ASKER),
    "take_existing": (f"matching {WITH_BROKER} {WAITING}", ASKER),
    "take_up": ("submitted reopened", BROKER),
    "ask_back": ("triage", BROKER),
    "reply": ("clarifying", ASKER),
    "accept": ("triage", BROKER),
    "prioritise": ("", set()),  # by an agenda only
    "adopt": (f"triage {WAITING} not_enough_evidence", LEADS),
    "hand_back": ("adopted", LEADS),
    "answer": (f"triage clarifying {WAITING}", BROKER),
    "answer_by_finding": ("", set()),  # by a finding only
    "doubt": ("triage", BROKER | SCHOLARS),
    "no_evidence": ("triage", SCHOLARS),  # a broker said it first
    "out_of_scope": ("triage clarifying", BROKER),
    "merge": ("", set()),  # after the time to object only
    "unmerge": ("", set()),
    "confirm": ("answered answered_by_existing", ASKER),
    "reopen": (
        "answered confirmed answered_by_existing not_enough_evidence out_of_scope", ASKER,
    ),
    "withdraw": (f"draft matching {WITH_BROKER} {WAITING}", ASKER),
}  # fmt: skip
UNASKED = "draft matching"
ROLES = (
    "visitor", "bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
    "leader", "knowledge_broker", "programme_officer", "administrator",
)  # fmt: skip

OVER_THE_WEB = (
    "visitor", "outsider", "teacher", "practice_lead", "researcher", "knowledge_broker",
)  # fmt: skip


class Undo(Exception):  # noqa: N818
    """Ends a try without keeping what it did."""


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    outside = {
        "visitor": None, "knowledge_broker": knowledge_broker,
        "programme_officer": programme_officer, "administrator": administrator,
    }  # fmt: skip
    return {role: outside[role] if role in outside else getattr(cast, role) for role in ROLES}


@pytest.fixture
def question(cast, knowledge_broker):
    return QuestionFactory(
        asker=cast.teacher, acting_for=cast.school, lab=cast.lab, sector=Sector.PO,
        doubted_by_id=knowledge_broker.id, doubted_by_broker=True,
        end_reason="Er is geen onderzoek.",
    )  # fmt: skip


def stand(question, state, other):
    values = {"state": state, "merged_into_id": other.id if state.value == "merged" else None}
    db.session.execute(update(Question).where(Question.id == question.id).values(values))
    db.session.expire(question)


def may(role, state, action):
    if state in UNASKED.split() and role != "teacher":
        return False
    states, roles = ALLOWED[action]
    return state in states.split() and role in roles


class Trial:
    """Tries every step as one actor; what was done is undone."""

    def __init__(self, question, extras):
        self.question, self.extras = question, extras

    def takes(self, actor, action):
        try:
            questions.perform(
                actor, self.question, action, version=self.question.version, extras=self.extras
            )
        except (ForbiddenError, ConflictError):
            return False
        return True

    def takes_and_undoes(self, actor, action):
        taken = None
        with suppress(Undo), transaction():
            taken = self.takes(actor, action)
            raise Undo
        return taken

    def run(self, role, actor, state):
        """Give what went otherwise than the table says."""
        readable = select(Question.id).where(reading.questions_visible_to(actor))
        reads = self.question.id in db.session.scalars(readable).all()
        for action in QuestionAction:
            expected = may(role, state.value, action.value)
            attempt = self.takes_and_undoes if expected else self.takes
            if (reads and attempt(actor, action)) is not expected:
                yield role, state.value, action.value


def test_each_step_is_open_to_whom_the_table_says(cast, people, question):
    other, known = QuestionFactory(), card("Vrij lezen")
    given = {"lab_id": cast.lab.id, "object": f"cards:{known.id}", "answer": ANSWER}
    trial = Trial(question, Extras(reason="Daarom.", **given))
    actors = {role: Actor.of(user) if user else Actor.visitor() for role, user in people.items()}
    wrong = []

    with suppress(Undo), transaction():
        for state in QuestionState:
            stand(question, state, other)
            for role, actor in actors.items():
                wrong += trial.run(role, actor, state)
        raise Undo

    assert set(ALLOWED) == {action.value for action in QuestionAction}
    assert wrong == []


def test_a_step_over_the_web_meets_the_same_rule(browse, people, question, cast):
    other, known = QuestionFactory(), card("Vrij lezen")
    db.session.commit()
    clients = {role: browse(people[role]) for role in OVER_THE_WEB}
    wrong = []
    form = {
        "reason": "Daarom.", "lab_id": cast.lab.id, "object": f"cards:{known.id}", "version": 0,
    }  # fmt: skip
    for action in QuestionAction:
        state = QuestionState((ALLOWED[action.value][0].split() or ["accepted"])[0])
        with transaction():
            stand(question, state, other)
        for role in OVER_THE_WEB:
            answer = clients[role].post(
                f"/vragen/{question.id}/stap", data={**form, "action": action.value}
            )
            # with an old version: who may is told that it changed
            expected = 409 if may(role, state.value, action.value) else 403
            if role != "teacher" and state.value in UNASKED:
                expected = 404
            if role == "visitor":
                expected = 303
            if answer.status_code != expected:
                wrong.append((role, state.value, action.value, answer.status_code))

    assert wrong == []


def test_everybody_who_may_gets_through_over_the_web(browse, people, question):
    """One step with its right version for each of the three sides."""
    steps = [("knowledge_broker", "submitted", "take_up", "triage"),
             ("knowledge_broker", "triage", "ask_back", "clarifying"),
             ("teacher", "clarifying", "reply", "triage")]  # fmt: skip
    other = QuestionFactory()
    for role, before, action, after in steps:
        with transaction():
            stand(question, QuestionState(before), other)
        answer = browse(people[role]).post(
            f"/vragen/{question.id}/stap",
            data={"action": action, "version": question.version, "reason": "Welke boeken?"},
        )

        assert answer.status_code == 303, answer.text
        db.session.expire_all()
        assert question.state.value == after
