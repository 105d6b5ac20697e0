"""Writing, reviewing and publishing cards over JSON."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import card_lists, cards
from labapp.knowledge.api_schemas import (
    DraftSchema,
    DraftsSchema,
    NoteSchema,
    ReasonSchema,
    StartedCardSchema,
    SummarySchema,
    TombstoneSchema,
    WhoseDraftsSchema,
    WithdrawalSchema,
)
from labapp.knowledge.cards_api import CARD_TAG, gone
from labapp.knowledge.gone_api import read_card, tombstone
from labapp.knowledge.models import Card, CardDraft
from labapp.knowledge.schemas import CardSchema, ContentSchema
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, require_match, unchanged

resources = Resources(
    "Drafts", __name__, url_prefix="/api/v1", description="Write, review, publish, withdraw."
)
EXAMPLE = {
    "title": "Huiswerk dat werkt",
    "question": "Wanneer helpt huiswerk?",
    "answer": "Kort en gericht huiswerk dat in de les terugkomt, helpt vaak.",
    "sectors": ["vo"],
    "themes": ["homework"],
}


@resources.route("/cards")
class NewCard(MethodView):
    @require_scope("cards:write")
    @idempotent(lambda: current_actor().id)
    @resources.arguments(ContentSchema, example=EXAMPLE)
    @resources.response(
        201, StartedCardSchema, headers={"Location": {"schema": {"type": "string"}}}
    )
    def post(self, content: dict[str, Any]) -> Any:
        """Start a card, as a draft that only you and your reviewers see."""
        card = cards.start_card(current_actor(), content)
        place = url_for("Cards.OneCard", card_id=card.id)
        return card, {"Location": place}


@resources.route("/drafts")
class Drafts(MethodView):
    @require_scope("cards:read")
    @resources.arguments(WhoseDraftsSchema, location="query")
    @resources.response(200, DraftsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[CardDraft]]:
        """List what you are writing, or what waits for your review."""
        actor = current_actor()
        mine = values["of"] == "mine"
        return {
            "items": card_lists.list_own_drafts(actor) if mine else card_lists.list_to_review(actor)
        }


@resources.route(f"/cards/<{ID}:card_id>/draft")
class Draft(MethodView):
    @require_scope("cards:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    def get(self, card_id: int) -> Any:
        """Read the text being written beside the published one."""
        draft = cards.get_draft(current_actor(), card_id)
        return unchanged(draft.version) or (draft, etag(draft.version))

    @require_scope("cards:write")
    @refuses(404)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    @gone
    def post(self, card_id: int) -> Any:
        """Open a draft from the published text, or give the one that there is."""
        draft = cards.open_draft(current_actor(), read_card(card_id))
        return draft, etag(draft.version)

    @require_scope("cards:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ContentSchema, example=EXAMPLE)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    def put(self, content: dict[str, Any], card_id: int) -> Any:
        """Save the draft whole, over the version that you read.

        When somebody saved it meanwhile the answer is 409 with both texts, `theirs` and `yours`.
        """
        draft = cards.get_draft(current_actor(), card_id)
        version = matched_version(draft.version)
        cards.save_draft(current_actor(), draft, content, version=version)
        return draft, etag(draft.version)

    @require_scope("cards:write")
    @asks("If-Match")
    @refuses(404)
    @resources.response(204)
    def delete(self, card_id: int) -> None:
        """Throw the draft away; a card that was never published goes with it."""
        draft = cards.get_draft(current_actor(), card_id)
        require_match(draft.version)
        cards.discard_draft(current_actor(), draft)


@resources.route(f"/cards/<{ID}:card_id>/draft/submission")
class Submission(MethodView):
    @require_scope("cards:write")
    @refuses(404, 409, 422)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    def post(self, card_id: int) -> Any:
        """Ask a second person to review the draft; 422 says what it still lacks."""
        draft = cards.get_draft(current_actor(), card_id)
        cards.submit_draft(current_actor(), draft)
        return draft, etag(draft.version)

    @require_scope("cards:write")
    @refuses(404, 409)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    def delete(self, card_id: int) -> Any:
        """Take the draft back from the reviewer, to write on."""
        draft = cards.get_draft(current_actor(), card_id)
        cards.take_back_draft(current_actor(), draft)
        return draft, etag(draft.version)


@resources.route(f"/cards/<{ID}:card_id>/return")
class ReturnToAuthor(MethodView):
    @require_scope("cards:review")
    @refuses(404, 409)
    @resources.arguments(NoteSchema)
    @resources.response(200, DraftSchema, headers=CARD_TAG)
    def post(self, values: dict[str, str], card_id: int) -> Any:
        """Give the draft back to its author, with a note on what to better."""
        draft = cards.get_draft(current_actor(), card_id)
        cards.return_draft(current_actor(), draft, values["note"])
        return draft, etag(draft.version)


@resources.route(f"/cards/<{ID}:card_id>/publication")
class Publication(MethodView):
    @require_scope("cards:review")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(SummarySchema, required=False)
    @resources.response(200, CardSchema, headers=CARD_TAG)
    def put(self, values: dict[str, str], card_id: int) -> Any:
        """Publish the draft that you reviewed: `If-Match` is the tag of the draft."""
        draft = cards.get_draft(current_actor(), card_id)
        require_match(draft.version)
        card = cards.publish_draft(current_actor(), draft, values["summary"])
        return card, etag(card.version)


@resources.route(f"/cards/<{ID}:card_id>/outdated")
class Outdated(MethodView):
    @require_scope("cards:review")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ReasonSchema)
    @resources.response(200, CardSchema, headers=CARD_TAG)
    @gone
    def put(self, values: dict[str, str], card_id: int) -> Any:
        """Say on a card that it no longer holds in full; it stays findable and says so."""
        card = read_card(card_id)
        require_match(card.version)
        cards.mark_outdated(current_actor(), card, values["reason"])
        return card, etag(card.version)


@resources.route(f"/cards/<{ID}:card_id>/withdrawal")
class Withdrawal(MethodView):
    @require_scope("cards:review")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(WithdrawalSchema)
    @resources.response(200, TombstoneSchema)
    @gone
    def put(self, values: dict[str, Any], card_id: int) -> dict[str, Any]:
        """Take a card out of the knowledge base and the search at once; a tombstone says why."""
        card = read_card(card_id)
        require_match(card.version)
        instead = _replacement(values["replaced_by"])
        cards.withdraw_card(current_actor(), card, values["reason"], instead)
        return tombstone(card)


def _replacement(card_id: int | None) -> Card | None:
    if card_id is None:
        return None
    try:
        return cards.get_card(current_actor(), card_id)
    except NotFoundError as error:
        words = _("Deze kaart bestaat niet, of je mag haar niet zien.")
        raise InvalidError(words, {"replaced_by": [words]}) from error
