"""A small domain to be told about: questions, that some may see, and what happens to them."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.i18n import lazy_gettext as _l
from labapp.jobs import services as jobs
from labapp.mail.models import Letter
from labapp.notifications import emitting, event_types, objects
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Delivery, Frequency
from labapp.notifications.objects import ObjectKind

TYPES = (
    EventType("thing.answered", "Antwoorden", _l("Nieuw"), to_followers=True),
    EventType("thing.mentioned", "Iemand noemt je", "%(actor)s noemt je bij %(title)s.",
              default=Frequency.AT_ONCE),
    EventType("thing.edited", "Wijzigingen", "%(actor)s wijzigde %(part)s.",
              default=Frequency.AT_ONCE, is_state_change=False),
    EventType("thing.asked", "Iets gevraagd", "%(actor)s vraagt iets van je.", is_duty=True),
)  # fmt: skip


@dataclass
class Things:
    """What there is, and for whom it is closed."""

    titles: dict[int, str] = field(default_factory=lambda: {n: f"Ding {n}" for n in range(1, 60)})
    closed: dict[int, set[int]] = field(default_factory=dict)  # by person
    asked: list = field(default_factory=list)  # who was asked for, and how many things

    def can_see_many(self, actor, numbers):
        self.asked.append((actor.id, len(numbers)))
        return set(numbers) & self.titles.keys() - self.closed.get(actor.id, set())

    def close(self, number, *people):
        for person in people:
            self.closed.setdefault(person.id, set()).add(number)


@pytest.fixture
def things():
    """Register the domain for one test."""
    known = Things()
    kind = ObjectKind(
        titles=lambda ids: {n: known.titles[n] for n in ids if n in known.titles},
        url=lambda number: f"/dingen/{number}",
        can_see_many=known.can_see_many,
    )
    objects.register("things", kind)
    for event_type in TYPES:
        emitting.register(event_type)
    yield known
    objects._kinds.pop("things")
    for event_type in TYPES:
        event_types._types.pop(event_type.code)


@pytest.fixture
def tell(things, researcher):
    """Emit an event of a researcher: `tell("thing.asked", 3, teacher, colleague)`."""

    def telling(code, number, *people, actor=None, **options):
        with transaction():
            emitting.emit(
                actor or Actor.of(researcher), code, f"things:{number}",
                [person.id for person in people], **options,
            )  # fmt: skip

    return telling


@pytest.fixture
def at():
    """Set the clock to a moment in the Netherlands."""
    return clock.set_clock


def letters_of(user=None):
    query = select(Letter).order_by(Letter.id)
    return list(db.session.scalars(query.filter_by(user_id=user.id) if user else query))


def deliveries_of(user):
    rows = db.session.scalars(select(Delivery).filter_by(user_id=user.id).order_by(Delivery.id))
    return [(row.channel.value, row.frequency.value, row.settled_at is not None) for row in rows]


def work():
    """Work off what waits."""
    return jobs.run_waiting()
