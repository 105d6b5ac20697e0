"""The vectors of all passages in memory: which allowed ones are nearest to a question.

Vectors have the hubness as a last column (`ranking.augment`); the number of a row is that of the
passage in the index. New rows wait in a matrix that is compared whole; from some number on they
are filed in a compressed index for each language (a Dutch question lies nearer to everything
Dutch, and must look among the English passages all the same). What a compressed index finds is
measured again with the stored values, so that only the choice of what to measure is approximate.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.search.columns import Column, Mask
from labapp.search.matching import Middles
from labapp.search.parts import Part, Rows, inner, make_part, training_size

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Integers = NDArray[np.int64]

GONE = -1
FILE_FROM = 20_000
MEASURED_AGAIN = 2
SPARE = 50
"""How many more than asked for are measured with the stored values: lists miss some, codes hardly
change the order."""

CHUNK = 50_000
FEWEST_TO_TRAIN = 2_000
DENSE_SHARE = 0.25


class Vectors:
    """Fits `matching.Vectors`. The index's lock guards it: many may ask, one may change.

    Without `keeps_rows` it only counts: the database compares (`database_vectors`).
    """

    def __init__(
        self, dimension: int, *, approximate_from: int = 150_000, keeps_rows: bool = True
    ) -> None:
        self.keeps_rows = keeps_rows
        self.dimension = dimension
        self.codes: dict[str, int] = {}
        self.approximate_from = approximate_from
        self._groups: dict[tuple[str, str], int] = {}  # of language and kind
        self._counts: list[int] = []
        self._sums: list[NDArray[np.float64]] = []
        self._group_of: Column[np.int16] = Column(np.int16)
        self._languages: Column[np.int8] = Column(np.int8, GONE)
        self._has_vector: Column[np.bool_] = Column(np.bool_)
        self.rows = Rows(dimension + 1)
        self.parts: dict[int, Part] = {}
        self._filed = 0
        self._waiting: Floats = np.zeros((0, dimension + 1), np.float32)

    def __len__(self) -> int:
        return len(self._languages)

    @property
    def languages(self) -> NDArray[np.int8]:
        return self._languages.values

    @property
    def has_vector(self) -> Mask:
        return self._has_vector.values

    def middles(self, kinds: Collection[str]) -> Middles:
        """See `matching.Vectors`."""
        counts = dict.fromkeys(self.codes.values(), 0)
        sums = {code: np.zeros(self.dimension + 1) for code in self.codes.values()}
        for (language, kind), group in self._groups.items():
            if not kinds or kind in kinds:
                counts[self.codes[language]] += self._counts[group]
                sums[self.codes[language]] += self._sums[group]
        means = {
            code: (total / max(counts[code], 1)).astype(np.float32) for code, total in sums.items()
        }
        return Middles(counts, means)

    def add(
        self, rows: Halves, has_vector: Mask, languages: Sequence[str], kinds: Sequence[str]
    ) -> None:
        """Add passages at the end: augmented rows, of which those without a vector are zero.

        `kinds` are those of their objects. Call `settle` before searching.
        """
        codes = [self.codes.setdefault(name, len(self.codes)) for name in languages]
        self._languages.extend(np.array(codes, np.int8))
        groups = np.array(
            [self._group(*pair) for pair in zip(languages, kinds, strict=True)], np.int16
        )
        self._group_of.extend(groups)
        self._has_vector.extend(has_vector)
        if self.keeps_rows:
            self.rows.extend(rows)
        self._count(rows.astype(np.float32), has_vector, groups, 1)

    def settle(self) -> None:
        """Make ready for searching what was added."""
        if not self.keeps_rows:
            return
        if len(self) - self._filed >= FILE_FROM:
            self.file()
        new = slice(self._filed + len(self._waiting), len(self))
        if new.start < new.stop:
            self._waiting = np.concatenate([self._waiting, self.rows.take(new)])

    def remove(self, rows: Sequence[int]) -> None:
        """Let rows be found no more."""
        places = np.asarray(rows, np.int64)
        places = places[self.languages[places] != GONE]
        groups = self._group_of.values[places]
        values = self.rows.take(places) if self.keeps_rows else self._mean_rows(groups)
        self._count(values, self.has_vector[places], groups, -1)
        for place in places:
            self._languages.set(int(place), GONE)

    def best(self, question: Floats, depth: int, allowed: Mask) -> Integers:
        """The rows with the highest inner product among the allowed that have a vector."""
        members = allowed & self.has_vector
        found = [self._best_waiting(question, depth, members[self._filed :])]
        filed = members[: self._filed]
        left = int(np.count_nonzero(filed))
        for code, part in self._parts_for(members):
            if left <= 0:
                break
            own = filed & (self.languages[: self._filed] == code)
            count = int(np.count_nonzero(own))
            left -= count
            if count:
                wanted = MEASURED_AGAIN * depth if part.has_lists else depth + SPARE
                found.append(part.best(question, wanted, own, count))
        rows = np.concatenate(found)
        return _highest(rows, self.products(question, rows), depth)

    def products(self, question: Floats, rows: Integers) -> Floats:
        """The inner product of these rows; NaN for one without a vector."""
        found = inner(self.rows.take(rows), question)
        found[~self.has_vector[rows]] = np.nan
        return found

    def take(self, rows: Integers) -> Floats:
        """The vectors of these rows, without hubness."""
        return self.rows.take(rows)[:, :-1]

    def file(self) -> None:
        """Move what waits into the compressed indexes; the first time choose their kind."""
        start, stop = self._filed, len(self)
        for code in sorted(self.codes.values()):
            own = (self.languages[start:stop] == code) & self.has_vector[start:stop]
            places = start + np.flatnonzero(own)
            if len(places) and code not in self.parts:
                self.parts[code] = self._make_part(places)
            for at in range(0, len(places), CHUNK):
                chunk = places[at : at + CHUNK]
                self.parts[code].add(self.rows.take(chunk), chunk)
        self._filed = stop
        self._waiting = self._waiting[:0].copy()

    def dump(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """What it holds beside the rows and the compressed indexes, to be kept in a file."""
        arrays: dict[str, NDArray[Any]] = {
            "languages": self.languages.copy(),
            "has_vector": self.has_vector.copy(),
            "group_of": self._group_of.values.copy(),
        }
        for code, part in self.parts.items():
            arrays |= {f"{code}.rows": part.rows.copy(), f"{code}.middle": part.middle}
        plain = {
            "codes": dict(self.codes),
            "groups": list(self._groups),
            "counts": list(self._counts),
            "sums": [total.tolist() for total in self._sums],
            "filed": self._filed,
            "parts": list(self.parts),
        }
        return arrays, plain

    def restore(
        self,
        rows: Halves,
        parts: dict[int, Part],
        arrays: Mapping[str, NDArray[Any]],
        plain: Mapping[str, Any],
    ) -> None:
        """Take over what was kept, in an empty one of the same dimension."""
        self.rows = Rows(self.dimension + 1, rows)
        self.parts = parts
        self._languages = Column(np.int8, GONE, arrays["languages"])
        self._has_vector = Column(np.bool_, 0, arrays["has_vector"])
        self.codes = dict(plain["codes"])
        self._group_of = Column(np.int16, 0, arrays["group_of"])
        self._groups = {(name, kind): group for group, (name, kind) in enumerate(plain["groups"])}
        self._counts = list(plain["counts"])
        self._sums = [np.array(total) for total in plain["sums"]]
        self._filed = plain["filed"]
        self.settle()

    @property
    def is_of_another_size(self) -> bool:
        """Whether they would be compared in another way if they were filed now."""
        is_approximate = len(self) >= self.approximate_from
        return any(part.has_lists != is_approximate for part in self.parts.values())

    def _make_part(self, places: Integers) -> Part:
        """An index for a language, trained with some of its rows and, if few, with others."""
        expected = len(places) if len(self) >= self.approximate_from else 0
        if len(places) < FEWEST_TO_TRAIN:
            others = np.flatnonzero(self.has_vector[self._filed :]) + self._filed
            places = np.concatenate([places, others])
        size = min(len(places), training_size(expected))
        sample = np.random.default_rng(0).choice(places, size, replace=False)
        return make_part(self.rows.take(np.sort(sample)), expected)

    def _parts_for(self, members: Mask) -> list[tuple[int, Part]]:
        """The indexes, that of the first member's language first: usually it is the only one."""
        first = int(self.languages[int(np.argmax(members))]) if len(members) else GONE
        return sorted(self.parts.items(), key=lambda pair: pair[0] != first)

    def _best_waiting(self, question: Floats, depth: int, members: Mask) -> Integers:
        places = np.flatnonzero(members)
        if not len(places):
            return places
        if len(places) > DENSE_SHARE * len(members):
            values = inner(self._waiting, question)[places]
        else:
            values = inner(self._waiting[places], question)
        return self._filed + _highest(places, values, depth)

    def _mean_rows(self, groups: NDArray[np.int16]) -> Floats:
        """The mean of its group for each row, where the rows themselves are elsewhere."""
        means = [
            total / max(count, 1) for total, count in zip(self._sums, self._counts, strict=True)
        ]
        width = self.dimension + 1
        return np.array([means[group] for group in groups], np.float32).reshape(-1, width)

    def _group(self, language: str, kind: str) -> int:
        if (language, kind) not in self._groups:
            self._groups[language, kind] = len(self._groups)
            self._counts.append(0)
            self._sums.append(np.zeros(self.dimension + 1))
        return self._groups[language, kind]

    def _count(self, rows: Floats, has_vector: Mask, groups: NDArray[np.int16], sign: int) -> None:
        for group in np.unique(groups):
            own = (groups == group) & has_vector
            self._counts[group] += sign * int(own.sum())
            self._sums[group] += sign * rows[own].sum(0, dtype=np.float64)


def _highest(rows: Integers, values: Floats, depth: int) -> Integers:
    """The rows with the highest values, in no order; a value that is missing comes last."""
    if len(rows) <= depth:
        return rows
    return rows[np.argpartition(-np.nan_to_num(values, nan=-np.inf), depth)[:depth]]
