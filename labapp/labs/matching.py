"""Meeting the knowledge before asking: what is there already, and why it came up.

Cards are searched first. What schools ask and what labs do is short, and in other words than the
question: it is searched with the question and the keywords of the cards that came up, which are the
words of the field (measured in `benchmarks/matching.py`). The score is that of the search, with
something for the same theme and sector and a little for what is answered or fresh; each part is
kept. Who chose no theme gets the themes that the words suggest, each for what it is worth. Only
what the actor may read is compared at all, so what is left out is not even a number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.knowledge import theme_guess
from labapp.labs import answering_objects, documents, reading
from labapp.labs.answering_objects import CARD, TABLES, Known
from labapp.labs.question_models import Question
from labapp.search import ranking
from labapp.search import services as search
from labapp.search.analysis import detect_language
from labapp.search.documents import Hit, Query, Results

SHOWN = 7
LIVE = 5
CARDS = 3  # of the seven, when there is enough of the other four kinds
GUESSES = 3  # themes to choose from that a question without one may be about
NEAR_CUT = 0.3  # of the others: what keywords were added to makes the nearest very near
WORTH = 0.6  # of the best of its list: what is worth less is not shown
LOOKED_AT = 40  # of which the best are shown, after what is known of them
EXPLAINED_BY = 3  # cards whose keywords go along
KEYWORDS = 4  # of each of these cards
LONGEST_SEEN = 400  # signs of "what do you see" that go along with the question
SHORTEST = 8
LONGEST_TEXT = 2000
BONUS = {"theme": 0.5, "sector": 0.05, "answered": 0.02, "fresh": 0.01}
FRESH = timedelta(days=365)
OTHERS = tuple(kind for kind in TABLES if kind != CARD)


class HasScore(Protocol):
    @property
    def score(self) -> float: ...


Scored = TypeVar("Scored", bound=HasScore)


@dataclass(frozen=True)
class Match:
    """Something that is there already.

    `kind` is card, question, round, finding or lab; `signs` are codes of the reasons beside the
    words and the meaning: theme, sector, answered, fresh.
    """

    kind: str
    object: str
    title: str
    summary: str
    score: float
    parts: Mapping[str, float]
    words: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """The parts as they are kept with the question."""
        return {
            "score": round(self.score, 4),
            "parts": {name: round(value, 4) for name, value in self.parts.items()},
            "words": list(self.words),
            "signs": list(self.signs),
        }


@dataclass(frozen=True)
class _Found:
    """A hit with what the database says of it, and what both are worth."""

    hit: Hit
    known: Known
    score: float
    parts: Mapping[str, float]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Matches:
    """At most seven, the best first; without meaning only words were compared.

    `themes` are what a question without a theme is probably about, the likeliest first.
    """

    items: list[Match]
    meaning_available: bool = True
    themes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What the asker said of the question, or its words suggest: themes by likeness, 1 is sure."""

    themes: Mapping[str, float]
    is_theme_chosen: bool = False
    sector: str = ""

    @property
    def likely_themes(self) -> tuple[str, ...]:
        """The likeliest themes; none when the asker chose."""
        best = sorted(self.themes, key=lambda theme: -self.themes[theme])
        return () if self.is_theme_chosen else tuple(best[:GUESSES])


def match(
    actor: Actor,
    title: str,
    *,
    seen: str = "",
    theme: str = "",
    sector: str = "",
    besides: int | None = None,
    limit: int = SHOWN,
) -> Matches:
    """Give what is there already on a question in words, out of what the actor may read.

    `seen` is what goes along with the question; without the model it only waters down the words
    and is left out. `besides` is the question itself, which is never its own answer.
    """
    if len(title.strip()) < SHORTEST:
        return Matches([])
    text = _text(title, seen)
    keys = reading.audiences_of(actor)
    cards = _search(keys, text, (CARD,))
    if text != title.strip() and not cards.meaning_available:
        text = title.strip()
        cards = _search(keys, text, (CARD,))
    wanted = _wanted(text, theme, sector)
    found = _known(actor, cards, wanted, besides)
    wide = text
    if cards.meaning_available:
        wide = with_keywords(text, [one.known.keywords for one in found[:EXPLAINED_BY]])
    others = _known(actor, _search(keys, wide, OTHERS, NEAR_CUT), wanted, besides)
    chosen = arrange(ranked(found), ranked(others), limit)
    return Matches(
        _matches_of(chosen, title),
        cards.meaning_available,
        wanted.likely_themes if chosen else (),
    )


def match_question(
    actor: Actor, question: Question, limit: int = SHOWN, *, theme: str = ""
) -> Matches:
    """Give what is there already on a question that was written down, or with another theme."""
    return match(
        actor,
        question.title,
        seen=question.seen,
        theme=theme or question.theme,
        sector=question.sector.value if question.sector else "",
        besides=question.id,
        limit=limit,
    )


def likely_themes(question: Question) -> tuple[str, ...]:
    """Give what a question without a theme is probably about, the likeliest first."""
    return _wanted(_text(question.title, question.seen), question.theme, "").likely_themes


def with_keywords(text: str, keywords: Iterable[Sequence[str]]) -> str:
    """Give a question with the words of the field for it: the keywords of cards that came up."""
    words = dict.fromkeys(word for some in keywords for word in some[:KEYWORDS])
    return f"{text} {', '.join(words)}".strip()


def ranked(found: Iterable[Scored]) -> list[Scored]:
    """Give what was found, the highest score first; equal ones stay as they are."""
    return sorted(found, key=lambda one: -one.score)


def arrange(cards: Sequence[Scored], others: Sequence[Scored], limit: int = SHOWN) -> list[Scored]:
    """Give what is shown: at most three cards of seven while there is enough beside them."""
    cards, others = _worth_showing(cards), _worth_showing(others)
    most = max(limit * CARDS // SHOWN, limit - len(others))
    first = list(cards[:most])
    return ranked([*first, *others[: limit - len(first)]])


def _worth_showing(found: Sequence[Scored]) -> Sequence[Scored]:
    """Give what is worth enough beside the first of a list in order."""
    return [one for one in found if one.score >= WORTH * found[0].score]


def bonus_of(signs: Iterable[str], likeness: float = 0.0) -> float:
    """Give what the signs add to a score of the search, of which the best meaning is 1.

    `likeness` is how well the themes of the hit suit a question without a theme.
    """
    return sum(BONUS[sign] for sign in signs) + BONUS["theme"] * likeness


def _text(title: str, seen: str) -> str:
    return f"{title.strip()} {seen.strip()[:LONGEST_SEEN]}".strip()


def _wanted(text: str, theme: str, sector: str) -> Wanted:
    if theme:
        return Wanted({theme: 1.0}, is_theme_chosen=True, sector=sector)
    return Wanted(theme_guess.guess_themes(text), sector=sector)


def _search(
    keys: frozenset[str],
    text: str,
    kinds: tuple[str, ...],
    near_cut: float = ranking.DEFAULTS.near_cut,
) -> Results:
    return search.search(
        Query(
            text=text,
            audiences=keys,
            kinds=kinds,
            per_page=LOOKED_AT,
            explain=True,
            counts=False,
            near_cut=near_cut,
            quotes=False,
        )
    )


def _known(actor: Actor, results: Results, wanted: Wanted, besides: int | None) -> list[_Found]:
    """Read again what was found: what somebody may no longer read is gone."""
    hits = {answering_objects.name_of(hit.kind, hit.id): hit for hit in results.hits}
    hits.pop(answering_objects.name_of(documents.QUESTION, besides or 0), None)
    known = answering_objects.find_all(actor, list(hits))
    return [_weigh(hit, known[name], wanted) for name, hit in hits.items() if name in known]


def _weigh(hit: Hit, known: Known, wanted: Wanted) -> _Found:
    signs = []
    likeness = max((wanted.themes.get(theme, 0.0) for theme in known.themes), default=0.0)
    if wanted.is_theme_chosen and likeness:
        signs.append("theme")
        likeness = 0.0  # it is counted as a sign
    if wanted.sector and wanted.sector in known.sectors:
        signs.append("sector")
    if known.answers and hit.kind == documents.QUESTION:
        signs.append("answered")
    if known.fresh_on is not None and known.fresh_on >= today() - FRESH:
        signs.append("fresh")
    parts = {**hit.parts, **{sign: BONUS[sign] for sign in signs}}
    if likeness:
        parts["likely_theme"] = BONUS["theme"] * likeness
    return _Found(hit, known, hit.score + bonus_of(signs, likeness), parts, tuple(signs))


def _matches_of(found: Sequence[_Found], text: str) -> list[Match]:
    """Give what is shown of each, with the words of the question that stand in it.

    Words of another language are not those of the asker.
    """
    language = detect_language(text)
    quoted = search.quote([one.hit for one in found], text)
    return [
        Match(
            kind=hit.kind,
            object=answering_objects.name_of(hit.kind, hit.id),
            title=one.known.title,
            summary=one.known.summary or hit.sentence,
            score=one.score,
            parts=one.parts,
            words=tuple(
                dict.fromkeys(
                    word.lower() for word in hit.matched_words if hit.passage_language == language
                )
            ),
            signs=one.signs,
        )
        for one, hit in zip(found, quoted, strict=True)
    ]
