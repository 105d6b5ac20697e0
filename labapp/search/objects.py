"""The objects in memory: who may find them, and the values they are filtered, counted, sorted by.

An object has a number, its slot. One that changes gets a new slot and its old one dies, so slots
only grow and every list of them is in order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.search.columns import Column, Mask, Members

NONE = -1
COLUMNS = (
    "row_ids",
    "object_ids",
    "kinds",
    "revisions",
    "is_alive",
    "first_passage",
    "passages",
    "slot_of_row",
)


@dataclass(frozen=True)
class StoredObject:
    """An object as its row says."""

    row_id: int
    kind: str
    object_id: int
    revision: int
    audience: Sequence[str]
    facets: Mapping[str, Sequence[str]]
    numbers: Mapping[str, float]


class Objects:
    """Columns with one element for each slot, and for each key and value its members."""

    def __init__(self) -> None:
        self.row_ids: Column[np.int64] = Column(np.int64)
        self.object_ids: Column[np.int64] = Column(np.int64)
        self.kinds: Column[np.int16] = Column(np.int16)
        self.revisions: Column[np.int64] = Column(np.int64)
        self.is_alive: Column[np.bool_] = Column(np.bool_)
        self.first_passage: Column[np.int32] = Column(np.int32)
        self.passages: Column[np.int32] = Column(np.int32)
        self.slot_of_row: Column[np.int32] = Column(np.int32, NONE)
        self.kind_codes: dict[str, int] = {}
        self.audiences: dict[str, Members] = {}
        self.facets: dict[str, dict[str, Members]] = {}
        self.numbers: dict[str, Column[np.float64]] = {}

    def __len__(self) -> int:
        return len(self.row_ids)

    def add(
        self, added: Sequence[StoredObject], first_passages: Sequence[int], passages: Sequence[int]
    ) -> None:
        """Add objects at the end, with the place and the number of their passages."""
        start = len(self)
        codes = self.kind_codes
        self.row_ids.extend([one.row_id for one in added])
        self.object_ids.extend([one.object_id for one in added])
        self.kinds.extend([codes.setdefault(one.kind, len(codes)) for one in added])
        self.revisions.extend([one.revision for one in added])
        self.is_alive.extend([True] * len(added))
        self.first_passage.extend(first_passages)
        self.passages.extend(passages)
        for slot, one in enumerate(added, start):
            self.slot_of_row.set(one.row_id, slot)
        self._add_keys(added, start)

    def remove(self, row_id: int) -> int | None:
        """Let the slot of a row die; gives its number if it was alive."""
        slot = self.slot_of(row_id)
        if slot is None:
            return None
        self.is_alive.set(slot, value=False)
        self.slot_of_row.set(row_id, NONE)
        return slot

    def slot_of(self, row_id: int) -> int | None:
        if row_id >= len(self.slot_of_row) or self.slot_of_row.values[row_id] == NONE:
            return None
        return int(self.slot_of_row.values[row_id])

    def find(self, kind: str, object_id: int) -> int | None:
        """The slot of an object that is there."""
        code = self.kind_codes.get(kind, NONE)
        own = (self.object_ids.values == object_id) & (self.kinds.values == code)
        places = np.flatnonzero(own & self.is_alive.values)
        return int(places[-1]) if len(places) else None

    def passages_of(self, slot: int) -> range:
        first = int(self.first_passage.values[slot])
        return range(first, first + int(self.passages.values[slot]))

    def kind_of(self, slot: int) -> str:
        return next(
            kind for kind, code in self.kind_codes.items() if code == self.kinds.values[slot]
        )

    def visible(self, audiences: Collection[str], kinds: Collection[str] = ()) -> Mask:
        """The objects that somebody with these keys may find."""
        mask = np.zeros(len(self), np.bool_)
        for key in audiences:
            if key in self.audiences:
                self.audiences[key].mark(mask)
        mask &= self.is_alive.values
        if kinds:
            wanted = [self.kind_codes[kind] for kind in kinds if kind in self.kind_codes]
            mask &= np.isin(self.kinds.values, wanted)
        return mask

    def having(self, facet: str, values: Iterable[str]) -> Mask:
        """The objects with one of the values."""
        mask = np.zeros(len(self), np.bool_)
        known = self.facets.get(facet, {})
        for value in values:
            if value in known:
                known[value].mark(mask)
        return mask

    def at_least(self, name: str, minimum: float) -> Mask:
        """The objects whose number is known and high enough."""
        found: Mask = self.number(name) >= minimum
        return found

    def number(self, name: str) -> NDArray[np.float64]:
        """A number of every object; NaN where it is unknown."""
        column = self.numbers.get(name)
        if column is None:
            return np.full(len(self), np.nan)
        column.resize(len(self))
        return column.values

    def dump(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All it holds, as arrays and plain values, to be kept in a file."""
        arrays: dict[str, NDArray[Any]] = {
            name: getattr(self, name).values.copy() for name in COLUMNS
        }
        arrays |= {f"number.{name}": self.number(name).copy() for name in self.numbers}
        keys = list(self.audiences)
        values = [(facet, value) for facet, own in self.facets.items() for value in own]
        members = [self.audiences[key] for key in keys]
        members += [self.facets[facet][value] for facet, value in values]
        arrays["members"] = np.concatenate([[0], *(one.slots for one in members)])[1:]
        plain = {
            "kinds": dict(self.kind_codes),
            "numbers": list(self.numbers),
            "audiences": keys,
            "facets": values,
            "sizes": [len(one) for one in members],
        }
        return arrays, plain

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], plain: Mapping[str, Any]) -> "Objects":
        """What `dump` gave, as objects again."""
        objects = cls()
        for name in COLUMNS:
            column = getattr(objects, name)
            column.extend(arrays[name])
        for name in plain["numbers"]:
            objects.numbers[name] = Column(np.float64, np.nan, arrays[f"number.{name}"])
        objects.kind_codes = dict(plain["kinds"])
        ends = np.cumsum(plain["sizes"])
        parts = [Members(part.astype(np.int32)) for part in np.split(arrays["members"], ends[:-1])]
        for key, members in zip(plain["audiences"], parts, strict=False):
            objects.audiences[key] = members
        for (facet, value), members in zip(
            plain["facets"], parts[len(plain["audiences"]) :], strict=False
        ):
            objects.facets.setdefault(facet, {})[value] = members
        return objects

    def _add_keys(self, added: Sequence[StoredObject], start: int) -> None:
        keys: dict[str, list[int]] = defaultdict(list)
        values: dict[tuple[str, str], list[int]] = defaultdict(list)
        for slot, one in enumerate(added, start):
            for key in one.audience:
                keys[key].append(slot)
            for facet, own in one.facets.items():
                for value in own:
                    values[facet, value].append(slot)
            for name, number in one.numbers.items():
                column = self.numbers.setdefault(name, Column(np.float64, np.nan))
                column.set(slot, number)
        for key, slots in keys.items():
            self.audiences.setdefault(key, Members()).add(slots)
        for (facet, value), slots in values.items():
            self.facets.setdefault(facet, {}).setdefault(value, Members()).add(slots)


def as_stored(row: Any) -> StoredObject:
    """An object of a row of the table."""
    return StoredObject(
        row_id=row.id,
        kind=row.kind,
        object_id=row.object_id,
        revision=row.revision,
        audience=row.audience,
        facets=row.facets,
        numbers=row.numbers,
    )
