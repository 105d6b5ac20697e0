"""The hour declaration (PDF) of a signed declaration, claimed or not."""

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select, true

from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE
from labapp.database import db
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import declaration_snapshots, policies
from labapp.subsidy.exports import TEMPLATE_VERSION, claims, records, tables
from labapp.subsidy.exports.manifest import File, manifest_of, write_zip
from labapp.subsidy.exports.pdf import write_sheets
from labapp.subsidy.exports.records import Made
from labapp.subsidy.exports.sheets import STATEMENT, Sheet, SheetHour, claim_facts, dutch_day
from labapp.subsidy.hour_models import Declaration, DeclarationState

KIND = "declaration_pdf"


def export_declaration(actor: Actor, declaration_id: int, instance: Path) -> claims.Export:
    """Make the PDF of one declaration, with its manifest in a zip."""
    declaration = _get(actor, declaration_id)
    board_id = declaration.organisation.board_id
    with records.workplace(instance) as folder:
        file = write_declaration(declaration, folder)
        is_intact = declaration_snapshots.is_intact(declaration)
        subject = subject_of(declaration)
        manifest = manifest_of(
            [file],
            declaration=declaration_snapshots.number_of(declaration),
            snapshot_sha256=declaration.snapshot_sha256,
            template_version=TEMPLATE_VERSION,
        )
        whole = folder / "whole.zip"
        write_zip(whole, [file], manifest)
        zipped = File.of(file.name.replace(".pdf", ".zip"), whole)
        made = [
            Made(KIND, subject, file, is_intact=is_intact),
            Made("zip", f"{subject}#{KIND}", zipped, is_intact=is_intact),
        ]
        kept = records.keep(actor, instance, made, board_id=board_id)
    return claims.Export(zip=kept[-1], files=kept[:-1])


def subject_of(declaration: Declaration) -> str:
    """How records name it: each signature and approval apart."""
    approved = declaration.approved_at
    at = f"{approved:%Y%m%d%H%M%S}" if approved else "-"
    return f"declarations:{declaration.id}@{(declaration.snapshot_sha256 or '')[:16]}.{at}"


def write_declaration(declaration: Declaration, folder: Path) -> File:
    """Write the PDF of a signed declaration."""
    if declaration.snapshot is None or declaration.state is DeclarationState.OPEN:
        raise ConflictError(_("Deze urenstaat is nog niet ondertekend; er is niets te exporteren."))
    snapshot = declaration.snapshot
    path = folder / f"urendeclaratie-{snapshot['number']}.pdf"
    footer = [
        f"Urenstaat {snapshot['number']} · sjabloon {TEMPLATE_VERSION}",
        f"SHA-256 momentopname {declaration.snapshot_sha256}",
    ]
    write_sheets(path, [sheet_of(declaration)], footer, snapshot["branch"]["board"] or "")
    return File.of(path.name, path)


def sheet_of(declaration: Declaration) -> Sheet:
    """Give the sheet of what was signed; names are those of then, or the person's number."""
    snapshot: dict[str, Any] = declaration.snapshot or {}
    branch = snapshot["branch"]
    person = snapshot["person"]["id"]
    names = snapshot.get(declaration_snapshots.UNHASHED, {})
    name = names.get("person") or person
    content = {
        "scheme": snapshot["scheme"],
        "board": {"name": branch["board"] or "", "board_number": branch["board_number"]},
        "branch": branch,
    }
    year = snapshot["scheme"]["school_year"]
    roles = [tables.ROLES.get(one["role"], one["role"]) for one in snapshot["appointments"]]
    facts = [
        *claim_facts(content, f"{year}-{year + 1}"),
        ("Persoon", f"{name} ({person})"),
        ("Rol", ", ".join(dict.fromkeys(roles))),
        ("Aanstelling", "; ".join(_appointment(one) for one in snapshot["appointments"])),
    ]
    approver = declaration.approved_by
    return Sheet(
        person_id=declaration.user_id,
        person=name,
        month=date.fromisoformat(f"{snapshot['month']}-01"),
        declaration=snapshot["number"],
        facts=facts,
        hours=[_hour(entry) for entry in snapshot["entries"]],
        statement=snapshot["statement"] or STATEMENT,
        signed_on=_day_of(declaration.signed_at),
        approved_by=names.get("approved_by") or (approver.name if approver else ""),
        approved_on=_day_of(declaration.approved_at),
    )


def _get(actor: Actor, declaration_id: int) -> Declaration:
    """Give a declaration of a board of which one may take out files; 404 for any other."""
    declaration = db.session.get(Declaration, declaration_id)
    seen = true() if actor.is_system else policies.declarations_visible_to(actor)
    is_seen = db.session.scalar(
        select(Declaration.id).where(Declaration.id == declaration_id, seen)
    )
    if declaration is None:
        raise NotFoundError(_("Deze urenstaat bestaat niet, of je mag hem niet zien."))
    board_id = declaration.organisation.board_id
    if not is_seen and not (board_id and policies.can_export(actor, board_id)):
        raise NotFoundError(_("Deze urenstaat bestaat niet, of je mag hem niet zien."))
    claims.require_export(actor, board_id)
    return declaration


def _appointment(one: dict[str, Any]) -> str:
    until = f" tot {dutch_day(one['until'])}" if one["until"] else ""
    size = one["fte_bp"]
    fte = f", {size // 10_000},{size % 10_000 // 100:02d} fte" if size is not None else ""
    role = tables.ROLES.get(one["role"], one["role"])
    return f"{role} sinds {dutch_day(one['from'])}{until}{fte}"


def _day_of(moment: Any) -> str:
    return dutch_day(moment.astimezone(LOCAL_ZONE).date()) if moment else ""


def _hour(entry: dict[str, Any]) -> SheetHour:
    return SheetHour(
        day=date.fromisoformat(entry["work_date"]),
        start=entry["start"] or "",
        end=entry["end"] or "",
        minutes=entry["minutes"],
        category=entry["category_label"],
        description=entry["description"],
        source=tables.SOURCES.get(entry["source"], entry["source"]),
        reference=entry["source_ref"] or "",
        entry_id=entry["id"],
        corrects_id=entry["corrects"] or "",
    )
