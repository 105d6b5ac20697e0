"""Parts of Dutch compounds: leesvaardigheid -> lees, vaardigheid."""

from collections.abc import Mapping
from functools import cache, lru_cache

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from labapp.search import glossary, stopwords

SHORTEST_COMPOUND = 7
SHORTEST_PART = 4
SHORT_PARTS = frozenset({"les", "pen", "dag", "jas"})
"""Words of three letters that build school words; others of three split words at random."""

LINKS = ("", "s", "e", "en", "n")


@lru_cache(200_000)
def parts(word: str) -> tuple[str, ...]:
    """The known words that a word is made of, with the parts of those; nothing if it is not."""
    if len(word) < SHORTEST_COMPOUND or not word.isalpha():
        return ()
    pair = _best_pair(word)
    if pair:
        return tuple(found for half in pair for found in (half, *parts(half)))
    return _three(word)


def _best_pair(word: str) -> tuple[str, str] | None:
    """The split with the longest shortest part, with as few linking letters as possible."""
    best, score = None, 0.0
    for place in range(3, len(word) - 2):
        tail = word[place:]
        if not _is_part(tail):
            continue
        for link in LINKS:
            head = word[:place].removesuffix(link) if link else word[:place]
            if link and len(head) == place:
                continue
            value = min(len(head), len(tail)) - 0.1 * len(link)
            if value > score and _is_part(head):
                best, score = (head, tail), value
    return best


def _three(word: str) -> tuple[str, ...]:
    """A compound of which only the first half is a compound itself."""
    for place in range(SHORTEST_COMPOUND, len(word) - 2):
        if _is_part(word[place:]):
            for head in (word[:place], word[:place].removesuffix("s")):
                pair = _best_pair(head)
                if pair:
                    return (*pair, word[place:])
    return ()


@lru_cache(200_000)
def _is_part(word: str) -> bool:
    if len(word) < SHORTEST_PART and word not in SHORT_PARTS:
        return False
    if word in stopwords.DUTCH:
        return False
    known, lemmas = _lexicon()
    return word in lemmas or word in known


@cache
def _lexicon() -> tuple[Mapping[str, str], frozenset[str]]:
    """Known forms of words, and words that are only known as lemma or from our glossary."""
    forms = DefaultDictionaryFactory().get_dictionary("nl")
    return forms, glossary.dutch_words() | {forms[form] for form in forms}
