"""Looking back at imports, and undoing one as a whole."""

from collections.abc import Sequence

from sqlalchemy import String, cast, exists, literal, or_, select
from sqlalchemy.orm import joinedload, selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import cards, documents, import_plans, importing, policies
from labapp.knowledge.models import Card, CardStatus, CardVersion
from labapp.knowledge.use_models import CollectionItem, Feedback, ImportBatch, ImportedCard
from labapp.links import Link

NAMED_IN_A_REFUSAL = 10


def list_batches(actor: Actor, limit: int = 50) -> list[ImportBatch]:
    """Give the last imports, the newest first."""
    _check(actor)
    return list(
        db.session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(limit))
    )


def get_batch(actor: Actor, code: str) -> ImportBatch:
    """Give the import of this code."""
    _check(actor)
    batch = db.session.scalar(select(ImportBatch).where(ImportBatch.code == code))
    if batch is None:
        raise NotFoundError(_("Er is geen invoer met de code %(code)s.", code=code))
    return batch


def undo_batch(actor: Actor, code: str) -> ImportBatch:
    """Put back what an import updated and take away what it created, all of it or nothing.

    Raises ConflictError when it was undone before, or when a card was changed since.
    """
    with transaction() as session:
        batch = get_batch(actor, code)
        if batch.undone_at is not None:
            raise ConflictError(_("Deze invoer is al teruggedraaid."))
        rows = _rows(batch)
        _refuse_changed(rows)
        batch.undone_at = now()
        kept = _kept(batch)
        for row, card in rows:
            if card.status is CardStatus.WITHDRAWN:
                continue  # somebody took it back already, and said why
            if row.action == import_plans.UPDATED:
                _restore(actor, row, card, batch)
            elif card.id in kept:
                _withdraw(actor, card, batch)
            else:
                _delete(actor, card, batch)
        session.flush()
        audit.record(actor.id, "cards.import_undone", batch, on_behalf_of=actor.acting_for_id)
    return batch


def _check(actor: Actor) -> None:
    if not policies.can_import(actor):
        raise ForbiddenError(_("Alleen beheerders, kennismakelaars en onderzoekers voeren in."))


def _rows(batch: ImportBatch) -> Sequence[tuple[ImportedCard, Card]]:
    rows = db.session.execute(
        select(ImportedCard, Card)
        .join(Card, Card.id == ImportedCard.card_id)
        .where(ImportedCard.batch_id == batch.id)
        .options(
            selectinload(Card.ratings),
            selectinload(Card.sources),
            joinedload(Card.draft),
            joinedload(Card.author),
            joinedload(Card.organisation),
        )
        .order_by(ImportedCard.id)
        .execution_options(populate_existing=True)
    )
    return [(row, card) for row, card in rows]


def _refuse_changed(rows: Sequence[tuple[ImportedCard, Card]]) -> None:
    changed = [card.external_id for row, card in rows if _was_changed(row, card)]
    if changed:
        names = ", ".join(changed[:NAMED_IN_A_REFUSAL])
        if len(changed) > NAMED_IN_A_REFUSAL:
            names += " ..."
        raise ConflictError(
            _("Deze kaarten zijn na de invoer gewijzigd: %(names)s.", names=names),
            theirs={"cards": changed},
        )


def _was_changed(row: ImportedCard, card: Card) -> bool:
    """Whether its text is another than the batch left, or somebody is writing beside it."""
    if card.status is CardStatus.WITHDRAWN:
        return False
    if import_plans.current_hash(card) != row.content_hash:
        return True
    draft_before = row.before.get("draft") if row.before else None
    draft_now = card.draft.content if card.draft and card.is_published else None
    return draft_now is not None and draft_now != draft_before


def _kept(batch: ImportBatch) -> set[int]:
    """Give those created that people keep, judged or linked to: these stay as a tombstone."""
    created = select(ImportedCard.card_id).where(
        ImportedCard.batch_id == batch.id, ImportedCard.action == import_plans.CREATED
    )
    name = literal(f"{Card.__tablename__}:") + cast(Card.id, String)
    linked = select(Link.id).where(or_(Link.from_object == name, Link.to_object == name))
    wanted = or_(
        exists().where(CollectionItem.card_id == Card.id),
        exists().where(Feedback.card_id == Card.id),
        linked.exists(),
    )
    return set(db.session.scalars(select(Card.id).where(Card.id.in_(created), wanted)))


def _restore(actor: Actor, row: ImportedCard, card: Card, batch: ImportBatch) -> None:
    before = row.before or {}
    if before["content"] is None:
        _back_to_draft(actor, card, before)
        return
    summary = _("Invoer %(code)s teruggedraaid", code=batch.code)
    cards.publish(actor, card, before["content"], author_id=actor.id, summary=summary, later=True)
    if before["status"] == CardStatus.OUTDATED.value:
        card.status = CardStatus.OUTDATED
        documents.put(card, later=True)


def _back_to_draft(actor: Actor, card: Card, before: dict[str, object]) -> None:
    """Make a card that the import published a draft again, as it was."""
    draft = before["draft"]
    if before["status"] == CardStatus.WITHDRAWN.value:
        card.status, card.withdrawn_at = CardStatus.WITHDRAWN, now()
        card.withdrawn_reason = _("De invoer van deze kaart is teruggedraaid.")
        documents.remove(card)
        return
    assert isinstance(draft, dict)
    if card.is_published:
        documents.remove(card)
        for version in db.session.scalars(
            select(CardVersion).where(CardVersion.card_id == card.id)
        ):
            db.session.delete(version)
        card.version_number, card.content_hash = 0, ""
    importing.put_draft(actor, card, draft)


def _withdraw(actor: Actor, card: Card, batch: ImportBatch) -> None:
    card.status, card.withdrawn_at, card.updated_at = (
        CardStatus.WITHDRAWN,
        batch.undone_at,
        now(),
    )
    card.withdrawn_reason = _("De invoer van deze kaart is teruggedraaid.")
    documents.remove(card)
    audit.record(
        actor.id,
        "card.withdrawn",
        card,
        on_behalf_of=actor.acting_for_id,
        reason=card.withdrawn_reason,
    )


def _delete(actor: Actor, card: Card, batch: ImportBatch) -> None:
    audit.record(
        actor.id,
        "card.removed",
        card,
        changes={"external_id": [card.external_id, None]},
        on_behalf_of=actor.acting_for_id,
        reason=batch.code,
    )
    if card.is_published:
        documents.remove(card)
    db.session.delete(card)
