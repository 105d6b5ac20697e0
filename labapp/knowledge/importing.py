"""Bringing cards in from files: whole or not at all, and the second time nothing new.

A card is recognised by its external id, and what it holds by the hash of its content. What somebody
wrote here since the last import stays until the file itself says something else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import cards, documents, policies
from labapp.knowledge import content as contents
from labapp.knowledge.importers import checking, markdown_files
from labapp.knowledge.importers.records import (
    MOST_RECORDS,
    Fault,
    Options,
    Reader,
    Record,
    UnreadableError,
)
from labapp.knowledge.models import Card, CardDraft, CardStatus, Visibility
from labapp.knowledge.use_models import ImportBatch, ImportedCard

READERS: dict[str, Reader] = {
    "markdown": markdown_files.read,
}
CREATED, UPDATED = "created", "updated"
CHUNK = 500

Progress = Callable[[str, int, int], None]


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


def import_path(
    actor: Actor,
    path: Path,
    *,
    format: str,  # noqa: A002  # the word of the command line and the form
    language: str = "nl",
    mapping: Mapping[str, Any] | None = None,
    dated_on: date | None = None,
    dry_run: bool = False,
    origin: str = "",
    progress: Progress | None = None,
) -> ImportReport:
    """Import the cards of a file or folder in one transaction; a dry run changes nothing.

    `progress` is called with the name of the stage, how many are done, and of how many (0: not
    known). Raises ForbiddenError; what is wrong with the file is in the report.
    """
    if not policies.can_import(actor):
        raise ForbiddenError(_("Alleen beheerders, kennismakelaars en onderzoekers voeren in."))
    if format not in READERS:
        raise InvalidError(_("Dit formaat is onbekend: %(format)s.", format=format))
    report, tell = ImportReport(), progress or _say_nothing
    options = Options(language, mapping, dated_on)
    entries = _read(actor, READERS[format](path, options), report, tell)
    if report.errors:
        return report
    if dry_run:
        _plan(entries, report)
        return report
    with transaction():
        steps = _plan(entries, report)
        if steps:
            _write(actor, steps, report, (format, origin or path.name), tell)
    return report


def _say_nothing(_stage: str, _done: int, _total: int) -> None:
    pass


def _read(
    actor: Actor, records: Iterable[Record | Fault], report: ImportReport, tell: Progress
) -> list[Entry]:
    """Read and check everything; every fault is in the report."""
    entries: list[Entry] = []
    rows: dict[str, Record] = {}
    try:
        for place, found in enumerate(records, start=1):
            if place > MOST_RECORDS:
                words = _("Een invoer heeft ten hoogste %(most)s rijen. Splits het bestand.")
                raise UnreadableError(words % {"most": MOST_RECORDS})  # noqa: TRY301
            if isinstance(found, Fault):
                report.errors.append(found)
                continue
            content, faults = checking.check(found)
            faults += checking.beside_others(found, rows)
            if content is not None and not faults:
                faults += _check_visibility(actor, found, content)
            report.errors += faults
            if content is not None and not report.errors:
                entries.append(_entry(found, content))
            tell(_("Lezen"), place, 0)
    except UnreadableError as error:
        report.errors.append(error.fault)
    if not rows and not report.errors:
        report.errors.append(Fault(0, "", _("Er staan geen kaarten in dit bestand.")))
    return entries


def _entry(record: Record, content: dict[str, Any]) -> Entry:
    complete = not contents.missing_for_publication(content)
    publishes = complete if record.status is None else record.status != CardStatus.DRAFT.value
    return Entry(record, content, contents.hash_of(content), publishes)


def _check_visibility(actor: Actor, record: Record, content: Mapping[str, Any]) -> list[Fault]:
    """A card of an organisation needs an importer who acts for one."""
    wanted = content["visibility"] == Visibility.ORGANISATION.value
    if wanted and actor.acting_for is None:
        words = _("Deze kaart is van een organisatie; voer haar in namens die organisatie.")
        return [Fault(record.row, record.columns.get("visibility", "visibility"), words)]
    return []


def _plan(entries: Sequence[Entry], report: ImportReport) -> list[Step]:
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


def _write(
    actor: Actor,
    steps: Sequence[Step],
    report: ImportReport,
    named: tuple[str, str],
    tell: Progress,
) -> None:
    """Write the steps and the batch that can undo them, in the caller's transaction."""
    with transaction() as session:
        batch = ImportBatch(
            code=f"invoer-{token_hex(5)}",
            format=named[0],
            origin=named[1][:200],
            actor_id=actor.id,
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
        )
        session.add(batch)
        session.flush()
        summary = _("Ingevoerd uit %(origin)s", origin=batch.origin)
        for done, step in enumerate(steps, start=1):
            before = None if step.card is None else state_of(step.card)
            card = step.card or _new_card(actor, step.entry)
            _take_over(actor, card, step.entry, summary)
            session.flush()
            session.add(
                ImportedCard(
                    batch_id=batch.id,
                    card_id=card.id,
                    action=step.action,
                    content_hash=step.entry.hash,
                    before=before,
                )
            )
            tell(_("Opslaan"), done, len(steps))
        counts = {"created": [0, batch.created], "updated": [0, batch.updated]}
        audit.record(
            actor.id,
            "cards.imported",
            batch,
            changes=counts,
            on_behalf_of=actor.acting_for_id,
            reason=batch.origin,
        )
        report.batch = batch.code


def _new_card(actor: Actor, entry: Entry) -> Card:
    return Card(
        external_id=entry.record.external_id,
        title=entry.content["title"],
        language=entry.content["language"],
        visibility=Visibility(entry.content["visibility"]),
        author=actor.user,
        organisation=actor.acting_for,
        version_number=0,
    )


def _take_over(actor: Actor, card: Card, entry: Entry, summary: str) -> None:
    if not entry.publishes:
        put_draft(actor, card, entry.content)
        return
    if not card.is_published:
        card.draft = None
    cards.publish(actor, card, entry.content, author_id=actor.id, summary=summary[:200], later=True)
    if entry.record.status == CardStatus.OUTDATED.value:
        card.status = CardStatus.OUTDATED
        documents.put(card, later=True)


def put_draft(actor: Actor, card: Card, content: Mapping[str, Any]) -> None:
    """Make content the draft of a card that is not published, in the caller's transaction."""
    with transaction() as session:
        card.title, card.language = content["title"], content["language"]
        card.visibility = Visibility(content["visibility"])
        card.status, card.published_at, card.withdrawn_at = CardStatus.DRAFT, None, None
        card.withdrawn_reason = None
        if card.draft is None:
            card.draft = CardDraft(content=dict(content), author=actor.user, saved_by=actor.user)
        else:
            card.draft.content, card.draft.saved_by = dict(content), actor.user
        session.add(card)


def state_of(card: Card) -> dict[str, Any]:
    """Give what an import changes of a card, to be put back when it is undone."""
    return {
        "status": card.status.value,
        "content": contents.content_of(card) if card.is_published else None,
        "draft": card.draft.content if card.draft else None,
    }
