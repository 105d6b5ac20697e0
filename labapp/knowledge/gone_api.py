"""How a card is got for the API: as one may see it, or, withdrawn, what is left of it."""

from typing import Any

from flask import abort, make_response

from labapp.accounts.login import current_actor
from labapp.knowledge import cards, policies
from labapp.knowledge.api_schemas import TombstoneSchema
from labapp.knowledge.models import Card, CardStatus
from labapp.rest import etag
from labapp.web import answer


def read_card(card_id: int) -> Card:
    """Give a card one may see; for a withdrawn one answer 410 with its tombstone."""
    card = cards.get_card(current_actor(), card_id)
    if card.status is CardStatus.WITHDRAWN:
        gone = make_response(
            *answer(
                410,
                card.withdrawn_reason or "",
                {"tombstone": TombstoneSchema().dump(tombstone(card))},
            )
        )
        gone.headers.update(etag(card.version))
        abort(gone)
    return card


def tombstone(card: Card) -> dict[str, Any]:
    """Give what is left of a withdrawn card; what took its place only to who may see that."""
    instead = card.replaced_by
    seen = instead is not None and policies.can_see(current_actor(), instead)
    return {
        "id": card.id,
        "external_id": card.external_id,
        "title": card.title,
        "withdrawn_at": card.withdrawn_at,
        "reason": card.withdrawn_reason,
        "replaced_by": instead.id if seen and instead else None,
    }
