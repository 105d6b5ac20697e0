"""What somebody reads of events: one line for each object that they may see, the newest first.

A conversation is told under what it is about.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from labapp.accounts.models import User
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.notifications import event_types, objects
from labapp.notifications.event_types import Values


@dataclass(frozen=True)
class Told:
    """An event as it reached somebody: the newest of `count` in one line."""

    delivery_id: int
    type: str
    subject: str
    about: str
    actor_id: int | None
    values: Mapping[str, Any]
    at: datetime
    is_unread: bool = True
    count: int = 1


@dataclass(frozen=True)
class Line:
    """An object, and in one sentence what is new about it."""

    delivery_id: int
    about: str
    type: str
    title: str
    words: str
    url: str
    count: int
    at: datetime
    is_unread: bool


@dataclass
class Names:
    """Titles of objects and names of people, looked up once for many readers."""

    titles: objects.Titles = field(default_factory=objects.Titles)
    people: dict[int, str] = field(default_factory=dict)

    def look_up_people(self, ids: Collection[int]) -> None:
        """Look up the names of who acted; of somebody who was erased it is what stands there."""
        wanted = set(ids) - self.people.keys()
        if wanted:
            columns = (User.id, User.given_name, User.particle, User.family_name)
            for number, *parts in db.session.execute(select(*columns).where(User.id.in_(wanted))):
                self.people[number] = " ".join(part for part in parts if part)

    def of_actor(self, actor_id: int | None) -> str:
        return self.people.get(actor_id or 0) or _("Ontwikkelkracht lab")


def shown_of(told: Sequence[Told], seen: Collection[str]) -> list[Told]:
    """Give the events that may be told, given the objects that somebody may see."""
    return [one for one in told if is_shown(one.type, one.subject, one.about, seen)]


def group(shown: Sequence[Told], places: Mapping[str, str]) -> list[Told]:
    """Keep the newest event of each place (`objects.places_of`), with how many; newest first."""
    newest: dict[str, Told] = {}
    counts = Counter(places[one.about] for one in shown)
    for one in sorted(shown, key=lambda one: one.delivery_id, reverse=True):
        newest.setdefault(places[one.about], one)
    return [replace(one, count=counts[place]) for place, one in newest.items()]


def is_shown(code: str, subject: str, about: str, seen: Collection[str]) -> bool:
    """Whether an event of a known kind may be told, given the objects that somebody may see.

    A subject whose kind nobody registered, such as a line within the object, goes with the object.
    """
    is_seen = about in seen and (subject in seen or objects.split(subject) is None)
    return is_seen and code in event_types.list_types()


def lines_of(told: Sequence[Told], names: Names) -> list[Line]:
    """Write the lines for grouped events; an object without a title is gone, and says nothing."""
    names.look_up_people([one.actor_id for one in told if one.actor_id])
    names.titles.look_up({one.about for one in told})
    found = []
    for one in told:
        title = names.titles.of(one.about)
        if title is None:
            continue
        values = Values(one.values, actor=names.of_actor(one.actor_id), title=title)
        url = objects.url_of(one.subject) or objects.url_of(one.about)
        words = event_types.get_type(one.type).say(values)
        found.append(
            Line(one.delivery_id, one.about, one.type, title, words, url, one.count, one.at,
                 one.is_unread)
        )  # fmt: skip
    return found
