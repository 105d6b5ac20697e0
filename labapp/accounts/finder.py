"""Finding an organisation by name, municipality or BRIN while somebody types, errors forgiven.

Each process keeps the words of all organisations in memory. A cheap count tells whether they
changed. A word is compared with each distinct word once; a row's score is the sum over the
words that were typed, each by its best word in that row.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

LIKENESS = 72.0  # of 100: one error in a short word, two in a long one
EXACT, PREFIX = 100.0, 96.0
NAME_BONUS = 12.0
BRIN = re.compile(r"\d{2}[a-z]{2}\d{0,2}")
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Entry:
    """An organisation as it is searched: folded texts."""

    id: int
    name: str
    place: str
    brin: str
    is_open: bool


@dataclass
class Finder:
    """The words of all organisations; `stamp` says of which state of the table."""

    stamp: tuple[int, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    rows: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    starts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    in_name: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    lock: Lock = field(default_factory=Lock)

    def load(self, stamp: tuple[int, ...], entries: Iterable[Entry]) -> None:
        """Take the organisations of a state of the table."""
        found = sorted(entries, key=lambda entry: (not entry.is_open, len(entry.name), entry.name))
        places: dict[str, list[tuple[int, bool]]] = {}
        for row, entry in enumerate(found):
            name = set(entry.name.split())
            for word in name | set(entry.place.split()):
                places.setdefault(word, []).append((row, word in name))
        words = sorted(places)
        pairs = [pair for word in words for pair in places[word]]
        with self.lock:
            self.stamp, self.entries, self.words = stamp, found, words
            self.rows = np.array([row for row, _ in pairs], np.int32)
            self.in_name = np.array([named for _, named in pairs], np.bool_)
            lengths = [len(places[word]) for word in words]
            self.starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))

    def find(self, folded: str, limit: int) -> list[int]:
        """Give the ids of the best organisations for a folded text."""
        with self.lock:
            entries = self.entries
            brin = folded.replace(" ", "")
            if BRIN.fullmatch(brin):
                return [e.id for e in entries if e.brin.startswith(brin)][:limit]
            typed = folded.split()[:8]
            if not typed or not entries:
                return []
            total = np.zeros(len(entries), np.float32)
            for word in typed:
                total += self._score(word)
            whole = folded if len(typed) > 1 else ""
            return self._best(total, len(typed), whole, limit)

    def _score(self, typed: str) -> Scores:
        """Score every row for one word: the best of its words; those of the name count more."""
        likeness = self._likeness(typed)
        scores = np.zeros(len(self.entries), np.float32)
        for index in np.flatnonzero(likeness):
            part = slice(self.starts[index], self.starts[index + 1])
            gain = likeness[index] + NAME_BONUS * self.in_name[part]
            np.maximum.at(scores, self.rows[part], gain.astype(np.float32))
        return scores

    def _likeness(self, typed: str) -> Scores:
        likeness = np.zeros(len(self.words), np.float32)
        size = len(typed)
        if size > 2:  # noqa: PLR2004  # shorter words say too little to forgive anything in
            beginnings = [word[:size] for word in self.words]
            whole, begun = _compare(typed, self.words), _compare(typed, beginnings)
            likeness = np.maximum(whole, begun * np.float32(0.92))
        for index, word in enumerate(self.words):
            if word.startswith(typed):
                likeness[index] = EXACT if word == typed else PREFIX
        return likeness

    def _best(self, total: Scores, typed: int, whole: str, limit: int) -> list[int]:
        wanted = typed * LIKENESS * 0.9 if typed == 1 else (typed - 1) * LIKENESS
        best = np.argsort(-total, kind="stable")[: limit * 4]
        rows = [int(row) for row in best if total[row] >= wanted]
        if whole:
            rows.sort(key=lambda row: -(total[row] + 20 * self.entries[row].name.startswith(whole)))
        return [self.entries[row].id for row in rows[:limit]]


def _compare(typed: str, words: list[str]) -> Scores:
    """Give how alike a word is to each of the words, 0 to 100; 0 below `LIKENESS`."""
    table = process.cdist(
        [typed], words, scorer=fuzz.ratio, score_cutoff=LIKENESS, dtype=np.float32
    )
    return np.asarray(table[0], np.float32)
