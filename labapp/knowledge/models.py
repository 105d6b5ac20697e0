"""Evidence cards: what is published, the draft beside it, and every version that was."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey


class CardKind(enum.Enum):
    META_ANALYSIS = "meta_analysis"
    REVIEW = "review"
    TRIAL = "trial"
    QUASI_EXPERIMENT = "quasi_experiment"
    PRACTICE_REPORT = "practice_report"
    LAB_FINDING = "lab_finding"
    SCHOOL_EXPERIENCE = "school_experience"
    QUESTION_ANSWERED = "question_answered"


class CardStatus(enum.Enum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    OUTDATED = "outdated"
    WITHDRAWN = "withdrawn"


class Visibility(enum.Enum):
    PUBLIC = "public"  # everybody, signed in or not
    PROGRAMME = "programme"  # everybody with an affiliation
    ORGANISATION = "organisation"  # the people of the organisation it was written for


class DraftStatus(enum.Enum):
    WRITING = "writing"
    IN_REVIEW = "in_review"


class Card(Model):
    """What is known on one question. The columns hold the published text.

    `made_from` names the object of another package that writes the card; it changes with that
    object only. A card that was never published holds its draft's title, so that lists can name it.
    `evidence_strength` runs from 0 to 5 and `cost` from 1 to 5; None is unknown, never zero.
    """

    __tablename__ = "cards"
    __table_args__ = (
        CheckConstraint("evidence_strength BETWEEN 0 AND 5", name="evidence_strength_range"),
        CheckConstraint("cost BETWEEN 1 AND 5", name="cost_range"),
        CheckConstraint(
            "(status IN ('draft', 'in_review')) = (published_at IS NULL)",
            name="published_has_moment",
        ),
        CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_moment"
        ),
        Index("ix_cards_status_visibility", "status", "visibility"),
    )

    id: Mapped[PrimaryKey]
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    made_from: Mapped[str] = mapped_column(String(80), default="", server_default="")  # findings:3
    status: Mapped[CardStatus] = mapped_column(default=CardStatus.DRAFT)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)
    outdated_reason: Mapped[str] = mapped_column(Text, default="")
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("cards.id"))
    version: Mapped[int] = mapped_column(default=1)
    version_number: Mapped[int] = mapped_column(default=0)  # of the published text; 0 = none yet
    content_hash: Mapped[str] = mapped_column(String(64), default="")

    title: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(Text, default="")
    also_asked: Mapped[list[str]] = mapped_column(default=list)  # as colleagues put the question
    answer: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")  # sanitised once, on the way in
    language: Mapped[str] = mapped_column(String(2), default="nl")
    translated_from: Mapped[str | None] = mapped_column(String(120))
    sectors: Mapped[list[str]] = mapped_column(default=list)
    subjects: Mapped[list[str]] = mapped_column(default=list)
    age_from: Mapped[int | None]
    age_to: Mapped[int | None]
    themes: Mapped[list[str]] = mapped_column(default=list)
    kind: Mapped[CardKind] = mapped_column(default=CardKind.REVIEW)
    evidence_strength: Mapped[int | None]
    evidence_reasons: Mapped[list[str]] = mapped_column(default=list)
    cost: Mapped[int | None]
    cost_basis: Mapped[str] = mapped_column(Text, default="")
    for_whom: Mapped[str] = mapped_column(Text, default="")
    caveats: Mapped[str] = mapped_column(Text, default="")
    side_effects: Mapped[str] = mapped_column(Text, default="")
    dutch_context: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{kind, text}]
    time_needed: Mapped[str] = mapped_column(Text, default="")
    money_needed: Mapped[str] = mapped_column(Text, default="")
    keywords: Mapped[list[str]] = mapped_column(default=list)
    dutch: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {title, answer, keywords}
    reviewed_on: Mapped[date | None]
    review_due_on: Mapped[date | None]
    reviewer: Mapped[str] = mapped_column(String(200), default="")

    __mapper_args__ = {"version_id_col": version}

    author: Mapped[User | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    replaced_by: Mapped["Card | None"] = relationship(remote_side="Card.id")
    ratings: Mapped[list["Rating"]] = relationship(
        back_populates="card", cascade="all, delete-orphan", order_by="Rating.position"
    )
    sources: Mapped[list["Source"]] = relationship(
        back_populates="card", cascade="all, delete-orphan", order_by="Source.position"
    )
    draft: Mapped["CardDraft | None"] = relationship(
        back_populates="card", cascade="all, delete-orphan", uselist=False
    )

    @property
    def is_published(self) -> bool:
        return self.status in (CardStatus.PUBLISHED, CardStatus.OUTDATED)

    @property
    def headline_rating(self) -> "Rating | None":
        """The rating shown first: the first with months, else the first."""
        with_months = (rating for rating in self.ratings if rating.months is not None)
        return next(with_months, self.ratings[0] if self.ratings else None)

    @property
    def months(self) -> float | None:
        """Extra months of learning in a school year by the first rating that has them."""
        rating = self.headline_rating
        return rating.months if rating else None

    @property
    def studies(self) -> int | None:
        """How many studies the ratings rest on: the largest number of one rating."""
        return max((r.studies for r in self.ratings if r.studies is not None), default=None)


class Rating(Model):
    """What a source says of one outcome, on the source's own scale.

    `value` is as published; `months` is the normalised value in months of learning and has the
    name of its `conversion`. `studies` met the standard, of `studies_eligible` looked at.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("months IS NULL OR conversion IS NOT NULL", name="months_has_conversion"),
    )

    id: Mapped[PrimaryKey]
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(64))
    outcome_label: Mapped[str] = mapped_column(String(120), default="")  # the source's own words
    scale: Mapped[str] = mapped_column(String(120))
    value: Mapped[str] = mapped_column(String(120))
    months: Mapped[float | None]
    conversion: Mapped[str | None] = mapped_column(String(80))
    range_low: Mapped[float | None]
    range_high: Mapped[float | None]
    studies: Mapped[int | None]
    studies_eligible: Mapped[int | None]
    sample: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(64), default="")  # key of one of the sources
    dated_on: Mapped[date | None]

    card: Mapped[Card] = relationship(back_populates="ratings")


class Source(Model):
    """A publication that a card rests on. `key` names it within the card."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("card_id", "key"),)

    id: Mapped[PrimaryKey]
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32), default="report")
    authors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    organisation: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(Text)
    year: Mapped[int | None]
    container: Mapped[str] = mapped_column(Text, default="")
    volume: Mapped[str] = mapped_column(String(32), default="")
    issue: Mapped[str] = mapped_column(String(32), default="")
    pages: Mapped[str] = mapped_column(String(32), default="")
    publisher: Mapped[str] = mapped_column(String(200), default="")
    doi: Mapped[str] = mapped_column(String(200), default="")
    eric: Mapped[str] = mapped_column(String(32), default="")
    isbn: Mapped[str] = mapped_column(String(32), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(String(80), default="")
    accessed_on: Mapped[date | None]

    card: Mapped[Card] = relationship(back_populates="sources")


class CardDraft(Model):
    """The text being written beside the published one; at most one for each card.

    `content` has the fields of a card under their own names, as the schemas give them.
    """

    __tablename__ = "card_drafts"

    id: Mapped[PrimaryKey]
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), unique=True)
    status: Mapped[DraftStatus] = mapped_column(default=DraftStatus.WRITING)
    content: Mapped[dict[str, Any]]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    card: Mapped[Card] = relationship(back_populates="draft")
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    saved_by: Mapped[User | None] = relationship(foreign_keys=[saved_by_id])


class CardVersion(Model):
    """A text that was published, whole, with who wrote and who reviewed it. Never changed."""

    __tablename__ = "card_versions"
    __table_args__ = (UniqueConstraint("card_id", "number"),)

    id: Mapped[PrimaryKey]
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    summary: Mapped[str] = mapped_column(Text, default="")  # what changed, in words
    published_at: Mapped[CreatedAt]

    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])
