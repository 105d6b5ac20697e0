"""How a reviewer scores: three questions of five steps, each with an example; data of the seeds."""

from dataclasses import dataclass
from functools import cache

from labapp.i18n import current_language
from labapp.knowledge import vocabulary

SCORES = ("impact", "scalability", "certainty")
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True)
class Anchor:
    """One step: what it means, and an example of it."""

    score: int
    text: str
    example: str


@dataclass(frozen=True)
class Question:
    """One score: its name, what is asked, and its steps from lowest to highest."""

    name: str
    title: str
    asks: str
    anchors: tuple[Anchor, ...]


def questions() -> tuple[Question, ...]:
    """Give the three questions in the language at hand."""
    return _read(current_language())


@cache
def _read(language: str) -> tuple[Question, ...]:
    raw = vocabulary.read("review_rubric.yaml")
    return tuple(
        Question(
            name=name,
            title=raw[name]["title"][language],
            asks=raw[name]["asks"][language],
            anchors=tuple(
                Anchor(score, step["text"][language], step["example"][language])
                for score, step in enumerate(raw[name]["steps"], start=LOWEST)
            ),
        )
        for name in SCORES
    )
