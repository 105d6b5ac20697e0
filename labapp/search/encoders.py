"""Texts to vectors. An encoder is thread-safe, and its rows are float32 and of length one."""

import hashlib
import importlib.util
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labapp.errors import UnavailableError
from labapp.i18n import gettext as _
from labapp.search import model, model_store

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""How many texts are done, of how many."""

REMEMBERED = 2048
RETRY_SECONDS = 30.0


class Encoder(Protocol):
    """What the index needs of a model."""

    name: str
    fingerprint: str
    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each question; questions asked before are remembered."""

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Floats:
        """A row of length one for each passage, in the order given."""


class Remembering:
    """Keeps the vectors of the last questions: the first page and the second ask the same."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def rows(self, texts: Sequence[str], encode: Callable[[list[str]], Floats]) -> list[Floats]:
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            found.update(zip(missing, encode(missing), strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return [found[text] for text in texts]


class HashingEncoder:
    """Small and always the same, for tests: texts that share words or parts of words are near."""

    name = model.HASHING
    fingerprint = "hashing:1"
    dimension = 256

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        return np.array([self._row(text) for text in texts], np.float32).reshape(-1, self.dimension)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Floats:
        if progress:
            progress(len(texts), len(texts))
        return self.encode_queries(texts)

    def _row(self, text: str) -> Floats:
        row = np.zeros(self.dimension, np.float32)
        row[0] = 0.01  # so that a text without words has a direction too
        for word in re.findall(r"\w+", text.casefold()):
            parts = [word, *(word[at : at + 4] for at in range(len(word) - 3))]
            for part in parts:
                number = int.from_bytes(hashlib.blake2b(part.encode(), digest_size=4).digest())
                row[number % self.dimension] += 1.0 if number >> 31 else -1.0
        length = float(np.linalg.norm(row))
        return (
            row / np.float32(length) if length else np.eye(1, self.dimension, dtype=np.float32)[0]
        )


class EngineEncoder:
    """The prepared default model on OpenVINO: quick to load and to ask."""

    name = model.DEFAULT

    def __init__(self, folder: Path, fingerprint: str) -> None:
        from labapp.search import engine  # noqa: PLC0415  # OpenVINO may not be installed

        model_store.verify(folder, engine.FILES)
        self.fingerprint = fingerprint
        self._batches = engine.batches
        self._engine = engine.Engine(folder)
        self.dimension = self._engine.dimension
        self.precision = self._engine.precision
        self._remembering = Remembering()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        rows = self._remembering.rows(texts, self._encode_queries)
        return np.array(rows, np.float32).reshape(-1, self.dimension)

    def forget(self) -> None:
        """Forget the questions asked before."""
        self._remembering = Remembering()

    def _encode_queries(self, texts: list[str]) -> Floats:
        return self._encode([f"query: {text}" for text in texts], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Floats:
        return self._encode([f"passage: {text}" for text in texts], progress)

    def _encode(self, texts: list[str], progress: Progress | None) -> Floats:
        rows = np.empty((len(texts), self.dimension), np.float32)
        if not texts:
            return rows
        tokens = self._engine.tokens(texts)
        done = 0
        for batch in self._batches([len(numbers) for numbers in tokens]):
            rows[batch] = self._engine.run([tokens[position] for position in batch])
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return rows


class SentenceTransformerEncoder:
    """Any model that Sentence Transformers loads, with its own prompts."""

    def __init__(self, name: str, source: str, fingerprint: str | None = None) -> None:
        from sentence_transformers import (  # noqa: PLC0415  # seconds and 400 MB
            SentenceTransformer,
        )

        self.name = name
        try:
            self._model: Any = SentenceTransformer(
                source,
                device="cpu",
                local_files_only=True,  # a search must not wait for a network: see prepare
            )
        except (OSError, ValueError) as error:
            raise model.cannot_load(name, error) from error
        self.dimension = int(self._model.get_embedding_dimension())
        self.fingerprint = fingerprint or f"{name}:{_version_of(self._model, source)}"
        self._prompts = prompts_of(self._model.prompts, source)
        self._lock = threading.Lock()
        self._remembering = Remembering()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        rows = self._remembering.rows(
            texts, lambda missing: self._encode(missing, self._prompts[0], None)
        )
        return np.array(rows, np.float32).reshape(-1, self.dimension)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Floats:
        return self._encode(list(texts), self._prompts[1], progress)

    def _encode(self, texts: list[str], prompt: str, progress: Progress | None) -> Floats:
        rows = np.empty((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            with self._lock:  # its tokenizers are not safe in threads
                rows[part] = self._model.encode(
                    [texts[position] for position in part],
                    prompt=prompt,
                    batch_size=16,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            if progress:
                progress(start + len(part), len(texts))
        return rows


def prompts_of(configured: dict[str, str], source: str) -> tuple[str, str]:
    """What goes before a question and before a passage: from the model, else of the e5 family."""
    query = configured.get("query", "")
    passage = next(
        (configured[key] for key in ("document", "passage", "corpus") if configured.get(key)), ""
    )
    is_e5 = re.search(r"(^|[-_/\\])e5([-_/\\]|$)", source) and "instruct" not in source
    if not query and not passage and is_e5:
        return "query: ", "passage: "
    return query, passage


def _version_of(loaded: Any, source: str) -> str:
    """The commit of a fetched model; of a folder, a digest of its weights."""
    folder = Path(source)
    if not folder.is_dir():
        commit = getattr(loaded[0].auto_model.config, "_commit_hash", None)
        return str(commit or "")[:16]
    files = sorted([*folder.rglob("*.safetensors"), *folder.rglob("*.bin")])
    digests = "".join(model_store.digest_of(path) for path in files)
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


_loaded: dict[tuple[str, Path], Encoder] = {}
_failed: dict[tuple[str, Path], tuple[float, UnavailableError]] = {}
_loading = threading.Lock()


def load_encoder(
    name: str, instance: Path, *, prepare: bool = False, progress: model.Progress | None = None
) -> Encoder:
    """The encoder of that name, once for each process.

    The default model must have been prepared, or `prepare` allows to do it now: half a minute.
    Raises UnavailableError (ModelMissingError, ModelDamagedError) with a sentence for people; what
    failed is tried again after half a minute, so that searches without a model stay quick.
    """
    key = (model.DEFAULT if model.is_default(name) else name, Path(instance).resolve())
    if prepare and key not in _loaded:
        model.prepare(*key, progress=progress)  # outside our lock: others need not wait for it
        _failed.pop(key, None)
    with _loading:
        if key not in _loaded:
            since, error = _failed.get(key, (-RETRY_SECONDS, None))
            if error and time.monotonic() - since < RETRY_SECONDS:
                raise type(error)(*error.args)
            try:
                _loaded[key] = _load(*key)
            except UnavailableError as error:
                _failed[key] = (time.monotonic(), error)
                raise
        return _loaded[key]


def forget_encoders() -> None:
    """Load anew at the next call: after preparing again, and in tests."""
    with _loading:
        _loaded.clear()
        _failed.clear()


def _load(name: str, instance: Path) -> Encoder:
    if name == model.HASHING:
        return HashingEncoder()
    if not model.is_default(name):
        return SentenceTransformerEncoder(name, name)
    folder = model.model_folder(instance)
    if importlib.util.find_spec("openvino") and (folder / "engine").is_dir():
        try:
            return EngineEncoder(folder, model.fingerprint())
        except RuntimeError as error:  # OpenVINO's; the files are whole
            raise UnavailableError(
                _("OpenVINO kan het taalmodel niet laden: %(reason)s", reason=str(error))
            ) from error
    model_store.verify(folder)
    source = str(folder / "sentence-transformer")
    return SentenceTransformerEncoder(name, source, model.fingerprint())
