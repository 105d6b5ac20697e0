"""The kinds of events: each package registers its own, with their words and what is usual."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from labapp.notifications.models import Frequency


class Values(dict[str, Any]):
    """The values of a sentence; one that an old event lacks stops no digest."""

    def __missing__(self, _name: str) -> str:
        return "…"


@dataclass(frozen=True)
class EventType:
    """A kind of event.

    `words` names it in the list of choices. `sentence` is what happened, with %(actor)s, %(title)s
    and the values of the event. Without a `default`, duties come at once and the rest once a week.
    What is no change of state (`is_state_change=False`, such as an edit) never comes at once.
    """

    code: str
    words: LazyString | str
    sentence: Callable[[Mapping[str, Any]], str] | LazyString | str
    default: Frequency | None = None
    is_duty: bool = False
    to_followers: bool = False
    to_self: bool = False
    is_state_change: bool = True

    @property
    def usual(self) -> Frequency:
        """How often mail about it comes to who chose nothing."""
        default = Frequency.AT_ONCE if self.is_duty else Frequency.WEEKLY
        return self.cap(self.default or default)

    def cap(self, frequency: Frequency) -> Frequency:
        """Give a frequency that such events can come with: what changes no state waits a day."""
        is_too_soon = frequency is Frequency.AT_ONCE and not self.is_state_change
        return Frequency.DAILY if is_too_soon else frequency

    def say(self, values: Mapping[str, Any]) -> str:
        """Give the sentence in the language at hand."""
        if callable(self.sentence) and not isinstance(self.sentence, LazyString):
            return str(self.sentence(values))
        return str(self.sentence) % values


_types: dict[str, EventType] = {}


def register(event_type: EventType) -> None:
    """Make a kind of event known, once at start-up."""
    _types[event_type.code] = event_type


def get_type(code: str) -> EventType:
    """Give a kind of event; one that nobody registered is a KeyError."""
    return _types[code]


def list_types() -> dict[str, EventType]:
    """Give every kind of event by its code, in the order in which they were registered."""
    return dict(_types)
