"""All that is searched, in memory: objects, the words of their passages, and their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from labapp.search.columns import Column, Mask
from labapp.search.lexical import WordIndex
from labapp.search.objects import Objects, StoredObject
from labapp.search.vectors import Vectors
from labapp.search.vocabulary import Vocabulary


@dataclass(frozen=True)
class State:
    """What of the database a content is made of; when `number` is higher, it has to catch up."""

    key: str
    number: int
    generation: int
    fingerprint: str
    dimension: int

    def same_origin(self, other: "State") -> bool:
        return (self.key, self.generation, self.dimension) == (
            other.key,
            other.generation,
            other.dimension,
        )


@dataclass(frozen=True)
class StoredPassage:
    """A passage as its row says; `vector` is None while it waits for the model."""

    id: int
    language: str
    words: bytes
    vector: bytes | None
    hubness: float


class Content:
    """Passages have a number: their place in `passage_ids`, in the words and in the vectors."""

    def __init__(self, state: State, *, approximate_from: int, keeps_vectors: bool = True) -> None:
        self.state = state
        self.objects = Objects()
        self.words = WordIndex()
        self.vectors = Vectors(
            state.dimension, approximate_from=approximate_from, keeps_rows=keeps_vectors
        )
        self.passage_ids: Column[np.int64] = Column(np.int64)
        self.slots: Column[np.int64] = Column(np.int64)  # as numpy takes them fastest
        self.dead_passages = 0
        self._by_id = np.zeros(0, np.int64)
        self.vocabulary = Vocabulary()

    def __len__(self) -> int:
        return len(self.passage_ids)

    def apply(
        self,
        changed: Sequence[tuple[StoredObject, Sequence[StoredPassage]]],
        removed: Sequence[int],
    ) -> None:
        """Take over objects that are new or changed, and let go of rows that were removed."""
        for row_id in (*removed, *(one.row_id for one, _passages in changed)):
            slot = self.objects.remove(row_id)
            if slot is not None:
                passages = self.objects.passages_of(slot)
                self.words.remove(passages)
                self.vectors.remove(passages)
                self.dead_passages += len(passages)
        counts = [len(passages) for _one, passages in changed]
        firsts = [len(self) + before for before in accumulate([0, *counts[:-1]])]
        slot = len(self.objects)
        self.slots.extend(np.repeat(np.arange(slot, slot + len(counts)), counts))
        self.objects.add([one for one, _passages in changed], firsts, counts)
        self._add_passages(
            [passage for _one, passages in changed for passage in passages],
            [one.kind for one, passages in changed for _passage in passages],
        )

    def allowed_passages(self, objects: Mask) -> Mask:
        """The passages of these objects."""
        allowed: Mask = objects.take(self.slots.values)
        return allowed

    def places_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the passages with these ids, but of those that are not known."""
        known = self.passage_ids.values
        if len(self._by_id) != len(known):
            self._by_id = np.argsort(known, kind="stable")
        if not len(known):
            return np.zeros(0, np.int64)
        at = np.searchsorted(known, ids, side="right", sorter=self._by_id) - 1
        places = self._by_id[np.maximum(at, 0)]  # the newest, when an object was read again
        found: NDArray[np.int64] = places[known[places] == ids]
        return found

    def _add_passages(self, passages: Sequence[StoredPassage], kinds: Sequence[str]) -> None:
        if not passages:
            return
        languages = [passage.language for passage in passages]
        self.passage_ids.extend([passage.id for passage in passages])
        self.words.add([passage.words for passage in passages], languages)
        rows = np.zeros((len(passages), self.state.dimension + 1), np.float16)
        has_vector = np.zeros(len(passages), np.bool_)
        size = 2 * self.state.dimension
        for place, passage in enumerate(passages):
            if passage.vector is not None and len(passage.vector) == size:
                rows[place, :-1] = np.frombuffer(passage.vector, "<f2")
                rows[place, -1] = passage.hubness
                has_vector[place] = True
        self.vectors.add(rows, has_vector, languages, kinds)
