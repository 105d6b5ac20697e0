"""The sample dossier (steekproefdossier): all that shows what a branch did in a school year.

One zip: what was asked and reached, claims with their files, every signed declaration, sessions
with who was there, the activity plan, the part of the audit trail about all this, and a manifest.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, User
from labapp.audit import AuditEvent
from labapp.database import db, name_of
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    claim_lines,
    declaration_snapshots,
    obligations,
    overview_queries,
    policies,
    retention,
)
from labapp.subsidy.claim_models import Claim, ExportRecord
from labapp.subsidy.exports import TEMPLATE_VERSION, claims, declarations, json_file, records
from labapp.subsidy.exports.csv_files import BOM
from labapp.subsidy.exports.formats import FORMATS
from labapp.subsidy.exports.manifest import File, manifest_of, write_zip
from labapp.subsidy.exports.records import Made
from labapp.subsidy.exports.writing import text_cell
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntrySource, HourEntry
from labapp.subsidy.money import decimal_text, hours_text
from labapp.subsidy.scheme_models import Participation, SchemeVersion
from labapp.subsidy.total_models import HourTotal

KIND = "dossier"
OF_CLAIM = ("lines_csv", "hours_csv", "pdf", "json")
OBLIGATION_COLUMNS = (
    "regeling", "versie", "schooljaar", "verlening", "bedrag", "uren_minimaal", "uren_goedgekeurd",
    "uren_niet_meegeteld", "deelnemers_minimaal", "deelnemers", "deelnemers_niet_meegeteld",
    "gehaald",
)  # fmt: skip
SESSION_COLUMNS = ("sessie_id", "datum", "persoon_id", "naam", "minuten", "uren", "omschrijving")


@dataclass(frozen=True)
class Subject:
    """A branch in a school year, and the versions of the schemes of that year."""

    branch: Organisation
    school_year: int
    versions: list[SchemeVersion]

    @property
    def name(self) -> str:
        return f"{KIND}:{self.branch.brin6}:{self.school_year}"

    @property
    def version_ids(self) -> list[int]:
        return [version.id for version in self.versions]


def export_dossier(actor: Actor, branch_id: int, school_year: int, instance: Path) -> ExportRecord:
    """Make the dossier of a branch and school year, keep it, and note who took it out."""
    subject = _subject(actor, branch_id, school_year)
    with records.workplace(instance) as folder:
        files = [
            _write(folder, "verplichtingen.csv", OBLIGATION_COLUMNS, _obligation_rows(subject)),
            _write(folder, "sessies.csv", SESSION_COLUMNS, _session_rows(subject)),
            *_plans(folder, subject),
            *_claims(folder, subject),
            *_declarations(folder, subject),
            _trail(folder, subject),
        ]
        manifest = manifest_of(
            files,
            branch=subject.branch.brin6,
            school_year=f"{school_year}-{school_year + 1}",
            template_version=TEMPLATE_VERSION,
        )
        whole = folder / "whole.zip"
        write_zip(whole, files, manifest)
        zipped = File.of(f"steekproefdossier-{subject.branch.brin6}-{school_year}.zip", whole)
        is_intact = _is_intact(subject)
        made = Made(KIND, subject.name, zipped, is_frozen=False, is_intact=is_intact)
        return records.keep(actor, instance, [made], board_id=subject.branch.board_id)[0]


def branches_of(actor: Actor) -> list[Organisation]:
    """Give the branches of which one may take out a dossier."""
    found = select(Organisation).where(Organisation.kind == OrganisationKind.SCHOOL)
    if not (actor.is_system or policies.exports_all(actor)):
        found = found.where(policies.organisations_visible_to(actor))
    hours = select(HourTotal.organisation_id)
    claimed = select(Claim.organisation_id)
    found = found.where(Organisation.id.in_(hours) | Organisation.id.in_(claimed))
    return [
        branch
        for branch in db.session.scalars(found.order_by(Organisation.name))
        if actor.is_system or policies.can_export(actor, branch.board_id or 0)
    ]


def _subject(actor: Actor, branch_id: int, school_year: int) -> Subject:
    branch = db.session.scalar(
        select(Organisation).where(
            Organisation.id == branch_id, Organisation.kind == OrganisationKind.SCHOOL
        )
    )
    seen = branch is not None and (
        actor.is_system
        or db.session.scalar(
            select(Organisation.id).where(
                Organisation.id == branch_id, policies.organisations_visible_to(actor)
            )
        )
    )
    if branch is None or not seen:
        raise NotFoundError(_("Deze vestiging bestaat niet, of je mag haar niet zien."))
    claims.require_export(actor, branch.board_id)
    versions = db.session.scalars(
        select(SchemeVersion)
        .where(SchemeVersion.school_year == school_year)
        .order_by(SchemeVersion.id)
    )
    return Subject(branch, school_year, list(versions.unique()))


def _is_intact(subject: Subject) -> bool:
    """Whether everything that was signed or submitted is still what was hashed."""
    claimed = all(
        json_file.is_intact(claims.freeze(claim)) or retention.is_shredded(claim)
        for claim in _claims_of(subject)
    )
    return claimed and all(map(declaration_snapshots.is_intact, _declarations_of(subject)))


def _write(
    folder: Path, name: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]
) -> File:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return File.of(name, path)


def _obligation_rows(subject: Subject) -> Iterator[tuple[Any, ...]]:
    here = Organisation.id == subject.branch.id
    hours = overview_queries.hours_by_branch(subject.versions, here)
    asked = obligations.wanted(subject.versions, here)
    for version in subject.versions:
        place = (version.id, subject.branch.id)
        reached = hours.get(place, overview_queries.Hours())
        found = obligations.compare(version, asked.get(place), reached)
        if found is None and not reached.logged:
            continue
        found = found or obligations.nothing_asked(version, reached)
        wanted = found.wanted
        yield (
            text_cell(version.scheme.code), version.number, version.school_year_label,
            text_cell(wanted.decision_number), decimal_text(wanted.amount_cents),
            _hours(wanted.minutes), hours_text(found.minutes),
            hours_text(found.left_out_minutes), wanted.people, found.people,
            found.left_out_people, "ja" if found.is_met else "nee",
        )  # fmt: skip


def _hours(minutes: int) -> str:
    """Write what a grant asks: that need not be exact in hundredths of an hour."""
    return decimal_text(round(minutes * 100 / 60))


def _session_rows(subject: Subject) -> Iterator[tuple[Any, ...]]:
    """Who was at which session, as it stands in the hours that came from attendance."""
    rows = db.session.execute(
        select(HourEntry, User)
        .join(User, User.id == HourEntry.user_id)
        .where(
            HourEntry.organisation_id == subject.branch.id,
            HourEntry.scheme_version_id.in_(subject.version_ids),
            HourEntry.source == EntrySource.SESSION,
        )
        .order_by(HourEntry.work_date, HourEntry.source_ref, HourEntry.user_id, HourEntry.id)
    )
    for entry, user in rows:
        yield (
            text_cell(entry.source_ref or ""), entry.work_date.strftime("%d-%m-%Y"),
            claim_lines.person_key(user.id), text_cell(user.name), entry.minutes,
            hours_text(entry.minutes), text_cell(entry.description),
        )  # fmt: skip


def _plans(folder: Path, subject: Subject) -> Iterator[File]:
    plans = db.session.scalars(
        select(Participation)
        .where(
            Participation.organisation_id == subject.branch.id,
            Participation.scheme_version_id.in_(subject.version_ids),
        )
        .order_by(Participation.id)
    )
    for one in plans:
        version = one.scheme_version
        name = f"activiteitenplan-{version.scheme.code}-{version.number}.txt"
        path = folder / name
        lines = [
            f"{version.scheme.name_nl}, {version.school_year_label}",
            f"Deelname van {one.from_on:%d-%m-%Y} tot en met {one.to_on:%d-%m-%Y}",
            "",
            one.activity_plan or "Er is geen activiteitenplan bewaard.",
            "",
        ]
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        yield File.of(name, path)


def _claims(folder: Path, subject: Subject) -> Iterator[File]:
    for claim in _claims_of(subject):
        frozen = claims.freeze(claim)
        place = folder / f"claim-{claim.id}"
        place.mkdir()
        for kind in OF_CLAIM:
            path = place / FORMATS[kind].file_name
            FORMATS[kind].write(frozen, path)
            yield File.of(f"claims/{frozen.number}/{path.name}", path)


def _declarations(folder: Path, subject: Subject) -> Iterator[File]:
    place = folder / "signed"
    place.mkdir()
    for one in _declarations_of(subject):
        if one.snapshot is not None:
            file = declarations.write_declaration(one, place)
            yield File(f"urenstaten/{file.name}", file.path, file.sha256, file.size)


def _trail(folder: Path, subject: Subject) -> File:
    """Write the events about these claims and declarations, with their seals, one on a line."""
    names = sorted(
        name_of(one)
        for found in (_claims_of(subject, drafts=True), _declarations_of(subject))
        for one in found
    )
    path = folder / "auditspoor.jsonl"
    with path.open("w", encoding="utf-8", newline="") as file:
        for start in range(0, len(names), 500):
            events = select(AuditEvent).where(AuditEvent.object.in_(names[start : start + 500]))
            for event in db.session.scalars(events.order_by(AuditEvent.seq)):
                told = {
                    "seq": event.seq, "at": event.at, "actor": event.actor_id,
                    "action": event.action, "object": event.object, "changes": event.changes,
                    "reason": event.reason, "prev_hash": event.prev_hash, "hash": event.hash,
                }  # fmt: skip
                file.write(json.dumps(told, sort_keys=True, ensure_ascii=False) + "\n")
    return File.of(path.name, path)


def _claims_of(subject: Subject, *, drafts: bool = False) -> list[Claim]:
    found = select(Claim).where(
        Claim.organisation_id == subject.branch.id,
        Claim.scheme_version_id.in_(subject.version_ids),
    )
    if not drafts:
        found = found.where(Claim.revision > 0)
    return list(db.session.scalars(found.order_by(Claim.sequence, Claim.id)).unique())


def _declarations_of(subject: Subject) -> Iterator[Declaration]:
    yield from db.session.scalars(
        select(Declaration)
        .where(
            Declaration.organisation_id == subject.branch.id,
            Declaration.scheme_version_id.in_(subject.version_ids),
            Declaration.state != DeclarationState.OPEN,
        )
        .order_by(Declaration.month, Declaration.user_id, Declaration.seq)
    ).unique()
