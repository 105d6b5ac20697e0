"""Hours that were worked, and the monthly declaration in which a person signs for them.

Whether an entry may change follows from its declaration and nothing else: open, or frozen. The
database holds to it too (see `freezing`).
"""

import enum
from datetime import date, datetime, time
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
from ulid import ULID

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.subsidy.scheme_models import ActivityCategory, SchemeVersion

IS_OPEN = "state = 'open'"


class EntryKind(enum.Enum):
    NORMAL = "normal"
    REVERSAL = "reversal"  # takes back (part of) an entry that is frozen
    REPLACEMENT = "replacement"  # what stands in its place


class EntrySource(enum.Enum):
    MANUAL = "manual"
    GRID = "grid"
    SESSION = "session"
    IMPORT = "import"
    API = "api"


class DeclarationState(enum.Enum):
    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class ProposalStatus(enum.Enum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


def new_entry_id() -> str:
    """Give an identifier of 26 signs that sorts by the moment it was made (ULID)."""
    return str(ULID())


class Declaration(Model):
    """The hours of a person at a branch under a scheme in a month (urenstaat)."""

    __tablename__ = "declarations"
    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id", "scheme_version_id", "month", "seq"),
        # One open declaration at a time receives what is still to be signed for.
        Index(
            "uq_declarations_open", "user_id", "organisation_id", "scheme_version_id", "month",
            unique=True, sqlite_where=text(IS_OPEN), postgresql_where=text(IS_OPEN),
        ),
        CheckConstraint("seq >= 1", name="counts_from_one"),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    month: Mapped[date]  # its first day
    seq: Mapped[int] = mapped_column(default=1)  # 2 and on: supplementary
    state: Mapped[DeclarationState] = mapped_column(default=DeclarationState.OPEN)
    statement: Mapped[str] = mapped_column(Text, default="")  # the words that were signed
    snapshot: Mapped[dict[str, Any] | None]
    snapshot_sha256: Mapped[str | None] = mapped_column(String(64))
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text, default="")  # of the last rejection or reopening
    reminded_on: Mapped[date | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    scheme_version: Mapped[SchemeVersion] = relationship(lazy="joined", innerjoin=True)
    signed_by: Mapped[User | None] = relationship(foreign_keys=[signed_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    entries: Mapped[list["HourEntry"]] = relationship(
        back_populates="declaration", order_by="HourEntry.work_date, HourEntry.id"
    )


class HourEntry(Model):
    """Minutes worked on a local calendar day. A reversal has negative minutes."""

    __tablename__ = "hour_entries"
    __table_args__ = (
        CheckConstraint("minutes <> 0", name="not_zero"),
        CheckConstraint("(kind = 'reversal') = (minutes < 0)", name="only_reversals_are_negative"),
        CheckConstraint("(kind = 'normal') = (corrects_id IS NULL)", name="corrects_something"),
        CheckConstraint("(start_local IS NULL) = (end_local IS NULL)", name="both_times"),
        UniqueConstraint("user_id", "source_ref"),
        Index("ix_hour_entries_user_day", "user_id", "work_date"),
        Index("ix_hour_entries_branch_day", "organisation_id", "scheme_version_id", "work_date"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_entry_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("activity_categories.id"))
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declarations.id"), index=True)
    work_date: Mapped[date]
    minutes: Mapped[int]
    start_local: Mapped[time | None]  # the clock on the wall of the branch
    end_local: Mapped[time | None]
    description: Mapped[str] = mapped_column(String(500), default="")
    evidence: Mapped[str] = mapped_column(String(500), default="")  # a document, where one is asked
    source: Mapped[EntrySource] = mapped_column(default=EntrySource.MANUAL)
    source_ref: Mapped[str | None] = mapped_column(String(120))  # session or imported row, once
    kind: Mapped[EntryKind] = mapped_column(default=EntryKind.NORMAL)
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("hour_entries.id"), index=True)
    late_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    touched_by: Mapped[list[Any]] = mapped_column(default=list)  # ids of all who made or changed it
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("hour_import_batches.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()
    scheme_version: Mapped[SchemeVersion] = relationship()
    category: Mapped[ActivityCategory] = relationship(lazy="joined", innerjoin=True)
    declaration: Mapped[Declaration] = relationship(back_populates="entries")
    corrects: Mapped["HourEntry | None"] = relationship(remote_side="HourEntry.id")


class HourProposal(Model):
    """Hours that attendance proposes. They count for nothing until the person takes them over."""

    __tablename__ = "hour_proposals"
    __table_args__ = (
        UniqueConstraint("user_id", "source_ref"),
        CheckConstraint("minutes > 0", name="positive"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("activity_categories.id"))
    work_date: Mapped[date]
    minutes: Mapped[int]
    start_local: Mapped[time | None]
    end_local: Mapped[time | None]
    description: Mapped[str] = mapped_column(String(500), default="")
    source_ref: Mapped[str] = mapped_column(String(120))  # such as `sessions:12`
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.OPEN)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    entry_id: Mapped[str | None] = mapped_column(String(26))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()
    scheme_version: Mapped[SchemeVersion] = relationship()
    category: Mapped[ActivityCategory] = relationship(lazy="joined", innerjoin=True)


class HourImportBatch(Model):
    """A file of hours that was taken in whole; the same file again adds nothing."""

    __tablename__ = "hour_import_batches"
    __table_args__ = (UniqueConstraint("sha256"),)

    id: Mapped[PrimaryKey]
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200))
    rows: Mapped[int]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
