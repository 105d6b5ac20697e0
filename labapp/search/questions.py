"""What a question asks for: identifiers, quoted phrases, and its words in each language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from labapp.search import glossary
from labapp.search.analysis import (
    content_words,
    detect_language,
    is_stop_word,
    part_stems,
    stem,
    term,
)
from labapp.search.compounds import parts
from labapp.search.tokens import words

LONGEST_QUESTION = 2000
MOST_WORDS = 64
LONGEST_PHRASE = 6
MOST_ALTERNATIVES = 4
PART_SHARE = 0.7
"""What a part of a compound counts beside the whole word of the question."""

_IDENTIFIERS = re.compile(
    r"\b(?:10\.\d{4,9}/[^\s\"<>]+|E[DJ]\d{5,7}|\d{2}[A-Z]{2}(?:\d{2})?)(?![\w/])", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“„”«]([^\"“„”«»]{2,200})[\"”“»]")


WORDS_SAID = 2
"""How many English words the translation has for one Dutch word that carries meaning."""

Piece = tuple[tuple[str, ...], tuple[str, ...]]
"""Dutch words, and the English terms for them."""


@dataclass(frozen=True)
class Concept:
    """One thing a question asks for: any of the alternatives will do.

    An alternative is one term or the terms of a phrase, which count by their mean; `weight` is what
    the concept counts beside the others.
    """

    label: str
    alternatives: tuple[tuple[tuple[int, ...], float], ...]
    weight: float = 1.0


@dataclass(frozen=True)
class AnalysedQuery:
    """A question taken apart.

    `concepts` are what to look for in texts of each language; `translation` is the question word
    for word in the other language ("" where the glossary knows nothing of it), to be encoded as a
    second question.
    """

    text: str
    language: str
    concepts: dict[str, tuple[Concept, ...]] = field(default_factory=dict)
    translation: str = ""
    identifiers: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


def analyse(text: str, language: str | None = None) -> AnalysedQuery:
    """Take a question apart; any text is safe, and of a very long one the beginning counts."""
    text = " ".join(text[: LONGEST_QUESTION * 2].split())[:LONGEST_QUESTION]
    language = language or detect_language(text)
    found = [word.text for word in words(text)][:MOST_WORDS]
    concepts = {language: _own_concepts(found, language)}
    translation = ""
    if language == "nl":
        pieces = _pieces(found)
        concepts["en"] = _english_concepts(pieces)
        translation = _word_for_word(pieces)
    return AnalysedQuery(
        text=text,
        language=language,
        concepts=concepts,
        translation=translation,
        identifiers=tuple(found.group().rstrip(".,;)") for found in _IDENTIFIERS.finditer(text)),
        phrases=tuple(found.strip() for found in _QUOTED.findall(text) if found.strip()),
    )


def _own_concepts(found: Sequence[str], language: str) -> tuple[Concept, ...]:
    """A concept for each word, with its synonyms, and lighter ones for the parts of compounds."""
    concepts: dict[tuple[str, float], Concept] = {}
    for word in found:
        if is_stop_word(word, language):
            continue
        stemmed = stem(word, language)
        alternatives = [((term(stemmed, language),), 1.0)]
        concepts[stemmed, 1.0] = Concept(word, tuple(alternatives))
        for part in part_stems(word, language):
            own = ((term(part, language),), 1.0)
            concepts.setdefault((part, PART_SHARE), Concept(part, (own,), PART_SHARE))
    return tuple(concepts.values())


def _pieces(found: Sequence[str]) -> list[Piece]:
    """The question cut into the longest terms of the glossary, each with its English."""
    pieces = []
    place = 0
    while place < len(found):
        for length in range(min(LONGEST_PHRASE, len(found) - place), 0, -1):
            dutch = tuple(found[place : place + length])
            english = _english(dutch)
            if english or length == 1:
                pieces.append((dutch, english))
                place += length
                break
    return pieces


def _word_for_word(pieces: Sequence[Piece]) -> str:
    """The question in English words, two for a word that carries meaning; "" if all is unknown."""
    if not any(english for _dutch, english in pieces):
        return ""
    said: list[str] = []
    for dutch, english in pieces:
        is_small = len(dutch) == 1 and is_stop_word(dutch[0], "nl")
        said += english[: 1 if is_small else WORDS_SAID] or [" ".join(dutch)]
    return " ".join(said)


def _english(dutch: tuple[str, ...]) -> tuple[str, ...]:
    """English for a term as it stands, or else for one whose words have the same stems."""
    known = glossary.translations()
    if dutch in known:
        return known[dutch]
    if len(dutch) > 1 and any(is_stop_word(word, "nl") for word in dutch):
        return ()
    by_stem = _by_stem().get(tuple(stem(word, "nl") for word in dutch))
    if by_stem or len(dutch) > 1:
        return by_stem or ()
    return _english_of_compound(dutch[0])


def _english_of_compound(word: str) -> tuple[str, ...]:
    """The English of the parts side by side, if all of them are known."""
    halves = [_english((part,)) for part in parts(word)]
    return (" ".join(half[0] for half in halves),) if halves and all(halves) else ()


_STEMMED: dict[tuple[str, ...], tuple[str, ...]] = {}


def _by_stem() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The glossary by stems, made once; the first line of a stem counts."""
    if not _STEMMED:
        stemmed: dict[tuple[str, ...], tuple[str, ...]] = {}
        for key, english in glossary.translations().items():
            stemmed.setdefault(tuple(stem(word, "nl") for word in key), english)
        _STEMMED.update(stemmed)
    return _STEMMED


def _english_concepts(
    pieces: Sequence[Piece],
) -> tuple[Concept, ...]:
    """A concept for each piece that carries meaning; a word without English stands for itself."""
    concepts: dict[str, Concept] = {}
    for dutch, english in pieces:
        if len(dutch) == 1 and is_stop_word(dutch[0], "nl"):
            continue
        alternatives: dict[tuple[int, ...], float] = {}
        for rank, text in enumerate((english or dutch)[:MOST_ALTERNATIVES]):
            stems = tuple(dict.fromkeys(stem(word, "en") for word in content_words(text, "en")))
            if stems:
                terms = tuple(term(one, "en") for one in stems)
                alternatives.setdefault(terms, 1.0 if rank == 0 else 0.8)
        if alternatives:
            label = " ".join(dutch)
            concepts[label] = Concept(label, tuple(alternatives.items()), float(min(len(dutch), 2)))
    return tuple(concepts.values())
