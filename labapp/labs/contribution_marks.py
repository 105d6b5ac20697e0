"""Marks on contributions: a useful answer (there may be several), and "for researchers"."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import contribution_news as news
from labapp.labs import policies
from labapp.labs.machine import lock
from labapp.labs.thread_models import Contribution, ContributionState, Thread
from labapp.labs.thread_rights import rights_in

MOST = 50


def mark_useful(actor: Actor, contribution: Contribution, *, is_on: bool) -> None:
    """Call a contribution a useful answer or take that back: who asked, and who leads."""
    with transaction():
        _lock_standing(contribution)
        if not rights_in(actor, contribution.thread).marks_useful:
            raise ForbiddenError(_("Alleen wie het gesprek begon of leidt, noemt iets nuttig."))
        if contribution.is_useful is is_on:
            return
        contribution.is_useful = is_on
        if is_on:
            news.tell_author(actor, contribution, news.USEFUL)
        _record(actor, "contributions.useful", contribution, is_on=is_on)


def flag_for_researchers(actor: Actor, contribution: Contribution, *, is_on: bool) -> None:
    """Ask the researchers of a lab to look at a contribution, or take that back."""
    with transaction():
        _lock_standing(contribution)
        if not rights_in(actor, contribution.thread).flags:
            raise ForbiddenError(_("Alleen trekkers en kennismakelaars vragen onderzoekers erbij."))
        if contribution.for_researchers is is_on:
            return
        contribution.for_researchers = is_on
        if is_on:
            news.tell_researchers(actor, contribution)
        _record(actor, "contributions.for_researchers", contribution, is_on=is_on)


def list_useful(thread: Thread) -> list[Contribution]:
    """Give the useful answers in a thread that somebody may read, in their order."""
    query = (
        select(Contribution)
        .where(
            Contribution.thread_id == thread.id,
            Contribution.is_useful,
            Contribution.state == ContributionState.POSTED,
        )
        .options(joinedload(Contribution.author))
        .order_by(Contribution.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))


def list_for_researchers(actor: Actor, lab_id: int) -> list[Contribution]:
    """Give what researchers of a lab are asked to look at, the newest first."""
    query = (
        select(Contribution)
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(
            Thread.lab_id == lab_id,
            policies.in_readable_lab(actor, Thread.lab_id),
            Contribution.for_researchers,
            Contribution.state == ContributionState.POSTED,
        )
        .options(joinedload(Contribution.thread), joinedload(Contribution.author))
        .order_by(Contribution.id.desc())
        .limit(MOST)
    )
    return list(db.session.scalars(query))


def _lock_standing(contribution: Contribution) -> None:
    lock(contribution)
    if contribution.state is not ContributionState.POSTED:
        raise ConflictError(_("Deze bijdrage staat er niet meer."))


def _record(actor: Actor, action: str, contribution: Contribution, *, is_on: bool) -> None:
    audit.record(
        actor.id,
        action,
        contribution,
        changes={"is_on": [not is_on, is_on]},
        on_behalf_of=actor.acting_for_id,
    )
