"""What was taken out: who, when, and the bytes themselves, kept under their hash.

The same thing exported again must give the same bytes. Where it does not, the record says so and
the earlier bytes stay to be had.
"""

import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import ColumnElement, false, or_, select, true

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db, transaction
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.claim_models import ExportRecord
from labapp.subsidy.exports import TEMPLATE_VERSION
from labapp.subsidy.exports.manifest import File, sha256_of

FOLDER = "exports"
PACKAGES = ("labapp", "reportlab", "xlsxwriter")
MOST = 100


@dataclass(frozen=True)
class Made:
    """A file to be kept. One that is not frozen (a dossier grows) is compared with nothing."""

    kind: str
    subject: str
    file: File
    is_frozen: bool = True
    is_intact: bool = True


@contextmanager
def workplace(instance: Path) -> Iterator[Path]:
    """Give a folder to make files in, on the disk where they are kept; it is cleared after."""
    home = instance / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".making-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(
    actor: Actor, instance: Path, made: Sequence[Made], *, board_id: int | None
) -> list[ExportRecord]:
    """Keep the bytes, and note who took them out."""
    for one in made:
        _keep_bytes(instance, one.file)
    with transaction() as session:
        records = [_record(actor, one, board_id) for one in made]
        session.add_all(records)
        session.flush()
        for record in records:
            audit.record(
                actor.id,
                "export.made",
                record,
                changes={
                    "subject": [None, record.subject],
                    "kind": [None, record.kind],
                    "sha256": [None, record.sha256],
                    "matches_earlier": [None, record.matches_earlier],
                },
                on_behalf_of=actor.acting_for_id,
            )
    return records


def first_of(kind: str, subject: str, template: str = TEMPLATE_VERSION) -> ExportRecord | None:
    """Give the first time this was exported in this form: what later ones are compared with."""
    return db.session.scalar(
        select(ExportRecord)
        .where(
            ExportRecord.kind == kind,
            ExportRecord.subject == subject,
            ExportRecord.template_version == template,
        )
        .order_by(ExportRecord.id)
        .limit(1)
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Those of the boards of which one may take out files."""
    if actor.is_system or policies.exports_all(actor):
        return true()
    boards = policies.organisations_of(actor, Role.EXPORTER)
    return ExportRecord.exported_for_id.in_(boards) if boards else false()


def list_records(
    actor: Actor, subject: str | None = None, *, limit: int = MOST, before: int | None = None
) -> list[ExportRecord]:
    """Give what was exported, newest first; of one claim or dossier, or of all one may see."""
    found = select(ExportRecord).where(visible_to(actor)).order_by(ExportRecord.id.desc())
    if subject is not None:
        same = ExportRecord.subject.startswith(f"{subject}#", autoescape=True)
        found = found.where(or_(ExportRecord.subject == subject, same))
    if before is not None:
        found = found.where(ExportRecord.id < before)
    return list(db.session.scalars(found.limit(limit)))


def get_record(actor: Actor, record_id: int) -> ExportRecord:
    found = db.session.scalar(
        select(ExportRecord).where(ExportRecord.id == record_id, visible_to(actor))
    )
    if found is None:
        raise NotFoundError(_("Deze export bestaat niet, of je mag haar niet zien."))
    return found


def take_again(actor: Actor, instance: Path, record: ExportRecord) -> Path:
    """Give the bytes of an earlier export, as they were; this too is noted."""
    path = instance / FOLDER / record.sha256
    if not path.is_file():
        raise ConflictError(_("Dit bestand is niet meer bewaard."))
    if sha256_of(path) != record.sha256:
        raise ConflictError(_("Dit bewaarde bestand is beschadigd; maak de export opnieuw."))
    audit.record(
        actor.id,
        "export.taken_again",
        record,
        changes={"sha256": [None, record.sha256]},
        on_behalf_of=actor.acting_for_id,
    )
    return path


def libraries() -> dict[str, str]:
    """Give what made the bytes: another version of one of these may make others."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    made_by = {name: version(name) for name in PACKAGES}
    return {"python": python, "zlib": zlib.ZLIB_RUNTIME_VERSION, **made_by}


def _record(actor: Actor, made: Made, board_id: int | None) -> ExportRecord:
    earlier = first_of(made.kind, made.subject) if made.is_frozen else None
    same = earlier is None or earlier.sha256 == made.file.sha256
    return ExportRecord(
        kind=made.kind,
        subject=made.subject,
        file_name=made.file.name.rsplit("/", 1)[-1],
        sha256=made.file.sha256,
        size=made.file.size,
        template_version=TEMPLATE_VERSION,
        libraries=libraries(),
        matches_earlier=same and made.is_intact,
        exported_by_id=actor.id,
        exported_for_id=board_id,
    )


def _keep_bytes(instance: Path, file: File) -> None:
    kept = instance / FOLDER / file.sha256
    if kept.is_file() and kept.stat().st_size == file.size:
        return
    with file.path.open("rb") as written:
        os.fsync(written.fileno())
    half = kept.with_name(f".{file.path.parent.name.lstrip('.')}-{file.sha256}")
    os.link(file.path, half)
    half.replace(kept)
