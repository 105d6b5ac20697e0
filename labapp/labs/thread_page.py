"""A conversation as a page shows it: fifty contributions at a time, on pages that stay the same.

A page is fixed by the order of contributions; one that waits or was removed keeps its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import db
from labapp.labs import contribution_marks, contributions, reading_marks, threads
from labapp.labs.contribution_states import MACHINE as CONTRIBUTION
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.contribution_states import allows as allows_contribution
from labapp.labs.contribution_words import shows, shows_words
from labapp.labs.thread_forms import Draft
from labapp.labs.thread_models import Attachment, Contribution, ContributionState, Thread
from labapp.labs.thread_rights import Rights, rights_at, rights_in
from labapp.labs.thread_states import MACHINE as THREAD
from labapp.labs.thread_states import ThreadAction, allows

PER_PAGE = 50


@dataclass(frozen=True)
class Line:
    """A contribution, and what whoever looks may read and do of it."""

    contribution: Contribution
    words: Markup | None  # None for who may not read them
    shows_quote: bool
    is_new: bool
    is_mine: bool
    may_edit: bool
    actions: Sequence[ContributionAction]


@dataclass(frozen=True)
class Talk:
    """A page of a conversation; without a thread one that nobody began yet."""

    subject: str
    thread: Thread | None
    rights: Rights
    has_title: bool = False  # who begins it gives it one
    lines: Sequence[Line] = ()
    page: int = 1
    pages: int = 1
    conclusion: Markup | None = None
    first_new_id: int | None = None
    unread: int = 0
    useful: Sequence[Contribution] = ()
    actions: Sequence[ThreadAction] = ()
    may_advance: bool = False  # one read all before this page
    draft: Draft = field(default_factory=Draft)

    @property
    def last_id(self) -> int:
        return self.lines[-1].contribution.id if self.lines else 0


def of_thread(actor: Actor, thread: Thread, page: int | None = None) -> Talk:
    """Give a page of a conversation that one may read; without a number where one goes on."""
    rights = rights_in(actor, thread)
    seen = reading_marks.last_read(actor, thread)
    first_new = None
    if actor.id is not None:
        first_new = reading_marks.first_unread(actor, thread, seen or 0)
    pages = max(1, -(-thread.contribution_count // PER_PAGE))
    wanted = page if page is not None else _page_to_go_on(thread, seen, first_new, pages)
    page = min(max(wanted, 1), pages)
    rows = _rows(thread, page)
    lines = [_line(actor, rights, one, first_new) for one in rows if shows(rights, actor, one)]
    unread = reading_marks.count_unread(actor, [thread.id]).get(thread.id, 0) if first_new else 0
    return Talk(
        subject=thread.subject,
        thread=thread,
        rights=rights,
        lines=lines,
        page=page,
        pages=pages,
        conclusion=Markup(thread.conclusion_html),  # noqa: S704  # made safe when saved
        first_new_id=first_new,
        unread=unread,
        useful=contribution_marks.list_useful(thread),
        actions=[a for a in ThreadAction if THREAD.leads_on(thread, a) and allows(rights, a)],
        may_advance=bool(rows) and (first_new is None or first_new >= rows[0].id),
    )


def of_subject(actor: Actor, subject: str, page: int | None = None) -> Talk:
    """Give the conversation about a question, round or finding; it may have to begin yet."""
    thread = threads.find_thread(actor, subject)
    if thread is not None:
        return of_thread(actor, thread, page)
    return to_begin(actor, subject)


def list_lines(actor: Actor, thread: Thread, page: int = 1, per_page: int = PER_PAGE) -> list[Line]:
    """Give contributions of a conversation that one may read, in their order."""
    rights = rights_in(actor, thread)
    seen = reading_marks.last_read(actor, thread) or 0
    rows = [one for one in _rows(thread, page, per_page) if shows(rights, actor, one)]
    return [_line(actor, rights, one, seen + 1) for one in rows]


def line_of(actor: Actor, contribution: Contribution) -> Line:
    """Give one contribution with what one may read and do of it."""
    return _line(actor, rights_in(actor, contribution.thread), contribution, None)


def to_begin(actor: Actor, subject: str) -> Talk:
    """Give what one may do where nobody said anything yet."""
    place = threads.find_place(actor, subject)
    rights = rights_at(actor, subject, place.lab, place.question)
    return Talk(subject=subject, thread=None, rights=rights, has_title=place.has_many)


def note_read(actor: Actor, talk: Talk) -> None:
    """Note what a page showed as read, when one had read all before it."""
    if talk.thread is not None and talk.may_advance and talk.first_new_id is not None:
        reading_marks.mark_read(actor, talk.thread, talk.last_id)


def page_of(contribution: Contribution) -> int:
    """Give the page on which a contribution stands."""
    before = select(func.count()).where(
        Contribution.thread_id == contribution.thread_id, Contribution.id < contribution.id
    )
    return (db.session.scalar(before) or 0) // PER_PAGE + 1


def _page_to_go_on(thread: Thread, seen: int | None, first_new: int | None, pages: int) -> int:
    if first_new is None:
        return pages if seen is not None else 1
    before = select(func.count()).where(
        Contribution.thread_id == thread.id, Contribution.id < first_new
    )
    return (db.session.scalar(before) or 0) // PER_PAGE + 1


def _rows(thread: Thread, page: int, per_page: int = PER_PAGE) -> Sequence[Contribution]:
    query = (
        select(Contribution)
        .where(Contribution.thread_id == thread.id)
        .options(
            joinedload(Contribution.author).options(lazyload(User.affiliations)),
            joinedload(Contribution.acting_for),
            joinedload(Contribution.reply_to)
            .joinedload(Contribution.author)
            .options(lazyload(User.affiliations)),
            selectinload(Contribution.attachments).joinedload(Attachment.file),
        )
        .order_by(Contribution.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return db.session.scalars(query).all()


def _line(actor: Actor, rights: Rights, one: Contribution, first_new: int | None) -> Line:
    is_mine = actor.id is not None and one.author_id == actor.id
    readable = shows_words(rights, actor, one)
    answered = one.reply_to
    return Line(
        contribution=one,
        words=Markup(one.body_html) if readable else None,  # noqa: S704  # made safe when saved
        shows_quote=answered is not None and answered.state is ContributionState.POSTED,
        is_new=first_new is not None and one.id >= first_new and not is_mine,
        is_mine=is_mine,
        may_edit=contributions.may_edit(rights, actor, one),
        actions=[
            action
            for action in ContributionAction
            if CONTRIBUTION.leads_on(one, action)
            and allows_contribution(rights, actor, one, action)
        ],
    )
