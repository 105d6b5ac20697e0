"""The questions from practice that a round works on."""

from collections.abc import Sequence

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import reading, round_rights
from labapp.labs.lab_models import Lab
from labapp.labs.machine import lock
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import Round, RoundQuestion
from labapp.links import LinkKind, connect, disconnect


def list_questions(actor: Actor, one: Round) -> list[Question]:
    """Give the questions that a round works on, as far as one may read them."""
    query = (
        select(Question)
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .where(RoundQuestion.round_id == one.id, reading.questions_visible_to(actor))
        .order_by(RoundQuestion.id)
    )
    return list(db.session.scalars(query))


def question_ids_of(actor: Actor, found: Sequence[Round]) -> dict[int, list[int]]:
    """Give for each round the questions that one may read, in one query."""
    query = (
        select(RoundQuestion.round_id, RoundQuestion.question_id)
        .join(Question, Question.id == RoundQuestion.question_id)
        .where(
            RoundQuestion.round_id.in_([one.id for one in found]),
            reading.questions_visible_to(actor),
        )
        .order_by(RoundQuestion.id)
    )
    ids: dict[int, list[int]] = {one.id: [] for one in found}
    for round_id, question_id in db.session.execute(query):
        ids[round_id].append(question_id)
    return ids


def is_studied(question: Question) -> bool:
    """Tell whether some round works on a question."""
    query = select(RoundQuestion.id).where(RoundQuestion.question_id == question.id).limit(1)
    return db.session.scalar(query) is not None


def list_adopted(actor: Actor, lab: Lab) -> list[Question]:
    """Give the questions that a lab adopted and that wait for an answer."""
    query = (
        select(Question)
        .where(
            Question.lab_id == lab.id,
            Question.state == QuestionState.ADOPTED,
            reading.questions_visible_to(actor),
        )
        .order_by(Question.id)
    )
    return list(db.session.scalars(query))


def add_question(actor: Actor, one: Round, question_id: int) -> None:
    """Let a round work on another question that the lab adopted."""
    with transaction():
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        if question_id not in {question.id for question in list_adopted(actor, one.lab)}:
            words = _("Kies een vraag die dit lab heeft opgepakt.")
            raise InvalidError(words, {"question_id": [words]})
        if question_id not in {link.question_id for link in one.questions}:
            connect_questions(actor, one, [question_id])


def remove_question(actor: Actor, one: Round, question_id: int) -> None:
    """Let a round leave a question; the last one stays."""
    with transaction() as session:
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        link = next((link for link in one.questions if link.question_id == question_id), None)
        if link is None:
            raise NotFoundError(_("Deze vraag hoort niet bij de ronde."))
        if len(one.questions) == 1:
            raise ConflictError(_("Een ronde houdt ten minste één vraag."))
        session.delete(link)
        disconnect(f"questions:{question_id}", LinkKind.STUDIED_BY, name_of(one))
        audit.record(
            actor.id, "rounds.question_removed", one, on_behalf_of=actor.acting_for_id,
            changes={"question_id": [question_id, None]},
        )  # fmt: skip


def connect_questions(actor: Actor, one: Round, question_ids: Sequence[int]) -> None:
    """Let a round work on these questions, in the caller's transaction."""
    session = db.session()
    for number in question_ids:
        session.add(RoundQuestion(round_id=one.id, question_id=number, added_by_id=actor.id))
        connect(f"questions:{number}", LinkKind.STUDIED_BY, name_of(one), actor_id=actor.id)
    session.flush()
    audit.record(
        actor.id, "rounds.questions_added", one, on_behalf_of=actor.acting_for_id,
        changes={"question_ids": [None, list(question_ids)]},
    )  # fmt: skip
