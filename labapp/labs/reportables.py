"""What can be reported, one entry for each kind: who wrote it, who judges it, how it is hidden.

Every table of the labs with words that others read stands here; a test looks for what does not.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import Model, db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import (
    attachment_rows,
    attachments,
    documents,
    finding_rights,
    hiding,
    judging,
    labs,
    policies,
    questions,
    reading,
    reviews,
    rounds,
    threads,
    use_reports,
)
from labapp.labs.finding_models import FindingVersion
from labapp.labs.lab_models import Lab
from labapp.labs.question_models import Question
from labapp.labs.review_models import Review, UseReport
from labapp.labs.round_models import Round
from labapp.labs.thread_models import Attachment, Contribution, ContributionState, Thread
from labapp.notifications.objects import MOST_DIGITS


@dataclass(frozen=True)
class Reportable:
    """One kind of content. `find` is how a reader gets it; `set_hidden` hides or shows it again.

    `may_judge` says who decides, beside that nobody judges what is one's own; `may_read` who reads
    it anyhow, were it not hidden; of all in one `place` both say the same. `own_words` is what one
    of its authors surely wrote oneself.
    `remove` makes it gone until somebody else overturns that; `erase` is the end of it.
    """

    model: type[Model]
    words: Any
    find: Callable[[Actor, int], Any]
    text: Callable[[Any], str]
    authors: Callable[[Any], set[int]]
    lab_id: Callable[[Any], int | None]
    may_judge: Callable[[Actor, Any], bool]
    may_read: Callable[[Actor, Any], bool]
    set_hidden: Callable[[Actor, Any, bool, str], None]
    remove: Callable[[Actor, Any, str], None] | None = None
    erase: Callable[[Any], None] = lambda _thing: None
    own_words: Callable[[Any, int], str] = lambda _thing, _user_id: ""
    place: Callable[[Any], Any] = lambda thing: thing.id


_asked: ContextVar[dict[Any, bool] | None] = ContextVar("asked", default=None)


def kind_of(name: str) -> tuple[Reportable, int]:
    """Give the kind and the number in a name such as `questions:4`."""
    kind, _colon, number = name.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    if kind not in KINDS or not is_number:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return KINDS[kind], int(number)


def find(actor: Actor, name: str) -> Any:
    """Give what somebody reads and wants to report."""
    kind, number = kind_of(name)
    return kind.find(actor, number)


def load(name: str) -> Any:
    """Give the object of a case, whoever asks: see `may_judge`."""
    kind, number = kind_of(name)
    return db.session.get_one(kind.model, number)


def load_all(names: Collection[str]) -> list[Any]:
    """Give the objects of cases, with one question for each kind."""
    found: list[Any] = []
    for kind, one in KINDS.items():
        ids = [kind_of(name)[1] for name in names if name.startswith(f"{kind}:")]
        if ids:
            model: Any = one.model
            found += db.session.scalars(select(model).where(model.id.in_(ids)))
    return found


def may_read(actor: Actor, name: str) -> bool:
    """Whether one reads an object without a case about it."""
    kind, _number = kind_of(name)
    return _once(actor, kind, load(name), kind.may_read)


def may_judge(actor: Actor, name: str) -> bool:
    """Whether one decides about an object: never about what is one's own."""
    kind, _number = kind_of(name)
    thing = load(name)
    if actor.id is None or actor.id in kind.authors(thing):
        return False
    return _once(actor, kind, thing, kind.may_judge)


@contextmanager
def asked_once() -> Iterator[None]:
    """Ask who reads and judges a place once, while nothing changes: for lists."""
    if _asked.get() is not None:
        yield
        return
    token = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(token)


def _once(actor: Actor, kind: Reportable, thing: Any, rule: Callable[[Actor, Any], bool]) -> bool:
    known = _asked.get()
    if known is None:
        return rule(actor, thing)
    key = (actor.id, rule, kind.place(thing))
    if key not in known:
        known[key] = rule(actor, thing)
    return known[key]


def is_author(actor: Actor, name: str) -> bool:
    kind, _number = kind_of(name)
    return actor.id is not None and actor.id in kind.authors(load(name))


def is_hidden(thing: Any) -> bool:
    if isinstance(thing, Contribution):
        return thing.state is not ContributionState.POSTED
    return bool(thing.is_hidden)


KINDS: Mapping[str, Reportable] = {
    "contributions": Reportable(
        Contribution, _l("Bijdrage"), judging.find_contribution,
        text=lambda one: one.body,
        authors=lambda one: judging.ids(one.author_id),
        lab_id=lambda one: one.thread.lab_id,
        may_judge=judging.judges_contribution,
        may_read=lambda actor, one: reading.can_read_thread(actor, one.thread),
        own_words=lambda one, _user_id: one.body,
        place=lambda one: one.thread_id,
        set_hidden=hiding.hide_contribution,
        remove=hiding.remove_contribution,
        erase=hiding.erase_contribution,
    ),
    "threads": Reportable(
        Thread, _l("Gesprek"), threads.get_thread,
        text=lambda one: judging.lines(one.title, one.conclusion),
        authors=lambda one: judging.ids(one.starter_id, one.closed_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=judging.judges_thread,
        may_read=reading.can_read_thread,
        own_words=judging.own_in_thread,
        set_hidden=hiding.flag(documents.put_thread),
    ),
    "questions": Reportable(
        Question, _l("Vraag"), questions.get_question,
        text=lambda one: judging.lines(one.title, one.seen, one.tried, one.decision, one.answer),
        authors=lambda one: judging.ids(one.asker_id),
        lab_id=lambda _one: None,
        may_judge=lambda actor, _one: policies.is_broker(actor),
        may_read=reading.can_read_question,
        set_hidden=hiding.flag(documents.put_question),
    ),
    "rounds": Reportable(
        Round, _l("Ronde"), rounds.get_round,
        text=lambda one: judging.lines(one.title, one.aim, one.known_already, one.diagnosis,
                                       one.design, one.result_data),
        authors=lambda one: judging.ids(one.created_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=lambda actor, one: judging.guides(actor, one.lab),
        may_read=lambda actor, one: policies.can_read(actor, one.lab),
        place=lambda one: one.lab_id,
        set_hidden=hiding.flag(documents.put_round),
    ),
    "labs": Reportable(
        Lab, _l("Lab"), labs.get_lab,
        text=lambda one: judging.lines(one.title, one.goal, one.agreement),
        authors=judging.leads,
        lab_id=lambda _one: None,
        may_judge=lambda actor, one: policies.is_broker(actor) and policies.can_see(actor, one),
        may_read=judging.reads_lab,
        set_hidden=hiding.flag(documents.put_whole_lab),
    ),
    "finding_versions": Reportable(
        FindingVersion, _l("Bevinding"), judging.find_version,
        text=judging.text_of_version,
        authors=judging.finding_authors,
        lab_id=lambda _one: None,
        may_judge=finding_rights.is_editor,
        may_read=judging.reads_version,
        own_words=judging.own_version,
        set_hidden=hiding.flag(hiding.put_version, hiding.names_of_version),
    ),
    "attachments": Reportable(
        Attachment, _l("Bestand"), attachments.get_attachment,
        text=lambda one: one.title,
        authors=lambda one: judging.ids(one.added_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=judging.judges_file,
        may_read=judging.reads_file,
        own_words=lambda one, _user_id: one.title,
        place=lambda one: (one.lab_id, one.question_id),
        set_hidden=hiding.flag(hiding.nothing),
        erase=attachment_rows.drop,
    ),
    "use_reports": Reportable(
        UseReport, _l("Gebruiksverslag"), use_reports.get_report,
        text=lambda one: judging.lines(one.did, one.changed, one.outcome, one.reply),
        authors=lambda one: judging.ids(one.author_id),
        lab_id=lambda _one: None,
        may_judge=lambda actor, _one: policies.is_broker(actor),
        may_read=judging.is_of_no_lab,
        set_hidden=hiding.flag(hiding.nothing),
    ),
    "reviews": Reportable(
        Review, _l("Beoordeling"), reviews.get_review,
        text=lambda one: judging.lines(one.strengths, one.concerns, one.reply),
        authors=lambda one: judging.ids(one.reviewer_id),
        lab_id=lambda _one: None,
        may_judge=judging.judges_review,
        may_read=judging.is_of_no_lab,
        set_hidden=hiding.flag(hiding.nothing),
    ),
}  # fmt: skip
