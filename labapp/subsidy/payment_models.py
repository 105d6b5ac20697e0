"""What is paid and what is owed: batches of claims, and recoveries."""

import enum
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.columns import Cents
from labapp.subsidy.scheme_models import SchemeVersion


class BatchState(enum.Enum):
    DRAFT = "draft"
    RELEASED = "released"


class RecoveryState(enum.Enum):
    OPEN = "open"
    SET_OFF = "set_off"
    RECEIVED = "received"


class PaymentBatch(Model):
    """Claims of one scheme version that are paid together; the total is never negative."""

    __tablename__ = "payment_batches"
    __table_args__ = (
        UniqueConstraint("scheme_version_id", "number"),
        CheckConstraint("total_cents >= 0", name="not_negative"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    number: Mapped[int]
    state: Mapped[BatchState] = mapped_column(default=BatchState.DRAFT)
    total_cents: Mapped[Cents] = mapped_column(default=0)
    file: Mapped[str | None] = mapped_column(Text)
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    scheme_version: Mapped[SchemeVersion] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list["PaymentLine"]] = relationship(
        back_populates="batch", order_by="PaymentLine.id", cascade="all, delete-orphan"
    )


class PaymentLine(Model):
    """A claim in a payment batch: each claim is paid (or set off) at most once."""

    __tablename__ = "payment_lines"
    __table_args__ = (UniqueConstraint("claim_id"),)

    id: Mapped[PrimaryKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("payment_batches.id"), index=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    cents: Mapped[Cents]

    batch: Mapped[PaymentBatch] = relationship(back_populates="lines")
    claim: Mapped[Claim] = relationship()


class Recovery(Model):
    """Money that a board owes: from a negative claim that could not be set off."""

    __tablename__ = "recoveries"
    __table_args__ = (
        UniqueConstraint("claim_id"),
        CheckConstraint("cents > 0", name="positive"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    cents: Mapped[Cents]
    state: Mapped[RecoveryState] = mapped_column(default=RecoveryState.OPEN)
    note: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    claim: Mapped[Claim] = relationship()
    board: Mapped[Organisation] = relationship()
