"""What an import is going to do with each card: nothing, make it, or take over what is new.

A card is recognised by its external id, and what it holds by the hash of its content. What somebody
wrote here since the last import stays until the file itself says something else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from labapp.database import db
from labapp.errors import InvalidError
from labapp.foreign_files import Fault
from labapp.i18n import gettext as _
from labapp.knowledge import content as contents
from labapp.knowledge.importers.records import Record
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.use_models import ImportBatch, ImportedCard

CREATED, UPDATED = "created", "updated"
CHUNK = 500


@dataclass
class ImportReport:
    """What an import did, or would do; with errors it did nothing."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    drafts: int = 0  # of what was created or updated, how many wait for a writer and a reviewer
    errors: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    batch: str = ""

    def raise_errors(self) -> None:
        """Raise InvalidError with the words at each row and column."""
        if self.errors:
            said: dict[str, list[str]] = {}
            for fault in self.errors:
                said.setdefault(f"{fault.row} {fault.column}".strip(), []).append(fault.message)
            raise InvalidError(_("Er is niets ingevoerd, want het bestand heeft fouten."), said)


@dataclass
class Entry:
    """A record that was checked."""

    record: Record
    content: dict[str, Any]
    hash: str
    publishes: bool


@dataclass
class Step:
    """What is to be done with one entry."""

    action: str
    entry: Entry
    card: Card | None


def plan(entries: Sequence[Entry], report: ImportReport) -> list[Step]:
    """Give what is to be written, and count it."""
    steps = []
    for chunk in _chunks(entries):
        known = _known_cards([entry.record.external_id for entry in chunk])
        imported, undone = _imported([card.id for card in known.values()])
        for entry in chunk:
            card = known.get(entry.record.external_id)
            if card is None:
                steps.append(Step(CREATED, entry, None))
            elif _is_new(entry, card, imported.get(card.id), undone.get(card.id), report):
                steps.append(Step(UPDATED, entry, card))
            else:
                report.unchanged += 1
    report.created = sum(step.action == CREATED for step in steps)
    report.updated = len(steps) - report.created
    report.drafts = sum(not step.entry.publishes for step in steps)
    return steps


def _chunks(entries: Sequence[Entry]) -> Iterable[Sequence[Entry]]:
    return (entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK))


def _known_cards(external_ids: list[str]) -> dict[str, Card]:
    rows = db.session.scalars(
        select(Card)
        .where(Card.external_id.in_(external_ids))
        .options(selectinload(Card.ratings), selectinload(Card.sources), joinedload(Card.draft))
        .execution_options(populate_existing=True)
    )
    return {card.external_id: card for card in rows}


def _imported(card_ids: list[int]) -> tuple[dict[int, str], dict[int, datetime]]:
    """Give by card the hash as last imported, and the moment of the last undoing."""
    rows = db.session.execute(
        select(ImportedCard.card_id, ImportedCard.content_hash, ImportBatch.undone_at)
        .join(ImportBatch, ImportBatch.id == ImportedCard.batch_id)
        .where(ImportedCard.card_id.in_(card_ids))
        .order_by(ImportBatch.id)
    ).all()
    imported = {number: content_hash for number, content_hash, moment in rows if moment is None}
    undone = {number: moment for number, _hash, moment in rows if moment is not None}
    return imported, undone


def _is_new(
    entry: Entry,
    card: Card,
    imported: str | None,
    undone_at: datetime | None,
    report: ImportReport,
) -> bool:
    """Whether a record says something that the card here should take over."""
    if card.made_from:
        report.notes.append(
            _("%(code)s: deze kaart verandert alleen met haar bevinding.", code=card.external_id)
        )
        return False
    if card.status is CardStatus.WITHDRAWN:
        return card.withdrawn_at == undone_at  # withdrawn by a person, it stays so
    current = current_hash(card)
    if entry.hash in (imported, current):
        return False
    if card.is_published and entry.publishes:
        return True  # what stood here stays among the versions
    if not card.is_published and current == imported:
        return True
    report.notes.append(
        _(
            "%(code)s: hier is intussen aan geschreven; die tekst blijft staan.",
            code=card.external_id,
        )
    )
    return False


def current_hash(card: Card) -> str:
    """Give the hash of what a card holds now: the published text, else the draft."""
    if card.is_published or card.draft is None:
        return card.content_hash
    return contents.hash_of(card.draft.content)
