"""The words of all passages in memory: which passage holds which term, and how well that matches.

A passage is a row, numbered from 0 in the order of adding; a removed row keeps its number and
matches nothing. Postings live in a few segments of sorted numpy arrays, so that adding one passage
does not sort the others again. A score is BM25 with, for each language, its own number of texts
and mean length. The share of a row is its score divided by the most a text could reach for the
question: what part of the question's weight this passage holds, between 0 and 1.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.search.analysis import WHOLE, unpack
from labapp.search.questions import Concept

Floats = NDArray[np.float32]
Rows = NDArray[np.uint32]
Mask = NDArray[np.bool_]

MOST_SEGMENTS = 8
ROWS_OF_SEGMENT = 400_000
GONE = -1


@dataclass(frozen=True)
class Segment:
    """Postings of some rows: those of `terms[i]` stand from `starts[i]` to `starts[i + 1]`."""

    terms: NDArray[np.uint32]
    starts: NDArray[np.int64]
    rows: Rows
    weights: NDArray[np.uint8]

    @classmethod
    def of(cls, terms: NDArray[np.uint32], rows: Rows, weights: NDArray[np.uint8]) -> "Segment":
        """Sort postings by term; within a term the rows keep their order."""
        order = np.argsort(terms, kind="stable")
        unique, starts = np.unique(terms[order], return_index=True)
        return cls(unique, np.append(starts, len(terms)), rows[order], weights[order])

    def postings(self, term: int) -> tuple[Rows, NDArray[np.uint8]]:
        place = int(np.searchsorted(self.terms, np.uint32(term)))
        if place == len(self.terms) or self.terms[place] != term:
            return self.rows[:0], self.weights[:0]
        span = slice(self.starts[place], self.starts[place + 1])
        return self.rows[span], self.weights[span]

    def unsorted(self) -> tuple[NDArray[np.uint32], Rows, NDArray[np.uint8]]:
        return np.repeat(self.terms, np.diff(self.starts)), self.rows, self.weights


class WordIndex:
    """Postings of every passage, in every language. Safe for several threads."""

    def __init__(self, *, k1: float = 1.2, b: float = 0.75) -> None:
        self.k1, self.b = k1, b
        self._lock = threading.RLock()
        self._segments: list[Segment] = []
        self._waiting: list[tuple[int, bytes]] = []
        self._lengths = np.zeros(0, np.float32)
        self._languages = np.zeros(0, np.int8)
        self._scores = np.zeros(0, np.float32)
        self._best = np.zeros(0, np.float32)
        self._codes: dict[str, int] = {}
        self._counts: list[int] = []
        self._sums: list[float] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, packed: Sequence[bytes], languages: Sequence[str]) -> range:
        """Add passages as `analysis.pack` made them; gives their row numbers."""
        with self._lock:
            rows = range(self._size, self._size + len(packed))
            self._grow(rows.stop)
            for row, text, language in zip(rows, packed, languages, strict=True):
                code = self._code(language)
                length = float(unpack(text)[1].sum(dtype=np.int64)) / WHOLE
                self._languages[row], self._lengths[row] = code, length
                self._counts[code] += 1
                self._sums[code] += length
                self._waiting.append((row, text))
                if len(self._waiting) >= ROWS_OF_SEGMENT:
                    self._sort_waiting()
            self._size = rows.stop
            return rows

    def remove(self, rows: Iterable[int]) -> None:
        """Let rows match nothing from now on; a row that is gone already stays so."""
        with self._lock:
            for row in rows:
                code = int(self._languages[row])
                if code != GONE:
                    self._counts[code] -= 1
                    self._sums[code] -= float(self._lengths[row])
                    self._languages[row] = GONE

    def dump(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All it holds, as arrays and plain values, to be kept in a file."""
        with self._lock:
            self._sort_waiting()
            arrays: dict[str, NDArray[Any]] = {
                "lengths": self._lengths[: self._size].copy(),
                "languages": self._languages[: self._size].copy(),
            }
            for number, segment in enumerate(self._segments):
                for name in ("terms", "starts", "rows", "weights"):
                    arrays[f"{number}.{name}"] = getattr(segment, name)
            plain = {
                "codes": dict(self._codes),
                "counts": list(self._counts),
                "sums": list(self._sums),
                "segments": len(self._segments),
            }
            return arrays, plain

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], plain: Mapping[str, Any]) -> "WordIndex":
        """What `dump` gave, as an index again."""
        index = cls()
        index._lengths, index._languages = arrays["lengths"], arrays["languages"]
        index._size = len(index._lengths)
        index._codes, index._counts = dict(plain["codes"]), list(plain["counts"])
        index._sums = list(plain["sums"])
        names = ("terms", "starts", "rows", "weights")
        index._segments = [
            Segment(*(arrays[f"{number}.{name}"] for name in names))
            for number in range(plain["segments"])
        ]
        return index

    def shares(
        self, concepts: Mapping[str, Sequence[Concept]], allowed: Mask | None = None
    ) -> Floats:
        """The share of each row for a question; 0 where a row is not allowed or matches nothing."""
        with self._lock:
            self._sort_waiting()
            self._make_scratch()
            found = np.zeros(self._size, np.float32)
            for language, asked in concepts.items():
                code = self._codes.get(language)
                if code is not None and self._counts[code]:
                    self._add_shares(found, asked, code, allowed)
        return found

    def _add_shares(
        self, found: Floats, asked: Sequence[Concept], code: int, allowed: Mask | None
    ) -> None:
        """Add the shares of the rows of one language; no other row holds its terms.

        Only rows that hold a term are touched: with a million passages an array of that size is
        slow to make. The scratch arrays are zero before and after.
        """
        touched, most = [np.zeros(0, np.uint32)], 0.0
        for concept in asked:
            own, weight = self._add_concept(concept, code)
            touched += own
            most += concept.weight * weight
        rows = np.concatenate(touched)
        shares = np.minimum(self._scores[rows] / max(most * (self.k1 + 1), 1e-9), 1)
        self._scores[rows] = 0
        shares[self._languages[rows] == GONE] = 0
        if allowed is not None:
            shares *= allowed[rows]
        found[rows] = shares

    def _add_concept(self, concept: Concept, code: int) -> tuple[list[Rows], float]:
        """Add the best alternative of each row to the scores.

        Gives the rows, some of them perhaps twice, and the weight of the concept as a whole.
        """
        touched, most = [], 0.0
        for terms, weight in concept.alternatives:
            found = [self._values(term, code) for term in terms]
            rows = np.concatenate([one[0] for one in found])
            if not len(rows):
                continue
            values = _sum_by_row(rows, np.concatenate([one[1] for one in found]), len(terms))
            self._best[rows] = np.maximum(self._best[rows], weight * values)
            touched.append(rows)
            most = max(most, weight * sum(one[2] for one in found) / len(terms))
        for rows in touched:  # a row that stands here twice is zero the second time
            self._scores[rows] += concept.weight * self._best[rows]
            self._best[rows] = 0
        return touched, most or float(np.log(1 + 2 * self._counts[code]))

    def _values(self, term: int, code: int) -> tuple[Rows, Floats, float]:
        """The rows that hold a term, the BM25 value of each, and how rare the term is."""
        count = self._counts[code]
        pairs = [segment.postings(term) for segment in self._segments]
        rows = np.concatenate([pair[0] for pair in pairs]) if pairs else np.zeros(0, np.uint32)
        if not len(rows):
            return rows, np.zeros(0, np.float32), float(np.log(1 + 2 * count))
        times = np.concatenate([pair[1] for pair in pairs]).astype(np.float32) / WHOLE
        frequency = min(len(rows), count)
        rarity = float(np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)))
        mean = max(self._sums[code] / count, 1.0)
        norms = self.k1 * (1 - self.b + self.b / mean * self._lengths[rows])
        return rows, rarity * (self.k1 + 1) * times / (times + norms), rarity

    def _sort_waiting(self) -> None:
        """Turn what was added into a segment, and join segments when there are many."""
        if self._waiting:
            parts = [unpack(text) for _row, text in self._waiting]
            sizes = np.fromiter((len(part[0]) for part in parts), np.int64, len(parts))
            numbers = np.fromiter((row for row, _text in self._waiting), np.uint32, len(parts))
            terms = np.concatenate([part[0] for part in parts])
            weights = np.concatenate([part[1] for part in parts])
            self._segments.append(Segment.of(terms, np.repeat(numbers, sizes), weights))
            self._waiting = []
        while len(self._segments) > MOST_SEGMENTS + self._size // ROWS_OF_SEGMENT:
            self._join_smallest()

    def _join_smallest(self) -> None:
        """Join the two smallest segments; their order does not matter."""
        self._segments.sort(key=lambda segment: -len(segment.rows))
        halves = [self._segments.pop().unsorted(), self._segments.pop().unsorted()]
        terms, rows, weights = (np.concatenate(pair) for pair in zip(*halves, strict=True))
        self._segments.append(Segment.of(terms, rows, weights))

    def _make_scratch(self) -> None:
        if len(self._scores) < self._size:
            self._scores = np.zeros(len(self._lengths), np.float32)
            self._best = np.zeros(len(self._lengths), np.float32)

    def _code(self, language: str) -> int:
        if language not in self._codes:
            self._codes[language] = len(self._codes)
            self._counts.append(0)
            self._sums.append(0.0)
        return self._codes[language]

    def _grow(self, size: int) -> None:
        if size > len(self._lengths):
            more = max(size, 2 * len(self._lengths), 1024) - len(self._lengths)
            self._lengths = np.concatenate([self._lengths, np.zeros(more, np.float32)])
            self._languages = np.concatenate([self._languages, np.full(more, GONE, np.int8)])


def _sum_by_row(rows: Rows, values: Floats, terms: int) -> Floats:
    """The mean over the terms of a phrase, for each of `rows`, which may stand there twice."""
    if terms == 1:
        return values
    _unique, place = np.unique(rows, return_inverse=True)
    summed = np.bincount(place, weights=values).astype(np.float32)
    means: Floats = summed[place] / np.float32(terms)
    return means
