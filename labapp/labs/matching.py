"""Meeting the knowledge before asking: what is there already, and why it came up.

The score is that of the search (meaning and words, with a little for the same sector and theme),
and a little for what is answered or fresh; each part is kept. Only what the actor may read is
compared at all, so what is left out is not even a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.labs import answering_objects, documents, reading
from labapp.labs.answering_objects import TABLES, Known
from labapp.labs.question_models import Question
from labapp.search import services as search
from labapp.search.documents import Hit, Query, Results

SHOWN = 7
LIVE = 5
LOOKED_AT = 20  # of which the best are shown, after what is known of them
LONGEST_SEEN = 400  # signs of "what do you see" that go along with the question
SHORTEST = 8
LONGEST_TEXT = 2000
ANSWERED_BONUS = 0.02
FRESH_BONUS = 0.01
FRESH = timedelta(days=365)


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
class Matches:
    """At most seven, the best first; without meaning only words were compared."""

    items: list[Match]
    meaning_available: bool = True


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
    wanted = {name: value for name, value in (("theme", theme), ("sector", sector)) if value}
    more = seen.strip()[:LONGEST_SEEN]
    results = _search(actor, f"{title.strip()} {more}".strip(), wanted)
    if more and not results.meaning_available:
        results = _search(actor, title.strip(), wanted)
    hits = {answering_objects.name_of(hit.kind, hit.id): hit for hit in results.hits}
    hits.pop(answering_objects.name_of(documents.QUESTION, besides or 0), None)
    known = answering_objects.find_all(actor, list(hits))
    found = [_match_of(hit, known[name], wanted) for name, hit in hits.items() if name in known]
    found.sort(key=lambda one: -one.score)
    return Matches(found[:limit], results.meaning_available)


def match_question(actor: Actor, question: Question, limit: int = SHOWN) -> Matches:
    """Give what is there already on a question that was written down."""
    return match(
        actor,
        question.title,
        seen=question.seen,
        theme=question.theme,
        sector=question.sector.value if question.sector else "",
        besides=question.id,
        limit=limit,
    )


def _search(actor: Actor, text: str, wanted: Mapping[str, str]) -> Results:
    return search.search(
        Query(
            text=text,
            audiences=reading.audiences_of(actor),
            kinds=tuple(TABLES),
            prefer=wanted,
            per_page=LOOKED_AT,
            explain=True,
        )
    )


def _match_of(hit: Hit, known: Known, wanted: Mapping[str, str]) -> Match:
    signs, parts = [], dict(hit.parts)
    score = hit.score
    if wanted.get("theme") and wanted["theme"] in known.themes:
        signs.append("theme")
    if wanted.get("sector") and wanted["sector"] in known.sectors:
        signs.append("sector")
    if known.is_answered:
        signs.append("answered")
        parts["answered"] = ANSWERED_BONUS
        score += ANSWERED_BONUS
    if known.fresh_on is not None and known.fresh_on >= today() - FRESH:
        signs.append("fresh")
        parts["fresh"] = FRESH_BONUS
        score += FRESH_BONUS
    return Match(
        kind=hit.kind,
        object=answering_objects.name_of(hit.kind, hit.id),
        title=known.title,
        summary=known.summary or hit.sentence,
        score=score,
        parts=parts,
        words=tuple(dict.fromkeys(word.lower() for word in hit.matched_words)),
        signs=tuple(signs),
    )
