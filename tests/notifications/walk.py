"""A message about something private, for who walks every route as every role."""

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.notifications import emitting, event_types, following
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Channel, Delivery

KIND, TYPE = "collections", "walk.changed"


def seed(teacher, others, collection):
    """Tell people of a collection that only its owner may see; give ids by name in addresses."""
    emitting.register(EventType(TYPE, "Veranderingen", "%(title)s veranderde"))
    following.follow(Actor.of(teacher), f"{KIND}:{collection.id}")
    people = [person.id for person in (teacher, *others)]
    with transaction():
        emitting.emit(Actor.system(), TYPE, collection, people)
    mine = select(Delivery.id).filter_by(user_id=teacher.id, channel=Channel.IN_APP)
    return {"delivery_id": list(db.session.scalars(mine)), "feed_token": ["abc"]}


def forget():
    event_types._types.pop(TYPE, None)
