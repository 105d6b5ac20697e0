"""What cards and collections are called elsewhere: in notifications and in the red thread."""

from collections.abc import Collection as Ids
from collections.abc import Mapping

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import policies
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.use_models import Collection
from labapp.notifications import addresses, objects

OUT = (*policies.PUBLISHED, CardStatus.WITHDRAWN)  # a tombstone is a page too


def _cards_seen(actor: Actor, ids: Ids[int]) -> set[int]:
    query = select(Card.id).where(
        Card.id.in_(sorted(ids)), Card.status.in_(OUT), policies.readable_by(actor)
    )
    return set(db.session.scalars(query))


def _card_titles(ids: Ids[int]) -> Mapping[int, str]:
    rows = db.session.execute(select(Card.id, Card.title).where(Card.id.in_(sorted(ids))))
    return {row.id: row.title for row in rows}


def _collections_seen(actor: Actor, ids: Ids[int]) -> set[int]:
    query = select(Collection.id).where(
        Collection.id.in_(sorted(ids)), policies.collections_visible_to(actor)
    )
    return set(db.session.scalars(query))


def _collection_titles(ids: Ids[int]) -> Mapping[int, str]:
    query = select(Collection.id, Collection.name).where(Collection.id.in_(sorted(ids)))
    return {row.id: row.name for row in db.session.execute(query)}


objects.register(
    "cards",
    objects.ObjectKind(
        title=lambda _actor, number: _card_titles([number]).get(number),
        titles=_card_titles,
        url=lambda number: addresses.path("cards.show_card", card_id=number),
        can_see_many=_cards_seen,
    ),
)
objects.register(
    "collections",
    objects.ObjectKind(
        title=lambda _actor, number: _collection_titles([number]).get(number),
        titles=_collection_titles,
        url=lambda number: addresses.path("collections.show", collection_id=number),
        can_see_many=_collections_seen,
    ),
)
