"""Lists of questions: all that one may read, one's own, those of the school, what waits."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, select, true
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db
from labapp.labs import documents, policies, question_states, reading
from labapp.labs.question_models import Question, QuestionState, SchoolToo, Turn
from labapp.search import services as search
from labapp.search.documents import Query

PER_PAGE = 20
MOST_FOUND = 100


class Scope(enum.Enum):
    """Of whom the questions are."""

    ALL = "all"
    MINE = "mine"
    SCHOOL = "school"  # asked for one's own school, or "our school too"
    WAITING = "waiting"  # for a broker


class Group(enum.Enum):
    """States taken together, as a reader knows them."""

    OPEN = "open"
    AGENDA = "agenda"
    STUDIED = "studied"
    ANSWERED = "answered"
    NO_EVIDENCE = "no_evidence"


S = QuestionState
GROUPS = {
    Group.OPEN: question_states.WITH_BROKER,
    Group.AGENDA: question_states.WAITING,
    Group.STUDIED: (S.ADOPTED,),
    Group.ANSWERED: question_states.ANSWERED,
    Group.NO_EVIDENCE: (S.NOT_ENOUGH_EVIDENCE,),
}
NOT_LISTED = (*reading.UNASKED, S.MERGED, S.WITHDRAWN, S.OUT_OF_SCOPE)


@dataclass(frozen=True)
class QuestionQuery:
    """Which questions are asked for: what stands in the address of the page and the API."""

    text: str = ""
    scope: Scope = Scope.ALL
    group: Group | None = None
    theme: str = ""
    sector: str = ""
    page: int = 1
    per_page: int = PER_PAGE


@dataclass(frozen=True)
class QuestionPage:
    """A page of questions, how many there are, and how many other schools have each."""

    items: Sequence[Question]
    total: int
    schools: dict[int, int]


def list_questions(actor: Actor, query: QuestionQuery) -> QuestionPage:
    """Give the questions that one may read, the newest first; with words the best first."""
    rule = and_(reading.questions_visible_to(actor), *_filters(actor, query))
    order: tuple[Any, ...] = (Question.submitted_at.desc().nulls_first(), Question.id.desc())
    if query.text.strip():
        found = _found(actor, query.text)
        rule = and_(rule, Question.id.in_(found))
        order = ()
    total = db.session.scalar(select(func.count()).select_from(Question).where(rule)) or 0
    rows: Select[Question] = (
        select(Question)
        .where(rule)
        .options(joinedload(Question.asker), joinedload(Question.acting_for))
    )
    first = (query.page - 1) * query.per_page
    if query.text.strip():
        place = {number: index for index, number in enumerate(found)}
        everything = sorted(db.session.scalars(rows), key=lambda one: place[one.id])
        items = everything[first : first + query.per_page]
    else:
        rows = rows.order_by(*order).limit(query.per_page).offset(first)
        items = list(db.session.scalars(rows))
    return QuestionPage(items, total, count_schools([one.id for one in items]))


def count_schools(ids: Sequence[int]) -> dict[int, int]:
    """Give how many other schools have each question too, as confirmed by their leaders."""
    if not ids:
        return {}
    query = (
        select(SchoolToo.question_id, func.count())
        .where(SchoolToo.question_id.in_(ids), SchoolToo.confirmed_at.is_not(None))
        .group_by(SchoolToo.question_id)
    )
    return dict(db.session.execute(query).all())


def list_newest(actor: Actor, limit: int) -> list[Question]:
    """Give the questions that were asked last, for a feed."""
    query = (
        select(Question)
        .where(reading.questions_visible_to(actor), Question.state.not_in(NOT_LISTED))
        .order_by(Question.submitted_at.desc(), Question.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _found(actor: Actor, text: str) -> list[int]:
    results = search.search(
        Query(
            text=text,
            audiences=reading.audiences_of(actor),
            kinds=(documents.QUESTION,),
            per_page=MOST_FOUND,
        )
    )
    return [hit.id for hit in results.hits]


def _filters(actor: Actor, query: QuestionQuery) -> list[ColumnElement[bool]]:
    rules = [_scope(actor, query.scope)]
    if query.group is not None:
        rules.append(Question.state.in_(GROUPS[query.group]))
    if query.theme:
        rules.append(Question.theme == query.theme)
    if query.sector:
        rules.append(Question.sector == query.sector)
    return rules


def _scope(actor: Actor, scope: Scope) -> ColumnElement[bool]:
    if scope is Scope.MINE:
        return Question.asker_id == actor.id if actor.id is not None else false()
    listed = Question.state.not_in(NOT_LISTED)
    if scope is Scope.SCHOOL:
        if actor.acting_for_id is None:
            return false()
        too = select(SchoolToo.question_id).where(
            SchoolToo.organisation_id == actor.acting_for_id, SchoolToo.confirmed_at.is_not(None)
        )
        own = Question.acting_for_id == actor.acting_for_id
        return and_(listed, own | Question.id.in_(too))
    if scope is Scope.WAITING:
        return and_(listed, waiting_for_broker()) if policies.is_broker(actor) else false()
    return and_(listed, true())


def waiting_for_broker() -> ColumnElement[bool]:
    """What a broker has to do something with: new, opened again, or past its day."""
    new = Question.state.in_((S.SUBMITTED, S.TRIAGE, S.REOPENED))
    late = and_(Question.turn == Turn.BROKER, Question.next_step_due_on < today())
    return new | late | and_(Question.turn == Turn.LAB, Question.next_step_due_on < today())
