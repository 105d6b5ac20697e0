"""From a question to the passages that may answer it: the best by meaning and the best by words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labapp.search.lexical import Mask
from labapp.search.questions import AnalysedQuery, Concept
from labapp.search.ranking import (
    DEFAULTS,
    Candidates,
    Floats,
    Integers,
    Ranked,
    RankingSettings,
    augment,
    augment_question,
    fuse,
    language_means,
    question_vectors,
)


@dataclass(frozen=True)
class Middles:
    """For the number of each language how many passages have a vector, and what their mean is."""

    counts: Mapping[int, int]
    means: Mapping[int, Floats]


class Vectors(Protocol):
    """Passages as vectors with their hubness as a last column (`ranking.augment`).

    A row has the same number as in the `WordIndex`. `languages` holds a number for each row (-1:
    gone), `codes` the number of each language.
    """

    @property
    def languages(self) -> NDArray[np.int8]: ...

    @property
    def codes(self) -> Mapping[str, int]: ...

    def middles(self, kinds: Collection[str]) -> Middles:
        """The middles of the passages of objects of these kinds; of all, where none is named.

        What else is in the index may not change what is found among these.
        """

    def best(self, question: Floats, depth: int, allowed: Mask) -> Integers:
        """The rows with the highest inner product among the allowed that have a vector."""

    def products(self, question: Floats, rows: Integers) -> Floats:
        """The inner product of these rows; NaN for one without a vector."""


class Words(Protocol):
    """The words of all passages: a `WordIndex`, or what remembers its answer."""

    def shares(
        self, concepts: Mapping[str, Sequence[Concept]], allowed: Mask | None = None
    ) -> Floats:
        """The share of each row for a question; 0 where a row is not allowed."""


class ExactVectors:
    """Every passage compared, in numpy: for the benchmark and small collections."""

    def __init__(self, vectors: Floats, hubness: Floats, languages: list[str]) -> None:
        self.codes = {name: code for code, name in enumerate(dict.fromkeys(languages))}
        self.languages = np.array([self.codes[name] for name in languages], np.int8)
        self._matrix = augment(vectors, hubness)
        numbers = self.codes.values()
        self._middles = Middles(
            {code: int((self.languages == code).sum()) for code in numbers},
            {code: self._matrix[self.languages == code].mean(0) for code in numbers},
        )

    def middles(self, _kinds: Collection[str]) -> Middles:
        return self._middles

    def best(self, question: Floats, depth: int, allowed: Mask) -> Integers:
        return highest(self._matrix @ question, depth, allowed)

    def products(self, question: Floats, rows: Integers) -> Floats:
        found: Floats = self._matrix[rows] @ question
        return found


@dataclass(frozen=True)
class Question:
    """A question taken apart, with its vector and that of its translation (None: words only)."""

    analysed: AnalysedQuery
    vector: Floats | None = None
    translation: Floats | None = None


def rank(
    question: Question,
    vectors: Vectors,
    words: Words,
    allowed: Mask | None = None,
    settings: RankingSettings = DEFAULTS,
    *,
    kinds: Collection[str] = (),
) -> Ranked:
    """The allowed passages that answer a question, the best first, at most `depth` a language.

    `kinds` are those that the allowed ones are of.
    """
    return fuse(find_candidates(question, vectors, words, allowed, settings, kinds=kinds), settings)


def find_candidates(
    question: Question,
    vectors: Vectors,
    words: Words,
    allowed: Mask | None = None,
    settings: RankingSettings = DEFAULTS,
    *,
    kinds: Collection[str] = (),
) -> Candidates:
    """The best passages of each language by meaning and by words, with both values for all."""
    asked_of = {name: _vector_for(name, question, settings) for name in vectors.codes}
    nearest = {}  # before the words, which may be compared in another thread meanwhile
    for language, code in vectors.codes.items():
        asked = asked_of[language]
        if asked is not None:
            members = vectors.languages == code
            if allowed is not None:
                members &= allowed
            nearest[code] = vectors.best(asked, settings.depth, members)
    shares = words.shares(question.analysed.concepts, allowed)
    matched = np.flatnonzero(shares > 0)  # of a mask it is much faster than of numbers
    languages_matched = vectors.languages[matched]
    parts = []
    middles = _middles(vectors, kinds, settings)
    offsets = _offsets(question, vectors, middles, settings)
    for language, code in vectors.codes.items():
        asked = asked_of[language]
        rows = _best_of(matched[languages_matched == code], shares, settings.depth)
        meaning = np.full(len(rows), np.nan, np.float32)
        if asked is not None:
            rows = np.union1d(rows, nearest[code])
            meaning = vectors.products(asked, rows) - np.float32(offsets[code])
        own = np.full(len(rows), language == question.analysed.language)
        parts.append((rows, np.full(len(rows), code, np.int8), own, meaning, shares[rows]))
    if not parts:
        none = np.zeros(0, np.float32)
        return Candidates(np.zeros(0, np.int64), np.zeros(0, np.int8), none > 0, none, none)
    rows, languages, own_language, products, found = map(np.concatenate, zip(*parts, strict=True))
    return Candidates(
        rows.astype(np.int64),
        languages,
        own_language,
        products.astype(np.float32),
        found,
        _field(question, vectors, middles, settings),
    )


def highest(values: Floats, depth: int, allowed: Mask) -> Integers:
    """The places of the highest values among the allowed, in no order."""
    return _best_of(np.flatnonzero(allowed), values, depth)


def _best_of(places: Integers, values: Floats, depth: int) -> Integers:
    if len(places) <= depth:
        return places
    return places[np.argpartition(-values[places], depth)[:depth]]


def _vector_for(language: str, question: Question, settings: RankingSettings) -> Floats | None:
    """The augmented question for texts in a language; None when there is no vector."""
    if question.vector is None:
        return None
    own, other = question_vectors(question.vector, question.translation, settings)
    vector = own if language == question.analysed.language else other
    return augment_question(vector, settings)


def _middles(vectors: Vectors, kinds: Collection[str], settings: RankingSettings) -> Middles:
    """The middles of the kinds, or of the whole index where they are too few to have any."""
    own = vectors.middles(kinds)
    is_enough = sum(own.counts.values()) >= settings.language_minimum
    return own if is_enough else vectors.middles(())


def _offsets(
    question: Question, vectors: Vectors, middles: Middles, settings: RankingSettings
) -> dict[int, float]:
    """What to subtract from the products of each language."""
    if question.vector is None:
        return {}
    means = {}
    for language, code in vectors.codes.items():
        asked = _vector_for(language, question, settings)
        if asked is not None and code in middles.means:
            means[code] = float(middles.means[code] @ asked)
    return language_means(means, middles.counts, settings)


def _field(
    question: Question, vectors: Vectors, middles: Middles, settings: RankingSettings
) -> float:
    """How much nearer the question is to all passages than ordinary questions are.

    Passages in its own language are taken where there are enough, else the largest group.
    """
    counts = middles.counts
    code = vectors.codes.get(question.analysed.language)
    if code is None or counts.get(code, 0) < settings.language_minimum:
        code = max(counts, key=lambda one: counts[one], default=None)
    if question.vector is None or code is None or code not in middles.means:
        return float("nan")
    if counts[code] < settings.language_minimum:
        return float("nan")
    mean = middles.means[code]
    return float(mean[:-1] @ question.vector - mean[-1])
