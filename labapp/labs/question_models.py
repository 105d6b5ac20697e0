"""Questions from practice, what was shown before they were asked, and the question agenda."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, Sector, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.labs.lab_models import Hideable, Lab, Side


class QuestionState(enum.Enum):
    DRAFT = "draft"
    MATCHING = "matching"  # the asker looks at what is known already
    SUBMITTED = "submitted"
    TRIAGE = "triage"
    CLARIFYING = "clarifying"
    ACCEPTED = "accepted"  # on the agenda
    PRIORITISED = "prioritised"
    ADOPTED = "adopted"  # by a lab
    ANSWERED = "answered"
    CONFIRMED = "confirmed"  # the asker says that it is answered
    REOPENED = "reopened"
    ANSWERED_BY_EXISTING = "answered_by_existing"
    MERGED = "merged"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    OUT_OF_SCOPE = "out_of_scope"
    WITHDRAWN = "withdrawn"


class QuestionVisibility(enum.Enum):
    PROGRAMME = "programme"
    ORGANISATION = "organisation"  # the asker's school, brokers, and the lab that adopts it


class Turn(enum.Enum):
    """Whose turn it is: no question is without."""

    ASKER = "asker"
    BROKER = "broker"
    LAB = "lab"
    NOBODY = "nobody"  # it has ended


class Verdict(enum.Enum):
    ANSWERS = "answers"
    PARTLY = "partly"
    NOT_MY_SITUATION = "not_my_situation"


class Question(Hideable, Model):
    """A question from practice, in the words of the helping form.

    `title` is the question in one sentence. `acting_for_id` is fixed when it is asked. `next_step`
    says in words what comes, `next_step_due_on` when at last, `turn` who does it.
    """

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
        Index("ix_questions_state_theme", "state", "theme"),
        UniqueConstraint("import_origin", "import_key"),
    )

    id: Mapped[PrimaryKey]
    asker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    seen: Mapped[str] = mapped_column(Text, default="")  # what do you see?
    groups: Mapped[str] = mapped_column(String(120), default="")  # in which group or year
    subject: Mapped[str] = mapped_column(String(40), default="")  # of the vocabulary
    tried: Mapped[str] = mapped_column(Text, default="")
    decision: Mapped[str] = mapped_column(Text, default="")  # which decision will it serve?
    needed_on: Mapped[date | None]
    sector: Mapped[Sector | None]
    theme: Mapped[str] = mapped_column(String(64), default="")
    language: Mapped[str] = mapped_column(String(2), default="nl")
    visibility: Mapped[QuestionVisibility] = mapped_column(default=QuestionVisibility.PROGRAMME)
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.DRAFT)
    turn: Mapped[Turn] = mapped_column(default=Turn.ASKER)
    next_step: Mapped[str] = mapped_column(Text, default="")
    next_step_due_on: Mapped[date | None]
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("labs.id"), index=True)  # that adopted it
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer: Mapped[str] = mapped_column(Text, default="")  # a broker's short answer
    answer_sources: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    end_reason: Mapped[str] = mapped_column(Text, default="")
    doubted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who said first
    doubted_by_broker: Mapped[bool | None]  # that too little is known; the other kind agrees
    missing: Mapped[str] = mapped_column(Text, default="")  # why the asker opened it again
    matched_by_words: Mapped[bool] = mapped_column(default=False)  # the model was out of order
    taken_object: Mapped[str | None] = mapped_column(String(80))  # what answered it already
    taken_at: Mapped[datetime | None]
    helped: Mapped[bool | None]  # six weeks later: did it help?
    review_due_on: Mapped[date | None]
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("question_imports.id"))
    import_origin: Mapped[str | None] = mapped_column(String(80))
    import_key: Mapped[str | None] = mapped_column(String(120))
    warned_of: Mapped[list[str]] = mapped_column(default=list)  # kinds of pupil data, kept anyway
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    asker: Mapped[User | None] = relationship(foreign_keys=[asker_id])
    acting_for: Mapped[Organisation | None] = relationship(foreign_keys=[acting_for_id])
    broker: Mapped[User | None] = relationship(foreign_keys=[broker_id])
    lab: Mapped[Lab | None] = relationship(foreign_keys=[lab_id])
    merged_into: Mapped["Question | None"] = relationship(remote_side="Question.id")


class QuestionMatch(Model):
    """Something that was shown to the asker, why, and what the asker said of it."""

    __tablename__ = "question_matches"
    __table_args__ = (UniqueConstraint("question_id", "object"),)

    id: Mapped[PrimaryKey]
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id", ondelete="CASCADE"), index=True
    )
    object: Mapped[str] = mapped_column(String(80), index=True)  # cards:12
    place: Mapped[int]
    score_parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    shown_at: Mapped[CreatedAt]
    opened_at: Mapped[datetime | None]
    verdict: Mapped[Verdict | None]
    difference: Mapped[str] = mapped_column(Text, default="")  # what differs, in one line


class SchoolToo(Model):
    """Another school has the same question: a school, not a person."""

    __tablename__ = "schools_too"
    __table_args__ = (UniqueConstraint("question_id", "organisation_id"),)

    id: Mapped[PrimaryKey]
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    context: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]  # by the school leader; before it counts for nothing
    created_at: Mapped[CreatedAt]

    organisation: Mapped[Organisation] = relationship()
    question: Mapped[Question] = relationship()


class MergeState(enum.Enum):
    ANNOUNCED = "announced"  # the asker may object for fourteen days
    OBJECTED = "objected"
    DONE = "done"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"


class QuestionMerge(Model):
    """One question goes into another: announced, then done, and it can be undone.

    `moved` keeps what went along (schools, followers), so that undoing gives it back.
    """

    __tablename__ = "question_merges"
    __table_args__ = (
        CheckConstraint("question_id <> into_id", name="not_into_itself"),
        Index(
            "uq_question_merges_open", "question_id", unique=True,
            sqlite_where=text("state IN ('announced', 'objected')"),
            postgresql_where=text("state IN ('announced', 'objected')"),
        ),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    state: Mapped[MergeState] = mapped_column(default=MergeState.ANNOUNCED)
    reason: Mapped[str] = mapped_column(Text)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    object_until: Mapped[datetime]
    objection: Mapped[str] = mapped_column(Text, default="")
    old_state: Mapped[str] = mapped_column(String(32), default="")
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    question: Mapped[Question] = relationship(foreign_keys=[question_id])
    into: Mapped[Question] = relationship(foreign_keys=[into_id])


class QuestionImport(Model):
    """A file of questions that was read in, and can be taken back as a whole."""

    __tablename__ = "question_imports"

    id: Mapped[PrimaryKey]
    filename: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(80))  # with the key of a row it names it for ever
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    created_count: Mapped[int] = mapped_column(default=0)
    changed_count: Mapped[int] = mapped_column(default=0)
    undone_at: Mapped[datetime | None]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of changed ones, to undo


class AgendaState(enum.Enum):
    COLLECTING = "collecting"
    CHECKING = "checking"  # against what is known already
    SHORTENING = "shortening"
    RANKING = "ranking"  # practice and research each for itself, then together
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Agenda(Model):
    """A priority round: the ten questions of a theme and a year that matter most."""

    __tablename__ = "agendas"

    id: Mapped[PrimaryKey]
    theme: Mapped[str] = mapped_column(String(64))
    school_year: Mapped[int]
    title: Mapped[str] = mapped_column(String(160))
    state: Mapped[AgendaState] = mapped_column(default=AgendaState.COLLECTING)
    closes_on: Mapped[date | None]  # of the step it is in
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    items: Mapped[list["AgendaItem"]] = relationship(
        back_populates="agenda", order_by="AgendaItem.id"
    )


class AgendaItem(Model):
    """A question on an agenda: what the check found, whether it stays, and its place."""

    __tablename__ = "agenda_items"
    __table_args__ = (UniqueConstraint("agenda_id", "question_id"),)

    id: Mapped[PrimaryKey]
    agenda_id: Mapped[int] = mapped_column(ForeignKey("agendas.id"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    known: Mapped[str] = mapped_column(Text, default="")  # what existing knowledge says of it
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    is_shortlisted: Mapped[bool | None]  # None: not decided yet
    left_out_because: Mapped[str] = mapped_column(Text, default="")
    practice_place: Mapped[int | None]
    research_place: Mapped[int | None]
    place: Mapped[int | None]  # together: 1 is the first
    outcome: Mapped[str] = mapped_column(Text, default="")  # what became of it

    agenda: Mapped[Agenda] = relationship(back_populates="items")
    question: Mapped[Question] = relationship()


class AgendaVote(Model):
    """The place that one person gives a question, for practice or for research."""

    __tablename__ = "agenda_votes"
    __table_args__ = (
        UniqueConstraint("item_id", "user_id"),
        CheckConstraint("place BETWEEN 1 AND 10", name="place"),
    )

    id: Mapped[PrimaryKey]
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    side: Mapped[Side]
    place: Mapped[int]
    created_at: Mapped[CreatedAt]
