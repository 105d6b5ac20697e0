"""What was shown before a question was asked, and what the asker said of it."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import answering_objects, question_rights, reading
from labapp.labs.answering_objects import Known
from labapp.labs.matching import Matches
from labapp.labs.question_models import Question, QuestionMatch, QuestionState, Verdict

LONGEST_DIFFERENCE = 500


def keep_matches(question: Question, found: Matches) -> None:
    """Keep what is shown to the asker, in the caller's transaction; verdicts given stay."""
    with transaction() as session:
        names = [one.object for one in found.items]
        session.execute(
            delete(QuestionMatch).where(
                QuestionMatch.question_id == question.id,
                QuestionMatch.object.not_in(names),
                QuestionMatch.opened_at.is_(None),
                QuestionMatch.verdict.is_(None),
            )
        )
        there = {row.object: row for row in _rows(question)}
        for place, one in enumerate(found.items, start=1):
            row = there.pop(one.object, None)
            if row is None:
                row = QuestionMatch(question_id=question.id, object=one.object, shown_at=now())
                session.add(row)
            row.place, row.score_parts = place, one.kept
        for place, row in enumerate(there.values(), start=len(found.items) + 1):
            row.place = place
        question.matched_by_words = not found.meaning_available
        session.flush()


@dataclass(frozen=True)
class ShownMatch:
    """A match that was kept, and what it is called now."""

    row: QuestionMatch
    known: Known

    @property
    def words(self) -> list[str]:
        return list(self.row.score_parts.get("words", ()))

    @property
    def signs(self) -> list[str]:
        return list(self.row.score_parts.get("signs", ()))

    @property
    def kind(self) -> str:
        return self.row.object.partition(":")[0]


def list_matches(actor: Actor, question: Question) -> list[ShownMatch]:
    """Give what was shown with a question, out of what this reader may read, in order."""
    rows = _rows(question)
    known = answering_objects.find_all(actor, [row.object for row in rows])
    return [ShownMatch(row, known[row.object]) for row in rows if row.object in known]


def open_match(actor: Actor, question: Question, match_id: int) -> QuestionMatch:
    """Note that the asker opened something that was shown; others open it without a note."""
    with transaction():
        row = _get_match(actor, question, match_id)
        if row.opened_at is None and question_rights.is_asker(actor, question):
            row.opened_at = now()
    return row


def find_question(actor: Actor, match_id: int) -> Question | None:
    """Give the question with which something was shown, to who asked it; None to all others."""
    query = (
        select(Question)
        .join(QuestionMatch, QuestionMatch.question_id == Question.id)
        .where(QuestionMatch.id == match_id, reading.questions_visible_to(actor))
    )
    question = db.session.scalar(query)
    is_theirs = question is not None and question_rights.is_asker(actor, question)
    return question if is_theirs else None


def can_judge(actor: Actor, question: Question) -> bool:
    """Whether one says of each match whether it answers: the asker, before asking."""
    is_looking = question.state is QuestionState.MATCHING
    return is_looking and question_rights.is_asker(actor, question)


def judge_match(
    actor: Actor, question: Question, match_id: int, verdict: Verdict, difference: str = ""
) -> None:
    """Say whether something answers the question; when it does not in full, what differs."""
    with transaction():
        row = _get_match(actor, question, match_id)
        if not question_rights.is_asker(actor, question):
            raise ForbiddenError(_("Alleen de steller zegt of iets de vraag beantwoordt."))
        if question.state is not QuestionState.MATCHING:
            raise ConflictError(_("Je oordeel hoort bij het kijken wat er al is."))
        words = " ".join(difference.split())
        if verdict is not Verdict.ANSWERS and not words:
            said = _("Schrijf in één regel wat er anders is.")
            raise InvalidError(said, {"difference": [said]})
        if len(words) > LONGEST_DIFFERENCE:
            said = _("Dit is te lang: hoogstens %(most)s tekens.", most=LONGEST_DIFFERENCE)
            raise InvalidError(said, {"difference": [said]})
        row.verdict, row.difference = verdict, words
        row.opened_at = row.opened_at or now()
        audit.record(
            actor.id, "questions.judged", question, on_behalf_of=actor.acting_for_id,
            changes={"match": [None, row.object], "verdict": [None, verdict]},
        )  # fmt: skip


def _get_match(actor: Actor, question: Question, match_id: int) -> QuestionMatch:
    row = db.session.get(QuestionMatch, match_id, populate_existing=True)
    if (
        row is None
        or row.question_id != question.id
        or not answering_objects.find_all(actor, [row.object])
    ):
        raise NotFoundError(_("Dit is er niet, of je mag het niet zien."))
    return row


def _rows(question: Question) -> list[QuestionMatch]:
    query = select(QuestionMatch).where(QuestionMatch.question_id == question.id)
    return list(db.session.scalars(query.order_by(QuestionMatch.place, QuestionMatch.id)))
