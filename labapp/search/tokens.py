"""Text to words as they stand there."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_TEXT = 100_000
LONGEST_WORD = 64

_WORD = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*")


@dataclass(frozen=True)
class Word:
    """A word of a text, and where it stands there."""

    text: str
    start: int
    end: int


def normalise(text: str) -> str:
    """Lower case without accents: what two spellings of a word have in common."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).replace("’", "'")


def words(text: str) -> list[Word]:
    """The words of a text in order, stop words too."""
    return [
        Word(normalise(found.group()[:LONGEST_WORD]), *found.span())
        for found in _WORD.finditer(text[:LONGEST_TEXT])
    ]
