"""What cards and collections are called elsewhere: in notifications and in the red thread."""

from sqlalchemy import ColumnElement, and_

from labapp.accounts.actors import Actor
from labapp.knowledge import policies
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.use_models import Collection
from labapp.notifications import objects

OUT = (*policies.PUBLISHED, CardStatus.WITHDRAWN)  # a tombstone is a page too


def _cards_shown_to(actor: Actor) -> ColumnElement[bool]:
    return and_(Card.status.in_(OUT), policies.readable_by(actor))


objects.register("cards", objects.rows_of(Card, _cards_shown_to, "cards.show_card", "card_id"))
objects.register(
    "collections",
    objects.rows_of(
        Collection, policies.collections_visible_to, "collections.show", "collection_id",
        objects.titled_by(Collection.name),
    ),
)  # fmt: skip
