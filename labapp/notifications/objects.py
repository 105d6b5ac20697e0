"""What events are about: each package says what its objects are called and who may see them.

Titles and permission are asked when something is shown or sent, for the person it goes to.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from labapp.accounts.actors import Actor
from labapp.i18n import current_language


@dataclass(frozen=True)
class ObjectKind:
    """How objects of one table are shown.

    `title` and `titles` may depend on the language at hand, never on who asks: who may see an
    object is told by `can_see_many` alone, and only then its title is asked. With `titles` those
    of many objects come at once. `url` is asked in jobs too, where there is no request: see
    `addresses.path`.
    """

    title: Callable[[Actor, int], str | None]
    url: Callable[[int], str]
    can_see_many: Callable[[Actor, Collection[int]], set[int]]
    titles: Callable[[Collection[int]], Mapping[int, str]] | None = None


_kinds: dict[str, ObjectKind] = {}
MOST_DIGITS = 9


def register(name: str, kind: ObjectKind) -> None:
    """Make the objects of a table known, such as `questions`, once at start-up."""
    _kinds[name] = kind


def split(name: str) -> tuple[str, int] | None:
    """Give the kind and the id in a name such as `questions:12`; None when it names nothing."""
    kind, _colon, number = name.partition(":")
    known = kind in _kinds and number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    return (kind, int(number)) if known else None


def visible(actor: Actor, names: Collection[str]) -> set[str]:
    """Give those of the named objects that somebody may see: one question for each kind."""
    return {
        f"{kind}:{number}"
        for kind, numbers in _by_kind(names).items()
        for number in _kinds[kind].can_see_many(actor, numbers) & numbers
    }


def can_see(actor: Actor, name: str) -> bool:
    return name in visible(actor, [name])


def url_of(name: str) -> str:
    """Give the address of an object of a known kind."""
    found = split(name)
    return _kinds[found[0]].url(found[1]) if found else ""


def _by_kind(names: Collection[str]) -> dict[str, set[int]]:
    numbers: dict[str, set[int]] = defaultdict(set)
    for name in names:
        found = split(name)
        if found:
            numbers[found[0]].add(found[1])
    return numbers


@dataclass
class Titles:
    """Titles of objects that were found visible, each looked up once in a language."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def look_up(self, actor: Actor | None, names: Collection[str]) -> None:
        """Look up what is not known yet; without an actor only where a kind gives many at once."""
        language = current_language()
        wanted = [name for name in names if (language, name) not in self.known]
        for kind, numbers in _by_kind(wanted).items():
            for number, title in _titles(actor, _kinds[kind], numbers).items():
                self.known[language, f"{kind}:{number}"] = title

    def of(self, name: str) -> str | None:
        return self.known.get((current_language(), name))


def _titles(actor: Actor | None, kind: ObjectKind, numbers: set[int]) -> Mapping[int, str]:
    if kind.titles is not None:
        return kind.titles(numbers)
    if actor is None:
        return {}
    found = ((number, kind.title(actor, number)) for number in sorted(numbers))
    return {number: title for number, title in found if title is not None}
