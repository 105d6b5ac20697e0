"""Texts to passages of a size that one vector can stand for."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

WORDS = 180
SHORTEST = 40
LONGEST_WORDS = 300
LONGEST_SIGNS = 2400
"""Even of long words the model then sees every one of its 512 tokens."""

_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-ZÀ-Þ0-9])")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a line break between paragraphs ends one too."""
    return [
        sentence.strip()
        for paragraph in re.split(r"\n\s*\n|\n(?=[-*•])", text)
        for sentence in _SENTENCE.split(" ".join(paragraph.split()))
        if sentence.strip()
    ]


def split(title: str, texts: Sequence[str]) -> list[str]:
    """The passages of an object: the title with the answer, then chunks that repeat the title.

    The first text is the answer in one sentence. A chunk ends at a heading or a sentence, near 180
    words; a short rest joins the chunk before it.
    """
    title = " ".join(title.split())
    first = " ".join(texts[0].split()) if texts else ""
    head = list(_chunks(first)) or [""]
    rest = [
        chunk for text in texts[1:] for section in _sections(text) for chunk in _chunks(section)
    ]
    return list(dict.fromkeys(filter(None, (_with(title, chunk) for chunk in (*head, *rest)))))


def of_questions(questions: Sequence[str]) -> list[str]:
    """The passages of the ways to ask for an object: as many together as one vector can stand for.

    Each alone is so short that it comes near to much else; together they say what it is about.
    """
    asked = filter(None, (" ".join(question.split()) for question in questions))
    return list(_chunks(" ".join(one if one[-1] in ".?!…" else f"{one}." for one in asked)))


def _with(title: str, chunk: str) -> str:
    if not title or chunk.startswith(title):
        return chunk
    joint = " " if title[-1:] in ".!?:" else ". "
    return f"{title}{joint}{chunk}" if chunk else title


def _sections(text: str) -> list[str]:
    """The text cut before each Markdown heading, without its signs."""
    starts = [found.start() for found in _HEADING.finditer(text)]
    bounds = [0, *starts, len(text)]
    return [_HEADING.sub("", text[a:b]) for a, b in pairwise(bounds)]


def _chunks(text: str) -> Iterator[str]:
    """Sentences joined to about 180 words."""
    chunks: list[list[str]] = []
    size = 0
    for sentence in (piece for whole in sentences(text) for piece in _pieces(whole)):
        length = len(sentence.split())
        if (
            not chunks
            or size + length > WORDS
            or _signs(chunks[-1]) + len(sentence) > LONGEST_SIGNS
        ):
            chunks.append([])
            size = 0
        chunks[-1].append(sentence)
        size += length
    if len(chunks) > 1 and size < SHORTEST and _signs(chunks[-2] + chunks[-1]) < LONGEST_SIGNS:
        chunks[-2:] = [chunks[-2] + chunks[-1]]
    for chunk in chunks:
        yield " ".join(chunk)


def _signs(chunk: list[str]) -> int:
    return sum(map(len, chunk)) + len(chunk)


def _pieces(sentence: str) -> Iterator[str]:
    """A sentence, or pieces of one without end."""
    found = sentence.split()
    if len(found) <= LONGEST_WORDS and len(sentence) <= LONGEST_SIGNS:
        yield sentence
        return
    piece: list[str] = []
    for word in (part for long in found for part in _cut(long)):
        if len(piece) == WORDS or (piece and _signs(piece) + len(word) > LONGEST_SIGNS):
            yield " ".join(piece)
            piece = []
        piece.append(word)
    if piece:
        yield " ".join(piece)


def _cut(word: str) -> Iterator[str]:
    for start in range(0, len(word), LONGEST_SIGNS):
        yield word[start : start + LONGEST_SIGNS]
