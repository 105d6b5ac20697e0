"""Compressed indexes of faiss, one for each language, and the rows they were made of.

Up to some size every code (8 bits a number) is compared; beyond, codes lie in lists around
centres, and only the lists nearest to the question are read: more of them the fewer rows are
allowed, so that a filter never leaves too little to find.
"""

import os
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from labapp.search.columns import Column, Ids, Mask

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]

STEP = 16
"""faiss compares vectors of this many numbers, and multiples, much faster than others."""

LISTS_READ = 0.05
"""The share of the lists that is read when all is allowed: measured in benchmarks/scale.py."""

FEWEST_READ = 16
NARROWING = 0.8
"""The fewer are allowed the farther they lie: how fast the number of lists grows with that."""

FEW = 20_000
"""Of no more allowed rows than this all are compared."""

LISTS = 2.0
TRAINING = 40
ROUNDS = 8


def pad(vectors: Floats, dimension: int) -> Floats:
    """Zeros at the end of each vector, up to the dimension of the index."""
    missing = dimension - vectors.shape[1]
    padded: Floats = np.pad(vectors, ((0, 0), (0, missing)))
    return padded


def inner(rows: Floats, question: Floats) -> Floats:
    """The inner product of each row, without the threads of numpy: for one question they only wait
    for each other.
    """
    rows = np.ascontiguousarray(rows)
    found = np.empty(len(rows), np.float32)
    pointer: Any = faiss.swig_ptr
    compare: Any = faiss.fvec_inner_products_ny  # type: ignore[attr-defined,unused-ignore]
    compare(pointer(found), pointer(question), pointer(rows), rows.shape[1], len(rows))
    return found


class Rows:
    """All vectors as float16: those of a snapshot, which may lie on disk, and those added since."""

    def __init__(self, width: int, base: Halves | None = None) -> None:
        self.width = width
        self._base = np.zeros((0, width), np.float16) if base is None else base
        self._added: Column[np.float16] = Column(np.float16)

    def __len__(self) -> int:
        return len(self._base) + len(self._added) // self.width

    def extend(self, rows: Halves) -> None:
        self._added.extend(rows.reshape(-1))

    def take(self, places: Ids | slice) -> Floats:
        """These rows as float32."""
        if isinstance(places, slice):
            places = np.arange(places.start, places.stop)
        added = self._added.values.reshape(-1, self.width)
        if not len(added):
            return self._base[places].astype(np.float32)
        split = len(self._base)
        if not split:
            return added[places].astype(np.float32)
        rows = np.empty((len(places), self.width), np.float32)
        old = places < split
        rows[old] = self._base[places[old]]
        rows[~old] = added[places[~old] - split]
        return rows

    def chunks(self) -> list[Halves]:
        return [self._base, self._added.values.reshape(-1, self.width)]


class Part:
    """The codes of one language; `rows` are their numbers in the whole.

    Codes are of the difference with the `middle` of all vectors: vectors of texts all point about
    the same way, and what tells them apart is small. It moves every inner product with a question
    by the same amount.
    """

    def __init__(self, index: Any, middle: Floats, rows: NDArray[Any] | None = None) -> None:
        self.index = index
        self.middle = middle
        self._rows: Column[np.int32] = Column(np.int32, values=rows)

    @property
    def rows(self) -> NDArray[np.int32]:
        return self._rows.values

    @property
    def has_lists(self) -> bool:
        return hasattr(self.index, "nlist")

    def add(self, vectors: Floats, rows: Ids) -> None:
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        padded = pad(vectors - self.middle, self.index.d)
        if self.has_lists:  # they keep the number of each row themselves
            self.index.add_with_ids(padded, np.asarray(rows, np.int64))
        else:
            self.index.add(padded)
        self._rows.extend(rows)

    def best(self, question: Floats, depth: int, allowed: Mask, count: int) -> Ids:
        """About the best of the allowed rows of this language, of which there are `count`."""
        if count <= depth:
            return np.flatnonzero(allowed)
        found = self._search(question, depth, allowed, count, all_lists=False)
        if len(found) < depth:  # what is allowed lies far from the question
            found = self._search(question, depth, allowed, count, all_lists=True)
        return found

    def _search(
        self, question: Floats, depth: int, allowed: Mask, count: int, *, all_lists: bool
    ) -> Ids:
        options: dict[str, Any] = {}
        if count < len(self.rows):
            visible = allowed if self.has_lists else allowed[self.rows]
            selector: Any = faiss.IDSelectorBitmap
            options["sel"] = selector(np.packbits(visible, bitorder="little"))
        kind = faiss.SearchParameters
        if self.has_lists:
            lists, share = self.index.nlist, count / len(self.rows)
            wanted = int(max(FEWEST_READ, LISTS_READ * lists) * share**-NARROWING)
            near = lists if all_lists or count <= FEW else min(lists, wanted)
            kind, options["nprobe"] = faiss.SearchParametersIVF, near
        parameters = kind(**options)
        padded = pad(question[None], self.index.d)
        faiss.omp_set_num_threads(1)  # of this thread; other searches want the other processors
        found = self.index.search(padded, depth, params=parameters)[1][0]
        found = np.asarray(found[found >= 0], np.int64)
        return found if self.has_lists else self.rows[found].astype(np.int64)

    def save(self, path: Path) -> None:
        faiss.write_index(self.index, str(path))


def load_part(path: Path, middle: Floats, rows: NDArray[Any]) -> Part:
    return Part(faiss.read_index(str(path)), middle, rows)


def training_size(expected: int) -> int:
    """How many vectors the centres (of so many) are found with."""
    return TRAINING * lists_for(expected)


def lists_for(expected: int) -> int:
    return max(64, int(LISTS * expected**0.5)) if expected else 512


def make_part(sample: Floats, expected: int) -> Part:
    """An empty index whose codes suit the sample; with `expected`, for so many rows, in lists."""
    dimension = -(-sample.shape[1] // STEP) * STEP
    kind = faiss.ScalarQuantizer.QT_8bit
    if expected:
        lists = min(lists_for(expected), max(len(sample) // TRAINING, 1))
        centres = faiss.IndexFlatIP(dimension)
        index: Any = faiss.IndexIVFScalarQuantizer(
            centres, dimension, lists, kind, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = ROUNDS
        index.cp.max_points_per_centroid = TRAINING
    else:
        index = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    middle = sample.mean(0)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    index.train(pad(sample - middle, dimension))
    return Part(index, middle)
