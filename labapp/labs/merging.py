"""One question goes into another: announced, open to objection for fourteen days, done, undone.

The asker may object or agree at once. Schools, followers and links go along; both texts stay
readable at their own addresses.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.labs import (
    documents,
    machine,
    matching,
    merge_moves,
    policies,
    question_events,
    question_people,
    reading,
)
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import (
    MergeState,
    Question,
    QuestionMerge,
    QuestionState,
    QuestionVisibility,
)
from labapp.labs.question_rights import is_asker
from labapp.labs.question_states import MERGEABLE, QuestionAction
from labapp.labs.questions import get_question, take_step
from labapp.notifications.emitting import emit

TO_OBJECT = timedelta(days=14)
TO_UNDO = timedelta(days=30)
LONGEST = 5_000
MOST_CANDIDATES = 20
OPEN = (MergeState.ANNOUNCED, MergeState.OBJECTED)
ALIVE = (QuestionState.ADOPTED, QuestionState.ANSWERED, QuestionState.CONFIRMED,
         QuestionState.NOT_ENOUGH_EVIDENCE, *MERGEABLE)  # fmt: skip


def announce(
    actor: Actor, question: Question, into_id: int, reason: str, *, version: int
) -> QuestionMerge:
    """Announce that a question goes into another; its asker hears it and may object."""
    with transaction() as session:
        into = _both(actor, question, into_id)
        machine.require_version(question, version)
        words = _words(reason, "reason")
        moment = now()
        merge = QuestionMerge(
            question_id=question.id,
            into_id=into.id,
            reason=words,
            proposed_by_id=actor.id,
            object_until=moment + TO_OBJECT,
            old_state=question.state.value,
        )
        session.add(merge)
        session.flush()
        emit(
            actor, question_events.MERGE_ANNOUNCED, question, question_people.askers_of(question),
            values={"until": dag(merge.object_until)},
        )  # fmt: skip
        _record(actor, merge, "announced", reason=words)
    return merge


def object_to(actor: Actor, merge: QuestionMerge, words: str, *, version: int) -> None:
    """Say as the asker that it is another question; it then does not go in by itself."""
    with transaction():
        _mine(actor, merge, version, (MergeState.ANNOUNCED,))
        merge.objection, merge.state = _words(words, "objection"), MergeState.OBJECTED
        people = {merge.proposed_by_id} if merge.proposed_by_id else question_people.brokers()
        emit(actor, question_events.MERGE_OBJECTED, merge.question, people)
        _record(actor, merge, "objected", reason=merge.objection)


def agree(actor: Actor, merge: QuestionMerge, *, version: int) -> None:
    """Say as the asker that it is the same question: it goes in at once."""
    with transaction():
        _mine(actor, merge, version, OPEN)
        _carry_out(actor, merge)


def withdraw(actor: Actor, merge: QuestionMerge, *, version: int) -> None:
    """Take an announcement back, as after an objection."""
    with transaction():
        machine.lock(merge)
        if not policies.is_broker(actor):
            raise ForbiddenError(_("Alleen een kennismakelaar voegt vragen samen."))
        machine.require_version(merge, version)
        if merge.state not in OPEN:
            raise ConflictError(_("Deze samenvoeging is al gedaan of ingetrokken."))
        merge.state = MergeState.WITHDRAWN
        _record(actor, merge, "withdrawn")


def undo(actor: Actor, merge: QuestionMerge, *, version: int) -> None:
    """Make them two questions again, within thirty days: a broker, or who asked the one."""
    with transaction():
        question = merge.question
        machine.lock(merge)
        if not policies.is_broker(actor) and not is_asker(actor, question):
            raise ForbiddenError(_("Alleen de steller of een kennismakelaar draait dit terug."))
        machine.require_version(merge, version)
        if not can_undo(merge):
            raise ConflictError(_("Terugdraaien kan tot dertig dagen na het samenvoegen."))
        merge_moves.give_back(merge)
        take_step(
            Actor.system(),
            question,
            QuestionAction.UNMERGE,
            Extras(values={"merged_into_id": None}),
        )
        merge.state = MergeState.UNDONE
        emit(actor, question_events.UNMERGED, question, question_people.askers_of(question))
        _record(actor, merge, "undone")


def can_undo(merge: QuestionMerge) -> bool:
    done = merge.done_at
    return merge.state is MergeState.DONE and done is not None and now() <= done + TO_UNDO


def get_merge(actor: Actor, merge_id: int) -> QuestionMerge:
    """Give a merge of a question that one may read, to its asker and to brokers."""
    merge = db.session.scalar(
        select(QuestionMerge)
        .where(QuestionMerge.id == merge_id)
        .options(joinedload(QuestionMerge.question), joinedload(QuestionMerge.into))
        .execution_options(populate_existing=True)
    )
    if merge is None or not reading.can_read_question(actor, merge.question):
        raise NotFoundError(_("Deze samenvoeging bestaat niet."))
    if not policies.is_broker(actor) and not is_asker(actor, merge.question):
        raise NotFoundError(_("Deze samenvoeging bestaat niet."))
    return merge


def find_merge(question: Question) -> QuestionMerge | None:
    """Give the merge that is announced, or the last that was done."""
    query = (
        select(QuestionMerge)
        .where(
            QuestionMerge.question_id == question.id,
            QuestionMerge.state.in_((*OPEN, MergeState.DONE)),
        )
        .options(joinedload(QuestionMerge.into))
        .order_by(QuestionMerge.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def list_merged(actor: Actor, question: Question) -> Sequence[Question]:
    """Give the questions that went into this one, as far as one may read them."""
    query = select(Question).where(
        Question.merged_into_id == question.id, reading.questions_visible_to(actor)
    )
    return db.session.scalars(query.order_by(Question.id)).all()


def list_candidates(actor: Actor, question: Question) -> list[tuple[str, str]]:
    """Give the questions that look like this one, as choices for a broker: number and title."""
    found = matching.match_question(actor, question, limit=MOST_CANDIDATES)
    names = [one for one in found.items if one.kind == documents.QUESTION]
    return [(one.object.partition(":")[2], one.title) for one in names]


def carry_out_due() -> int:
    """Do what was announced and not objected to in time; give how many."""
    due = select(QuestionMerge.id).where(
        QuestionMerge.state == MergeState.ANNOUNCED, QuestionMerge.object_until < now()
    )
    count = 0
    for merge_id in db.session.scalars(due.order_by(QuestionMerge.id)).all():
        with transaction() as session:
            merge = session.get_one(QuestionMerge, merge_id)
            machine.lock(merge)
            if merge.state is MergeState.ANNOUNCED:
                _carry_out(Actor.system(), merge)
                count += 1
    return count


def _both(actor: Actor, question: Question, into_id: int) -> Question:
    """Lock both, the lower number first, and refuse what leaves somebody without a question."""
    if not policies.is_broker(actor):
        raise ForbiddenError(_("Alleen een kennismakelaar voegt vragen samen."))
    into = get_question(actor, into_id) if into_id else question
    if into.id == question.id:
        words = _("Een vraag kan niet in zichzelf opgaan. Kies een andere vraag.")
        raise InvalidError(words, {"into_id": [words]})
    _lock_both(question, into)
    if question.state not in MERGEABLE:
        raise ConflictError(_("Deze vraag kan in deze stand niet in een andere opgaan."))
    problem = _why_not(question, into)
    if problem:
        raise InvalidError(problem, {"into_id": [problem]})
    if _open_merge(QuestionMerge.question_id == question.id) is not None:
        raise ConflictError(_("Voor deze vraag is al een samenvoeging aangekondigd."))
    return into


def _why_not(question: Question, into: Question) -> str:
    """Give why a question cannot go into another; "" when it can."""
    if into.state not in ALIVE:
        return _("De andere vraag is zelf samengevoegd of gestopt. Kies een vraag die loopt.")
    if _open_merge(QuestionMerge.question_id == into.id) is not None:
        return _("De andere vraag gaat zelf in een vraag op. Wacht dat af.")
    is_open = into.visibility is QuestionVisibility.PROGRAMME
    if not is_open and into.acting_for_id != question.acting_for_id:
        return _("De steller kan de andere vraag niet lezen: die is alleen voor één school.")
    return ""


def _open_merge(rule: Any) -> int | None:
    query = select(QuestionMerge.id).where(rule, QuestionMerge.state.in_(OPEN))
    return db.session.scalar(query.limit(1))


def _lock_both(first: Question, second: Question) -> None:
    for one in sorted((first, second), key=lambda question: question.id):
        machine.lock(one)


def _mine(actor: Actor, merge: QuestionMerge, version: int, states: Sequence[MergeState]) -> None:
    machine.lock(merge)
    if not is_asker(actor, merge.question):
        raise ForbiddenError(_("Alleen de steller van de vraag beslist dit."))
    machine.require_version(merge, version)
    if merge.state not in states:
        raise ConflictError(_("Deze samenvoeging is al gedaan of ingetrokken."))


def _carry_out(actor: Actor, merge: QuestionMerge) -> None:
    """Merge, or withdraw where either question went another way meanwhile."""
    question, into = merge.question, merge.into
    _lock_both(question, into)
    if question.state not in MERGEABLE or _why_not(question, into):
        merge.state = MergeState.WITHDRAWN
        _record(actor, merge, "withdrawn")
        return
    people = question_people.askers_of(question)
    merge.moved = merge_moves.move(actor, question, into)
    merge.old_state = question.state.value
    take_step(
        Actor.system(), question, QuestionAction.MERGE,
        Extras(reason=merge.reason, values={"merged_into_id": into.id}),
    )  # fmt: skip
    merge.state, merge.done_at = MergeState.DONE, now()
    documents.put_question(into)
    emit(actor, question_events.MERGED, question, people, key=f"merged:{merge.id}")
    _record(actor, merge, "done")


def _words(text: str, field: str) -> str:
    words = text.strip()
    problem = ""
    if not words:
        problem = _("Schrijf op waarom.")
    elif len(words) > LONGEST:
        problem = _("Dit is te lang: hoogstens %(most)s tekens.", most=LONGEST)
    if problem:
        raise InvalidError(problem, {field: [problem]})
    return words


def _record(actor: Actor, merge: QuestionMerge, action: str, *, reason: str = "") -> None:
    audit.record(
        actor.id, f"question_merges.{action}", merge, on_behalf_of=actor.acting_for_id,
        changes={"question": [None, merge.question_id], "into": [None, merge.into_id]},
        reason=reason or None,
    )  # fmt: skip
