"""A declaration as it was signed: what is hashed, shown and printed from then on.

The name of the person stands beside what is hashed, so that it can be taken out when the years
that it must be kept are over, and the hash of the hours still holds.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from labapp.accounts.models import Affiliation, Organisation
from labapp.clock import now
from labapp.subsidy.appointments import active_on, role_on
from labapp.subsidy.hour_models import Declaration, HourEntry

UNHASHED = "names"


def person_number(user_id: int) -> str:
    """Give a person as exports name them: P000012."""
    return f"P{user_id:06}"


def number_of(declaration: Declaration) -> str:
    """Give the number of a declaration, such as 05AB00-TAAL.1-202611-P000012-1."""
    branch, version = declaration.organisation, declaration.scheme_version
    place = branch.brin6 or f"V{branch.id}"
    scheme = f"{version.scheme.code}.{version.number}"
    person = person_number(declaration.user_id)
    return f"{place}-{scheme}-{declaration.month:%Y%m}-{person}-{declaration.seq}"


def days_late(entry: HourEntry) -> int:
    """Give how many days after the activity it was registered."""
    return max(0, (registered_on(entry) - entry.work_date).days)


def registered_on(entry: HourEntry) -> date:
    """Give the date on which an entry was first written, on the clock of its branch."""
    return entry.created_at.astimezone(ZoneInfo(entry.organisation.time_zone)).date()


def make_snapshot(
    declaration: Declaration, entries: Sequence[HourEntry], affiliations: Sequence[Affiliation]
) -> dict[str, Any]:
    """Give the declaration as it is signed now."""
    branch, version = declaration.organisation, declaration.scheme_version
    return {
        "number": number_of(declaration),
        "person": {"id": person_number(declaration.user_id)},
        UNHASHED: {"person": declaration.user.name},
        "appointments": _appointments(declaration, entries, affiliations),
        "branch": _branch(branch),
        "scheme": {
            "code": version.scheme.code,
            "name_nl": version.scheme.name_nl,
            "name_en": version.scheme.name_en,
            "version": version.number,
            "school_year": version.school_year,
            "kind": version.kind.value,
            "source_url": version.source_url,
            "is_fictional": version.scheme.is_fictional,
        },
        "month": f"{declaration.month:%Y-%m}",
        "seq": declaration.seq,
        "statement": declaration.statement,
        "signed_at": now().isoformat(timespec="seconds"),
        "total_minutes": sum(entry.minutes for entry in entries),
        "entries": [_entry(declaration, entry, affiliations) for entry in entries],
    }


def with_approver(snapshot: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    """Keep beside what is hashed under which name it was approved."""
    if snapshot is None:
        return None
    return {**snapshot, UNHASHED: {**snapshot.get(UNHASHED, {}), "approved_by": name}}


def hash_of(snapshot: Mapping[str, Any]) -> str:
    """Give the sha256 of a snapshot's canonical JSON, names left out."""
    return hashlib.sha256(canonical(snapshot).encode()).hexdigest()


def canonical(snapshot: Mapping[str, Any]) -> str:
    hashed = {key: value for key, value in snapshot.items() if key != UNHASHED}
    return json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_intact(declaration: Declaration) -> bool:
    """Whether what was signed is still what it was."""
    if declaration.snapshot is None:
        return declaration.snapshot_sha256 is None
    return hash_of(declaration.snapshot) == declaration.snapshot_sha256


def _branch(branch: Organisation) -> dict[str, Any]:
    return {
        "id": branch.id,
        "name": branch.name,
        "brin6": branch.brin6,
        "sector": branch.sector.value if branch.sector else None,
        "time_zone": branch.time_zone,
        "board": branch.board.name if branch.board else None,
        "board_number": branch.board.board_number if branch.board else None,
    }


def _appointments(
    declaration: Declaration, entries: Sequence[HourEntry], affiliations: Sequence[Affiliation]
) -> list[dict[str, Any]]:
    """Give the appointments under which these hours were worked."""
    found: dict[int, Affiliation] = {}
    for day in {entry.work_date for entry in entries}:
        for one in active_on(affiliations, declaration.user_id, declaration.organisation_id, day):
            found[one.id] = one
    return [
        {
            "role": one.role.value,
            "from": one.from_on.isoformat(),
            "until": one.until_on.isoformat() if one.until_on else None,
            "fte_bp": one.fte_bp,
        }
        for _, one in sorted(found.items())
    ]


def _entry(
    declaration: Declaration, entry: HourEntry, affiliations: Sequence[Affiliation]
) -> dict[str, Any]:
    role = role_on(affiliations, declaration.user_id, declaration.organisation_id, entry.work_date)
    return {
        "id": entry.id,
        "work_date": entry.work_date.isoformat(),
        "minutes": entry.minutes,
        "start": f"{entry.start_local:%H:%M}" if entry.start_local else None,
        "end": f"{entry.end_local:%H:%M}" if entry.end_local else None,
        "category": entry.category.code,
        "category_label": entry.category.label_nl,
        "claimable": entry.category.claimable,
        "description": entry.description,
        "evidence": entry.evidence,
        "source": entry.source.value,
        "source_ref": entry.source_ref,
        "kind": entry.kind.value,
        "corrects": entry.corrects_id,
        "role": role.value if role else None,
        "registered_on": registered_on(entry).isoformat(),
        "days_late": days_late(entry),
        "late_reason": entry.late_reason,
    }
