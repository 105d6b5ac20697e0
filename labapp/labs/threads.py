"""Conversations: about a lab, a question, a round or a finding.

A lab has as many as one likes. A question, a round and a finding have one each, which begins with
the first words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import Model, db, transaction
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import markdown
from labapp.labs import contribution_news as news
from labapp.labs import contributions, policies, pupil_guard, reading
from labapp.labs.contribution_words import Words
from labapp.labs.contributions import Posted
from labapp.labs.finding_models import Finding
from labapp.labs.lab_models import Lab
from labapp.labs.machine import lock
from labapp.labs.question_models import Question
from labapp.labs.round_models import Round
from labapp.labs.thread_models import Thread
from labapp.labs.thread_rights import rights_at
from labapp.labs.thread_states import MACHINE, ThreadAction
from labapp.notifications.objects import MOST_DIGITS

LONGEST_TITLE = 200
LONGEST_CONCLUSION = 5_000
PER_PAGE = 30


@dataclass(frozen=True)
class Place:
    """What a conversation is about, and the lab or question by whose rule it is read."""

    subject: str
    thing: Model
    title: str
    lab: Lab | None = None
    question: Question | None = None

    @property
    def has_many(self) -> bool:
        """Whether there may be several conversations about it, each with a title of its own."""
        return isinstance(self.thing, Lab)


def get_thread(actor: Actor, thread_id: int) -> Thread:
    """Give a conversation that one may read."""
    found = db.session.scalar(
        select(Thread)
        .where(Thread.id == thread_id, reading.threads_visible_to(actor))
        .options(joinedload(Thread.lab))
    )
    if found is None:
        raise NotFoundError(_("Dit gesprek bestaat niet, of je mag het niet lezen."))
    return found


def find_place(actor: Actor, subject: str) -> Place:
    """Give what a name such as `rounds:4` stands for, to who may read what is said of it."""
    kind, _colon, number = subject.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    place = _look_up(actor, kind, int(number)) if is_number else None
    if place is None:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return place


def find_thread(actor: Actor, subject: str) -> Thread | None:
    """Give the one conversation about a question, round or finding, once somebody began it."""
    query = (
        select(Thread)
        .where(Thread.subject == subject, reading.threads_visible_to(actor))
        .options(joinedload(Thread.lab))
        .order_by(Thread.id)
        .limit(1)
    )
    return db.session.scalar(query)


def list_threads(actor: Actor, lab_id: int, page: int = 1) -> tuple[Sequence[Thread], int]:
    """Give the conversations in a lab, the latest word first, and how many there are."""
    rule = (Thread.lab_id == lab_id, reading.threads_visible_to(actor))
    total = db.session.scalar(select(func.count()).select_from(Thread).where(*rule)) or 0
    query = (
        select(Thread)
        .where(*rule)
        .options(joinedload(Thread.starter), joinedload(Thread.acting_for))
        .order_by(Thread.last_at.desc(), Thread.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return db.session.scalars(query).all(), total


def start_thread(actor: Actor, subject: str, words: Words, *, title: str = "") -> Posted:
    """Begin a conversation with its first words; where there is one already they go in there."""
    with transaction() as session:
        place = find_place(actor, subject)
        lock(place.thing)  # two who begin at once begin one
        rights = rights_at(actor, subject, place.lab, place.question)
        contributions.require_may_post(actor, rights, place.lab)
        thread = None if place.has_many else find_thread(actor, subject)
        if thread is None:
            thread = Thread(
                subject=subject,
                lab=place.lab,
                question_id=place.question.id if place.question is not None else None,
                title=_title(title, words) if place.has_many else place.title,
                starter_id=actor.id,
                acting_for_id=actor.acting_for_id,
            )
            session.add(thread)
            session.flush()
            posted = contributions.post_contribution(actor, thread, words)
            audit.record(actor.id, "threads.start", thread, on_behalf_of=actor.acting_for_id)
            return posted
        return contributions.post_contribution(actor, thread, words)


def perform(
    actor: Actor,
    thread: Thread,
    action: ThreadAction,
    *,
    version: int | None = None,
    reason: str = "",
    confirmed: bool = False,
) -> None:
    """Close a conversation with a conclusion, open it again, lock or unlock it.

    The conclusion is the `reason`: it leads the conversation, and the history keeps earlier ones.
    """
    with transaction():
        MACHINE.require(actor, thread, action)
        pupil_guard.check(reason, confirmed=confirmed)
        values = {}
        if action is ThreadAction.CLOSE:
            conclusion = _conclusion(reason, confirmed=confirmed)
            values = {
                "conclusion": conclusion,
                "conclusion_html": markdown.render(conclusion),
                "closed_by_id": actor.id,
                "closed_at": now(),
            }
        elif action is ThreadAction.REOPEN:
            values = {
                "conclusion": "", "conclusion_html": "", "closed_by_id": None, "closed_at": None,
            }  # fmt: skip
        MACHINE.perform(actor, thread, action, version=version, reason=reason, values=values)
        if action is ThreadAction.CLOSE:
            news.tell_closed(actor, thread)


def _look_up(actor: Actor, kind: str, number: int) -> Place | None:
    name, session = f"{kind}:{number}", db.session
    if kind == "labs":
        lab = session.scalar(select(Lab).where(Lab.id == number, policies.labs_readable_by(actor)))
        return Place(name, lab, lab.title, lab) if lab else None
    if kind == "rounds":
        one = session.scalar(
            select(Round)
            .where(Round.id == number, reading.rounds_visible_to(actor))
            .options(joinedload(Round.lab))
        )
        return Place(name, one, one.title, one.lab) if one else None
    if kind == "findings":
        finding = session.scalar(
            select(Finding)
            .where(
                Finding.id == number,
                policies.in_readable_lab(actor, Finding.lab_id),
                reading.findings_visible_to(actor),
            )
            .options(joinedload(Finding.lab))
        )
        return Place(name, finding, finding.title, finding.lab) if finding else None
    if kind == "questions":
        question = session.scalar(
            select(Question).where(Question.id == number, reading.questions_visible_to(actor))
        )
        return Place(name, question, question.title, question=question) if question else None
    return None


def _title(title: str, words: Words) -> str:
    said = " ".join(title.split())
    if not said:
        problem = _("Geef het gesprek een titel.")
        raise InvalidError(problem, {"title": [problem]})
    if len(said) > LONGEST_TITLE:
        problem = _("Een titel is hoogstens %(most)s tekens.", most=LONGEST_TITLE)
        raise InvalidError(problem, {"title": [problem]})
    pupil_guard.check(said, confirmed=words.confirmed)
    return said


def _conclusion(text: str, *, confirmed: bool) -> str:
    said = text.strip()
    if not said:
        problem = _("Schrijf op wat de uitkomst is: zo heeft een volgende lezer er iets aan.")
        raise InvalidError(problem, {"reason": [problem]})
    if len(said) > LONGEST_CONCLUSION:
        problem = _("Een conclusie is hoogstens %(most)s tekens.", most=LONGEST_CONCLUSION)
        raise InvalidError(problem, {"reason": [problem]})
    pupil_guard.check(said, confirmed=confirmed)
    return said
