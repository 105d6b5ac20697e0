"""What waits for somebody about questions: askers, school leaders, brokers, researchers."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import LOCAL_ZONE, now, today
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies, question_states, reading, schools_too
from labapp.labs.question_lists import waiting_for_broker
from labapp.labs.question_models import (
    Agenda,
    AgendaState,
    MergeState,
    Question,
    QuestionMerge,
    QuestionState,
    Turn,
)
from labapp.notifications import addresses, duties
from labapp.notifications.duties import Duty

MOST = 50
S = QuestionState
LEFT = timedelta(days=7)  # after which a draft is on the list


def list_duties(actor: Actor) -> Sequence[Duty]:
    """Give what waits for one about questions."""
    found = [*_of_asker(actor), *_of_leader(actor)]
    if policies.is_broker(actor):
        found += [*_of_broker(actor), *_of_agendas()]
    if actor.has_role(Role.RESEARCHER):
        found += _of_researcher(actor)
    return found


def _of_asker(actor: Actor) -> Iterator[Duty]:
    waits = or_(
        Question.state == S.CLARIFYING,
        and_(Question.state.in_(reading.UNASKED), Question.created_at < now() - LEFT),
        and_(
            Question.state.in_((S.ANSWERED, S.ANSWERED_BY_EXISTING)),
            Question.helped.is_(None),
            Question.answered_at < now() - timedelta(days=question_states.HELPED_DAYS),
        ),
    )
    for one in _questions(and_(Question.asker_id == actor.id, waits)):
        words = {
            S.CLARIFYING: _("Geef antwoord bij je vraag ‘%(title)s’", title=one.title),
            S.DRAFT: _("Maak je vraag af: ‘%(title)s’", title=one.title),
            S.MATCHING: _("Kijk wat er al is en dien je vraag in: ‘%(title)s’", title=one.title),
        }
        helped = _("Hielp het antwoord op ‘%(title)s’?", title=one.title)
        yield _duty(one, words.get(one.state, helped))
    rows = db.session.scalars(
        select(QuestionMerge)
        .join(Question, Question.id == QuestionMerge.question_id)
        .where(Question.asker_id == actor.id, QuestionMerge.state == MergeState.ANNOUNCED)
        .options(joinedload(QuestionMerge.question))
        .limit(MOST)
    )
    for merge in rows:
        words_of_merge = _("Is dit dezelfde vraag? Zeg het bij ‘%(title)s’",
                           title=merge.question.title)  # fmt: skip
        yield Duty(
            words=words_of_merge,
            url=_url(merge.question_id),
            since=merge.created_at,
            due_on=merge.object_until.astimezone(LOCAL_ZONE).date(),
            icon="git-merge",
            object=f"questions:{merge.question_id}",
        )


def _of_leader(actor: Actor) -> Iterator[Duty]:
    for row in schools_too.list_proposed(actor):
        words = _("Doet jullie school mee met de vraag ‘%(title)s’?", title=row.question.title)
        yield Duty(
            words=words, url=_url(row.question_id), since=row.created_at, icon="school",
            object=f"questions:{row.question_id}",
        )  # fmt: skip


def _of_broker(actor: Actor) -> Iterator[Duty]:
    mine = or_(Question.broker_id.is_(None), Question.broker_id == actor.id)
    review = and_(Question.state.in_(question_states.ANSWERED), Question.review_due_on < today())
    for one in _questions(and_(or_(waiting_for_broker(), review), mine)):
        if one.state in question_states.ANSWERED:
            words = _("Kijk na of het antwoord nog klopt: ‘%(title)s’", title=one.title)
        elif one.turn is Turn.LAB:
            words = _("Vraag het lab hoe het staat met ‘%(title)s’", title=one.title)
        elif one.state in (S.ACCEPTED, S.PRIORITISED, S.NOT_ENOUGH_EVIDENCE):
            words = _("Laat de steller weten hoe het staat met ‘%(title)s’", title=one.title)
        else:
            words = _("Help een vraag verder: ‘%(title)s’", title=one.title)
        yield _duty(one, words)
    rows = db.session.scalars(
        select(QuestionMerge)
        .where(QuestionMerge.state == MergeState.OBJECTED)
        .options(joinedload(QuestionMerge.question))
        .limit(MOST)
    )
    for merge in rows:
        said = _("Lees het bezwaar tegen samenvoegen bij ‘%(title)s’",
                 title=merge.question.title)  # fmt: skip
        yield Duty(
            words=said, url=_url(merge.question_id), since=merge.created_at, icon="git-merge",
            object=f"questions:{merge.question_id}",
        )  # fmt: skip


def _of_agendas() -> Iterator[Duty]:
    running = (AgendaState.COLLECTING, AgendaState.CHECKING, AgendaState.SHORTENING,
               AgendaState.RANKING)  # fmt: skip
    query = select(Agenda).where(Agenda.state.in_(running), Agenda.closes_on < today())
    for agenda in db.session.scalars(query.order_by(Agenda.id).limit(MOST)):
        yield Duty(
            words=_("De kennisagenda ‘%(title)s’ kan verder", title=agenda.title),
            url=addresses.path("agendas.show", agenda_id=agenda.id),
            since=agenda.created_at,
            due_on=agenda.closes_on,
            icon="list-ordered",
            object=f"agendas:{agenda.id}",
        )


def _of_researcher(actor: Actor) -> Iterator[Duty]:
    rule = and_(
        Question.state == S.TRIAGE,
        Question.doubted_by_broker.is_(True),
        reading.questions_visible_to(actor),
    )
    for one in _questions(rule):
        yield _duty(one, _("Is hier echt te weinig over bekend? ‘%(title)s’", title=one.title))


def _questions(rule: ColumnElement[bool]) -> Any:
    return db.session.scalars(select(Question).where(rule).order_by(Question.id).limit(MOST))


def _duty(question: Question, words: str) -> Duty:
    since = question.answered_at or question.submitted_at or question.created_at
    return Duty(
        words=words,
        url=_url(question.id),
        since=since,
        due_on=question.next_step_due_on,
        icon="message-circle-question-mark",
        object=f"questions:{question.id}",
    )


def _url(question_id: int) -> str:
    return addresses.path("questions.show", question_id=question_id)


duties.register("labs.questions", list_duties)
