"""What waits for a person, from every package: the one list "Jouw beurt"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask_babel import LazyString

from labapp.accounts.actors import Actor
from labapp.clock import now, today


@dataclass(frozen=True)
class Duty:
    """One thing to do, where to do it, since when it waits and by which day it is asked."""

    words: LazyString | str
    url: str
    since: datetime | None = None
    due_on: date | None = None
    icon: str = "circle"
    object: str = ""

    @property
    def days(self) -> int | None:
        """For how many whole days it waits."""
        return (now() - self.since).days if self.since else None

    @property
    def is_late(self) -> bool:
        return self.due_on is not None and self.due_on < today()


Provider = Callable[[Actor], Sequence[Duty]]
_providers: dict[str, Provider] = {}
LAST = datetime.max.replace(tzinfo=UTC)


def register(name: str, provider: Provider) -> None:
    """Hand in, once at start-up, what tells the duties of a package; it shows only one's own."""
    _providers[name] = provider


def list_duties(actor: Actor) -> list[Duty]:
    """Give everything that waits for a person, the oldest first; what has no moment comes last."""
    if not actor.is_signed_in:
        return []
    found = [duty for provider in _providers.values() for duty in provider(actor)]
    return sorted(found, key=lambda duty: duty.since or LAST)
