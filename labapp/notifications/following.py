"""Following objects: their events then reach one, when the kind of event goes to followers."""

from collections.abc import Collection

from sqlalchemy import select, update

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, insert_many, insert_new, transaction
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.notifications import objects
from labapp.notifications.models import Frequency, Subscription


def follow(actor: Actor, object_name: str) -> None:
    """Follow an object that one may see; twice is once, and what was chosen for it stays."""
    user_id = actor.require_user().id
    with transaction() as session:
        if not objects.can_see(actor, object_name):
            raise NotFoundError(_("Dit bestaat niet, of je mag het niet zien."))
        values = {"user_id": user_id, "scope": object_name}
        if not insert_new(Subscription, **values, is_following=True):
            session.execute(update(Subscription).filter_by(**values).values(is_following=True))


def unfollow(actor: Actor, object_name: str) -> None:
    """Follow an object no more; that it was muted stays."""
    with transaction() as session:
        mine = select(Subscription).filter_by(user_id=actor.require_user().id, scope=object_name)
        row = session.scalar(mine)
        if row is None:
            return
        row.is_following = False
        if row.frequency is not Frequency.NEVER:
            session.delete(row)
        session.flush()


def is_following(actor: Actor, name: str) -> bool:
    mine = select(Subscription.is_following).filter_by(user_id=actor.id, scope=name)
    return actor.is_signed_in and bool(db.session.scalar(mine))


def followers_of(*names: str) -> list[int]:
    """Give the ids of who follows one of these objects."""
    query = select(Subscription.user_id).where(
        Subscription.scope.in_(names), Subscription.is_following
    )
    return list(db.session.scalars(query.distinct().order_by(Subscription.user_id)))


def copy_followers(from_name: str, to_name: str) -> None:
    """Let who follows one object follow another too, for a merge; what they chose there stays."""
    with transaction() as session:
        row = {"scope": to_name, "is_following": True, "created_at": now()}
        people = followers_of(from_name)
        insert_many(Subscription, [{**row, "user_id": user_id} for user_id in people])
        session.execute(
            update(Subscription)
            .where(
                Subscription.scope == to_name,
                Subscription.user_id.in_(
                    select(Subscription.user_id).where(
                        Subscription.scope == from_name, Subscription.is_following
                    )
                ),
            )
            .values(is_following=True)
            .execution_options(synchronize_session=False)
        )


def remove_followers(name: str, people: Collection[int]) -> None:
    """Let people follow an object no more, in the caller's transaction: a merge is undone."""
    with transaction() as session:
        session.execute(
            update(Subscription)
            .where(Subscription.scope == name, Subscription.user_id.in_(sorted(people)))
            .values(is_following=False)
            .execution_options(synchronize_session=False)
        )
