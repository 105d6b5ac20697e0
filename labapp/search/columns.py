"""Arrays that grow at the end: what the index holds of each object and passage."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Ids = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

SMALLEST_ROOM = 1024
DENSE_FROM = 4096
DENSE_SHARE = 32


class Column(Generic[Scalar]):
    """A growing array; `values` is what is in it, without a copy."""

    def __init__(
        self, kind: type[Scalar], empty: float = 0, values: NDArray[Any] | None = None
    ) -> None:
        self._kind, self._empty = kind, empty
        self._room: NDArray[Any] = np.zeros(0, kind) if values is None else values
        self._size = len(self._room)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Scalar]:
        return self._room[: self._size]

    def extend(self, values: Iterable[Any] | NDArray[Any]) -> None:
        added = np.asarray(values, dtype=self._kind)
        start = self._size
        self.resize(start + len(added))
        self._room[start : self._size] = added

    def resize(self, size: int) -> None:
        """Make it longer, with empty values."""
        if size > len(self._room):
            room = np.full(max(size, 2 * self._size, SMALLEST_ROOM), self._empty, self._kind)
            room[: self._size] = self._room[: self._size]
            self._room = room
        self._size = max(size, self._size)

    def set(self, place: int, value: Any) -> None:
        self.resize(place + 1)
        if not self._room.flags.writeable:  # it came from a snapshot
            self._room = self._room.copy()
        self._room[place] = value


class Members:
    """Which objects have a key or a value. Objects get ever higher numbers, so it only grows."""

    def __init__(self, values: NDArray[Any] | None = None) -> None:
        self._slots: Column[np.int32] = Column(np.int32, values=values)
        self._dense: Mask = np.zeros(0, np.bool_)
        self._dense_of = 0

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def slots(self) -> NDArray[np.int32]:
        return self._slots.values

    def add(self, slots: Iterable[int]) -> None:
        self._slots.extend(np.fromiter(slots, np.int32))

    def mark(self, mask: Mask) -> None:
        """Set the mask to True at the members."""
        dense = self._as_mask(len(mask))
        if dense is None:
            mask[self.slots] = True
        else:
            mask[: len(dense)] |= dense

    def count(self, mask: Mask) -> int:
        """The number of members in the mask."""
        dense = self._as_mask(len(mask))
        if dense is None:
            return int(np.count_nonzero(mask[self.slots]))
        return int(np.count_nonzero(mask[: len(dense)] & dense))

    def count_in(self, slots: NDArray[np.int64]) -> int:
        """The number of members among a few slots, which are in order."""
        dense = self._as_mask(0)
        if dense is not None:
            return int(np.count_nonzero(dense[slots[: np.searchsorted(slots, len(dense))]]))
        if not len(self):
            return 0
        places = np.minimum(np.searchsorted(self.slots, slots), len(self) - 1)
        return int(np.count_nonzero(self.slots[places] == slots))

    def _as_mask(self, size: int) -> Mask | None:
        """One byte an object, where that is quicker than numbers; made when first asked for."""
        count = len(self)
        if count < DENSE_FROM or count * DENSE_SHARE < size:
            return None
        if self._dense_of != count:
            dense = np.zeros(int(self.slots[-1]) + 1, np.bool_)
            dense[self.slots] = True
            self._dense, self._dense_of = dense, count
        return self._dense
