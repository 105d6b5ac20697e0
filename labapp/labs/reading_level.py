"""How hard a Dutch or English text is to read: the platform's own rule, which says what to change.

A text fits a level when its sentences are short enough, on average and each, and not too many of
its words are long. Bounds of sentences are in words. Words of more than twelve letters are long:
`LONG_WORD`. It says which sentences and words to look at, so that a writer can act on it; it is no
measure of the reader.
"""

import re
from dataclasses import dataclass

from labapp.i18n import gettext as _

LONG_WORD = 13  # letters, from which a word is long
SHOWN = 3  # sentences and words that the message names
LONGEST_QUOTE = 90
ENDS = re.compile(r"(?<=[.!?…])[\"'’”)]*\s+|\n+")
WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")
SHORTEST_TEXT = 20  # words: the share of long words says nothing of less


@dataclass(frozen=True)
class Level:
    """Words in a sentence, on average and at most, and the largest share of long words."""

    average: int
    longest: int
    long_share: float


LEVELS = {
    "A2": Level(10, 15, 0.08),
    "B1": Level(15, 22, 0.12),
    "B2": Level(20, 30, 0.20),
}


class _Chosen:
    level = "B1"


@dataclass(frozen=True)
class Reading:
    """What was counted in a text, and what is too long in it for the level."""

    level: str
    words: int
    average: float
    long_sentences: tuple[str, ...]
    long_words: tuple[str, ...]
    long_share: float

    @property
    def fits(self) -> bool:
        return not self.advice

    @property
    def advice(self) -> list[str]:
        """What to change, in sentences; none when the text fits."""
        bounds, said = LEVELS[self.level], []
        if self.long_sentences:
            quoted = " ".join(f"‘{_cut(one)}’" for one in self.long_sentences[:SHOWN])
            said.append(
                _("Knip lange zinnen in tweeën (hoogstens %(number)s woorden): %(sentences)s",
                  number=bounds.longest, sentences=quoted)
            )  # fmt: skip
        elif self.average > bounds.average:
            said.append(
                _("Maak de zinnen korter: gemiddeld hoogstens %(number)s woorden, nu %(now)s.",
                  number=bounds.average, now=round(self.average))
            )  # fmt: skip
        if self.long_share > bounds.long_share:
            said.append(
                _("Gebruik kortere woorden in plaats van: %(words)s.",
                  words=", ".join(self.long_words[:SHOWN]))
            )  # fmt: skip
        return said


def configure(level: str) -> None:
    """Set the level that plain texts must have: a key of LEVELS."""
    _Chosen.level = level


def read(text: str, level: str | None = None) -> Reading:
    """Count the sentences and words of a text, and hold them to a level."""
    chosen = level or _Chosen.level
    bounds = LEVELS[chosen]
    sentences = [one.strip() for one in ENDS.split(text) if one and WORDS.search(one)]
    counts = [len(WORDS.findall(sentence)) for sentence in sentences]
    words = WORDS.findall(text)
    long_words = [word for word in words if len(word) >= LONG_WORD]
    is_short = len(words) < SHORTEST_TEXT
    return Reading(
        level=chosen,
        words=len(words),
        average=sum(counts) / len(counts) if counts else 0.0,
        long_sentences=tuple(
            sentence
            for sentence, count in zip(sentences, counts, strict=True)
            if count > bounds.longest
        ),
        long_words=tuple(sorted(set(long_words), key=lambda word: (-len(word), word))),
        long_share=0.0 if is_short else len(long_words) / len(words),
    )


def _cut(sentence: str) -> str:
    if len(sentence) <= LONGEST_QUOTE:
        return sentence
    return sentence[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
