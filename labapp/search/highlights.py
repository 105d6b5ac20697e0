"""Why a passage was found: its best sentence, and the words of the question in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from labapp.search import passages
from labapp.search.analysis import is_stop_word, part_stems, stem, term
from labapp.search.compounds import parts
from labapp.search.questions import AnalysedQuery
from labapp.search.tokens import words

LONGEST_SENTENCE = 400
Span = tuple[int, int]


@dataclass(frozen=True)
class Highlighted:
    """A sentence, the places of matched words in it, and those words as they stand there."""

    sentence: str
    spans: tuple[Span, ...] = ()
    words: tuple[str, ...] = ()


def highlight(passage: str, language: str, asked: AnalysedQuery) -> Highlighted:
    """The sentence of a passage that holds most of the question; without any, its first one.

    The first sentence of a passage is the title, so that one is only shown when nothing else is
    there or no other sentence holds as much.
    """
    wanted = _wanted(language, asked)
    sentences = passages.sentences(passage) or [""]
    found = [list(_matches(sentence, language, wanted)) for sentence in sentences]
    values = [sum({number: weight for _span, number, weight in one}.values()) for one in found]
    rest = range(1, len(sentences)) if len(sentences) > 1 else range(1)
    best = max(rest, key=lambda place: (values[place], -place))
    if values[0] > 2 * values[best]:
        best = 0
    return _shorten(sentences[best], [span for span, _number, _weight in found[best]])


def _wanted(language: str, asked: AnalysedQuery) -> dict[int, tuple[int, float]]:
    """For each term that may match: which concept it is of, and what that counts."""
    wanted: dict[int, tuple[int, float]] = {}
    for number, concept in enumerate(asked.concepts.get(language, ())):
        for terms, weight in concept.alternatives:
            for one in terms:
                wanted.setdefault(one, (number, concept.weight * weight / len(terms)))
    return wanted


def _matches(
    sentence: str, language: str, wanted: dict[int, tuple[int, float]]
) -> Iterator[tuple[Span, int, float]]:
    """Words that match as a whole, or else the part of a compound that does."""
    for word in words(sentence):
        if is_stop_word(word.text, language):
            continue
        whole = wanted.get(term(stem(word.text, language), language))
        if whole:
            yield (word.start, word.end), *whole
            continue
        if not any(term(part, language) in wanted for part in part_stems(word.text, language)):
            continue
        for part in parts(word.text):
            found = wanted.get(term(stem(part, language), language))
            place = word.text.find(part)
            if found and place >= 0 and len(word.text) == word.end - word.start:
                yield (word.start + place, word.start + place + len(part)), *found


def _shorten(sentence: str, spans: list[Span]) -> Highlighted:
    """At most 400 signs around the first match, cut between words."""
    spans = _joined(spans)
    start = 0
    if len(sentence) > LONGEST_SENTENCE and spans and spans[0][1] > LONGEST_SENTENCE // 2:
        start = sentence.rfind(" ", 0, max(spans[0][0] - LONGEST_SENTENCE // 4, 1)) + 1
    end = len(sentence)
    if end - start > LONGEST_SENTENCE:
        end = start + LONGEST_SENTENCE
        space = sentence.rfind(" ", start + LONGEST_SENTENCE // 2, end)
        end = space if space > 0 else end
    inside = tuple((a - start, b - start) for a, b in spans if a >= start and b <= end)
    shown = sentence[start:end]
    found = dict.fromkeys(shown[a:b] for a, b in inside)
    return Highlighted(shown, inside, tuple(found))


def _joined(spans: list[Span]) -> list[Span]:
    """In order, and none inside another."""
    joined: list[Span] = []
    for start, end in sorted(set(spans)):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
