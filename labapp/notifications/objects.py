"""What events are about: each package says what its objects are called and who may see them.

Titles and permission are asked when something is shown or sent, for the person it goes to.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.i18n import current_language
from labapp.notifications import addresses

Rule = Callable[[Actor], ColumnElement[bool]]
Titled = Callable[[Collection[int]], Mapping[int, str]]
Placed = Callable[[Collection[int]], Mapping[int, str]]


@dataclass(frozen=True)
class ObjectKind:
    """How objects of one table are shown.

    `titles` may depend on the language at hand, never on who asks: who may see an object is told
    by `can_see_many` alone, and only then its title is asked. `url` is asked in jobs too, where
    there is no request: see `addresses.path`. `places` names the object that one belongs to, such
    as the question of a conversation, where both are news of one thing.
    """

    titles: Titled
    url: Callable[[int], str]
    can_see_many: Callable[[Actor, Collection[int]], set[int]]
    places: Placed | None = None


_kinds: dict[str, ObjectKind] = {}
MOST_DIGITS = 9


def register(name: str, kind: ObjectKind) -> None:
    """Make the objects of a table known, such as `questions`, once at start-up."""
    _kinds[name] = kind


def visible_ids(model: Any, rule: ColumnElement[bool], ids: Collection[int]) -> set[int]:
    """Give those of the ids whose rows a rule lets through."""
    if not ids:
        return set()
    return set(db.session.scalars(select(model.id).where(model.id.in_(sorted(ids)), rule)))


def titled_by(column: Any) -> Titled:
    """Give the titles of rows out of a column of theirs."""
    number = column.class_.id

    def titles(ids: Collection[int]) -> Mapping[int, str]:
        rows = db.session.execute(select(number, column).where(number.in_(sorted(ids))))
        return {row[0]: row[1] for row in rows}

    return titles


def rows_of(
    model: Any,
    rule: Rule,
    endpoint: str,
    argument: str,
    titles: Titled | None = None,
    *,
    places: Placed | None = None,
) -> ObjectKind:
    """Describe the rows of a table: `rule` tells which of them somebody may see.

    They are called by their column `title`, unless `titles` says how.
    """
    return ObjectKind(
        titles=titles or titled_by(model.title),
        url=lambda number: addresses.path(endpoint, **{argument: number}),
        can_see_many=lambda actor, ids: visible_ids(model, rule(actor), ids),
        places=places,
    )


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


def places_of(names: Collection[str]) -> dict[str, str]:
    """Give for each name the one under which its news is told: most often itself.

    It groups what somebody may see, and is shown to nobody.
    """
    places = {name: name for name in names}
    for kind, numbers in _by_kind(names).items():
        belongs = _kinds[kind].places
        if belongs is not None:
            places |= {f"{kind}:{number}": whole for number, whole in belongs(numbers).items()}
    return places


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

    def look_up(self, names: Collection[str]) -> None:
        """Look up what is not known yet."""
        language = current_language()
        wanted = [name for name in names if (language, name) not in self.known]
        for kind, numbers in _by_kind(wanted).items():
            for number, title in _kinds[kind].titles(numbers).items():
                self.known[language, f"{kind}:{number}"] = title

    def of(self, name: str) -> str | None:
        return self.known.get((current_language(), name))
