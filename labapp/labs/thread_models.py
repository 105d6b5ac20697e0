"""Discussion: threads on anything, typed contributions, who read what, attachments."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, Role, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.files.models import StoredFile
from labapp.labs.lab_models import Hideable, Lab, Side


class ContributionKind(enum.Enum):
    EXPERIENCE = "experience"
    EVIDENCE = "evidence"
    OBJECTION = "objection"
    DATA = "data"
    PROPOSAL = "proposal"


class ContributionState(enum.Enum):
    POSTED = "posted"
    HELD = "held"  # of a guest, in a lab that looks first
    HIDDEN = "hidden"
    REMOVED = "removed"  # a placeholder stays


class ThreadState(enum.Enum):
    OPEN = "open"
    CLOSED = "closed"  # with a conclusion
    LOCKED = "locked"  # nobody adds or changes anything


class Thread(Hideable, Model):
    """A conversation about one object (`labs:3`, `questions:12`, `rounds:4`, `findings:2`).

    `lab_id` is the lab under whose rule it is read; None for one about a question, which is read
    by the rule of that question.
    """

    __tablename__ = "threads"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (conclusion = '')", name="closed_with_conclusion"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_moment"),
        Index("ix_threads_subject", "subject"),
    )

    id: Mapped[PrimaryKey]
    subject: Mapped[str] = mapped_column(String(80))
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("labs.id"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    starter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[ThreadState] = mapped_column(default=ThreadState.OPEN)
    conclusion: Mapped[str] = mapped_column(Text, default="")
    conclusion_html: Mapped[str] = mapped_column(Text, default="")
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    last_at: Mapped[CreatedAt]  # of the last contribution
    contribution_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lab: Mapped[Lab | None] = relationship(foreign_keys=[lab_id])
    starter: Mapped[User | None] = relationship(foreign_keys=[starter_id])
    acting_for: Mapped[Organisation | None] = relationship(foreign_keys=[acting_for_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])


class Contribution(Model):
    """What somebody said in a thread; role, side and school are those of that moment."""

    __tablename__ = "contributions"
    __table_args__ = (Index("ix_contributions_thread_id_id", "thread_id", "id"),)

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"))
    kind: Mapped[ContributionKind] = mapped_column(default=ContributionKind.EXPERIENCE)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[Role | None]
    side: Mapped[Side | None]
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("contributions.id"))
    quote: Mapped[str] = mapped_column(Text, default="")  # of what it answers
    state: Mapped[ContributionState] = mapped_column(default=ContributionState.POSTED)
    is_useful: Mapped[bool] = mapped_column(default=False)  # a useful answer; there may be more
    for_researchers: Mapped[bool] = mapped_column(default=False)
    warned_of: Mapped[list[str]] = mapped_column(default=list)  # kinds of pupil data, kept anyway
    import_key: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[CreatedAt]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    thread: Mapped[Thread] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    acting_for: Mapped[Organisation | None] = relationship(foreign_keys=[acting_for_id])
    reply_to: Mapped["Contribution | None"] = relationship(remote_side="Contribution.id")
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="contribution", order_by="Attachment.id"
    )


class ContributionText(Model):
    """A text that a contribution had before it was changed."""

    __tablename__ = "contribution_texts"

    id: Mapped[PrimaryKey]
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[CreatedAt]


class Mention(Model):
    """A person, or a role of the lab, that a contribution names with @."""

    __tablename__ = "mentions"
    __table_args__ = (
        CheckConstraint("user_id IS NULL OR role = ''", name="person_or_role"),
        Index("ix_mentions_author_id_created_at", "author_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[CreatedAt]


class ReadMark(Model):
    """How far somebody read a thread: up to and including this contribution."""

    __tablename__ = "read_marks"
    __table_args__ = (UniqueConstraint("user_id", "thread_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    last_read_id: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[CreatedAt]


class Attachment(Hideable, Model):
    """A file at a contribution, a round, a finding or a lab (`object`): read by the rule of that.

    `lab_id` or `question_id` says which rule it is.
    """

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_object", "object"),)

    id: Mapped[PrimaryKey]
    object: Mapped[str] = mapped_column(String(80))
    contribution_id: Mapped[int | None] = mapped_column(ForeignKey("contributions.id"), index=True)
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("labs.id"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    title: Mapped[str] = mapped_column(String(200))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    warned_of: Mapped[list[str]] = mapped_column(default=list)
    removed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    file: Mapped[StoredFile] = relationship()
    contribution: Mapped[Contribution | None] = relationship(back_populates="attachments")


class ReportReason(enum.Enum):
    PUPIL_DATA = "pupil_data"  # pupil or personal data: hides at once
    RUDE = "rude"
    SPAM = "spam"
    WRONG = "wrong"
    OTHER = "other"


class CaseState(enum.Enum):
    OPEN = "open"
    DECIDED = "decided"
    APPEALED = "appealed"
    CLOSED = "closed"


class CaseDecision(enum.Enum):
    KEEP = "keep"
    HIDE = "hide"
    REMOVE = "remove"


class ModerationCase(Model):
    """What somebody reported, or a guest's text that waits: one queue for every sort of content."""

    __tablename__ = "moderation_cases"
    __table_args__ = (
        Index("ix_moderation_cases_object", "object"),
        CheckConstraint("(state = 'open') = (decision IS NULL)", name="decided_has_decision"),
    )

    id: Mapped[PrimaryKey]
    object: Mapped[str] = mapped_column(String(80))
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("labs.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    is_pre_moderation: Mapped[bool] = mapped_column(default=False)
    state: Mapped[CaseState] = mapped_column(default=CaseState.OPEN)
    decision: Mapped[CaseDecision | None]
    reason: Mapped[str] = mapped_column(Text, default="")  # to the author
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    appeal: Mapped[str] = mapped_column(Text, default="")
    appealed_at: Mapped[datetime | None]
    appeal_decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    locked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    locked_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    reports: Mapped[list["Report"]] = relationship(back_populates="case", order_by="Report.id")


class Report(Model):
    """Somebody says that something should not stand there; one of each person for each case."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("case_id", "reporter_id"),)

    id: Mapped[PrimaryKey]
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_cases.id"), index=True)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[ReportReason]
    text: Mapped[str] = mapped_column(Text, default="")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]

    case: Mapped[ModerationCase] = relationship(back_populates="reports")
