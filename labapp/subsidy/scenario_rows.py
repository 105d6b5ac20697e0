"""The rows of a scenario file that are about hours and subsidy: see `scenarios`."""

from dataclasses import dataclass, field
from datetime import date

from labapp.subsidy.grants import Instalment
from labapp.subsidy.hour_models import DeclarationState


@dataclass(frozen=True, kw_only=True)
class FileParticipation:
    organisation: str
    scheme: str
    version: int = 1
    from_on: date | None = None
    to_on: date | None = None
    activity_plan: str = ""


@dataclass(frozen=True, kw_only=True)
class FileGrant:
    organisation: str
    scheme: str
    decision_number: str
    decided_on: date
    amount_cents: int
    version: int = 1
    from_on: date | None = None
    to_on: date | None = None
    min_minutes: int = 0
    min_participants: int = 0
    instalments: list[Instalment] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    day: date
    category: str
    minutes: int | None = None
    start: str | None = None
    end: str | None = None
    description: str = ""
    evidence: str = ""
    entered_on: date | None = None
    late_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class FileMonth:
    person: str
    organisation: str
    scheme: str
    month: str
    entries: list[FileEntry]
    version: int = 1
    state: DeclarationState = DeclarationState.OPEN
    signed_on: date | None = None
    approved_by: str | None = None
    approved_on: date | None = None
