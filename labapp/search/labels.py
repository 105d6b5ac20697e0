"""Which labels suit a question, after groups of example questions that have theirs.

A group is what asks for one thing, such as the questions that a card answers. A question is as near
to a group as the mean of its nearest examples, in its own words and in English words together, each
compared to its nearness to the other groups. It takes the labels of the groups it is near to, and a
label that many groups have counts less. Measured in `benchmarks/matching.py`.
"""

import hashlib
import io
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import structlog
from numpy.typing import NDArray

from labapp.search import asking, runtime
from labapp.search.encoders import Encoder
from labapp.search.questions import analyse

Floats = NDArray[np.float32]

log = structlog.get_logger()

NEAREST = 3
SHARPNESS = 0.7
FEWEST_GROUPS = 20
"""With fewer, how near a question is to one beside the others says nothing."""


@dataclass(frozen=True)
class Group:
    """Questions that ask for one thing, and the labels of that thing."""

    questions: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Labeller:
    """What was learnt of groups of questions.

    `vectors` are (2, questions, dimension): each question as it is, and in English words; `owners`
    says of which group each is, in rising order; `labels` are (groups, names), True where a group
    has the label. `digest` tells of which questions and which model it was made.
    """

    vectors: Floats
    owners: NDArray[np.int32]
    labels: NDArray[np.bool_]
    names: tuple[str, ...]
    digest: str

    def guess(self, question: Floats, translation: Floats | None) -> dict[str, float]:
        """Give how well each label suits a question, the best 1."""
        nearness = np.zeros(len(self.labels), np.float32)
        for view, vector in zip(self._centred, (question, translation), strict=True):
            nearness += self._nearness(*view, question if vector is None else vector)
        shares = np.exp(nearness * SHARPNESS)
        shares /= shares.sum()
        fits = shares @ (self.labels / np.sqrt(np.maximum(self.labels.sum(0), 1)))
        fits /= max(float(fits.max()), 1e-9)
        return {name: float(fit) for name, fit in zip(self.names, fits, strict=True)}

    @cached_property
    def _centred(self) -> list[tuple[Floats, Floats]]:
        """Of each view its middle, and the examples around it, of length one."""
        middles = self.vectors.mean(axis=1)
        return [
            (middle, _unit(view - middle))
            for middle, view in zip(middles, self.vectors, strict=True)
        ]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.searchsorted(self.owners, np.arange(len(self.labels) + 1))

    def _nearness(self, middle: Floats, examples: Floats, vector: Floats) -> Floats:
        near = examples @ _unit((vector - middle)[None])[0]
        means = [
            np.sort(near[start:end])[-NEAREST:].mean()
            for start, end in zip(self._starts[:-1], self._starts[1:], strict=True)
        ]
        found = np.array(means, np.float32)
        spread = float(found.std())
        return (found - found.mean()) / spread if spread else found * 0


def guess(name: str, text: str) -> dict[str, float]:
    """Give how well each label that was learnt under a name suits a text, the best 1.

    Nothing when nothing was learnt yet, of this model, or the model is out of order.
    """
    here = runtime.current()
    labeller = _load(_path(here, name))
    if labeller is None:
        return {}
    vectors = asking.encode(here, analyse(text))
    if vectors.question is None or vectors.question.shape != labeller.vectors.shape[2:]:
        return {}
    if not labeller.digest.startswith(_prefix(vectors.fingerprint)):
        return {}
    return labeller.guess(vectors.question, vectors.translation)


def learn(name: str, groups: Sequence[Group]) -> bool:
    """Learn labels anew if groups or model changed, for every process; say whether they did.

    Raises UnavailableError when the model is out of order.
    """
    here = runtime.current()
    path = _path(here, name)
    usable = [group for group in groups if group.questions and group.labels]
    if len(usable) < FEWEST_GROUPS:
        path.unlink(missing_ok=True)
        return False
    encoder = here.encoder()
    known = _load(path)
    if known is not None and known.digest == _digest(encoder, usable):
        return False
    _save(path, make(usable, encoder))
    log.info("search.labels_learnt", name=name, groups=len(usable))
    return True


def make(groups: Sequence[Group], encoder: Encoder) -> Labeller:
    """Encode the questions of groups and keep them with their labels."""
    texts = [text for group in groups for text in group.questions]
    english = [analyse(text, "nl").translation or text for text in texts]
    names = sorted({label for group in groups for label in group.labels})
    return Labeller(
        vectors=np.stack([encoder.encode_queries(texts), encoder.encode_queries(english)]),
        owners=np.repeat(
            np.arange(len(groups), dtype=np.int32), [len(one.questions) for one in groups]
        ),
        labels=np.array([[name in group.labels for name in names] for group in groups]),
        names=tuple(names),
        digest=_digest(encoder, groups),
    )


_loaded: dict[Path, tuple[int, Labeller]] = {}
_lock = threading.Lock()


def _load(path: Path) -> Labeller | None:
    """What was learnt last, read again when another process learnt more."""
    try:
        moment = path.stat().st_mtime_ns
        with _lock:
            if path not in _loaded or _loaded[path][0] != moment:
                _loaded[path] = (moment, _read(path))
            return _loaded[path][1]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        log.warning("search.labels_unreadable", path=str(path), reason=str(error))
        return None


def _read(path: Path) -> Labeller:
    content = io.BytesIO(path.read_bytes())  # of a broken file NumPy leaves a path open
    with np.load(content, allow_pickle=False) as file:
        return Labeller(
            vectors=file["vectors"].astype(np.float32),
            owners=file["owners"],
            labels=file["labels"],
            names=tuple(map(str, file["names"])),
            digest=str(file["digest"]),
        )


def _save(path: Path, labeller: Labeller) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
    with aside.open("wb") as file:
        np.savez(
            file,
            vectors=labeller.vectors.astype(np.float16),
            owners=labeller.owners,
            labels=labeller.labels,
            names=np.array(labeller.names),
            digest=np.array(labeller.digest),
        )
    aside.replace(path)


def _path(here: runtime.Runtime, name: str) -> Path:
    return here.index.folder / f"labels-{name}.npz"


def _digest(encoder: Encoder, groups: Sequence[Group]) -> str:
    content = json.dumps([[group.questions, group.labels] for group in groups])
    return _prefix(encoder.fingerprint) + hashlib.sha256(content.encode()).hexdigest()


def _prefix(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:16] + ":"


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.maximum(lengths, 1e-9)
    return scaled
