"""Bringing cards in from files: whole or not at all, and the second time nothing new."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from pkgutil import resolve_name
from secrets import token_hex
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.foreign_files import Fault, UnreadableError
from labapp.i18n import gettext as _
from labapp.knowledge import cards, policies
from labapp.knowledge import content as contents
from labapp.knowledge import documents as findable
from labapp.knowledge.import_plans import Entry, ImportReport, Step, plan
from labapp.knowledge.importers import checking
from labapp.knowledge.importers.records import MOST_RECORDS, Found, Note, Options, Reader, Record
from labapp.knowledge.models import Card, CardDraft, CardStatus, Visibility
from labapp.knowledge.use_models import ImportBatch, ImportedCard

# By name, since the libraries of a format are heavy and few processes ever read one.
READERS = {
    "wwc": "wwc:read",
    "csv": "tabular:read_csv",
    "xlsx": "tabular:read_xlsx",
    "bibtex": "bibliographies:read_bibtex",
    "ris": "bibliographies:read_ris",
    "csl-json": "bibliographies:read_csl",
    "markdown": "markdown_files:read",
    "pdf": "documents:read_pdf",
    "docx": "documents:read_docx",
    "json": "json_cards:read",
}

Progress = Callable[[str, int, int], None]


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
    entries = _read(actor, reader(format)(path, options), report, tell)
    if report.errors:
        return report
    if dry_run:
        plan(entries, report)
        return report
    try:
        with transaction():
            steps = plan(entries, report)
            if steps:
                _write(actor, steps, report, (format, origin or path.name), tell)
    except (IntegrityError, StaleDataError) as error:
        raise ConflictError(
            _("Iemand anders wijzigde dezelfde kaarten op dit moment. Probeer het opnieuw.")
        ) from error
    return report


def reader(name: str) -> Reader:
    """Give the reader of a format."""
    found: Reader = resolve_name(f"labapp.knowledge.importers.{READERS[name]}")
    return found


def _say_nothing(_stage: str, _done: int, _total: int) -> None:
    pass


def _read(
    actor: Actor, records: Iterable[Found], report: ImportReport, tell: Progress
) -> list[Entry]:
    """Read and check everything; every fault is in the report."""
    entries: list[Entry] = []
    rows: dict[str, Record] = {}
    try:
        for place, found in enumerate(records, start=1):
            if place > MOST_RECORDS:
                words = _("Een invoer heeft ten hoogste %(most)s rijen. Splits het bestand.")
                raise UnreadableError(words % {"most": MOST_RECORDS})  # noqa: TRY301
            if isinstance(found, Note):
                report.notes.append(found.message)
                continue
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
        findable.put(card, later=True)


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
