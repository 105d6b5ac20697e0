"""Finding, writing, reviewing and publishing cards, and taking them back."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from labapp import audit, links
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import content as contents
from labapp.knowledge import documents, policies
from labapp.knowledge.models import (
    Card,
    CardDraft,
    CardStatus,
    CardVersion,
    DraftStatus,
    Visibility,
)

WHOLE = (selectinload(Card.ratings), selectinload(Card.sources), joinedload(Card.draft))


def get_card(actor: Actor, card_id: int) -> Card:
    """Give a card that the actor may see; every view and resource gets cards here."""
    card = db.session.scalar(
        select(Card)
        .where(Card.id == card_id)
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    if card is None or not policies.can_see(actor, card):
        raise NotFoundError(_("Deze kaart bestaat niet, of je mag haar niet zien."))
    return card


def get_draft(actor: Actor, card_id: int) -> CardDraft:
    """Give the draft beside a card, to whoever writes or reviews it."""
    card = db.session.scalar(select(Card).where(Card.id == card_id).options(*WHOLE))
    if card is None or card.draft is None or not policies.can_see_draft(actor, card):
        raise NotFoundError(_("Dit concept bestaat niet, of je mag het niet zien."))
    return card.draft


def start_card(actor: Actor, content: Mapping[str, Any]) -> Card:
    """Start a new card as a draft of the actor, for the organisation one acts for."""
    if not policies.can_write(actor):
        raise ForbiddenError(_("Alleen wie bij een organisatie hoort kan een kaart schrijven."))
    with transaction() as session:
        whole = contents.empty_content() | dict(content)
        card = Card(
            external_id=f"kaart-{uuid4().hex[:12]}",
            title=whole["title"] or _("Kaart zonder titel"),
            language=whole["language"],
            visibility=Visibility(whole["visibility"]),
            author=actor.user,
            organisation=actor.acting_for,
        )
        card.draft = CardDraft(content=whole, author=actor.user, saved_by=actor.user)
        session.add(card)
        _record(actor, "card.started", card)
    return card


def open_draft(actor: Actor, card: Card) -> CardDraft:
    """Start a draft from the published text, or give the one that there is."""
    with transaction() as session:
        if not policies.can_edit(actor, card):
            raise ForbiddenError(_("Je kunt deze kaart niet wijzigen."))
        if card.draft is None:
            card.draft = CardDraft(
                content=contents.content_of(card), author=actor.user, saved_by=actor.user
            )
            session.flush()
            _record(actor, "card.draft_opened", card)
    return card.draft


def save_draft(
    actor: Actor, draft: CardDraft, content: Mapping[str, Any], *, version: int
) -> CardDraft:
    """Save a draft over the version that one had read; another's save in between is a conflict.

    Raises ConflictError with both texts: `theirs` as saved, `yours` as refused.
    """
    with transaction():
        card = draft.card
        if not policies.can_edit(actor, card):
            raise ForbiddenError(_("Je kunt deze kaart niet wijzigen."))
        if draft.status is DraftStatus.IN_REVIEW:
            raise ConflictError(_("Deze kaart ligt bij een beoordelaar. Haal haar eerst terug."))
        whole = contents.empty_content() | draft.content | dict(content)
        differing = contents.changed_fields(draft.content, whole)
        if draft.version != version and differing:
            raise ConflictError(
                _("Iemand anders bewaarde deze kaart terwijl jij schreef."),
                theirs={name: pair[0] for name, pair in differing.items()},
                yours={name: pair[1] for name, pair in differing.items()},
            )
        if differing:
            draft.content, draft.saved_by, draft.saved_at = whole, actor.user, now()
            if not card.is_published:
                card.title = whole["title"] or _("Kaart zonder titel")
                card.visibility = Visibility(whole["visibility"])
                card.language = whole["language"]
            _record(actor, "card.draft_saved", card, {"fields": [None, sorted(differing)]})
    return draft


def submit_draft(actor: Actor, draft: CardDraft) -> None:
    """Ask a second person to review the draft; what is missing is said at each field."""
    with transaction():
        if not policies.can_edit(actor, draft.card):
            raise ForbiddenError(_("Je kunt deze kaart niet indienen."))
        if draft.status is DraftStatus.IN_REVIEW:
            raise ConflictError(_("Deze kaart ligt al bij een beoordelaar."))
        _check_complete(draft.content)
        draft.status, draft.submitted_at, draft.review_note = DraftStatus.IN_REVIEW, now(), ""
        if draft.card.status is CardStatus.DRAFT:
            draft.card.status = CardStatus.IN_REVIEW
        _record(actor, "card.submitted", draft.card)


def take_back_draft(actor: Actor, draft: CardDraft) -> None:
    """Take a draft back from the reviewer to write on."""
    with transaction():
        if not policies.can_edit(actor, draft.card):
            raise ForbiddenError(_("Je kunt deze kaart niet terughalen."))
        _back_to_writing(draft)
        _record(actor, "card.taken_back", draft.card)


def return_draft(actor: Actor, draft: CardDraft, note: str) -> None:
    """Give a draft back to its author with a note on what to better."""
    with transaction():
        _check_reviewer(actor, draft)
        if not note.strip():
            raise InvalidError(
                _("Schrijf op wat er beter moet."), {"note": [_("Schrijf op wat er beter moet.")]}
            )
        _back_to_writing(draft)
        draft.review_note = note.strip()
        _record(actor, "card.returned", draft.card, reason=note.strip())


def publish_draft(actor: Actor, draft: CardDraft, summary: str = "") -> Card:
    """Put a reviewed draft in the knowledge base and in the search, both or neither."""
    with transaction():
        _check_reviewer(actor, draft)
        _check_complete(draft.content)
        card, author = draft.card, draft.author
        content = draft.content | {"reviewer": draft.content.get("reviewer") or actor_name(actor)}
        card.draft = None
        publish(actor, card, content, author_id=author.id if author else None, summary=summary)
    return card


def publish(
    actor: Actor,
    card: Card,
    content: Mapping[str, Any],
    *,
    author_id: int | None,
    summary: str = "",
    later: bool = False,
) -> None:
    """Make content the published text, as a new version, in the caller's transaction.

    For imports and seeds too; whoever calls has checked the right to. `later` leaves the vector
    to a job, for many cards at once.
    """
    with transaction() as session:
        contents.apply_content(card, content)
        card.status, card.published_at = CardStatus.PUBLISHED, card.published_at or now()
        card.updated_at, card.version_number = now(), card.version_number + 1
        card.withdrawn_at = card.withdrawn_reason = None
        card.outdated_reason = ""
        session.add(card)
        session.flush()
        session.add(
            CardVersion(
                card_id=card.id,
                number=card.version_number,
                content=contents.content_of(card),
                author_id=author_id,
                reviewer_id=actor.id,
                summary=summary,
            )
        )
        documents.put(card, later=later)
        _record(actor, "card.published", card, {"version": [None, card.version_number]})


def mark_outdated(actor: Actor, card: Card, reason: str) -> None:
    """Say on a card that it no longer holds in full; it stays findable and says so."""
    with transaction():
        _check_withdraw(actor, card)
        if card.status is CardStatus.OUTDATED:
            raise ConflictError(_("Deze kaart is al als verouderd gemerkt."))
        if not reason.strip():
            raise InvalidError(
                _("Schrijf op wat er niet meer klopt."),
                {"reason": [_("Schrijf op wat er niet meer klopt.")]},
            )
        card.status, card.updated_at = CardStatus.OUTDATED, now()
        card.outdated_reason = reason.strip()
        documents.put(card)
        _record(actor, "card.outdated", card, reason=reason)


def withdraw_card(actor: Actor, card: Card, reason: str, replaced_by: Card | None = None) -> None:
    """Take a card out of the knowledge base and the search at once; a tombstone says why."""
    with transaction():
        _check_withdraw(actor, card)
        if replaced_by is not None and (replaced_by.id == card.id or not replaced_by.is_published):
            words = _("Kies een andere, gepubliceerde kaart.")
            raise InvalidError(words, {"replaced_by": [words]})
        if not reason.strip():
            raise InvalidError(
                _("Schrijf op waarom je de kaart intrekt."),
                {"reason": [_("Schrijf op waarom je de kaart intrekt.")]},
            )
        card.status, card.withdrawn_at, card.updated_at = CardStatus.WITHDRAWN, now(), now()
        card.withdrawn_reason, card.replaced_by = reason.strip(), replaced_by
        if replaced_by is not None:
            links.connect(
                links.name_of(replaced_by),
                links.LinkKind.REPLACES,
                links.name_of(card),
                actor_id=actor.id,
            )
        documents.remove(card)
        _record(actor, "card.withdrawn", card, reason=reason.strip())


def discard_draft(actor: Actor, draft: CardDraft) -> None:
    """Throw a draft away; a card that was never published goes with it."""
    with transaction() as session:
        card = draft.card
        if not policies.can_edit(actor, card):
            raise ForbiddenError(_("Je kunt dit concept niet weggooien."))
        _record(actor, "card.draft_discarded", card)
        card.draft = None
        if card.version_number == 0:
            session.flush()
            session.delete(card)


def actor_name(actor: Actor) -> str:
    return actor.user.name if actor.user else "labapp"


def _check_reviewer(actor: Actor, draft: CardDraft) -> None:
    if draft.status is not DraftStatus.IN_REVIEW:
        raise ConflictError(_("Deze kaart ligt niet ter beoordeling."))
    if not policies.can_review(actor, draft.card):
        raise ForbiddenError(_("Een ander dan de schrijver beoordeelt een kaart."))


def _check_complete(content: Mapping[str, Any]) -> None:
    missing = contents.missing_for_publication(content)
    if missing:
        raise InvalidError(_("Er ontbreekt nog iets."), missing)


def _check_withdraw(actor: Actor, card: Card) -> None:
    if card.status not in policies.PUBLISHED:
        raise ConflictError(_("Deze kaart is niet (meer) gepubliceerd."))
    if not policies.can_withdraw(actor, card):
        raise ForbiddenError(_("Je kunt deze kaart niet intrekken."))


def _back_to_writing(draft: CardDraft) -> None:
    if draft.status is not DraftStatus.IN_REVIEW:
        raise ConflictError(_("Deze kaart ligt niet ter beoordeling."))
    draft.status, draft.submitted_at = DraftStatus.WRITING, None
    if draft.card.status is CardStatus.IN_REVIEW:
        draft.card.status = CardStatus.DRAFT


def _record(
    actor: Actor,
    action: str,
    card: Card,
    changes: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    audit.record(
        actor.id, action, card, changes=changes, on_behalf_of=actor.acting_for_id, reason=reason
    )
