"""The outbox of jobs."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from labapp.clock import now
from labapp.database import CreatedAt, Model, PrimaryKey


class JobStatus(enum.Enum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"  # gave up after the last attempt: shown to the administrator


class Job(Model):
    """One piece of work. `unique_key` keeps the same work from waiting twice."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_status_run_at", "status", "run_at"),
        Index(
            "uq_jobs_unique_key_waiting",
            "unique_key",
            unique=True,
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    unique_key: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.WAITING)
    run_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]  # a worker that died lets go of it then
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
