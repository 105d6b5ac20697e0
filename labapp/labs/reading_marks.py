"""How far somebody read: unread counts, and where one goes on in a conversation."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.labs.thread_models import Contribution, ContributionState, ReadMark, Thread


def count_unread(actor: Actor, thread_ids: Collection[int]) -> dict[int, int]:
    """Give how much of each thread one did not read yet; what one wrote oneself is read.

    Whoever asks may read the threads.
    """
    if actor.id is None or not thread_ids:
        return {}
    mark = and_(ReadMark.thread_id == Contribution.thread_id, ReadMark.user_id == actor.id)
    query = (
        select(Contribution.thread_id, func.count())
        .outerjoin(ReadMark, mark)
        .where(
            Contribution.thread_id.in_(sorted(thread_ids)),
            Contribution.id > func.coalesce(ReadMark.last_read_id, 0),
            _is_of_others(actor),
        )
        .group_by(Contribution.thread_id)
    )
    return dict(db.session.execute(query).all())


def last_read(actor: Actor, thread: Thread) -> int | None:
    """Give up to where one read; None for who was never there."""
    if actor.id is None:
        return None
    query = select(ReadMark.last_read_id).filter_by(user_id=actor.id, thread_id=thread.id)
    return db.session.scalar(query)


def first_unread(actor: Actor, thread: Thread, after: int) -> int | None:
    """Give the first contribution of somebody else behind one."""
    query = select(func.min(Contribution.id)).where(
        Contribution.thread_id == thread.id, Contribution.id > after, _is_of_others(actor)
    )
    return db.session.scalar(query)


def mark_read(actor: Actor, thread: Thread, up_to: int) -> None:
    """Note that one read a thread up to a contribution; a mark never goes back."""
    if actor.id is None:
        return
    where = {"user_id": actor.id, "thread_id": thread.id}
    with transaction() as session:
        if insert_new(ReadMark, **where, last_read_id=up_to, read_at=now()):
            return
        session.execute(
            update(ReadMark)
            .filter_by(**where)
            .where(ReadMark.last_read_id < up_to)
            .values(last_read_id=up_to, read_at=now())
            .execution_options(synchronize_session=False)
        )


def mark_all_read(actor: Actor, thread: Thread) -> None:
    """Note that one read everything there is."""
    actor.require_user()
    query = select(func.max(Contribution.id)).where(Contribution.thread_id == thread.id)
    mark_read(actor, thread, db.session.scalar(query) or 0)


def _is_of_others(actor: Actor) -> ColumnElement[bool]:
    others = or_(Contribution.author_id.is_(None), Contribution.author_id != actor.id)
    return and_(others, Contribution.state == ContributionState.POSTED)
