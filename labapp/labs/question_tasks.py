"""What happens to questions by itself: merging after the time to object, asking whether it helped.

A day that passed is on the list of the brokers (`question_duties`), not here.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.jobs import services as jobs
from labapp.labs import merging, question_events, question_people
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.question_states import HELPED_DAYS
from labapp.notifications.emitting import emit


@jobs.handler("questions.merge", every=timedelta(hours=1))
def merge_due(_payload: dict[str, Any]) -> None:
    """Merge what was announced and not objected to."""
    merging.carry_out_due()


@jobs.handler("questions.ask_helped", every=timedelta(hours=12))
def ask_helped(_payload: dict[str, Any]) -> None:
    """Ask six weeks after an answer whether it helped, once for each answer."""
    passed = now() - timedelta(days=HELPED_DAYS)
    query = select(Question.id).where(
        Question.state.in_((QuestionState.ANSWERED, QuestionState.ANSWERED_BY_EXISTING)),
        Question.helped.is_(None),
        Question.answered_at.between(passed - timedelta(days=HELPED_DAYS), passed),
    )
    for number in db.session.scalars(query.order_by(Question.id)).all():
        with transaction() as session:
            question = session.get_one(Question, number)
            moment = question.answered_at.isoformat() if question.answered_at else ""
            emit(
                Actor.system(), question_events.HELPED, question,
                question_people.askers_of(question), key=f"helped:{number}:{moment}",
            )  # fmt: skip
