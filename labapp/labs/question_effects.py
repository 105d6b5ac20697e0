"""What goes with each step of a question: its columns before, links and messages after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from labapp import links
from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, name_of
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import (
    answering_objects,
    policies,
    question_events,
    question_matches,
    question_people,
    red_thread,
    short_answers,
    threads,
)
from labapp.labs.contribution_words import Words
from labapp.labs.lab_models import Lab, LabState
from labapp.labs.matching import Matches
from labapp.labs.question_models import Question
from labapp.labs.question_states import QuestionAction as A
from labapp.labs.short_answers import GOOD_FOR, ShortAnswer
from labapp.links import LinkKind
from labapp.notifications import following
from labapp.notifications.emitting import emit

LONGEST_REASON = 5_000
LONGEST_WAIT = timedelta(days=730)


@dataclass(frozen=True)
class Extras:
    """What a step needs beside its reason.

    `lab_id` for adopting, `object` for what is there already (`cards:12`), `answer` for a short
    answer, `due_on` for the day that one promises, `confirmed` for a warning that was read; the
    others are of our own services.
    """

    reason: str = ""
    lab_id: int | None = None
    object: str = ""
    answer: ShortAnswer | None = None
    due_on: date | None = None
    confirmed: bool = False
    matches: Matches | None = None
    values: Mapping[str, Any] = field(default_factory=dict)  # of the services that take it
    prepared: dict[str, Any] = field(default_factory=dict)  # by `columns_of`, for `follow_up`


Columns = dict[str, Any]


def columns_of(actor: Actor, question: Question, action: A, extras: Extras) -> Columns:
    """Give the columns that a step sets; what is wrong with the extras is refused with words."""
    if len(extras.reason) > LONGEST_REASON:
        words = _("Dit is te lang: hoogstens %(most)s tekens.", most=LONGEST_REASON)
        raise InvalidError(words, {"reason": [words]})
    if extras.due_on is not None and not today() <= extras.due_on <= today() + LONGEST_WAIT:
        words = _("Kies een dag die nog komt, binnen twee jaar.")
        raise InvalidError(words, {"due_on": [words]})
    values: Columns = {"doubted_by_id": None, "doubted_by_broker": None, **extras.values}
    if action in _COLUMNS:
        values |= _COLUMNS[action](actor, question, extras)
    if policies.is_broker(actor) and action is not A.DOUBT and actor.id != question.asker_id:
        values["first_reply_at"] = question.first_reply_at or now()
    return values


def follow_up(actor: Actor, question: Question, action: A, extras: Extras) -> None:
    """Make the links and tell the people, in the caller's transaction."""
    if action in _AFTER:
        _AFTER[action](actor, question, extras)


def _submit(actor: Actor, _question: Question, _extras: Extras) -> Columns:
    if not actor.affiliations:
        raise ForbiddenError(_("Alleen wie bij een school of organisatie hoort, stelt een vraag."))
    return {"submitted_at": now()}


def _take_existing(actor: Actor, question: Question, extras: Extras) -> Columns:
    known = answering_objects.find_all(actor, [extras.object])
    if extras.object == name_of(question) or not any(one.answers for one in known.values()):
        words = _("Kies wat je vraag beantwoordt.")
        raise InvalidError(words, {"object": [words]})
    moment = now()
    return {
        "taken_object": extras.object,
        "taken_at": moment,
        "answered_at": moment,
        "submitted_at": question.submitted_at or moment,
        "review_due_on": today() + GOOD_FOR,
        "helped": None,
    }


def _take_up(actor: Actor, _question: Question, _extras: Extras) -> Columns:
    return {"broker_id": actor.id}


def _adopt(actor: Actor, _question: Question, extras: Extras) -> Columns:
    lab = db.session.get(Lab, extras.lab_id) if extras.lab_id else None
    if lab is None or not policies.is_lead(actor, lab) or lab.state is not LabState.ACTIVE:
        words = _("Kies een lab dat bezig is en dat je trekt.")
        raise InvalidError(words, {"lab_id": [words]})
    return {"lab_id": lab.id}


def _hand_back(_actor: Actor, question: Question, extras: Extras) -> Columns:
    extras.prepared["lab"] = question.lab_id
    return {"lab_id": None}


def _answer(_actor: Actor, question: Question, extras: Extras) -> Columns:
    if extras.answer is None:
        words = _("Schrijf het antwoord.")
        raise InvalidError(words, {"answer": [words]})
    extras.prepared["content"] = short_answers.check_answer(question, extras.answer)
    moment = now()
    return {
        "answer": extras.answer.answer.strip(),
        "answer_sources": [
            {"title": one.title, "organisation": one.organisation, "year": one.year, "url": one.url}
            for one in extras.answer.sources
        ],
        "answered_at": moment,
        "review_due_on": today() + GOOD_FOR,
        "helped": None,
    }


def _answer_by_finding(_actor: Actor, _question: Question, _extras: Extras) -> Columns:
    return {"answered_at": now(), "review_due_on": today() + GOOD_FOR, "helped": None}


def _doubt(actor: Actor, _question: Question, extras: Extras) -> Columns:
    return {
        "doubted_by_id": actor.id,
        "doubted_by_broker": policies.is_broker(actor),
        "end_reason": extras.reason.strip(),
    }


def _out_of_scope(_actor: Actor, _question: Question, extras: Extras) -> Columns:
    return {"end_reason": extras.reason.strip()}


def _confirm(_actor: Actor, _question: Question, _extras: Extras) -> Columns:
    return {"helped": True}


def _reopen(_actor: Actor, _question: Question, extras: Extras) -> Columns:
    return {"missing": extras.reason.strip(), "helped": False, "end_reason": ""}


_COLUMNS: Mapping[A, Callable[[Actor, Question, Extras], Columns]] = {
    A.SUBMIT: _submit,
    A.TAKE_EXISTING: _take_existing,
    A.TAKE_UP: _take_up,
    A.ADOPT: _adopt,
    A.HAND_BACK: _hand_back,
    A.ANSWER: _answer,
    A.ANSWER_BY_FINDING: _answer_by_finding,
    A.DOUBT: _doubt,
    A.OUT_OF_SCOPE: _out_of_scope,
    A.CONFIRM: _confirm,
    A.REOPEN: _reopen,
}


def tell_step(actor: Actor, question: Question) -> None:
    """Tell who asked, and who follows, that a question came a step further."""
    emit(
        actor, question_events.STEPPED, question, question_people.askers_of(question),
        values={"state": question.state.value},
    )  # fmt: skip


def tell_answered(actor: Actor, question: Question, key: str) -> None:
    """Tell everybody upstream of an answer, each once for each answer."""
    people = red_thread.upstream_people(name_of(question)) | question_people.askers_of(question)
    emit(actor, question_events.ANSWERED, question, people, key=key)


def _kept(_actor: Actor, question: Question, extras: Extras) -> None:
    if extras.matches is not None:
        question_matches.keep_matches(question, extras.matches)


def _submitted(actor: Actor, question: Question, _extras: Extras) -> None:
    if actor.id is not None:
        following.follow(actor, name_of(question))
    emit(actor, question_events.SUBMITTED, question, question_people.brokers())


def _taken(actor: Actor, question: Question, extras: Extras) -> None:
    links.connect(extras.object, LinkKind.ANSWERS, name_of(question), actor_id=actor.id)
    tell_step(actor, question)


def _asked_back(actor: Actor, question: Question, extras: Extras) -> None:
    _say(actor, question, extras)
    emit(actor, question_events.ASKED_BACK, question, question_people.askers_of(question))


def _replied(actor: Actor, question: Question, extras: Extras) -> None:
    _say(actor, question, extras)
    people = {question.broker_id} if question.broker_id else question_people.brokers()
    emit(actor, question_events.REPLIED, question, people)


def _say(actor: Actor, question: Question, extras: Extras) -> None:
    """Put what was asked or replied in the conversation of the question."""
    words = Words(body=extras.reason, confirmed=extras.confirmed)
    threads.start_thread(actor, name_of(question), words)


def _adopted(actor: Actor, question: Question, _extras: Extras) -> None:
    links.connect(
        name_of(question), LinkKind.ASKED_IN, f"labs:{question.lab_id}", actor_id=actor.id
    )
    tell_step(actor, question)


def _handed_back(actor: Actor, question: Question, extras: Extras) -> None:
    links.disconnect(name_of(question), LinkKind.ASKED_IN, f"labs:{extras.prepared['lab']}")
    tell_step(actor, question)


def _answered(actor: Actor, question: Question, extras: Extras) -> None:
    card = short_answers.publish_answer(actor, question, extras.prepared["content"])
    tell_answered(actor, question, f"answered:{question.id}:cards:{card.id}:{card.version_number}")


def _stepped(actor: Actor, question: Question, _extras: Extras) -> None:
    tell_step(actor, question)


_AFTER: Mapping[A, Callable[[Actor, Question, Extras], None]] = {
    A.LOOK: _kept,
    A.SUBMIT: _submitted,
    A.REOPEN: _submitted,
    A.TAKE_EXISTING: _taken,
    A.TAKE_UP: _stepped,
    A.ASK_BACK: _asked_back,
    A.REPLY: _replied,
    A.ACCEPT: _stepped,
    A.PRIORITISE: _stepped,
    A.ADOPT: _adopted,
    A.HAND_BACK: _handed_back,
    A.ANSWER: _answered,
    A.NO_EVIDENCE: _stepped,
    A.OUT_OF_SCOPE: _stepped,
    A.UNMERGE: _stepped,
}


def tell_expected(actor: Actor, question: Question) -> None:
    """Tell of another day or next step."""
    emit(actor, question_events.EXPECTED, question, question_people.askers_of(question))
