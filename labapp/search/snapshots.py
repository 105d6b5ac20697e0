"""The index on disk, so that a process need not read every row when it starts.

A snapshot is a folder that is whole or not there: written aside, with the checksum of each file,
and given its name at the end. The vectors in it are mapped, not read: processes of one machine
share them. One that is damaged is removed and the rows are read instead.
"""

import hashlib
import json
import shutil
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from labapp.search.columns import Column
from labapp.search.content import Content, State
from labapp.search.lexical import WordIndex
from labapp.search.objects import Objects
from labapp.search.parts import Part, load_part
from labapp.search.storing import WAY

log = structlog.get_logger()

FORMAT = 4
MANIFEST = "manifest.json"
ARRAYS = "arrays.npz"
ROWS = "rows.npy"
KEPT = 2
LEFT_OVER_SECONDS = 3600


class DamagedError(Exception):
    """A snapshot is not what was written."""


def load(
    folder: Path, state: State, *, approximate_from: int, keeps_vectors: bool = True
) -> Content | None:
    """The newest snapshot that these rows have gone on from, or nothing."""
    for number, path in _snapshots(folder, state):
        if number > state.number:
            continue  # of rows that are no more, since a copy of the database was put back
        try:
            empty = Content(
                State(state.key, number, state.generation, state.fingerprint, state.dimension),
                approximate_from=approximate_from,
                keeps_vectors=keeps_vectors,
            )
            return _read(path, empty)
        except (DamagedError, OSError, ValueError, KeyError, RuntimeError) as error:
            log.warning("search.snapshot_damaged", folder=str(path), reason=str(error))
            shutil.rmtree(path, ignore_errors=True)  # so that a good one takes its place
    return None


def save(folder: Path, content: Content, lock: AbstractContextManager[None]) -> Path | None:
    """Keep the content; it may be searched meanwhile, and changed after the first moment."""
    with lock:
        state = content.state
        if any(number == state.number for number, _path in _snapshots(folder, state)):
            return None
        target = _folder_of(folder, state) / str(state.number)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=target.parent))
        try:
            arrays, plain = _dump(content)
            for code, part in content.vectors.parts.items():
                part.save(aside / f"part-{code}.faiss")
            chunks = content.vectors.rows.chunks()
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    try:
        _write(aside, state, arrays, plain, chunks)
        aside.rename(target)
    except OSError as error:  # the disk is full, or another process was first
        log.warning("search.snapshot_not_written", reason=str(error))
        return None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _forget_old(folder, state)
    return target


def newest(folder: Path, state: State) -> int | None:
    """The number of the newest snapshot of this generation."""
    return max((number for number, _path in _snapshots(folder, state)), default=None)


def _dump(content: Content) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "passage_ids": content.passage_ids.values.copy(),
        "slots": content.slots.values.copy(),
    }
    plain: dict[str, Any] = {"dead_passages": content.dead_passages}
    for name in ("objects", "words", "vectors"):
        own, plain[name] = getattr(content, name).dump()
        arrays |= {f"{name}.{key}": values for key, values in own.items()}
    return arrays, plain


def _write(
    aside: Path,
    state: State,
    arrays: dict[str, NDArray[Any]],
    plain: dict[str, Any],
    chunks: list[NDArray[np.float16]],
) -> None:
    with (aside / ARRAYS).open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # the names are not its options
    size = sum(len(chunk) for chunk in chunks)
    if size:
        shape = (size, state.dimension + 1)
        rows = open_memmap(aside / ROWS, mode="w+", dtype=np.float16, shape=shape)
        start = 0
        for chunk in chunks:
            rows[start : start + len(chunk)] = chunk
            start += len(chunk)
        rows.flush()
        del rows
    digests = {path.name: _digest(path) for path in sorted(aside.iterdir())}
    manifest = {"format": FORMAT, "words": WAY, "number": state.number, "files": digests}
    (aside / MANIFEST).write_text(json.dumps({**manifest, "plain": plain}))


def _read(path: Path, content: Content) -> Content:
    """Fill the empty content with what was kept."""
    manifest = json.loads((path / MANIFEST).read_text())
    if (manifest["format"], manifest["words"]) != (FORMAT, WAY):
        raise DamagedError("it was written by another version")
    for name, digest in manifest["files"].items():
        if _digest(path / name) != digest:
            raise DamagedError(f"{name} is not what was written")
    with np.load(path / ARRAYS) as file:
        arrays: dict[str, NDArray[Any]] = dict(file.items())
    plain = manifest["plain"]
    content.passage_ids = Column(np.int64, values=arrays["passage_ids"])
    content.slots = Column(np.int64, values=arrays["slots"])
    content.dead_passages = plain["dead_passages"]
    content.objects = Objects.restore(_own(arrays, "objects"), plain["objects"])
    content.words = WordIndex.restore(_own(arrays, "words"), plain["words"])
    _restore_vectors(path, content, _own(arrays, "vectors"), plain["vectors"])
    if content.vectors.is_of_another_size:
        raise DamagedError("so many passages are compared in another way")
    return content


def _restore_vectors(
    path: Path, content: Content, arrays: dict[str, NDArray[Any]], plain: dict[str, Any]
) -> None:
    parts: dict[int, Part] = {
        code: load_part(
            path / f"part-{code}.faiss", arrays[f"{code}.middle"], arrays[f"{code}.rows"]
        )
        for code in plain["parts"]
    }
    rows: NDArray[np.float16] = np.zeros((0, content.state.dimension + 1), np.float16)
    if (path / ROWS).exists():
        rows = np.load(path / ROWS, mmap_mode="r")
    content.vectors.restore(rows, parts, arrays, plain)


def _own(arrays: dict[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    start = f"{name}."
    return {
        key.removeprefix(start): values for key, values in arrays.items() if key.startswith(start)
    }


def _folder_of(folder: Path, state: State) -> Path:
    version = f"{FORMAT} {WAY} {state.fingerprint} {state.dimension}"
    digest = hashlib.sha256(version.encode()).hexdigest()[:12]
    return folder / state.key / f"{state.generation}-{digest}"


def _snapshots(folder: Path, state: State) -> list[tuple[int, Path]]:
    """The snapshots of a generation, the newest first."""
    if not state.key:
        return []
    found = _folder_of(folder, state).glob("[0-9]*")
    return sorted(((int(path.name), path) for path in found if path.name.isdigit()), reverse=True)


def _forget_old(folder: Path, state: State) -> None:
    """Remove all but the newest; a process that still reads an older one keeps its files open."""
    for _number, path in _snapshots(folder, state)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
    for leftover in _folder_of(folder, state).glob(".*.tmp"):  # of a process that was killed
        if time.time() - leftover.stat().st_mtime > LEFT_OVER_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
