"""What happened, whom it reaches through which channel, and what people chose."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.database import CreatedAt, Model, PrimaryKey

LONGEST_NAME = 80  # of an object, as in links and the trail
LONGEST_KEY = 200
WAITING_MAIL = "channel = 'mail' AND settled_at IS NULL"
UNREAD = "channel = 'in_app' AND settled_at IS NULL"


class Frequency(enum.Enum):
    """How often mail about something comes."""

    NEVER = "never"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Channel(enum.Enum):
    IN_APP = "in_app"
    MAIL = "mail"


class Subscription(Model):
    """What a person chose for one kind of event or one object. The usual has no row.

    `scope` is the code of a type (`question.answered`) or the name of an object (`questions:12`).
    Without a frequency, following an object says only that its events reach one.
    """

    __tablename__ = "notification_subscriptions"
    __table_args__ = (
        UniqueConstraint("user_id", "scope"),
        Index("ix_notification_subscriptions_scope", "scope", "is_following"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(LONGEST_NAME))
    frequency: Mapped[Frequency | None]
    is_following: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]


class Event(Model):
    """Something that happened, in values for its sentence; never a title, never a name."""

    __tablename__ = "notification_events"
    __table_args__ = (UniqueConstraint("type", "key"),)

    id: Mapped[PrimaryKey]
    type: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(LONGEST_NAME))
    about: Mapped[str] = mapped_column(String(LONGEST_NAME), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    values: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(String(LONGEST_KEY))
    created_at: Mapped[datetime] = mapped_column(index=True)


class Delivery(Model):
    """One event for one person through one channel: exactly once, whoever emits it again.

    `settled_at` is when it was read, or when the mail was written or left out; `run` says by
    which run, `letter_id` in which letter. `frequency` is what the person chose, as it holds for
    this event; it follows a later choice for as long as the mail waits.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        UniqueConstraint("user_id", "event_id", "channel"),
        Index(
            "ix_notification_deliveries_waiting",
            "frequency",
            "user_id",
            "created_at",
            sqlite_where=text(WAITING_MAIL),
            postgresql_where=text(WAITING_MAIL),
        ),
        Index(
            "ix_notification_deliveries_unread",
            "user_id",
            sqlite_where=text(UNREAD),
            postgresql_where=text(UNREAD),
        ),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(
        ForeignKey("notification_events.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Channel]
    frequency: Mapped[Frequency]
    run: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    letter_id: Mapped[int | None] = mapped_column(
        ForeignKey("letters.id", ondelete="SET NULL"), index=True
    )

    event: Mapped[Event] = relationship()


class DigestRun(Model):
    """The sending of one digest: which window, and up to which person it came."""

    __tablename__ = "notification_runs"
    __table_args__ = (UniqueConstraint("frequency", "window"),)

    id: Mapped[PrimaryKey]
    frequency: Mapped[Frequency]
    window: Mapped[str] = mapped_column(String(16))  # 2026-11-22 or 2026-W47
    reached_id: Mapped[int] = mapped_column(default=0)
    letters: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class NotificationSettings(Model):
    """The version of what a person chose, and the hash of the secret address of their feed."""

    __tablename__ = "notification_settings"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    feed_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    feed_made_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
