"""What one may have meant: titles and words that begin so, and words that are spelt almost so.

Only what stands in a visible text is suggested, so nothing is told of a text one may not see.
"""

from collections.abc import Collection

import numpy as np
import simplemma
from sqlalchemy import Connection, select

from labapp.search import analysis, glossary
from labapp.search.columns import Mask
from labapp.search.content import Content
from labapp.search.models import SearchObject, SearchWord
from labapp.search.questions import Concept
from labapp.search.storing import clean
from labapp.search.tokens import normalise, words

AT_ONCE = 100
MOST_PAGES = 5
SHORTEST_PREFIX = 2
LONGEST_PREFIX = 80
SHORTEST_WORD = 4
MOST_WORDS = 20
LANGUAGES = ("nl", "en")
LAST_SIGN = "\U0010ffff"


def suggest(
    connection: Connection,
    content: Content,
    prefix: str,
    audiences: Collection[str],
    limit: int,
    *,
    kinds: Collection[str] = (),
) -> list[str]:
    """Titles first, then words that go on the last word typed."""
    start = " ".join(normalise(clean(prefix)).split())[:LONGEST_PREFIX]
    if len(start) < SHORTEST_PREFIX:
        return []
    visible = content.objects.visible(audiences, kinds)
    found = _titles(connection, content, start, visible, limit)
    before, _space, last = start.rpartition(" ")
    if len(found) < limit and len(last) >= SHORTEST_PREFIX:
        ends = _words(connection, content, last, visible, limit)
        found += [f"{before} {word}".strip() for word in ends]
    return list(dict.fromkeys(found))[:limit]


def _titles(
    connection: Connection, content: Content, start: str, visible: Mask, limit: int
) -> list[str]:
    found: list[str] = []
    query = (
        select(SearchObject.id, SearchObject.title)
        .where(
            SearchObject.title_key >= start,
            SearchObject.title_key < start + LAST_SIGN,
            SearchObject.is_removed.is_(False),
        )
        .order_by(SearchObject.title_key, SearchObject.id)
    )
    for page in range(MOST_PAGES):
        rows = connection.execute(query.limit(AT_ONCE).offset(page * AT_ONCE)).all()
        for row_id, title in rows:
            slot = content.objects.slot_of(row_id)
            if slot is not None and visible[slot]:
                found.append(title)
        if len(found) >= limit or len(rows) < AT_ONCE:
            break
    return found[:limit]


def _words(
    connection: Connection, content: Content, start: str, visible: Mask, limit: int
) -> list[str]:
    rows = connection.execute(
        select(SearchWord.word, SearchWord.language)
        .where(SearchWord.word > start, SearchWord.word < start + LAST_SIGN)
        .order_by(SearchWord.word)
        .limit(AT_ONCE)
    )
    allowed = content.allowed_passages(visible)
    counted = [(count_visible(content, word, language, allowed), word) for word, language in rows]
    counted.sort(key=lambda pair: (-pair[0], pair[1]))
    return [word for number, word in counted if number][:limit]


def count_visible(content: Content, word: str, language: str, allowed: Mask) -> int:
    """How many visible passages hold a word, in whatever form."""
    term = analysis.term(analysis.stem(word, language), language)
    concept = Concept(word, (((term,), 1.0),))
    return int(np.count_nonzero(content.words.shares({language: [concept]}, allowed)))


def did_you_mean(
    connection: Connection,
    content: Content,
    text: str,
    audiences: Collection[str],
    kinds: Collection[str] = (),
) -> str | None:
    """The question with its unknown words spelt like words of visible texts; codes stay as is."""
    unknown = [word for word in words(text)[:MOST_WORDS] if _is_strange(word.text)]
    if not unknown:
        return None
    allowed = content.allowed_passages(content.objects.visible(audiences, kinds))
    better = text
    for word in reversed(unknown):
        if not any(count_visible(content, word.text, name, allowed) for name in LANGUAGES):
            meant = _nearest(connection, content, word.text, allowed)
            if meant:
                better = better[: word.start] + meant + better[word.end :]
    return better if better != text else None


def _is_strange(word: str) -> bool:
    """Whether no dictionary knows a word, and it can be one."""
    if len(word) < SHORTEST_WORD or not word.isalpha() or word in glossary.dutch_words():
        return False
    return not any(
        analysis.is_stop_word(word, language)
        or simplemma.is_known(word, language)
        or analysis.part_stems(word, language)
        for language in LANGUAGES
    )


def _nearest(connection: Connection, content: Content, word: str, allowed: Mask) -> str | None:
    """The visible word with the fewest letters changed, of those the one in most passages."""
    near = [
        (distance, -count_visible(content, other, language, allowed), other)
        for other, language, distance in content.vocabulary.near(connection, word)
    ]
    there = sorted(found for found in near if found[1])
    return there[0][2] if there else None
