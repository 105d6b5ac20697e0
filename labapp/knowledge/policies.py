"""Who may see, write, review and withdraw cards, and keep collections.

What one may see is said three times, for three uses: of one card (`can_see`), of rows
(`visible_to`), and as keys that the search compares (`audience` of a card, `audiences_of` an
actor). `tests/knowledge/test_policies.py` holds the three to the same answer.
"""

from sqlalchemy import ColumnElement, and_, false, or_, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.knowledge.models import (
    Card,
    CardDraft,
    CardStatus,
    CardVersion,
    DraftStatus,
    Visibility,
)
from labapp.knowledge.use_models import Collection

PUBLISHED = (CardStatus.PUBLISHED, CardStatus.OUTDATED)
REVIEWERS = (Role.KNOWLEDGE_BROKER, Role.PROGRAMME_OFFICER)
REVIEWERS_AT_HOME = (Role.SCHOOL_LEADER, Role.INTERNAL_COACH, Role.EXPERT_COACH, Role.RESEARCHER)


def audience(card: Card) -> frozenset[str]:
    """Give the keys of those who may find a published card."""
    return _audience(card, card.visibility)


def _audience(card: Card, visibility: Visibility) -> frozenset[str]:
    if visibility is Visibility.ORGANISATION:
        return frozenset({"administrator", f"organisation:{card.organisation_id}"})
    return frozenset({"administrator", visibility.value})


def audiences_of(actor: Actor) -> frozenset[str]:
    """Give the keys that an actor holds: with one in common the published card is visible."""
    if actor.is_administrator:
        return frozenset({"administrator"})
    keys = {"public"}
    if actor.affiliations:
        keys.add("programme")
    return frozenset(keys | {f"organisation:{number}" for number in actor.organisation_ids})


def can_see(actor: Actor, card: Card) -> bool:
    """Whether one may read the published text, or the tombstone, of a card."""
    if card.status in (CardStatus.DRAFT, CardStatus.IN_REVIEW):
        return can_see_draft(actor, card)
    return bool(audience(card) & audiences_of(actor))


def can_see_version(actor: Actor, card: Card, version: CardVersion) -> bool:
    """Whether one may read a former text: what was a school's alone then, stays so."""
    visibility = Visibility(version.content["visibility"])
    return can_see(actor, card) and bool(_audience(card, visibility) & audiences_of(actor))


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The published cards that one may read: where every list, count and export starts."""
    published = Card.status.in_(PUBLISHED)
    return and_(published, readable_by(actor))


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Whose text one may read once it is published."""
    if actor.is_administrator:
        return true()
    ways = [Card.visibility == Visibility.PUBLIC]
    if actor.affiliations:
        ways.append(Card.visibility == Visibility.PROGRAMME)
        ways.append(
            and_(
                Card.visibility == Visibility.ORGANISATION,
                Card.organisation_id.in_(actor.organisation_ids),
            )
        )
    return or_(*ways)


def can_see_draft(actor: Actor, card: Card) -> bool:
    """Whether one may read the text being written: who writes it and who may review it."""
    if actor.user is None:
        return actor.is_system
    if actor.is_administrator or _is_author(actor, card) or _writes(actor, card):
        return True
    return (
        card.draft is not None
        and card.draft.status is DraftStatus.IN_REVIEW
        and _reviews(actor, card)
    )


def drafts_of(actor: Actor) -> ColumnElement[bool]:
    """The drafts that one writes oneself (joined with their cards)."""
    if actor.id is None:
        return false()
    mine = or_(CardDraft.author_id == actor.id, Card.author_id == actor.id)
    still_there = or_(
        Card.visibility != Visibility.ORGANISATION,
        Card.organisation_id.in_(actor.organisation_ids),
    )
    return and_(mine, still_there)


def reviewable_by(actor: Actor) -> ColumnElement[bool]:
    """The drafts (joined with their cards) that wait for a review one may give."""
    if actor.id is None:
        return false()
    in_review = CardDraft.status == DraftStatus.IN_REVIEW
    others = and_(CardDraft.author_id.is_distinct_from(actor.id), in_review)
    ways: list[ColumnElement[bool]] = []
    if actor.is_administrator or actor.has_role(*REVIEWERS):
        ways.append(Card.visibility != Visibility.ORGANISATION)
    at_home = [a.organisation_id for a in actor.affiliations if a.role in REVIEWERS_AT_HOME]
    ways.append(and_(Card.visibility == Visibility.ORGANISATION, Card.organisation_id.in_(at_home)))
    return and_(others, or_(*ways))


def can_write(actor: Actor) -> bool:
    """Whether one may start a card: everybody who acts for an organisation."""
    return actor.user is not None and bool(actor.affiliations) and actor.may("cards:write")


def can_edit(actor: Actor, card: Card) -> bool:
    """Whether one may change the draft: its author, and the programme's knowledge brokers."""
    if card.made_from or card.status is CardStatus.WITHDRAWN or not actor.may("cards:write"):
        return False
    return _is_author(actor, card) or _writes(actor, card)


def can_review(actor: Actor, card: Card) -> bool:
    """Whether one may publish or return the draft: never who wrote it."""
    draft = card.draft
    if draft is None or draft.status is not DraftStatus.IN_REVIEW or actor.id is None:
        return False
    if actor.id in {draft.author_id, draft.saved_by_id} or not actor.may("cards:review"):
        return False
    return _reviews(actor, card)


def can_withdraw(actor: Actor, card: Card) -> bool:
    """Whether one may withdraw a published card or call it outdated."""
    if card.status not in PUBLISHED or not actor.may("cards:review"):
        return False
    if card.made_from:
        return actor.is_system
    return actor.is_administrator or _is_author(actor, card) or _reviews(actor, card)


def can_import(actor: Actor) -> bool:
    """Whether one may import cards in bulk: administrators, brokers and researchers."""
    if not actor.may("cards:import"):
        return False
    return actor.is_administrator or actor.has_role(Role.KNOWLEDGE_BROKER, Role.RESEARCHER)


def can_see_analytics(actor: Actor) -> bool:
    return actor.is_administrator or actor.has_role(Role.KNOWLEDGE_BROKER)


def can_see_collection(actor: Actor, collection: Collection) -> bool:
    """Private: the owner's alone; of the team: everybody of the organisation."""
    if actor.id is None:
        return False
    return (
        collection.owner_id == actor.id
        if collection.organisation_id is None
        else collection.organisation_id in actor.organisation_ids
    )


def collections_visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor.id is None:
        return false()
    return or_(
        and_(Collection.organisation_id.is_(None), Collection.owner_id == actor.id),
        Collection.organisation_id.in_(actor.organisation_ids),
    )


def can_edit_collection(actor: Actor, collection: Collection) -> bool:
    return can_see_collection(actor, collection) and actor.may("collections:write")


def can_remove_collection(actor: Actor, collection: Collection) -> bool:
    """The owner; of a team's collection also the school leader."""
    return can_edit_collection(actor, collection) and (
        collection.owner_id == actor.id
        or actor.has_role(Role.SCHOOL_LEADER, organisation_id=collection.organisation_id)
    )


def _is_author(actor: Actor, card: Card) -> bool:
    """Whether one wrote it; a school's own card stays with the school when its author leaves."""
    return actor.id is not None and card.author_id == actor.id and _is_there(actor, card)


def _is_there(actor: Actor, card: Card) -> bool:
    return (
        card.visibility is not Visibility.ORGANISATION
        or card.organisation_id in actor.organisation_ids
    )


def _writes(actor: Actor, card: Card) -> bool:
    """Whether one writes at this card's draft beside its author."""
    if actor.is_administrator:
        return True
    if card.draft is not None and actor.id is not None and card.draft.author_id == actor.id:
        return _is_there(actor, card)
    return (
        card.visibility is not Visibility.ORGANISATION
        and actor.has_role(Role.KNOWLEDGE_BROKER)
        and card.status in PUBLISHED
    )


def _reviews(actor: Actor, card: Card) -> bool:
    if card.visibility is Visibility.ORGANISATION:
        number = card.organisation_id
        return number is not None and actor.has_role(*REVIEWERS_AT_HOME, organisation_id=number)
    return actor.is_administrator or actor.has_role(*REVIEWERS)
