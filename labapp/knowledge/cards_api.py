"""Cards as JSON: searching, reading, versions, citing, and saying whether a card helped."""

import json
from typing import Any

from flask import Response, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import citation_files, citations, feedback, finding
from labapp.knowledge.api_schemas import (
    CardsSchema,
    CitationQuerySchema,
    FoundCardsSchema,
    SearchSchema,
    SimilarQuerySchema,
    TombstoneProblemSchema,
)
from labapp.knowledge.finding import FACETS, CardQuery, FoundCards
from labapp.knowledge.gone_api import read_card
from labapp.knowledge.limits import limited
from labapp.knowledge.models import Card
from labapp.knowledge.schemas import CardSchema
from labapp.knowledge.search_page import clean
from labapp.knowledge.use_models import Feedback
from labapp.knowledge.use_schemas import (
    FeedbackSchema,
)
from labapp.resources import ID, PROBLEM, Resources, asks, refuses
from labapp.rest import etag, idempotent, page_links, unchanged

resources = Resources(
    "Cards", __name__, url_prefix="/api/v1/cards", description="Find, read and cite cards."
)
gone = resources.alt_response(
    410, schema=TombstoneProblemSchema, content_type=PROBLEM, description="It was withdrawn."
)
CARD_TAG = {"ETag": {"schema": {"type": "string"}, "description": "Names this state of it."}}


def query_of(values: dict[str, Any]) -> CardQuery:
    """Give the search that an address or a saved search describes."""
    return CardQuery(
        text=clean(values["q"]),
        filters={name: tuple(values[name]) for name in FACETS if values[name]},
        months=values["months"],
        evidence=values["evidence"],
        sort=values["sort"],
        page=values.get("page", 1),
        per_page=values.get("per_page", finding.PER_PAGE),
    )


def found_of(query: CardQuery, found: FoundCards) -> dict[str, Any]:
    results = found.results
    return {
        "items": found.items,
        "total": found.total,
        "page": query.page,
        "per_page": query.per_page,
        "facets": results.facets,
        "did_you_mean": results.did_you_mean,
        "meaning_available": results.meaning_available,
        "advice": results.advice,
    }


@resources.route("")
class Search(MethodView):
    @require_scope("cards:read", visitors=True)
    @limited
    @resources.arguments(SearchSchema, location="query")
    @resources.response(
        200,
        FoundCardsSchema,
        headers={"Link": {"schema": {"type": "string"}, "description": "Pages around this one."}},
    )
    def get(self, values: dict[str, Any]) -> Any:
        """Search the cards you may see, best first, or list them all.

        A question in ordinary words, in Dutch or English, finds cards in both languages; a DOI,
        an ERIC number or the id of a card finds exactly. Without `q`: all that pass the filters.
        """
        query = query_of(values)
        found = finding.search_cards(current_actor(), query, explain=values["explain"])
        body = found_of(query, found)
        finding.note_search(query, found)
        return body, page_links(query.page, query.per_page, found.total)


@resources.route(f"/<{ID}:card_id>")
class OneCard(MethodView):
    @require_scope("cards:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, CardSchema, headers=CARD_TAG)
    @gone
    def get(self, card_id: int) -> Any:
        """Read a card whole: text, ratings, sources."""
        card = read_card(card_id)
        return unchanged(card.version) or (card, etag(card.version))


@resources.route(f"/<{ID}:card_id>/similar")
class SimilarCards(MethodView):
    @require_scope("cards:read", visitors=True)
    @refuses(404)
    @resources.arguments(SimilarQuerySchema, location="query")
    @resources.response(200, CardsSchema)
    @gone
    def get(self, values: dict[str, Any], card_id: int) -> dict[str, list[Card]]:
        """List the cards most like one, among those you may see."""
        card = read_card(card_id)
        return {"items": finding.similar_cards(current_actor(), card, values["limit"])}


@resources.route(f"/<{ID}:card_id>/citation")
class Citation(MethodView):
    @require_scope("cards:read", visitors=True)
    @refuses(404)
    @resources.arguments(CitationQuerySchema, location="query")
    @resources.response(200, {"type": "string"}, content_type="text/plain")
    @resources.alt_response(
        200, schema={"type": "string"}, content_type="application/x-bibtex", success=True
    )
    @resources.alt_response(
        200,
        schema={"type": "string"},
        content_type="application/x-research-info-systems",
        success=True,
    )
    @resources.alt_response(
        200,
        schema={"type": "array", "items": {"type": "object"}},
        content_type="application/vnd.citationstyles.csl+json",
        success=True,
    )
    @gone
    def get(self, values: dict[str, Any], card_id: int) -> Response:
        """Cite a card: a line of APA, BibTeX, RIS or CSL-JSON."""
        card = read_card(card_id)
        address = url_for("cards.show_card", card_id=card.id, _external=True)
        text, kind = cited(citations.item_of_card(card, address), values["format"], card.language)
        return Response(text, mimetype=kind)


@resources.route(f"/<{ID}:card_id>/feedback")
class GivenFeedback(MethodView):
    @require_scope("cards:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404)
    @resources.arguments(FeedbackSchema)
    @resources.response(201, FeedbackSchema)
    @gone
    def post(self, values: dict[str, Any], card_id: int) -> Feedback:
        """Say whether a card was useful for your question; saying it again changes it."""
        return feedback.give_feedback(current_actor(), read_card(card_id), **values)


def cited(item: dict[str, Any], form: str, language: str) -> tuple[str, str]:
    """Give a citation and its media type."""
    if form == "bibtex":
        return citation_files.bibtex([item]), "application/x-bibtex"
    if form == "ris":
        return citation_files.ris([item]), "application/x-research-info-systems"
    if form == "csl-json":
        return json.dumps([item], ensure_ascii=False), "application/vnd.citationstyles.csl+json"
    return citations.apa(item, language), "text/plain"
