"""The ledger of a scheme version: counters under a ceiling, and each movement of money."""

import enum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.subsidy.columns import Cents


class BudgetEventType(enum.Enum):
    RESERVE = "reserve"
    RELEASE = "release"
    COMMIT = "commit"
    PAY = "pay"
    RECOVER = "recover"


class Budget(Model):
    """How much of the ceiling of a scheme version is in use: one row, locked by each writer.

    It changes only by a guarded UPDATE whose row count is checked; each change has its
    `BudgetEvent`. Invariant: reserved + committed + paid <= ceiling (where there is one).
    """

    __tablename__ = "budgets"
    __table_args__ = (
        UniqueConstraint("scheme_version_id"),
        CheckConstraint("reserved_cents >= 0", name="reserved"),
        CheckConstraint("committed_cents >= 0", name="committed"),
        CheckConstraint(
            "ceiling_cents IS NULL OR reserved_cents + committed_cents + paid_cents"
            " <= ceiling_cents",
            name="ceiling",
        ),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    ceiling_cents: Mapped[Cents | None]
    reserved_cents: Mapped[Cents] = mapped_column(default=0)
    committed_cents: Mapped[Cents] = mapped_column(default=0)
    paid_cents: Mapped[Cents] = mapped_column(default=0)
    recovered_cents: Mapped[Cents] = mapped_column(default=0)
    last_number: Mapped[int] = mapped_column(default=0)  # of the claims, gapless
    last_seq: Mapped[int] = mapped_column(default=0)  # of the events, gapless


class BudgetEvent(Model):
    """A movement of money. Append-only; `seq` counts without gaps within a scheme version.

    Cents are positive as the type says: reserve and pay add, release gives back; a correction may
    reserve, commit and pay a negative amount.
    """

    __tablename__ = "budget_events"
    __table_args__ = (UniqueConstraint("scheme_version_id", "seq"),)

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    seq: Mapped[int]
    type: Mapped[BudgetEventType]
    cents: Mapped[Cents]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("payment_batches.id"), index=True)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    recovery_id: Mapped[int | None] = mapped_column(ForeignKey("recoveries.id"))
    actor_id: Mapped[int | None]
    at: Mapped[CreatedAt]
