"""Finding cards: the search as a person asks it, with the rule of who may see what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labapp.accounts.actors import Actor
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.knowledge import card_lists, documents, policies
from labapp.knowledge.models import Card
from labapp.search import analytics
from labapp.search import services as search
from labapp.search.analytics import Asked
from labapp.search.documents import Hit, Query, Results

FACETS = ("sector", "theme", "kind", "language", "subject", "outcome")
SORTS = {
    "relevance": "relevance",
    "newest": "-updated",
    "effect": "-months",
    "evidence": "-evidence",
}
PER_PAGE = 10


@dataclass(frozen=True)
class CardQuery:
    """A search for cards: what stands in the address of the page and the API."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    months: float | None = None
    evidence: float | None = None
    sort: str = "relevance"
    page: int = 1
    per_page: int = PER_PAGE

    @property
    def parameters(self) -> dict[str, Any]:
        """The search as plain values, for an address, a saved search or the history."""
        values: dict[str, Any] = {"q": self.text, **{k: list(v) for k, v in self.filters.items()}}
        values |= {"months": self.months, "evidence": self.evidence}
        if self.sort != "relevance":
            values["sort"] = self.sort
        return {name: value for name, value in values.items() if value not in ("", None, [])}


@dataclass(frozen=True)
class FoundCard:
    """A card that was found, and why."""

    card: Card
    hit: Hit


@dataclass(frozen=True)
class FoundCards:
    """A page of cards, with the counts of the whole result."""

    items: list[FoundCard]
    results: Results

    @property
    def total(self) -> int:
        return self.results.total


def search_cards(actor: Actor, query: CardQuery, *, explain: bool = False) -> FoundCards:
    """Find the cards that the actor may see, best first.

    What was found is read again from the database, so a card that was withdrawn since is gone.
    The actor's sector ranks, it never leaves anything out.
    """
    results = search.search(_asked(actor, query, explain=explain and actor.is_administrator))
    by_id = {
        card.id: card for card in card_lists.list_cards(actor, [hit.id for hit in results.hits])
    }
    items = [FoundCard(by_id[hit.id], hit) for hit in results.hits if hit.id in by_id]
    return FoundCards(items, results)


def note_search(query: CardQuery, found: FoundCards) -> None:
    """Count a search for the knowledge brokers, without who asked it."""
    if query.text and query.page == 1:
        analytics.note_search(query.text, found.total)


def note_opened(question: str) -> None:
    """Count that somebody opened a card after a question, without who or which."""
    if question:
        analytics.note_click(question)


def list_unanswered(actor: Actor) -> tuple[list[Asked], list[Asked]]:
    """Give what was asked and not found, and what was found and not opened; not who asked."""
    if not policies.can_see_analytics(actor):
        raise ForbiddenError(_("Alleen kennismakelaars en beheerders zien dit."))
    return analytics.list_without_hits(), analytics.list_without_clicks()


def similar_cards(actor: Actor, card: Card, limit: int = 4) -> list[Card]:
    """Give the cards most like one, among those the actor may see."""
    hits = search.similar(documents.KIND, card.id, policies.audiences_of(actor), limit)
    return card_lists.list_cards(actor, [hit.id for hit in hits])


def suggest(actor: Actor, prefix: str, limit: int = 8) -> list[str]:
    """Give titles and words that begin so, out of what the actor may see."""
    return search.suggest(prefix, policies.audiences_of(actor), limit, (documents.KIND,))


def preferred_sector(actor: Actor) -> str | None:
    """Give the sector whose cards rank a little higher: one's choice, else that of one's school."""
    sector = actor.user.preferred_sector if actor.user else None
    if sector is None and actor.acting_for is not None:
        sector = actor.acting_for.sector
    return sector.value if sector else None


def _asked(actor: Actor, query: CardQuery, *, explain: bool) -> Query:
    minimum = {"months": query.months, "evidence": query.evidence}
    sector = preferred_sector(actor)
    return Query(
        text=query.text,
        kinds=(documents.KIND,),
        audiences=policies.audiences_of(actor),
        filters={name: values for name, values in query.filters.items() if values},
        minimum={name: value for name, value in minimum.items() if value is not None},
        prefer={"sector": sector} if sector else {},
        sort=SORTS.get(query.sort, "relevance"),
        page=query.page,
        per_page=query.per_page,
        explain=explain,
    )
