"""Words of education in Dutch and English, and the everyday words around them, from the seeds."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from labapp.search.tokens import words

IN_CHECKOUT = Path(__file__).parents[2] / "seeds"
PACKAGED = Path(__file__).parents[1] / "seeds"

EDUCATION = "glossary.tsv"
EVERYDAY = "everyday_words.tsv"
SYNONYMS = "synonyms.tsv"

Phrase = tuple[str, ...]
"""A term of one or more words, normalised."""


def folder() -> Path:
    """The seeds: beside the package in a checkout, inside it when installed."""
    return IN_CHECKOUT if IN_CHECKOUT.is_dir() else PACKAGED


def phrase(text: str) -> Phrase:
    return tuple(word.text for word in words(text))


@cache
def translations() -> dict[Phrase, tuple[str, ...]]:
    """English for each Dutch term and each of its forms; what comes first is the usual word.

    A term that heads its line goes before the same term as a form of another, and a term of
    education before an everyday word.
    """
    found: dict[Phrase, dict[str, None]] = {}
    education = list(_lines(EDUCATION))
    heads = [(line[0], line[1]) for line in education]
    forms = [(form, line[1]) for line in education for form in line[2].split("|")]
    everyday = [(line[0], line[1]) for line in _lines(EVERYDAY)]
    known: set[Phrase] = set()
    for source in (heads, everyday, forms):
        here = set()
        for dutch, english in source:
            key = phrase(dutch)
            if key and key not in known:
                found.setdefault(key, {}).update(dict.fromkeys(english.split("|")))
                here.add(key)
        known |= here
    return {key: tuple(english) for key, english in found.items()}


@cache
def synonyms() -> dict[Phrase, tuple[Phrase, ...]]:
    """For each term of school language the other terms for the same thing."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for line in _lines(SYNONYMS):
        group = [key for key in map(phrase, line[0].split("|")) if key]
        for one in group:
            found.setdefault(one, {}).update(
                dict.fromkeys(other for other in group if other != one)
            )
    return {key: tuple(others) for key, others in found.items()}


@cache
def dutch_words() -> frozenset[str]:
    """Every Dutch word of the glossaries."""
    return frozenset(word for key in (*translations(), *synonyms()) for word in key)


def _lines(name: str) -> Iterator[list[str]]:
    """The columns of each line after the header; missing columns are empty."""
    for line in (folder() / name).read_text("utf-8").splitlines()[1:]:
        if line.strip():
            yield [*line.split("\t"), "", "", ""]
