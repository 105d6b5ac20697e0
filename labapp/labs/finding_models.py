"""Findings: versions that both sides sign, who contributed, what was set right or taken back."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.knowledge.models import Card
from labapp.labs.lab_models import Hideable, Lab, Side
from labapp.labs.round_models import Round


class VersionState(enum.Enum):
    DRAFT = "draft"
    LAB_REVIEW = "lab_review"
    SIGNING = "signing"
    EDITORIAL = "editorial"
    CHANGES_REQUESTED = "changes_requested"
    SCHEDULED = "scheduled"  # under embargo
    PUBLISHED = "published"
    CORRECTED = "corrected"  # published, with an erratum
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


PUBLIC = (VersionState.PUBLISHED, VersionState.CORRECTED)
FROZEN_STATES = ("scheduled", "published", "corrected", "superseded", "retracted")
IS_OPEN = text("state IN ('draft', 'lab_review', 'signing', 'editorial', 'changes_requested')")


class ErratumReason(enum.Enum):
    WRONG_FIGURE = "wrong_figure"
    WRONG_TEXT = "wrong_text"
    MISSING_INFORMATION = "missing_information"
    OTHER = "other"


class RetractionReason(enum.Enum):
    ERROR_IN_DATA = "error_in_data"
    ERROR_IN_ANALYSIS = "error_in_analysis"
    PRIVACY = "privacy"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    MISCONDUCT = "misconduct"
    OTHER = "other"


class Finding(Model):
    """What a round found, also when nothing worked: the same through all its versions.

    `card_id` is the card in the knowledge base, from the first publication on.
    """

    __tablename__ = "findings"

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))  # of the newest version
    card_id: Mapped[int | None] = mapped_column(ForeignKey("cards.id"), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]  # of the first version
    review_due_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lab: Mapped[Lab] = relationship()
    round: Mapped[Round] = relationship()
    card: Mapped[Card | None] = relationship()
    versions: Mapped[list["FindingVersion"]] = relationship(
        back_populates="finding", order_by="FindingVersion.number"
    )
    retraction: Mapped["Retraction | None"] = relationship(back_populates="finding", uselist=False)


class FindingVersion(Hideable, Model):
    """One text of a finding. Once both sides signed and it is out, the database keeps it.

    `content` has the fields of `labapp.labs.finding_content`, `content_hash` is over all of them.
    """

    __tablename__ = "finding_versions"
    __table_args__ = (
        UniqueConstraint("finding_id", "number"),
        CheckConstraint("state <> 'scheduled' OR embargo_until IS NOT NULL", name="embargo"),
        CheckConstraint(
            "(published_at IS NULL) = (state NOT IN "
            "('published', 'corrected', 'superseded', 'retracted'))",
            name="published_has_moment",
        ),
        Index(
            "uq_finding_versions_open", "finding_id", unique=True,
            sqlite_where=IS_OPEN, postgresql_where=IS_OPEN,
        ),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    finding_id: Mapped[int] = mapped_column(ForeignKey("findings.id"), index=True)
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    licence: Mapped[str] = mapped_column(String(40), default="CC-BY-4.0")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    change_reason: Mapped[str] = mapped_column(Text, default="")  # of a later version
    changed_keys: Mapped[list[str]] = mapped_column(default=list)
    needs_new_review: Mapped[bool] = mapped_column(default=False)
    request_note: Mapped[str] = mapped_column(Text, default="")  # what must be changed
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    signing_since: Mapped[datetime | None]
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    embargo_until: Mapped[datetime | None]
    embargo_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]
    saved_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]
    warned_of: Mapped[list[str]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    finding: Mapped[Finding] = relationship(back_populates="versions")
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    signatures: Mapped[list["Signature"]] = relationship(
        back_populates="finding_version", order_by="Signature.id"
    )
    contributors: Mapped[list["FindingContributor"]] = relationship(
        order_by="FindingContributor.position", cascade="all, delete-orphan"
    )
    errata: Mapped[list["Erratum"]] = relationship(order_by="Erratum.id")
    repairs: Mapped[list["FindingRepair"]] = relationship(order_by="FindingRepair.id")


class Signature(Model):
    """One side signs the very content it read. An edit voids it; it is never changed else."""

    __tablename__ = "signatures"
    __table_args__ = (
        Index(
            "uq_signatures_valid", "finding_version_id", "side", unique=True,
            sqlite_where=text("voided_at IS NULL"), postgresql_where=text("voided_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    finding_version_id: Mapped[int] = mapped_column(ForeignKey("finding_versions.id"), index=True)
    side: Mapped[Side]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(250))  # as it was; replaced when a person is erased
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    content_hash: Mapped[str] = mapped_column(String(64))
    is_silent: Mapped[bool] = mapped_column(default=False)  # nobody answered within the days chosen
    signed_at: Mapped[CreatedAt]
    voided_at: Mapped[datetime | None]

    finding_version: Mapped[FindingVersion] = relationship(back_populates="signatures")
    acting_for: Mapped[Organisation | None] = relationship()


class FindingContributor(Model):
    """Who took part, with or without an account; may be set right after publication."""

    __tablename__ = "finding_contributors"

    id: Mapped[PrimaryKey]
    finding_version_id: Mapped[int] = mapped_column(
        ForeignKey("finding_versions.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    given_name: Mapped[str] = mapped_column(String(80), default="")
    particle: Mapped[str] = mapped_column(String(40), default="")
    family_name: Mapped[str] = mapped_column(String(120), default="")
    organisation_name: Mapped[str] = mapped_column(String(200), default="")  # alone: a school
    role: Mapped[str] = mapped_column(String(40))


class FindingRepair(Model):
    """A typing error, link or keyword set right within thirty days: {field: [old, new]}."""

    __tablename__ = "finding_repairs"

    id: Mapped[PrimaryKey]
    finding_version_id: Mapped[int] = mapped_column(ForeignKey("finding_versions.id"), index=True)
    changes: Mapped[dict[str, Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[CreatedAt]


class Erratum(Model):
    """A fault in a published version, said in public."""

    __tablename__ = "errata"

    id: Mapped[PrimaryKey]
    finding_version_id: Mapped[int] = mapped_column(ForeignKey("finding_versions.id"), index=True)
    reason: Mapped[ErratumReason]
    text: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[CreatedAt]


class Retraction(Model):
    """What stays of a finding that was taken back: its title and why; its people stand with it.

    By the office alone, or by one lead and then the lead of the other side.
    """

    __tablename__ = "retractions"

    id: Mapped[PrimaryKey]
    finding_id: Mapped[int] = mapped_column(ForeignKey("findings.id"), unique=True)
    reason: Mapped[RetractionReason]
    text: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_side: Mapped[Side | None]  # None: by the office
    asked_at: Mapped[CreatedAt]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]  # None: the other side has not agreed yet
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    finding: Mapped[Finding] = relationship(back_populates="retraction")
