"""A claim as it was submitted: frozen rows, and one hash over all of them.

The hash is sha256 of the canonical JSON {"claim": content, "hours": [...], "lines": [...]}: sorted
keys, no spaces, UTF-8. It is made and checked in pieces, so that a million hours need no memory.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from labapp.database import db
from labapp.subsidy.claim_lines import Plan, person_key
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimLine, ClaimSnapshot
from labapp.subsidy.declaration_snapshots import number_of
from labapp.subsidy.hour_models import HourEntry

LINE_FIELDS = (
    "number", "person_name", "role", "category_code", "category_label", "period_from", "period_to",
    "minutes", "rate_cents", "percentage_bp", "cents", "is_cap_adjustment", "corrects_line",
)  # fmt: skip
HOUR_FIELDS = (
    "line_number", "entry_id", "corrects_id", "person_name", "brin6", "work_date", "start_local",
    "end_local", "minutes", "category_code", "category_label", "description", "source",
    "source_ref", "registered_on", "days_late", "declaration", "signed_on", "approved_by",
    "approved_on",
)  # fmt: skip
AT_ONCE = 2_000


def make(claim: Claim, plan: Plan, content: dict[str, Any]) -> ClaimSnapshot:
    """Freeze the plan of a claim as its next revision, in the caller's transaction."""
    session = db.session()
    numbers = plan.number_lines()
    lines = [
        {name: getattr(line, name) for name in (*LINE_FIELDS, "user_id")} for line in plan.lines
    ]
    hours = [
        _hour(claim, entry, numbers[plan.keys[entry.id]])
        for entry in sorted(plan.entries, key=_place)
    ]
    snapshot = ClaimSnapshot(
        claim_id=claim.id,
        revision=claim.revision + 1,
        content=content,
        sha256=_sha256(_canonical(content, map(hour_record, hours), map(line_record, lines))),
    )
    session.add(snapshot)
    session.flush()
    _insert(ClaimLine, snapshot, lines)
    _insert(ClaimHour, snapshot, [{**hour, "position": n} for n, hour in enumerate(hours, 1)])
    return snapshot


def iter_hours(snapshot: ClaimSnapshot) -> Iterator[ClaimHour]:
    """Give the hours in the order of the hash, a piece at a time."""
    yield from db.session.scalars(
        select(ClaimHour)
        .where(ClaimHour.snapshot_id == snapshot.id)
        .order_by(ClaimHour.position)
        .execution_options(yield_per=AT_ONCE)
    )


def lines_of(snapshot: ClaimSnapshot) -> list[ClaimLine]:
    return list(
        db.session.scalars(
            select(ClaimLine).where(ClaimLine.snapshot_id == snapshot.id).order_by(ClaimLine.number)
        )
    )


def iter_canonical(snapshot: ClaimSnapshot) -> Iterator[bytes]:
    """Give the text that is hashed, in pieces."""
    columns = [getattr(ClaimHour, name) for name in (*HOUR_FIELDS, "user_id")]
    hours = db.session.execute(
        select(*columns)
        .where(ClaimHour.snapshot_id == snapshot.id)
        .order_by(ClaimHour.position)
        .execution_options(yield_per=AT_ONCE)
    ).mappings()
    lines = (
        {name: getattr(line, name) for name in (*LINE_FIELDS, "user_id")}
        for line in lines_of(snapshot)
    )
    yield from _canonical(snapshot.content, map(hour_record, hours), map(line_record, lines))


def verify(snapshot: ClaimSnapshot) -> bool:
    """Whether the rows are still what was hashed."""
    return _sha256(iter_canonical(snapshot)) == snapshot.sha256


def hour_record(hour: Any) -> dict[str, Any]:
    """Give an hour (a mapping) as it stands in the canonical JSON."""
    record = {name: _plain(hour[name]) for name in HOUR_FIELDS}
    return {**record, "person_id": person_key(hour["user_id"])}


def line_record(line: Any) -> dict[str, Any]:
    """Give a line (a mapping) as it stands in the canonical JSON."""
    record = {name: _plain(line[name]) for name in LINE_FIELDS}
    return {**record, "person_id": person_key(line["user_id"])}


def _canonical(
    content: dict[str, Any],
    hours: Iterable[dict[str, Any]],
    lines: Iterable[dict[str, Any]],
) -> Iterator[bytes]:
    yield b'{"claim":' + _json(content)
    for name, records in (("hours", hours), ("lines", lines)):
        yield f',"{name}":['.encode()
        first = True
        for record in records:
            yield (b"" if first else b",") + _json(record)
            first = False
        yield b"]"
    yield b"}"


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _place(entry: HourEntry) -> tuple[bytes, ...]:
    """The bytewise order of hours: person, activity, day, entry."""
    parts = (
        person_key(entry.user_id), entry.category.code, entry.work_date.isoformat(), entry.id,
    )  # fmt: skip
    return tuple(part.encode() for part in parts)


def _hour(claim: Claim, entry: HourEntry, line_number: int) -> dict[str, Any]:
    zone = ZoneInfo(claim.organisation.time_zone)
    declaration = entry.declaration
    registered = entry.created_at.astimezone(zone).date()
    assert declaration.signed_at is not None
    assert declaration.approved_at is not None
    return {
        "line_number": line_number,
        "entry_id": entry.id,
        "corrects_id": entry.corrects_id,
        "user_id": entry.user_id,
        "person_name": entry.user.name,
        "brin6": entry.organisation.brin6,
        "work_date": entry.work_date,
        "start_local": f"{entry.start_local:%H:%M}" if entry.start_local else "",
        "end_local": f"{entry.end_local:%H:%M}" if entry.end_local else "",
        "minutes": entry.minutes,
        "category_code": entry.category.code,
        "category_label": entry.category.label_nl,
        "description": entry.description,
        "source": entry.source.value,
        "source_ref": entry.source_ref or "",
        "registered_on": registered,
        "days_late": max(0, (registered - entry.work_date).days),
        "declaration": number_of(declaration),
        "signed_on": declaration.signed_at.astimezone(zone).date(),
        "approved_by": declaration.approved_by.name if declaration.approved_by else "",
        "approved_on": declaration.approved_at.astimezone(zone).date(),
    }


def _insert(
    model: type[ClaimLine | ClaimHour], snapshot: ClaimSnapshot, rows: list[dict[str, Any]]
) -> None:
    session = db.session()
    for start in range(0, len(rows), AT_ONCE):
        piece = [{**row, "snapshot_id": snapshot.id} for row in rows[start : start + AT_ONCE]]
        session.execute(insert(model), piece)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
