"""Research rounds by the 5D method: their plan, privacy sheet, sites, tasks and meetings."""

import enum
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.labs.lab_models import Hideable, Lab, MembershipKind


class RoundPhase(enum.Enum):
    DETECT = "detect"
    DIAGNOSE = "diagnose"
    DESIGN = "design"
    DETERMINE = "determine"
    DECIDE = "decide"
    CLOSED = "closed"
    STOPPED = "stopped"


class RoundDecision(enum.Enum):
    SCALE = "scale"
    ADAPT = "adapt"
    STOP = "stop"


class ConsentState(enum.Enum):
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SheetState(enum.Enum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class TaskState(enum.Enum):
    PLANNED = "planned"
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class ActivityKind(enum.Enum):
    MEETING = "meeting"
    SESSION = "session"  # working on the approach, or carrying it out
    VISIT = "visit"
    DATA = "data"  # collecting or looking at data


class ActivityState(enum.Enum):
    PLANNED = "planned"
    HELD = "held"  # and hours were proposed to who was there
    CANCELLED = "cancelled"


class Round(Hideable, Model):
    """One round of research in a lab: detect, diagnose, design, determine, decide."""

    __tablename__ = "rounds"
    __table_args__ = (
        CheckConstraint(
            "decision IS NULL OR (decision_reason <> '' AND review_due_on IS NOT NULL)",
            name="decision_has_reason",
        ),
        CheckConstraint("phase <> 'closed' OR decision IS NOT NULL", name="closed_has_decision"),
    )

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    aim: Mapped[str] = mapped_column(Text, default="")
    phase: Mapped[RoundPhase] = mapped_column(default=RoundPhase.DETECT)
    known_already: Mapped[str] = mapped_column(Text, default="")  # literature and own findings
    known_checked_at: Mapped[datetime | None]
    diagnosis: Mapped[str] = mapped_column(Text, default="")
    design: Mapped[str] = mapped_column(Text, default="")
    result_data: Mapped[str] = mapped_column(Text, default="")  # what data there are, and where
    decision: Mapped[RoundDecision | None]
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    review_due_on: Mapped[date | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    phase_since: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lab: Mapped[Lab] = relationship()
    questions: Mapped[list["RoundQuestion"]] = relationship(order_by="RoundQuestion.id")
    sites: Mapped[list["RoundSite"]] = relationship(back_populates="round", order_by="RoundSite.id")
    plans: Mapped[list["PlanVersion"]] = relationship(order_by="PlanVersion.number")
    privacy_sheet: Mapped["PrivacySheet | None"] = relationship(
        back_populates="round", uselist=False
    )
    tasks: Mapped[list["RoundTask"]] = relationship(back_populates="round", order_by="RoundTask.id")


class RoundQuestion(Model):
    """A question from practice that a round works on."""

    __tablename__ = "round_questions"
    __table_args__ = (UniqueConstraint("round_id", "question_id"),)

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]


class RoundSite(Model):
    """A branch where a round takes place, with the state of its consent."""

    __tablename__ = "round_sites"
    __table_args__ = (
        UniqueConstraint("round_id", "organisation_id"),
        CheckConstraint("stopped_on IS NULL OR stop_reason <> ''", name="stop_has_reason"),
    )

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[MembershipKind]
    consent: Mapped[ConsentState] = mapped_column(default=ConsentState.ASKED)
    consent_note: Mapped[str] = mapped_column(Text, default="")
    consent_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    consent_at: Mapped[datetime | None]
    started_on: Mapped[date | None]
    finished_on: Mapped[date | None]
    stopped_on: Mapped[date | None]
    stop_reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    round: Mapped[Round] = relationship(back_populates="sites")
    organisation: Mapped[Organisation] = relationship()


class PlanVersion(Model):
    """The plan of a round. The first is frozen at the start of Determine; a later one says why.

    `answers` has question, design, schools, instruments, analysis and stopping.
    """

    __tablename__ = "plan_versions"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint("(frozen_at IS NULL) = (content_hash = '')", name="frozen_has_hash"),
        CheckConstraint("number = 1 OR justification <> ''", name="change_has_reason"),
    )

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    frozen_at: Mapped[datetime | None]
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_keys: Mapped[list[str]] = mapped_column(default=list)
    justification: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class PrivacySheet(Model):
    """What data a round collects, why, on what ground, how long, and who sees them."""

    __tablename__ = "privacy_sheets"
    __table_args__ = (
        CheckConstraint(
            "(state = 'approved') = (approved_at IS NOT NULL)", name="approved_has_moment"
        ),
    )

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), unique=True)
    purpose: Mapped[str] = mapped_column(Text, default="")
    data_list: Mapped[str] = mapped_column(Text, default="")
    legal_ground: Mapped[str] = mapped_column(Text, default="")
    retention: Mapped[str] = mapped_column(Text, default="")
    who_sees: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[SheetState] = mapped_column(default=SheetState.DRAFT)
    note: Mapped[str] = mapped_column(Text, default="")  # of who gave it back
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    round: Mapped[Round] = relationship(back_populates="privacy_sheet")


class RoundTask(Model):
    """Something to do in a round, at one school or for all; one that collects data waits for the
    privacy sheet.
    """

    __tablename__ = "round_tasks"

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    title: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    due_on: Mapped[date | None]
    collects_data: Mapped[bool] = mapped_column(default=False)
    state: Mapped[TaskState] = mapped_column(default=TaskState.PLANNED)
    done_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    round: Mapped[Round] = relationship(back_populates="tasks")
    organisation: Mapped[Organisation | None] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])


class Activity(Model):
    """A meeting or session of a lab or round, from which hours are proposed to who was there."""

    __tablename__ = "activities"
    __table_args__ = (CheckConstraint("minutes BETWEEN 15 AND 720", name="minutes"),)

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    kind: Mapped[ActivityKind] = mapped_column(default=ActivityKind.MEETING)
    title: Mapped[str] = mapped_column(String(160))
    held_on: Mapped[date]
    starts_at: Mapped[time | None]  # by the clock of the place
    minutes: Mapped[int]
    place: Mapped[str] = mapped_column(String(160), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ActivityState] = mapped_column(default=ActivityState.PLANNED)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lab: Mapped[Lab] = relationship()
    round: Mapped[Round | None] = relationship()
    people: Mapped[list["ActivityPerson"]] = relationship(
        back_populates="activity", order_by="ActivityPerson.id", cascade="all, delete-orphan"
    )


class ActivityPerson(Model):
    """Who takes part in an activity, for which organisation, and whether they were there."""

    __tablename__ = "activity_people"
    __table_args__ = (UniqueConstraint("activity_id", "user_id"),)

    id: Mapped[PrimaryKey]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    was_there: Mapped[bool | None]
    minutes: Mapped[int | None]  # when other than those of the activity
    has_proposal: Mapped[bool] = mapped_column(default=False)  # hours were proposed
    without_hours: Mapped[str] = mapped_column(String(40), default="")  # why none were proposed

    activity: Mapped[Activity] = relationship(back_populates="people")
    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation] = relationship()
