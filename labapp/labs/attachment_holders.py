"""What a file can hang on: a contribution, round, finding, lab or question, by the rule of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import Model, db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import (
    contributions,
    finding_rights,
    findings,
    labs,
    policies,
    question_rights,
    questions,
    round_rights,
    rounds,
)
from labapp.labs.contribution_words import shows_words
from labapp.labs.finding_models import FindingVersion
from labapp.labs.finding_states import EDITABLE
from labapp.labs.lab_models import Lab
from labapp.labs.question_models import Question
from labapp.labs.round_states import ENDED
from labapp.labs.thread_rights import ENDED as QUESTION_ENDED
from labapp.labs.thread_rights import TALKING, rights_in
from labapp.notifications.objects import MOST_DIGITS


@dataclass(frozen=True)
class Holder:
    """One object as somebody sees it: whose rule it is, and whether one may add a file now.

    `fixed_until`: files from before this moment stand beside a published text, and stay;
    `shown_until`: who does not work in the lab sees none from after it.
    """

    thing: Model
    title: str
    lab: Lab | None = None
    question: Question | None = None
    may_add: bool = False
    fixed_until: datetime | None = None
    shown_until: datetime | None = None


def find_holder(actor: Actor, name: str) -> Holder:
    """Give what a name such as `rounds:4` stands for, to who may read it."""
    kind, _colon, number = name.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    if kind not in _FINDERS or not is_number:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return _FINDERS[kind](actor, int(number))


def _contribution(actor: Actor, number: int) -> Holder:
    one = contributions.get_contribution(actor, number)
    rights = rights_in(actor, one.thread)
    if not shows_words(rights, actor, one):
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    thread = one.thread
    question = db.session.get(Question, thread.question_id) if thread.question_id else None
    may_add = contributions.may_edit(rights, actor, one)
    return Holder(one, thread.title, thread.lab, question, may_add)


def _round(actor: Actor, number: int) -> Holder:
    one = rounds.get_round(actor, number)
    is_open = one.phase not in ENDED and one.lab.state in round_rights.RUNNING
    may_add = is_open and round_rights.can_work_on(actor, one.lab)
    return Holder(one, one.title, one.lab, may_add=may_add)


def _finding(actor: Actor, number: int) -> Holder:
    one = findings.get_finding(actor, number)
    writes = finding_rights.can_write_for(actor, one)
    draft = findings.open_version(actor, one) if writes else None
    published_at = db.session.scalar(
        select(func.max(FindingVersion.published_at)).where(FindingVersion.finding_id == one.id)
    )
    is_retracted = one.retraction is not None and one.retraction.done_at is not None
    reads_all = findings.reads_drafts(actor, one)
    if is_retracted and not reads_all:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return Holder(
        one,
        one.title,
        one.lab,
        may_add=draft is not None and draft.state in EDITABLE,
        fixed_until=published_at,
        shown_until=None if reads_all else published_at,
    )


def _lab(actor: Actor, number: int) -> Holder:
    lab = labs.get_readable_lab(actor, number)
    may_add = lab.state in TALKING and policies.talks_in(actor, lab)
    return Holder(lab, lab.title, lab, may_add=may_add)


def _question(actor: Actor, number: int) -> Holder:
    one = questions.get_question(actor, number)
    may_add = one.state not in QUESTION_ENDED and (
        question_rights.is_asker(actor, one) or policies.is_broker(actor)
    )
    return Holder(one, one.title, question=one, may_add=may_add and actor.is_signed_in)


_FINDERS: Mapping[str, Callable[[Actor, int], Holder]] = {
    "contributions": _contribution,
    "rounds": _round,
    "findings": _finding,
    "labs": _lab,
    "questions": _question,
}
KINDS = tuple(_FINDERS)
