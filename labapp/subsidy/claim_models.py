"""Claims: what a board asks for hours that were approved, and all that is decided about it.

A submitted claim is its snapshot: names, rates and hours as they were. Nothing of it is computed
again. Money moves only by rows that are added (`BudgetEvent`), never changed.
"""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.subsidy.columns import Cents
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.scheme_models import Grant, SchemeVersion


class ClaimKind(enum.Enum):
    NORMAL = "normal"
    CORRECTION = "correction"


class ClaimState(enum.Enum):
    """The words of DUS-I's own portal in brackets."""

    DRAFT = "draft"
    SUBMITTED = "submitted"  # pending
    RETURNED = "returned"  # requestForChanges
    ASSESSED = "assessed"
    GRANTED = "granted"  # approved
    PARTIAL = "partial"  # approved
    REJECTED = "rejected"
    PAID = "paid"  # allocated
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class ReductionReason(enum.Enum):
    NOT_CARRIED_OUT = "not_carried_out"
    NO_EVIDENCE = "no_evidence"
    NOT_ELIGIBLE = "not_eligible"
    ABOVE_CAP = "above_cap"
    ERROR = "error"
    OTHER = "other"


class Claim(Model):
    """What a board asks for a branch under a scheme version (one school year)."""

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("scheme_version_id", "sequence"),
        CheckConstraint("(number IS NULL) = (sequence IS NULL)", name="numbered_as_a_whole"),
        CheckConstraint("(kind = 'correction') = (corrects_id IS NOT NULL)", name="corrects"),
    )

    id: Mapped[PrimaryKey]
    number: Mapped[str | None] = mapped_column(String(60))  # CODE-2026-0001
    sequence: Mapped[int | None]
    kind: Mapped[ClaimKind] = mapped_column(default=ClaimKind.NORMAL)
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.DRAFT)
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    instalment: Mapped[int | None]  # of the grant, from 1: what a `fixed` claim asks for
    note: Mapped[str] = mapped_column(Text, default="")
    total_cents: Mapped[Cents] = mapped_column(default=0)  # the sum of the lines
    granted_cents: Mapped[Cents | None]
    excluded_entries: Mapped[list[str]] = mapped_column(default=list)  # left out of the draft
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None]  # of a returned claim: 14 days
    revision: Mapped[int] = mapped_column(default=0)  # of the snapshot that counts; 0: none yet
    audit_seq: Mapped[int | None]  # of the submit event, beside the snapshot and not inside
    audit_head: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    scheme_version: Mapped[SchemeVersion] = relationship(lazy="joined", innerjoin=True)
    board: Mapped[Organisation] = relationship(foreign_keys=[board_id])
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    grant: Mapped[Grant | None] = relationship()
    corrects: Mapped["Claim | None"] = relationship(remote_side="Claim.id")
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    submitted_by: Mapped[User | None] = relationship(foreign_keys=[submitted_by_id])
    snapshot: Mapped["ClaimSnapshot | None"] = relationship(
        primaryjoin="and_(ClaimSnapshot.claim_id == foreign(Claim.id),"
        " ClaimSnapshot.revision == foreign(Claim.revision))",
        viewonly=True,
        uselist=False,
    )


class ClaimSnapshot(Model):
    """A claim as it was submitted: one revision for each submission. Append-only.

    `content` holds scheme, board, branch, grant, totals. Its lines and hours are rows of their own,
    so that a million of them can be read in constant memory; the hash covers all three: sha256 of
    the canonical JSON {"claim": content, "hours": [...], "lines": [...]}.
    """

    __tablename__ = "claim_snapshots"
    __table_args__ = (UniqueConstraint("claim_id", "revision"),)

    id: Mapped[PrimaryKey]
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    revision: Mapped[int]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]


class ClaimLine(Model):
    """A group (person, category, rate, percentage): rounded once. Append-only.

    A line without a person is the instalment of a `fixed` scheme; `is_cap_adjustment` marks the
    negative minutes that a trimming cap takes away.
    """

    __tablename__ = "claim_lines"
    __table_args__ = (UniqueConstraint("snapshot_id", "number"),)

    id: Mapped[PrimaryKey]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("claim_snapshots.id"), index=True)
    number: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_name: Mapped[str] = mapped_column(String(250), default="")
    role: Mapped[str] = mapped_column(String(32), default="")
    category_code: Mapped[str] = mapped_column(String(40), default="")
    category_label: Mapped[str] = mapped_column(String(120), default="")
    period_from: Mapped[date]
    period_to: Mapped[date]
    minutes: Mapped[int]
    rate_cents: Mapped[Cents]
    percentage_bp: Mapped[int]
    cents: Mapped[Cents]
    is_cap_adjustment: Mapped[bool] = mapped_column(default=False)
    corrects_line: Mapped[int | None]  # number of the line of the corrected claim


class ClaimHour(Model):
    """An hour entry as it was when its claim was submitted. Append-only."""

    __tablename__ = "claim_hours"
    __table_args__ = (UniqueConstraint("snapshot_id", "position"),)

    id: Mapped[PrimaryKey]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("claim_snapshots.id"), index=True)
    position: Mapped[int]  # bytewise order of (person, category, date, entry)
    line_number: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(26), index=True)
    corrects_id: Mapped[str | None] = mapped_column(String(26))
    user_id: Mapped[int]
    person_name: Mapped[str] = mapped_column(String(250))
    brin6: Mapped[str] = mapped_column(String(6))
    work_date: Mapped[date]
    start_local: Mapped[str] = mapped_column(String(5), default="")
    end_local: Mapped[str] = mapped_column(String(5), default="")
    minutes: Mapped[int]
    category_code: Mapped[str] = mapped_column(String(40))
    category_label: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    source: Mapped[str] = mapped_column(String(32))
    source_ref: Mapped[str] = mapped_column(String(120), default="")
    registered_on: Mapped[date]
    days_late: Mapped[int]  # from the activity until it was registered
    declaration: Mapped[str] = mapped_column(String(80))  # number of the declaration
    signed_on: Mapped[date]
    approved_by: Mapped[str] = mapped_column(String(250))
    approved_on: Mapped[date]


class Allocation(Model):
    """An entry belongs to a claim. At most one at a time; only its release is ever written."""

    __tablename__ = "allocations"
    __table_args__ = (
        Index(
            "uq_allocations_active", "entry_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        CheckConstraint("minutes <> 0", name="not_zero"),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    entry_id: Mapped[str] = mapped_column(ForeignKey("hour_entries.id"), index=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    minutes: Mapped[int]
    created_at: Mapped[CreatedAt]
    released_at: Mapped[datetime | None]

    entry: Mapped[HourEntry] = relationship()
    claim: Mapped[Claim] = relationship()


class Assessment(Model):
    """What an assessor proposes: reductions for each line. Append-only.

    `reductions` is [{"line": 1, "cents": 500, "reason": "no_evidence", "reusable": false,
    "text": "..."}]; cents are taken off.
    """

    __tablename__ = "assessments"

    id: Mapped[PrimaryKey]
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("claim_snapshots.id"))
    reductions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    text: Mapped[str] = mapped_column(Text, default="")
    assessed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assessed_at: Mapped[CreatedAt]

    assessed_by: Mapped[User] = relationship()


class Decision(Model):
    """What the programme decided about a claim. It is not the beschikking. Append-only."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("claim_id"),)

    id: Mapped[PrimaryKey]
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("claim_snapshots.id"))
    outcome: Mapped[str] = mapped_column(String(32))  # granted, partial, rejected
    granted_cents: Mapped[Cents]
    reductions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # as of Assessment
    text: Mapped[str] = mapped_column(Text, default="")
    external_number: Mapped[str] = mapped_column(String(80), default="")
    external_date: Mapped[date | None]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[CreatedAt]

    decided_by: Mapped[User] = relationship()


class ExportRecord(Model):
    """A file that was exported: who, when, and the hash of its bytes. Append-only."""

    __tablename__ = "export_records"

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(40))  # lines_csv, hours_csv, xlsx, dossier ...
    subject: Mapped[str] = mapped_column(
        String(160), index=True
    )  # claims:12@2, dossier:99ZA00:2026
    file_name: Mapped[str] = mapped_column(String(160))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    template_version: Mapped[str] = mapped_column(String(20))
    libraries: Mapped[dict[str, Any]] = mapped_column(default=dict)
    matches_earlier: Mapped[bool] = mapped_column(default=True)
    exported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    exported_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    exported_at: Mapped[CreatedAt]

    exported_by: Mapped[User | None] = relationship()
