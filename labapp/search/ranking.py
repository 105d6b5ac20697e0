"""Meaning and words into one order.

The parts, each with its own weight in `RankingSettings` (0 or False switches it off):

- *meaning*: the cosine of question and passage, less part of the passage's *hubness* (its mean
  cosine to ordinary questions: how near it is to everything), less the mean of all passages of its
  language for this question, so that one language is not nearer as such;
- *words*: the share of the question's weight that stands in the passage (`lexical`);
- *across languages*: within a language, words count fully; between languages, the best passage of
  each is as high as the best meaning of that language, since a question in Dutch finds Dutch words
  more easily than English ones;
- *cut-off*: a question from another field gets no result but what holds most of its words: its
  mean similarity to the whole collection is compared to that of ordinary questions, which is the
  mean hubness. Within the field, what has neither enough meaning nor enough words is no result.

How the storing side uses it: let `vectors.Vectors` hold the passages; take for each language the
`depth` best of the allowed rows by meaning and by words, join them to `Candidates`, `fuse` them.
A card is as good as its best passage: `best_of_each`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class RankingSettings:
    """All weights of the ranking. The defaults are measured in `benchmarks/retrieval.py`."""

    depth: int = 200
    hubness: float = 0.5
    language_mean: bool = True
    language_minimum: int = 50
    words: float = 6.0
    words_power: float = 1.5
    words_translated: float = 0.9
    words_across: float = 0.1
    align_languages: bool = True
    translation: float = 0.4
    field_cut: float = -0.004
    field_share: float = 0.05
    words_alone: float = 0.35
    near_cut: float = 0.5
    words_cut: float = 0.2
    cut: bool = True

    def as_dict(self) -> dict[str, float | bool | int]:
        return asdict(self)


DEFAULTS = RankingSettings()


@dataclass(frozen=True)
class Candidates:
    """Passages that may answer, side by side: one element for each in every array.

    `meaning` is the cosine less hubness and mean of the language (`adjusted`), NaN where a passage
    has no vector yet; `shares` come from `WordIndex.shares`; `languages` are any numbers, and `own`
    says whether it is the language of the question. `field` is how much nearer the question is to
    the collection as a whole than ordinary questions are; NaN where too little is there to say.
    """

    rows: Integers
    languages: NDArray[np.int8]
    own: NDArray[np.bool_]
    meaning: Floats
    shares: Floats
    field: float = float("nan")


@dataclass(frozen=True)
class Ranked:
    """Passages in order, the best first, with the parts of their score."""

    rows: Integers
    scores: Floats
    parts: Mapping[str, Floats]


def augment(vectors: Floats, hubness: Floats) -> Floats:
    """Vectors with hubness as a last column: see `augment_question`."""
    return np.concatenate([vectors, hubness[:, None]], axis=1, dtype=np.float32)


def augment_question(vector: Floats, settings: RankingSettings = DEFAULTS) -> Floats:
    """A question whose inner product with augmented rows is cosine less weighted hubness."""
    return np.append(vector, np.float32(-settings.hubness)).astype(np.float32)


def question_vectors(
    question: Floats, translation: Floats | None, settings: RankingSettings = DEFAULTS
) -> tuple[Floats, Floats]:
    """The vector for texts in the language of the question, and the one for other texts."""
    if translation is None or not settings.translation:
        return question, question
    mixed = (1 - settings.translation) * question + settings.translation * translation
    return question, (mixed / max(float(np.linalg.norm(mixed)), 1e-9)).astype(np.float32)


def language_means(
    means: Mapping[int, float], counts: Mapping[int, int], settings: RankingSettings = DEFAULTS
) -> dict[int, float]:
    """What to subtract for each language: its mean, or that of all where it has few passages.

    Among less than 50 passages a mean says nothing, and nothing is subtracted.

    `means` are the mean of (cosine less weighted hubness) over all passages of a language for this
    question: the inner product of the augmented question and the mean augmented row.
    """
    total = sum(counts.values())
    if total < settings.language_minimum:
        return dict.fromkeys(means, 0.0)
    overall = sum(means[code] * counts[code] for code in means) / total
    return {
        code: means[code]
        if settings.language_mean and counts[code] >= settings.language_minimum
        else overall
        for code in means
    }


def fuse(candidates: Candidates, settings: RankingSettings = DEFAULTS) -> Ranked:
    """Order candidates by meaning and words together."""
    meaning = np.nan_to_num(candidates.meaning, nan=0.0)
    top = max(float(meaning.max(initial=0.0)), 1e-3)
    near = np.maximum(meaning / top, 0)
    shares = candidates.shares
    scores = near + _lift(candidates, settings)
    if settings.align_languages:
        scores = _aligned(scores, near, candidates.languages) + settings.words_across * shares
    kept = _worth_showing(candidates, near, settings)
    order = np.argsort(-scores[kept], kind="stable")
    chosen = np.flatnonzero(kept)[order]
    parts = {"meaning": near[chosen], "words": shares[chosen]}
    return Ranked(candidates.rows[chosen], scores[chosen].astype(np.float32), parts)


def _lift(candidates: Candidates, settings: RankingSettings) -> Floats:
    """What words add. A power above 1: few words in common say little, many say much."""
    shares = candidates.shares
    own = settings.words * shares**settings.words_power
    return np.where(candidates.own, own, settings.words_translated * shares).astype(np.float32)


def _aligned(scores: Floats, near: Floats, languages: NDArray[np.int8]) -> Floats:
    """In each language the first by score gets its highest meaning, the second the next, and so on.

    So words decide the order within a language, and meaning which language goes first.
    """
    moved = np.empty_like(near)
    for code in np.unique(languages):
        own = np.flatnonzero(languages == code)
        moved[own[np.argsort(-scores[own], kind="stable")]] = np.sort(near[own])[::-1]
    return moved


def _worth_showing(
    candidates: Candidates, near: Floats, settings: RankingSettings
) -> NDArray[np.bool_]:
    """What has enough meaning or enough words to be a result at all."""
    shares = candidates.shares
    if not settings.cut:
        return np.ones(len(shares), bool)
    nearness = candidates.field + settings.field_share * float(shares.max(initial=0.0))
    if nearness < settings.field_cut:
        return shares >= settings.words_alone
    has_vector = ~np.isnan(candidates.meaning)
    kept: NDArray[np.bool_] = has_vector & (near >= settings.near_cut)
    return kept | (shares >= settings.words_cut)


def best_of_each(objects: Integers) -> Integers:
    """The places of the best passage of each object; `objects[i]` is whose the i-th best is."""
    _unique, first = np.unique(objects, return_index=True)
    return np.sort(first)
