"""Which objects a query allows, and how many of what was found have each value.

A facet is counted with the filters of the others and without its own, so that its counts say what
one would get by choosing another value. What is chosen is counted in the result itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labapp.search.columns import Mask, Members
from labapp.search.documents import Query
from labapp.search.objects import Objects

FEW = 32
"""Objects that are fewer than one in so many are looked up one by one."""


@dataclass(frozen=True)
class Choice:
    """The filters of a query that hold: all, or all but the one named, or for any kind."""

    query: Query
    without: str = ""
    any_kind: bool = False


Found = Callable[[Choice], Mask]
"""From a choice of filters to the objects that answer the question."""


def _counter(objects: Mask) -> Callable[[Members], int]:
    """Counts members among these objects, in the way that is quicker."""
    if np.count_nonzero(objects) * FEW < len(objects):
        slots = np.flatnonzero(objects)
        return lambda members: members.count_in(slots)
    return lambda members: members.count(objects)


class Scope:
    """The objects that a query may find, with all of its filters or all but one."""

    def __init__(self, objects: Objects, query: Query) -> None:
        self._objects = objects
        self._query = query
        self._visible = objects.visible(query.audiences)
        self._kinds = self._visible
        if query.kinds:
            self._kinds = objects.visible(query.audiences, query.kinds)
        self._filters = {
            facet: objects.having(facet, values)
            for facet, values in query.filters.items()
            if values
        }
        self._minimum = {
            name: objects.at_least(name, least) for name, least in query.minimum.items()
        }

    def allowed(self, choice: Choice) -> Mask:
        """The objects that a choice of filters allows."""
        mask = (self._visible if choice.any_kind else self._kinds).copy()
        for name, own in (*self._filters.items(), *self._minimum.items()):
            if name != choice.without:
                mask &= own
        return mask

    def counts(self, result: Mask, found: Found) -> dict[str, dict[str, int]]:
        """For each facet the number of objects with each value, the most frequent first."""
        counts = {}
        for facet, values in self._objects.facets.items():
            chosen = self._query.filters.get(facet, ())
            base = found(Choice(self._query, without=facet)) if chosen else result
            own, others = _counter(result), _counter(base)
            numbers = {
                value: own(members) if value in chosen else others(members)
                for value, members in values.items()
            }
            shown = [pair for pair in numbers.items() if pair[1]]
            counts[facet] = dict(sorted(shown, key=lambda pair: (-pair[1], pair[0])))
        return counts

    def kinds(self, result: Mask, found: Found) -> dict[str, int]:
        """How many of each kind one would find without choosing kinds."""
        base = result
        if self._query.kinds:
            everything = Choice(self._query, any_kind=True)
            if not np.array_equal(self.allowed(everything), self.allowed(Choice(self._query))):
                base = found(everything) | result
        codes = self._objects.kinds.values[base]
        numbers = np.bincount(codes, minlength=len(self._objects.kind_codes))
        return {
            kind: int(numbers[code])
            for kind, code in self._objects.kind_codes.items()
            if numbers[code]
        }

    def advice(self, found: Found) -> dict[str, int]:
        """How much one would find without each of the filters."""
        numbers = {
            name: int(np.count_nonzero(found(Choice(self._query, without=name))))
            for name in (*self._filters, *self._minimum)
        }
        return {name: number for name, number in numbers.items() if number}
