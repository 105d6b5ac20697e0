"""What conversations and contributions are called in notifications, and who may see them."""

from collections.abc import Collection, Mapping

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import reading
from labapp.labs.thread_models import Contribution, ContributionState, Thread
from labapp.labs.thread_rights import rights_in
from labapp.notifications import addresses, objects


def _contributions_seen(actor: Actor, ids: Collection[int]) -> set[int]:
    """Those that stand in a conversation one reads, one's own, and a guest's for who judges it."""
    state = Contribution.state
    own = and_(Contribution.author_id == actor.id, state != ContributionState.REMOVED)
    readable = select(Thread.id).where(reading.threads_visible_to(actor))
    rule = and_(
        Contribution.thread_id.in_(readable),
        or_(state.in_((ContributionState.POSTED, ContributionState.HELD)), own),
    )
    found = objects.visible_ids(Contribution, rule, ids)
    held = (
        select(Contribution)
        .where(Contribution.id.in_(sorted(found)), state == ContributionState.HELD)
        .options(joinedload(Contribution.thread).joinedload(Thread.lab))
    )
    return found - {
        one.id
        for one in db.session.scalars(held)
        if one.author_id != actor.id and not rights_in(actor, one.thread).moderates
    }


def _contribution_titles(ids: Collection[int]) -> Mapping[int, str]:
    query = (
        select(Contribution.id, Thread.title)
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(Contribution.id.in_(sorted(ids)))
    )
    return dict(db.session.execute(query).all())


def _thread_places(ids: Collection[int]) -> Mapping[int, str]:
    """Give what conversations are about; those of a lab are many, and stand by themselves."""
    query = select(Thread.id, Thread.subject).where(
        Thread.id.in_(sorted(ids)), Thread.subject.not_like("labs:%")
    )
    return dict(db.session.execute(query).all())


objects.register(
    "threads",
    objects.rows_of(
        Thread, reading.threads_visible_to, "threads.show", "thread_id", places=_thread_places
    ),
)
objects.register(
    "contributions",
    objects.ObjectKind(
        titles=_contribution_titles,
        url=lambda number: addresses.path("threads.go_to", contribution_id=number),
        can_see_many=_contributions_seen,
    ),
)
