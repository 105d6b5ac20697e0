"""Hours from a table: CSV or XLSX, looked at first, then taken in whole or not at all.

A row names the person (number or e-mail address), the branch (BRIN and two digits), the scheme
(code, and version where it has several), the activity, the day and the hours. The same file again
adds nothing; neither does a row with an `external_id` that the person has already.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, User
from labapp.database import db, insert_new, transaction
from labapp.errors import ForbiddenError
from labapp.foreign_files import ZIP, Fault, UnreadableError
from labapp.foreign_rows import csv_rows, with_headings, xlsx_rows
from labapp.i18n import gettext as _
from labapp.subsidy.hour_import_cells import REQUIRED, column_of, minutes_of, moment_of, plain
from labapp.subsidy.hour_models import EntrySource, HourEntry, HourImportBatch
from labapp.subsidy.hour_rights import can_write_for
from labapp.subsidy.hour_steps import Step, Way
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.hours import write
from labapp.subsidy.scheme_models import Scheme, SchemeVersion, VersionStatus
from labapp.subsidy.surroundings import EntryInput

MOST_ROWS = 5_000
MOST_FAULTS = 500
FIELD_COLUMNS = {
    "work_date": "datum", "minutes": "uren", "start_local": "begin", "end_local": "eind",
    "category_id": "activiteit", "evidence": "document", "description": "omschrijving",
    "source_ref": "external_id", "late_reason": "reden",
}  # fmt: skip


@dataclass
class HourReport:
    """What an import did or, as a dry run, would do; with faults it does nothing."""

    created: int = 0
    known: int = 0  # rows that were taken in before
    faults: list[Fault] = field(default_factory=list)
    batch_id: int | None = None


@dataclass
class _Names:
    """What the words in a file stand for."""

    people: dict[str, int]
    branches: dict[str, Organisation]
    versions: dict[str, list[SchemeVersion]]
    works_at: set[tuple[int, int]]  # person, branch


Row = tuple[int, Mapping[str, str]]


def import_hours(
    actor: Actor, path: Path, *, dry_run: bool = False, file_name: str = ""
) -> HourReport:
    """Take the hours of a file in, all or none; a dry run only says what would happen."""
    if not actor.may("hours:write"):
        raise ForbiddenError(_("Dit token mag geen uren schrijven."))
    report = HourReport()
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows = list(_read(path))
    except UnreadableError as error:
        report.faults.append(error.fault)
        return report
    if _is_known(digest):
        report.known = len(rows)
        return report
    with transaction():
        entries = _entries(actor, rows, report)
        if entries:
            name = (file_name or path.name)[:200]
            looks = dry_run or bool(report.faults)  # then only say what else is wrong
            _take(actor, entries, report, (digest, name), dry_run=looks)
        if report.faults:
            report.created = 0
            report.faults = sorted(report.faults, key=lambda fault: fault.row)[:MOST_FAULTS]
        return report


def _read(path: Path) -> Iterator[Row]:
    """Give the rows of a table by the names of its columns."""
    headings, rest = with_headings(_table(path))
    names = [column_of(heading) for heading in headings]
    missing = [" / ".join(group) for group in REQUIRED if not set(group) & set(names)]
    if missing:
        words = _("Deze kolommen ontbreken: %(names)s.", names=", ".join(missing))
        raise UnreadableError(words, row=1)
    doubles = {name for name in names if name and names.count(name) > 1}
    if doubles:
        words = _("Deze kolommen staan er twee keer: %(names)s.", names=", ".join(sorted(doubles)))
        raise UnreadableError(words, row=1)
    for count, (number, cells) in enumerate(rest, start=1):
        if count > MOST_ROWS:
            words = _("Een bestand heeft ten hoogste %(most)s rijen. Splits het.", most=MOST_ROWS)
            raise UnreadableError(words, row=number)
        if any(cells[len(names) :]):
            words = _("Deze rij heeft meer cellen dan er kolommen zijn.")
            raise UnreadableError(words, row=number)
        padded = [*cells, *[""] * (len(names) - len(cells))]
        values = {n: plain(cell) for n, cell in zip(names, padded, strict=False) if n}
        yield number, values


def _table(path: Path) -> Iterator[tuple[int, list[str]]]:
    if not path.is_file():
        raise UnreadableError(_("Er is geen bestand %(name)s.", name=path.name))
    with path.open("rb") as stream:
        is_sheet = stream.read(len(ZIP)) == ZIP
    return xlsx_rows(path) if is_sheet else csv_rows(path)


def _is_known(digest: str) -> bool:
    known = select(HourImportBatch.id).where(HourImportBatch.sha256 == digest)
    return db.session.scalar(known) is not None


def _entries(actor: Actor, rows: Iterable[Row], report: HourReport) -> list[tuple[int, EntryInput]]:
    """Give the rows as hours; each fault is noted by row and column."""
    wanted = list(rows)
    if not wanted:
        report.faults.append(Fault(0, "", _("Er staan geen uren in dit bestand.")))
    names = _look_up(wanted)
    found: list[tuple[int, EntryInput]] = []
    for number, values in wanted:
        faults, entry = _entry(actor, number, values, names)
        report.faults += faults
        if entry is not None and not faults:
            found.append((number, entry))
    known = _known_refs([entry for _number, entry in found])
    fresh = [one for one in found if (one[1].user_id, one[1].source_ref) not in known]
    report.known += len(found) - len(fresh)
    return fresh


def _look_up(rows: Iterable[Row]) -> _Names:
    cells = {
        name: {values.get(name, "").lower() for _number, values in rows}
        for name in ("persoon", "vestiging", "regeling")
    }
    users = db.session.execute(
        select(User.id, User.email).where(
            func.lower(User.email).in_(cells["persoon"])
            | User.id.in_([int(c[1:]) for c in cells["persoon"] if _is_number(c)])
        )
    )
    people: dict[str, int] = {}
    for number, email in users:
        people[f"p{number:06}"] = number
        if email:
            people[email.lower()] = number
    schools = db.session.scalars(
        select(Organisation).where(func.lower(Organisation.brin6).in_(cells["vestiging"]))
    )
    branches = {str(school.brin6).lower(): school for school in schools}
    query = select(SchemeVersion).join(SchemeVersion.scheme)
    versions: dict[str, list[SchemeVersion]] = {}
    for version in db.session.scalars(query.where(func.lower(Scheme.code).in_(cells["regeling"]))):
        versions.setdefault(version.scheme.code.lower(), []).append(version)
    works_at = select(Affiliation.user_id, Affiliation.organisation_id).where(
        Affiliation.user_id.in_(set(people.values())),
        Affiliation.organisation_id.in_([branch.id for branch in branches.values()]),
    )
    return _Names(people, branches, versions, {(a, b) for a, b in db.session.execute(works_at)})


def _is_number(cell: str) -> bool:
    return cell[:1] == "p" and cell[1:].isascii() and cell[1:].isdigit() and len(cell) <= 10  # noqa: PLR2004


def _entry(
    actor: Actor, number: int, values: Mapping[str, str], names: _Names
) -> tuple[list[Fault], EntryInput | None]:
    """Read one row: who, where, for what, when and how long."""
    faults: list[Fault] = []

    def fault(column: str, words: str) -> None:
        faults.append(Fault(number, column, words))

    branch = names.branches.get(values.get("vestiging", "").lower())
    person = names.people.get(values.get("persoon", "").lower())
    if branch is None:
        fault("vestiging", _("Er is geen vestiging met dit BRIN."))
    if person is None or (branch and not _may_write(actor, person, branch, names)):
        fault("persoon", _("Deze persoon ken je hier niet."))
    day, start, end = moment_of(values, fault)
    version = _version(names.versions.get(values.get("regeling", "").lower(), []), values, day)
    if version is None:
        fault("regeling", _("Er is op deze dag geen regeling met deze code."))
    wanted = values.get("activiteit", "").lower()
    category = next((c.id for c in version.categories if c.code.lower() == wanted), None) if (
        version) else None  # fmt: skip
    if version is not None and category is None:
        fault("activiteit", _("Deze regeling heeft geen activiteit met deze code."))
    minutes = minutes_of(values, fault)
    if faults or None in (branch, person, day, version, category):
        return faults, None
    assert branch
    assert version
    return faults, EntryInput(
        user_id=person or 0,
        organisation_id=branch.id,
        scheme_version_id=version.id,
        category_id=category or 0,
        work_date=day or date.min,
        minutes=minutes,
        start_local=start,
        end_local=end,
        description=values.get("omschrijving", ""),
        evidence=values.get("document", ""),
        source_ref=values.get("external_id") or None,
        late_reason=values.get("reden", ""),
    )


def _may_write(actor: Actor, person: int, branch: Organisation, names: _Names) -> bool:
    """Whether one writes hours of a person there; of who never worked there nothing is told."""
    is_known = actor.is_system or actor.id == person or (person, branch.id) in names.works_at
    return is_known and can_write_for(actor, person, branch)


def _version(
    found: Sequence[SchemeVersion], values: Mapping[str, str], day: date | None
) -> SchemeVersion | None:
    """Give the version that the file names, else the newest that covers the day."""
    named = values.get("versie", "")
    if named:
        return next((v for v in found if str(v.number) == named), None)
    fitting = [v for v in found if day is not None and v.is_valid_on(day)]
    return max(fitting, key=lambda v: (v.status is VersionStatus.ACTIVE, v.number), default=None)


def _known_refs(entries: Sequence[EntryInput]) -> set[tuple[int, str | None]]:
    refs = {entry.source_ref for entry in entries if entry.source_ref}
    if not refs:
        return set()
    query = select(HourEntry.user_id, HourEntry.source_ref).where(HourEntry.source_ref.in_(refs))
    return {(user_id, ref) for user_id, ref in db.session.execute(query)}


def _take(
    actor: Actor,
    entries: Sequence[tuple[int, EntryInput]],
    report: HourReport,
    file: tuple[str, str],
    *,
    dry_run: bool,
) -> None:
    """Write the hours and remember the file; what breaks a rule is noted by row and column."""
    digest, name = file
    steps = [Step(new=entry) for _number, entry in entries]
    way = Way(EntrySource.IMPORT, may_repeat=True, dry_run=True)
    try:
        write(actor, steps, way)
    except EntriesInvalidError as error:
        for place, problems in sorted(error.problems.items()):
            for one in problems:
                column = FIELD_COLUMNS.get(one.field, one.field)
                report.faults.append(Fault(entries[place][0], column, one.words))
        return
    report.created = len(entries)
    if dry_run:
        return
    if not insert_new(
        HourImportBatch, sha256=digest, file_name=name, rows=len(entries), created_by_id=actor.id
    ):
        report.created, report.known = 0, report.known + len(entries)
        return  # the same file came twice at once
    batch = db.session.scalars(
        select(HourImportBatch).where(HourImportBatch.sha256 == digest)
    ).one()
    write(actor, steps, replace(way, dry_run=False, batch_id=batch.id))
    report.batch_id = batch.id
    audit.record(
        actor.id, "hours.imported", batch, on_behalf_of=actor.acting_for_id,
        changes={"sha256": [None, digest], "rows": [None, len(entries)]},
    )  # fmt: skip
