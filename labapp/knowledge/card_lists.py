"""Cards, drafts and versions as lists, out of what one may see."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import policies
from labapp.knowledge.cards import get_card
from labapp.knowledge.models import Card, CardDraft, CardStatus, CardVersion


def list_cards(actor: Actor, ids: Iterable[int]) -> list[Card]:
    """Give those of the published cards that the actor may see, in the order of the ids."""
    wanted = list(ids)
    rows = db.session.scalars(
        select(Card)
        .where(Card.id.in_(wanted), policies.visible_to(actor))
        .options(selectinload(Card.ratings), selectinload(Card.sources))
    )
    by_id = {card.id: card for card in rows}
    return [by_id[number] for number in wanted if number in by_id]


def list_translations(actor: Actor, card: Card) -> list[Card]:
    """Give the same card in other languages, among those the actor may see."""
    same = [Card.translated_from == card.external_id]
    if card.translated_from:
        same.append(Card.external_id == card.translated_from)
        same.append(Card.translated_from == card.translated_from)
    query = select(Card).where(
        or_(*same),
        Card.id != card.id,
        Card.language != card.language,
        policies.visible_to(actor),
    )
    return list(db.session.scalars(query.order_by(Card.id)))


def list_newest(actor: Actor, limit: int) -> list[Card]:
    """Give the cards that were published last, among those the actor may see."""
    query = select(Card).where(policies.visible_to(actor)).options(selectinload(Card.ratings))
    return list(
        db.session.scalars(query.order_by(Card.published_at.desc(), Card.id.desc()).limit(limit))
    )


def list_own_drafts(actor: Actor) -> list[CardDraft]:
    """Give what the actor is writing, the last saved first."""
    return _drafts(policies.drafts_of(actor))


def list_to_review(actor: Actor) -> list[CardDraft]:
    """Give what waits for a review by the actor, the longest waiting first."""
    return sorted(_drafts(policies.reviewable_by(actor)), key=lambda draft: draft.saved_at)


def list_versions(actor: Actor, card: Card) -> list[CardVersion]:
    """Give the published versions of a card one may see, the newest first."""
    get_card(actor, card.id)
    versions = db.session.scalars(
        select(CardVersion)
        .where(CardVersion.card_id == card.id)
        .options(joinedload(CardVersion.author), joinedload(CardVersion.reviewer))
        .order_by(CardVersion.number.desc())
    )
    return [version for version in versions if policies.can_see_version(actor, card, version)]


def get_version(actor: Actor, card: Card, number: int) -> CardVersion:
    """Give one version; those of a withdrawn card are gone for all but its writers."""
    if card.status is CardStatus.WITHDRAWN and not policies.can_see_analytics(actor):
        raise NotFoundError(_("Deze kaart is ingetrokken."))
    for version in list_versions(actor, card):
        if version.number == number:
            return version
    raise NotFoundError(_("Deze versie bestaat niet."))


def _drafts(condition: Any) -> list[CardDraft]:
    return list(
        db.session.scalars(
            select(CardDraft)
            .join(CardDraft.card)
            .where(condition)
            .options(joinedload(CardDraft.card), joinedload(CardDraft.author))
            .order_by(CardDraft.saved_at.desc())
        )
    )
