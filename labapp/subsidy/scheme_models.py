"""Schemes as data: what may be claimed, at which rate, up to which cap, from which source.

No amount, rate, cap or date of a scheme stands in code. A version that a submitted claim used is
frozen by the database (see `freezing`); a change is a new version.
"""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, Role, Sector
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.subsidy.columns import Cents
from labapp.subsidy.money import WHOLE


class SchemeKind(enum.Enum):
    FIXED = "fixed"  # an amount per branch per school year; hours are evidence
    HOURLY = "hourly"  # minutes x rate x percentage, capped


class VersionStatus(enum.Enum):
    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"  # the school year is closed: corrections only
    ARCHIVED = "archived"


class OverCapPolicy(enum.Enum):
    REJECT = "reject"
    TRIM = "trim"


class Evidence(enum.Enum):
    NONE = "none"
    SESSION = "session"
    DOCUMENT = "document"


class CapScope(enum.Enum):
    PERSON_YEAR = "person_year"
    BRANCH_YEAR = "vestiging_year"
    BOARD_YEAR = "board_year"
    GRANT = "grant"


class CapUnit(enum.Enum):
    MINUTES = "minutes"
    CENTS = "cents"


class Scheme(Model):
    """A subsidy scheme (regeling); what it says stands in its versions."""

    __tablename__ = "schemes"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(String(40))
    name_nl: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    pillar: Mapped[str] = mapped_column(String(80), default="")
    is_fictional: Mapped[bool] = mapped_column(default=False)  # a demonstration: said everywhere
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    versions: Mapped[list["SchemeVersion"]] = relationship(
        back_populates="scheme", order_by="SchemeVersion.number"
    )


class SchemeVersion(Model):
    """The rules of a scheme for one school year. Days are inclusive on both ends."""

    __tablename__ = "scheme_versions"
    __table_args__ = (
        UniqueConstraint("scheme_id", "number"),
        CheckConstraint("valid_from <= valid_to", name="ends_after_start"),
        CheckConstraint("granularity_minutes IN (3, 6, 15, 30, 60)", name="exact_in_hours"),
        CheckConstraint("percentage_bp BETWEEN 0 AND 10000", name="percentage"),
        CheckConstraint("ceiling_cents IS NULL OR ceiling_cents >= 0", name="ceiling"),
        CheckConstraint("max_day_minutes BETWEEN 1 AND 1440", name="max_day"),
    )

    id: Mapped[PrimaryKey]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"), index=True)
    number: Mapped[int] = mapped_column(default=1)
    kind: Mapped[SchemeKind]
    status: Mapped[VersionStatus] = mapped_column(default=VersionStatus.DRAFT)
    school_year: Mapped[int]  # 2026 is 1 August 2026 until 31 July 2027
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    opens_at: Mapped[datetime | None]  # the window in which claims can be submitted
    closes_at: Mapped[datetime | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    ceiling_cents: Mapped[Cents | None]
    returns_recovered: Mapped[bool] = mapped_column(default=False)
    granularity_minutes: Mapped[int] = mapped_column(default=15)
    max_day_minutes: Mapped[int] = mapped_column(default=720)
    entry_window_days: Mapped[int] = mapped_column(default=60)
    over_cap_policy: Mapped[OverCapPolicy] = mapped_column(default=OverCapPolicy.REJECT)
    percentage_bp: Mapped[int] = mapped_column(default=WHOLE)
    retention_years: Mapped[int] = mapped_column(default=10)
    small_appointments_count: Mapped[bool] = mapped_column(default=False)
    track: Mapped[str] = mapped_column(String(40), default="")
    excluded_tracks: Mapped[list[str]] = mapped_column(default=list)
    statement: Mapped[str] = mapped_column(Text, default="")  # what the person signs
    conditions: Mapped[str] = mapped_column(Text, default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    source_checked_on: Mapped[date | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    scheme: Mapped[Scheme] = relationship(back_populates="versions", lazy="joined", innerjoin=True)
    categories: Mapped[list["ActivityCategory"]] = relationship(
        back_populates="scheme_version", order_by="ActivityCategory.position"
    )
    rates: Mapped[list["Rate"]] = relationship(order_by="Rate.id")
    caps: Mapped[list["Cap"]] = relationship(order_by="Cap.id")
    fixed_amounts: Mapped[list["FixedAmount"]] = relationship(order_by="FixedAmount.id")

    @property
    def school_year_label(self) -> str:
        return f"{self.school_year}-{self.school_year + 1}"

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


class ActivityCategory(Model):
    """A kind of activity that hours are written on."""

    __tablename__ = "activity_categories"
    __table_args__ = (UniqueConstraint("scheme_version_id", "code"),)

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    code: Mapped[str] = mapped_column(String(40))
    label_nl: Mapped[str] = mapped_column(String(120))
    label_en: Mapped[str] = mapped_column(String(120), default="")
    claimable: Mapped[bool] = mapped_column(default=True)
    evidence: Mapped[Evidence] = mapped_column(default=Evidence.NONE)
    is_open: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    scheme_version: Mapped[SchemeVersion] = relationship(back_populates="categories")


class Rate(Model):
    """Cents per hour, for a category, role and sector or for all, from a day until a day."""

    __tablename__ = "rates"
    __table_args__ = (
        CheckConstraint("rate_cents >= 0", name="not_negative"),
        CheckConstraint("valid_from <= valid_to", name="ends_after_start"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("activity_categories.id"))
    role: Mapped[Role | None]
    sector: Mapped[Sector | None]
    rate_cents: Mapped[Cents]
    valid_from: Mapped[date]
    valid_to: Mapped[date]


class Cap(Model):
    """The most that may be claimed by a person, branch, board or under a grant in a year."""

    __tablename__ = "caps"
    __table_args__ = (
        UniqueConstraint("scheme_version_id", "scope", "unit"),
        CheckConstraint("value >= 0", name="not_negative"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    scope: Mapped[CapScope]
    unit: Mapped[CapUnit]
    value: Mapped[Cents]  # minutes, or cents


class FixedAmount(Model):
    """What a `fixed` scheme pays a branch of a sector, and what it asks in return."""

    __tablename__ = "fixed_amounts"
    __table_args__ = (
        UniqueConstraint("scheme_version_id", "sector"),
        CheckConstraint("amount_cents >= 0", name="not_negative"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    sector: Mapped[Sector]
    amount_cents: Mapped[Cents]
    min_minutes: Mapped[int] = mapped_column(default=0)
    min_participants: Mapped[int] = mapped_column(default=0)


class Participation(Model):
    """A branch takes part in a track of a scheme in a school year, from a day until a day."""

    __tablename__ = "participations"
    __table_args__ = (
        UniqueConstraint("scheme_version_id", "organisation_id"),
        CheckConstraint("from_on <= to_on", name="ends_after_start"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    activity_plan: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    scheme_version: Mapped[SchemeVersion] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Grant(Model):
    """The registration of the external decision (verlening) for a branch and a school year.

    `instalments` is [{"due_on": "2026-10-01", "cents": 100}]; their sum is the amount.
    """

    __tablename__ = "grants"
    __table_args__ = (
        UniqueConstraint("scheme_version_id", "organisation_id"),
        CheckConstraint("amount_cents >= 0", name="not_negative"),
        CheckConstraint("from_on <= to_on", name="ends_after_start"),
    )

    id: Mapped[PrimaryKey]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    decision_number: Mapped[str] = mapped_column(String(80))  # of the external beschikking
    decided_on: Mapped[date]
    amount_cents: Mapped[Cents]
    min_minutes: Mapped[int] = mapped_column(default=0)
    min_participants: Mapped[int] = mapped_column(default=0)
    from_on: Mapped[date]
    to_on: Mapped[date]
    instalments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    scheme_version: Mapped[SchemeVersion] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
