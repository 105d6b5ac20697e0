"""Queueing work, and working it off: at least once, with back-off, by several workers at once.

A worker takes a job by a guarded change in a transaction of its own and holds it by a lease. One
that is killed lets go when the lease ends, so a handler may run twice and must allow for that.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, NotFoundError
from labapp.jobs.models import Job, JobStatus

Handler = Callable[[dict[str, Any]], None]
LAST_ATTEMPT = 8
LEASE = timedelta(minutes=10)
FIRST_DELAY = timedelta(seconds=10)
KEEP_DONE = timedelta(days=14)
PAUSE_SECONDS = 1.0

log = structlog.get_logger()
_handlers: dict[str, Handler] = {}
_periodic: dict[str, timedelta] = {}


def handler(name: str, every: timedelta | None = None) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this name; `every` also starts it at intervals."""

    def register(function: Handler) -> Handler:
        _handlers[name] = function
        if every is not None:
            _periodic[name] = every
        return function

    return register


def enqueue(
    name: str,
    payload: dict[str, Any] | None = None,
    *,
    run_at: datetime | None = None,
    unique: str | None = None,
) -> None:
    """Queue work in the caller's transaction. With `unique`, the same work waits only once."""
    if name not in _handlers:
        raise KeyError(f"no handler for jobs named {name!r}")
    job = Job(name=name, payload=payload or {}, run_at=run_at or now(), unique_key=unique)
    with transaction() as session:
        if unique is not None and session.scalar(
            select(Job.id).where(Job.unique_key == unique, Job.status == JobStatus.WAITING)
        ):
            return
        try:
            with session.begin_nested():
                session.add(job)
        except IntegrityError:
            return  # another process queued it between our look and our write


def enqueue_periodic() -> None:
    """Queue each periodic job that does not wait already, at its next moment."""
    for name, every in _periodic.items():
        last = db.session.scalar(select(func.max(Job.run_at)).where(Job.unique_key == name))
        due = max(now(), last + every) if last else now()
        enqueue(name, run_at=due, unique=name)


def run_waiting(limit: int | None = None) -> int:
    """Work off what is due now; give the number of jobs tried."""
    count = 0
    while limit is None or count < limit:
        job_id = _take()
        if job_id is None:
            break
        _run(job_id)
        count += 1
    return count


def run_forever(stop: threading.Event) -> None:
    """Work until told to stop; a database that is away for a while does not end it."""
    next_upkeep = now()
    while not stop.is_set():
        try:
            if now() >= next_upkeep:
                enqueue_periodic()
                remove_done()
                next_upkeep = now() + timedelta(minutes=1)
            worked = run_waiting(limit=50)
        except Exception:  # the worker outlives every fault of one round
            log.exception("jobs.round_failed")
            worked = 0
        finally:
            db.session.remove()
        if not worked:
            stop.wait(PAUSE_SECONDS)


def list_jobs(status: JobStatus | None = None, limit: int = 100) -> list[Job]:
    """Give the newest jobs, of one status or all."""
    query = select(Job).order_by(Job.id.desc()).limit(limit)
    return list(db.session.scalars(query.where(Job.status == status) if status else query))


def count_jobs() -> dict[str, int]:
    """Give the number of jobs by status, with zeros."""
    rows = db.session.execute(select(Job.status, func.count()).group_by(Job.status)).all()
    found = {status.value: int(number) for status, number in rows}
    return {status.value: found.get(status.value, 0) for status in JobStatus}


def retry(job_id: int) -> None:
    """Let a dead job try again from the start."""
    with transaction() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise NotFoundError("Deze taak bestaat niet.")
        if job.status is not JobStatus.DEAD:
            raise ConflictError("Alleen een mislukte taak kan opnieuw.")
        job.status, job.attempts, job.run_at = JobStatus.WAITING, 0, now()


def remove_done() -> None:
    """Forget finished work after two weeks; dead letters stay until somebody looks."""
    with transaction() as session:
        for job in session.scalars(
            select(Job)
            .where(Job.status == JobStatus.DONE, Job.finished_at < now() - KEEP_DONE)
            .limit(500)
        ):
            session.delete(job)


def _take() -> int | None:
    due = or_(
        (Job.status == JobStatus.WAITING) & (Job.run_at <= now()),
        (Job.status == JobStatus.RUNNING) & (Job.leased_until < now()),
    )
    candidate = select(Job).where(due).order_by(Job.run_at, Job.id).limit(1)
    if db.session.scalar(candidate.with_only_columns(Job.id)) is None:
        db.session.rollback()  # a look takes no lock, so an idle worker disturbs no writer
        return None
    with transaction() as session:
        job = session.scalar(candidate.with_for_update(skip_locked=True))
        if job is None:
            return None
        job.status = JobStatus.RUNNING
        job.attempts += 1
        job.leased_until = now() + LEASE
        return job.id


def _run(job_id: int) -> None:
    job = db.session.get_one(Job, job_id)
    name, payload, attempts = job.name, dict(job.payload), job.attempts
    try:
        if attempts > LAST_ATTEMPT:
            raise RuntimeError("its worker was killed at every attempt")  # noqa: TRY301
        _handlers[name](payload)
    except Exception as error:  # whatever it was, it is kept with the job
        db.session.rollback()
        log.warning("jobs.failed", job=job_id, name=name, attempt=attempts, exc_info=True)
        _fail(job_id, f"{type(error).__name__}: {error}")
    else:
        _finish(job_id)


def _finish(job_id: int) -> None:
    with transaction() as session:
        job = session.get_one(Job, job_id)
        job.status, job.error, job.finished_at, job.leased_until = JobStatus.DONE, "", now(), None


def _fail(job_id: int, words: str) -> None:
    with transaction() as session:
        job = session.get_one(Job, job_id)
        job.error, job.leased_until = words[:2000], None
        if job.attempts >= LAST_ATTEMPT:
            job.status, job.finished_at = JobStatus.DEAD, now()
        elif _waits_already(job):
            job.status, job.finished_at = JobStatus.DONE, now()  # the same work comes again anyway
        else:
            job.status = JobStatus.WAITING
            job.run_at = now() + FIRST_DELAY * 2 ** (job.attempts - 1)


def _waits_already(job: Job) -> bool:
    if job.unique_key is None:
        return False
    same = select(Job.id).where(
        Job.unique_key == job.unique_key, Job.status == JobStatus.WAITING, Job.id != job.id
    )
    return db.session.scalar(same) is not None
