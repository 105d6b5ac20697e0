"""A claim as it was submitted, read in constant memory: its lines and its hours in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Date, Row, String, Table, select, type_coerce

from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimLine, ClaimSnapshot

ROWS_AT_A_TIME = 5_000
HOURS: Table = ClaimHour.__table__  # type: ignore[assignment]
LINES: Table = ClaimLine.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class Frozen:
    """What an export of a claim is made from, and nothing else."""

    claim_id: int
    revision: int
    snapshot_id: int
    content: dict[str, Any]
    sha256: str
    audit_seq: int | None
    audit_head: str | None
    person_statement: str = ""  # frozen with the version of the scheme

    @classmethod
    def of(cls, claim: Claim, snapshot: ClaimSnapshot) -> "Frozen":
        return cls(
            claim_id=claim.id,
            revision=snapshot.revision,
            snapshot_id=snapshot.id,
            content=snapshot.content,
            sha256=snapshot.sha256,
            audit_seq=claim.audit_seq,
            audit_head=claim.audit_head,
            person_statement=claim.scheme_version.statement,
        )

    @property
    def number(self) -> str:
        return str(self.content["number"])

    @property
    def subject(self) -> str:
        """How records name it: each submission apart."""
        return f"claims:{self.claim_id}@{self.revision}"

    @property
    def school_year(self) -> str:
        """2026 as 2026-2027."""
        year = int(str(self.content["scheme"]["school_year"])[:4])
        return f"{year}-{year + 1}"


def iter_lines(snapshot_id: int) -> Iterator[Sequence[Row[Any]]]:
    """Give the lines of a submitted claim in order, some thousands at a time."""
    return _partitions(list(LINES.c), LINES, snapshot_id, LINES.c.number)


def iter_hours(snapshot_id: int, *names: str) -> Iterator[Sequence[Any]]:
    """Give the hours in order: bytewise by person, category, day, entry; all columns or these."""
    columns = [HOURS.c[name] for name in names] or list(HOURS.c)
    return _partitions(columns, HOURS, snapshot_id, HOURS.c.position)


def _partitions(
    columns: Sequence[Column[Any]], table: Table, snapshot_id: int, order: Any
) -> Iterator[Sequence[Row[Any]]]:
    # Days are taken as the database gives them: reading each of a million as a day costs seconds.
    bare = [
        type_coerce(column, String).label(column.name) if isinstance(column.type, Date) else column
        for column in columns
    ]
    rows = db.session.execute(
        select(*bare).where(table.c.snapshot_id == snapshot_id).order_by(order),
        execution_options={"yield_per": ROWS_AT_A_TIME},
    )
    yield from rows.partitions()
