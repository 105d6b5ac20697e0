"""Text to words, and words to the terms of the index.

A term is a 32-bit number: the checksum of the language and the stem. Its weight in a text counts
half words: 2 each time the word stands there, 1 each time it is a part of a compound, so that a
text can be stored as bytes and read by numpy without a loop over its words.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version

import numpy as np
import simplemma
import Stemmer
from numpy.typing import NDArray

from labapp.search import compounds, stopwords
from labapp.search.tokens import normalise, words

Terms = NDArray[np.uint32]
Weights = NDArray[np.uint8]

STEMMERS = {"nl": "dutch", "en": "english"}
NAME = f"lemma {version('simplemma')}, snowball {Stemmer.version()}, parts 1"
"""Kept with stored words: other words must be made when this changes."""

DOUBT = 0.35
"""How much more evidence another language than the expected one needs."""

WHOLE = 2
PART = 1
_SEEN_WORDS = 200_000


def is_stop_word(word: str, language: str) -> bool:
    return word in stopwords.BY_LANGUAGE.get(language, ())


def content_words(text: str, language: str) -> list[str]:
    """The words that carry meaning, normalised."""
    return [word.text for word in words(text) if not is_stop_word(word.text, language)]


@lru_cache(_SEEN_WORDS)
def stem(word: str, language: str) -> str:
    """What the forms of a word have in common: `leest`, `gelezen` and `lezen` are one."""
    stemmer = _stemmer(language)
    if stemmer is None or not word.isalpha():
        return word
    return normalise(stemmer.stemWord(normalise(simplemma.lemmatize(word, language))))


@lru_cache(_SEEN_WORDS)
def part_stems(word: str, language: str) -> tuple[str, ...]:
    """Stems of the parts of a Dutch compound; nothing for another word."""
    if language != "nl":
        return ()
    whole = stem(word, language)
    stems = dict.fromkeys(stem(part, language) for part in compounds.parts(word))
    return tuple(part for part in stems if part != whole)


@lru_cache(_SEEN_WORDS)
def term(stemmed: str, language: str) -> int:
    """The number of a stem in the index."""
    return zlib.crc32(f"{language}:{stemmed}".encode())


def count_terms(text: str, language: str) -> Counter[int]:
    """The terms of a text with their weight in half words."""
    counted: Counter[int] = Counter()
    for word in content_words(text, language):
        counted[term(stem(word, language), language)] += WHOLE
        for part in part_stems(word, language):
            counted[term(part, language)] += PART
    return counted


def pack(counted: Mapping[int, int]) -> bytes:
    """Terms and weights as bytes: all terms of 4 bytes, then all weights of 1."""
    terms = np.fromiter(counted.keys(), np.uint32, len(counted))
    weights = np.minimum(np.fromiter(counted.values(), np.int64, len(counted)), 255)
    return terms.astype("<u4").tobytes() + weights.astype(np.uint8).tobytes()


def unpack(packed: bytes) -> tuple[Terms, Weights]:
    """Terms and weights again."""
    size = len(packed) // 5
    terms = np.frombuffer(packed, "<u4", size).astype(np.uint32, copy=False)
    return terms, np.frombuffer(packed, np.uint8, size, offset=4 * size)


def detect_language(text: str, default: str = "nl") -> str:
    """Dutch or English, by the words that every sentence has; `default` where little tells."""
    found = [word.text for word in words(text[:2000])]
    scores = {language: _evidence(found, language) for language in stopwords.BY_LANGUAGE}
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] > scores.get(default, 0.0) + DOUBT else default


def _evidence(found: Iterable[str], language: str) -> float:
    """How much speaks for a language: its own small words count fully, its known words a little."""
    others = [small for other, small in stopwords.BY_LANGUAGE.items() if other != language]
    own = stopwords.BY_LANGUAGE[language]
    score = 0.0
    for word in found:
        if len(word) == 1 or not word.isalpha():
            continue
        if word in own:
            score += 0.2 if any(word in small for small in others) else 1.0
        elif simplemma.is_known(word, language):
            score += 0.1
        if language == "nl" and any(pair in word for pair in ("ij", "aa", "uu")):
            score += 0.3
    return score


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = STEMMERS.get(language)
    return Stemmer.Stemmer(name) if name else None
