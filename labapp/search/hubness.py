"""How near a passage is to everything: its mean cosine to ordinary questions.

The mean of cosines is the cosine with the mean of the questions, so one vector stands for them all.
"""

import hashlib
import os
import threading
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labapp.search.encoders import Encoder
from labapp.search.glossary import IN_CHECKOUT, PACKAGED

Floats = NDArray[np.float32]

QUESTIONS = "background_questions.txt"
BATCH = 64

_means: dict[str, Floats] = {}
_lock = threading.Lock()


def of(vectors: Floats, encoder: Encoder, folder: Path | None = None) -> Floats:
    """The hubness of each passage; the mean of the questions is kept in the folder."""
    found: Floats = vectors @ mean_question(encoder, folder)
    return found


def mean_question(encoder: Encoder, folder: Path | None = None) -> Floats:
    """The mean vector of the ordinary questions, made once for each model."""
    with _lock:
        if encoder.fingerprint not in _means:
            path = folder / f"questions-{_name(encoder)}.npy" if folder else None
            mean = _load(path, encoder.dimension) if path else None
            if mean is None:
                mean = _encode(encoder)
                if path:
                    _save(path, mean)
            _means[encoder.fingerprint] = mean
        return _means[encoder.fingerprint]


@cache
def questions() -> tuple[str, ...]:
    """Ordinary questions, written for this."""
    folder = IN_CHECKOUT if IN_CHECKOUT.is_dir() else PACKAGED
    lines = (folder / QUESTIONS).read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _encode(encoder: Encoder) -> Floats:
    texts = questions()
    total = np.zeros(encoder.dimension, np.float64)
    for start in range(0, len(texts), BATCH):
        total += encoder.encode_queries(texts[start : start + BATCH]).sum(0)
    mean: Floats = (total / max(len(texts), 1)).astype(np.float32)
    return mean


def _name(encoder: Encoder) -> str:
    content = f"{encoder.fingerprint} {questions()}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _load(path: Path, dimension: int) -> Floats | None:
    try:
        mean: Floats = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    return mean if mean.shape == (dimension,) else None


def _save(path: Path, mean: Floats) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
    with aside.open("wb") as file:
        np.save(file, mean)
    aside.replace(path)
