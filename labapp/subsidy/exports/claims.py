"""Taking a claim out: in the chosen forms, with their manifest, in one zip."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import extract, select, true

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies, retention
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimSnapshot, ExportRecord
from labapp.subsidy.exports import TEMPLATE_VERSION, json_file, pdf, records
from labapp.subsidy.exports.formats import ALL, FORMATS
from labapp.subsidy.exports.manifest import File, manifest_of, write_zip
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.records import Made

PERSON_PDF = "person_pdf"


@dataclass(frozen=True)
class Export:
    """What was made: the zip to hand over, and the files in it."""

    zip: ExportRecord
    files: list[ExportRecord]

    @property
    def matches_earlier(self) -> bool:
        return all(record.matches_earlier for record in (self.zip, *self.files))


def get_claim(actor: Actor, claim_id: int) -> Claim:
    """Give a claim that one may take out: 404 when one may not see it, 403 without the right."""
    visible = true() if actor.is_system else policies.claims_visible_to(actor)
    claim = db.session.scalar(select(Claim).where(Claim.id == claim_id, visible))
    if claim is None:
        raise NotFoundError(_("Deze claim bestaat niet, of je mag haar niet zien."))
    require_export(actor, claim.board_id)
    return claim


def require_export(actor: Actor, board_id: int | None) -> None:
    """Refuse who has not the right to take files out; it is a right of its own."""
    if actor.is_system or policies.exports_all(actor):
        return
    if board_id is None or not policies.can_export(actor, board_id):
        raise ForbiddenError(_("Exporteren is een apart recht; vraag het aan je bestuur."))


def list_claims(actor: Actor, *, limit: int = 200) -> list[Claim]:
    """Give the claims that one may take out, newest first."""
    visible = true() if actor.is_system else policies.claims_visible_to(actor)
    found = select(Claim).where(visible, Claim.revision > 0).order_by(Claim.id.desc())
    claims = db.session.scalars(found.limit(limit)).all()
    return [
        claim for claim in claims if actor.is_system or policies.can_export(actor, claim.board_id)
    ]


def freeze(claim: Claim) -> Frozen:
    """Give what was submitted; a claim that was not has nothing to take out."""
    snapshot = db.session.scalar(
        select(ClaimSnapshot).where(
            ClaimSnapshot.claim_id == claim.id, ClaimSnapshot.revision == claim.revision
        )
    )
    if snapshot is None:
        raise ConflictError(_("Deze claim is nog niet ingediend; er is niets te exporteren."))
    return Frozen.of(claim, snapshot)


def export_claim(
    actor: Actor, claim_id: int, instance: Path, kinds: Sequence[str] = (ALL,)
) -> Export:
    """Make the files of a claim, keep them, and note who took them out."""
    claim = get_claim(actor, claim_id)
    chosen = _chosen(kinds)
    frozen = freeze(claim)
    is_intact = json_file.is_intact(frozen) or retention.is_shredded(claim)
    name = "all" if len(chosen) == len(FORMATS) else "+".join(chosen)
    with records.workplace(instance) as folder:
        made = []
        for kind in chosen:
            path = folder / FORMATS[kind].file_name
            FORMATS[kind].write(frozen, path)
            file = File.of(path.name, path)
            made.append(Made(kind, frozen.subject, file, is_intact=is_intact))
        return _zip_and_keep(actor, instance, claim, made, frozen=frozen, name=name)


def export_person(
    actor: Actor, claim_id: int, instance: Path, *, user_id: int, month: str
) -> Export:
    """Make the hour declaration of one person and month (2026-09) in a claim."""
    claim = get_claim(actor, claim_id)
    frozen = freeze(claim)
    is_intact = json_file.is_intact(frozen) or retention.is_shredded(claim)
    with records.workplace(instance) as folder:
        path = folder / f"urendeclaratie-P{user_id:06d}-{month}.pdf"
        if not _is_month(month) or not pdf.write_person(frozen, path, user_id, month):
            raise NotFoundError(_("Van deze persoon en maand staan er geen uren in de claim."))
        file = File.of(path.name, path)
        subject = f"{frozen.subject}#P{user_id:06d}-{month}"
        made = [Made(PERSON_PDF, subject, file, is_intact=is_intact)]
        name = f"P{user_id:06d}-{month}"
        return _zip_and_keep(actor, instance, claim, made, frozen=frozen, name=name)


def list_people(frozen: Frozen) -> list[tuple[int, str, list[str]]]:
    """Give who is in a claim, with the months of each: what can be printed apart."""
    year, month = extract("year", ClaimHour.work_date), extract("month", ClaimHour.work_date)
    rows = db.session.execute(
        select(ClaimHour.user_id, ClaimHour.person_name, year, month)
        .where(ClaimHour.snapshot_id == frozen.snapshot_id)
        .distinct()
        .order_by(ClaimHour.user_id, year, month)
    )
    found: dict[int, tuple[int, str, list[str]]] = {}
    for user_id, name, of_year, of_month in rows:
        _, _, months = found.setdefault(user_id, (user_id, name, []))
        months.append(f"{int(of_year)}-{int(of_month):02d}")
    return list(found.values())


def _zip_and_keep(
    actor: Actor, instance: Path, claim: Claim, made: list[Made], *, frozen: Frozen, name: str
) -> Export:
    files = [one.file for one in made]
    whole = files[0].path.with_name("whole.zip")
    manifest = manifest_of(
        files,
        claim=frozen.number,
        revision=frozen.revision,
        snapshot_sha256=frozen.sha256,
        audit_seq=frozen.audit_seq,
        audit_head=frozen.audit_head,
        template_version=TEMPLATE_VERSION,
    )
    write_zip(whole, files, manifest)
    zipped = File.of(f"{frozen.number}-{name}.zip", whole)
    is_intact = made[0].is_intact
    together = Made("zip", f"{frozen.subject}#{name}", zipped, is_intact=is_intact)
    kept = records.keep(actor, instance, [*made, together], board_id=claim.board_id)
    return Export(zip=kept[-1], files=kept[:-1])


def _chosen(kinds: Sequence[str]) -> list[str]:
    if ALL in kinds:
        return list(FORMATS)
    unknown = [kind for kind in kinds if kind not in FORMATS]
    if unknown or not kinds:
        words = {"kinds": [_("Kies hoe je de claim wilt hebben.")]}
        raise InvalidError(_("Deze vorm van export is er niet."), words)
    return [kind for kind in FORMATS if kind in kinds]


def _is_month(text: str) -> bool:
    year, _dash, month = text.partition("-")
    return len(text) == len("2026-09") and year.isdigit() and month.isdigit()
