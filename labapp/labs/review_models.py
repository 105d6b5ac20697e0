"""Reviews of findings and cards, and reports of schools that used them."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.labs.lab_models import Hideable


class ReviewBasis(enum.Enum):
    CONFIRMED_USE = "confirmed_use"
    EXPERT = "expert"


class ReviewState(enum.Enum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DISPUTED = "disputed"


class Review(Hideable, Model):
    """What one reviewer says of one version of a finding or card: impact, scalability, certainty.

    `target` is `finding_versions:3` or `card_versions:8`; `about` is what it is a version of
    (`findings:2`, `cards:5`). Scores run from 1 to 5, each step anchored by an example.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("target", "reviewer_id"),
        CheckConstraint("impact BETWEEN 1 AND 5", name="impact_range"),
        CheckConstraint("scalability BETWEEN 1 AND 5", name="scalability_range"),
        CheckConstraint("certainty BETWEEN 1 AND 5", name="certainty_range"),
        CheckConstraint(
            "state NOT IN ('submitted', 'published', 'disputed') OR "
            "(impact IS NOT NULL AND scalability IS NOT NULL AND certainty IS NOT NULL)",
            name="submitted_has_scores",
        ),
        Index("ix_reviews_about_state", "about", "state"),
    )

    id: Mapped[PrimaryKey]
    target: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(String(80))
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("labs.id"), index=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    basis: Mapped[ReviewBasis]
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.INVITED)
    conflicts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was declared
    impact: Mapped[int | None]
    scalability: Mapped[int | None]
    certainty: Mapped[int | None]
    strengths: Mapped[str] = mapped_column(Text, default="")
    concerns: Mapped[str] = mapped_column(Text, default="")
    decline_reason: Mapped[str] = mapped_column(Text, default="")
    reply: Mapped[str] = mapped_column(Text, default="")  # once, by the reviewed side
    replied_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replied_at: Mapped[datetime | None]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    invited_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])


class UseReportState(enum.Enum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"  # confirmed by the school leader
    WITHDRAWN = "withdrawn"


class UseReport(Hideable, Model):
    """A school says what it did with a finding or card, for whom, and what came of it."""

    __tablename__ = "use_reports"

    id: Mapped[PrimaryKey]
    object: Mapped[str] = mapped_column(String(80), index=True)  # cards:5
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    did: Mapped[str] = mapped_column(Text)
    changed: Mapped[str] = mapped_column(Text, default="")
    group: Mapped[str] = mapped_column(String(160), default="")
    outcome: Mapped[str] = mapped_column(Text)
    has_failed: Mapped[bool] = mapped_column(default=False)
    names_school: Mapped[bool] = mapped_column(default=False)  # else only its municipality
    state: Mapped[UseReportState] = mapped_column(default=UseReportState.DRAFT)
    return_note: Mapped[str] = mapped_column(Text, default="")
    reply: Mapped[str] = mapped_column(Text, default="")
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    organisation: Mapped[Organisation] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
