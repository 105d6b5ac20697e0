"""Queueing work, and working it off: at least once, with back-off, by several workers at once.

A worker takes a job by a guarded change in a transaction of its own and holds it by a lease that
it renews. One that is killed lets go when the lease ends, so a handler may run twice and must
allow for that.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Update, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from labapp.clock import now
from labapp.database import db, insert_many, insert_new, transaction
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.jobs.models import Job, JobStatus

Handler = Callable[[dict[str, Any]], None]
LAST_ATTEMPT = 8
LEASE = timedelta(minutes=5)
RENEW_SECONDS = 60.0
FIRST_DELAY = timedelta(seconds=10)
KEEP_DONE = timedelta(days=14)
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Taken:
    """A job in the hands of this worker, at this attempt."""

    id: int
    name: str
    payload: dict[str, Any]
    attempt: int


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
    values = {"name": name, "payload": payload or {}, "run_at": run_at or now()}
    with transaction():
        while not _waits_for_us(unique):
            if insert_new(Job, unique_key=unique, **values):
                return


def enqueue_all(name: str, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Queue the same work for many things at once, in the caller's transaction."""
    if name not in _handlers:
        raise KeyError(f"no handler for jobs named {name!r}")
    with transaction():
        insert_many(Job, [{"name": name, "payload": dict(payload)} for payload in payloads])


def _waits_for_us(unique: str | None) -> bool:
    """Whether the same work waits already, and cannot be taken before our change is saved."""
    same = select(Job.id).where(Job.unique_key == unique, Job.status == JobStatus.WAITING)
    return unique is not None and db.session.scalar(same.with_for_update(read=True)) is not None


def enqueue_periodic() -> None:
    """Queue each periodic job that does not wait already, at its next moment."""
    known = select(Job.unique_key, func.max(Job.run_at)).group_by(Job.unique_key)
    rows = db.session.execute(known.where(Job.unique_key.in_(_periodic))).all()
    last = {name: moment for name, moment in rows}  # noqa: C416  # dict(rows) takes no Row
    for name, every in _periodic.items():
        due = max(now(), last[name] + every) if name in last else now()
        enqueue(name, run_at=due, unique=name)


def run_waiting(stop: threading.Event | None = None) -> int:
    """Work off what is due now, or until told to stop; give the number of jobs tried."""
    count = 0
    while not (stop and stop.is_set()):
        taken = _take()
        if taken is None:
            break
        _run(taken)
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
            worked = run_waiting(stop)
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
        job = session.get(Job, job_id, with_for_update=True)
        if job is None:
            raise NotFoundError(_("Deze taak bestaat niet."))
        if job.status is not JobStatus.DEAD:
            raise ConflictError(_("Alleen een mislukte taak kan opnieuw."))
        if _waits_for_us(job.unique_key):
            raise ConflictError(_("Hetzelfde werk wacht al."))
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


def _take() -> Taken | None:
    due = or_(
        (Job.status == JobStatus.WAITING) & (Job.run_at <= now()),
        (Job.status == JobStatus.RUNNING) & (Job.leased_until < now()),
    )
    candidate = select(Job).where(due).order_by(Job.run_at, Job.id).limit(1)
    is_due = db.session.scalar(candidate.with_only_columns(Job.id)) is not None
    db.session.rollback()  # a look takes no lock, so an idle worker disturbs no writer
    if not is_due:
        return None
    with transaction() as session:
        job = session.scalar(candidate.with_for_update(skip_locked=True))
        if job is None:
            return None
        job.status = JobStatus.RUNNING
        job.attempts += 1
        job.leased_until = now() + LEASE
        return Taken(job.id, job.name, dict(job.payload), job.attempts)


def _run(taken: Taken) -> None:
    try:
        with _held(taken):
            _work(taken)
        _finish(taken)
    except Exception as error:  # whatever it was, it is kept with the job
        db.session.rollback()
        log.warning(
            "jobs.failed", job=taken.id, name=taken.name, attempt=taken.attempt, exc_info=True
        )
        _fail(taken, f"{type(error).__name__}: {error}")


def _work(taken: Taken) -> None:
    if taken.attempt > LAST_ATTEMPT:
        raise RuntimeError("its worker was killed at every attempt")
    _handlers[taken.name](taken.payload)


@contextmanager
def _held(taken: Taken) -> Iterator[None]:
    """Renew the lease while the work goes on, so that only a dead worker loses it."""
    over, engine = threading.Event(), db.engine

    def renew() -> None:
        while not over.wait(RENEW_SECONDS):
            try:
                with engine.connect().execution_options(labapp_writes=True) as connection:
                    connection.execute(_own(taken).values(leased_until=now() + LEASE))
                    connection.commit()
            except SQLAlchemyError:
                log.warning("jobs.lease_not_renewed", job=taken.id)  # the next time may do

    keeper = threading.Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _own(taken: Taken) -> Update:
    """Change the job only while it is ours: after a lapse another worker may have taken it."""
    return update(Job).where(
        Job.id == taken.id, Job.status == JobStatus.RUNNING, Job.attempts == taken.attempt
    )


def _finish(taken: Taken) -> None:
    done = {"status": JobStatus.DONE, "error": "", "finished_at": now(), "leased_until": None}
    with transaction() as session:
        session.execute(_own(taken).values(done))


def _fail(taken: Taken, words: str) -> None:
    values: dict[str, Any] = {"error": words[:2000], "leased_until": None, "finished_at": now()}
    with transaction() as session:
        key = session.scalar(select(Job.unique_key).where(Job.id == taken.id))
        if taken.attempt >= LAST_ATTEMPT:
            values["status"] = JobStatus.DEAD
        elif _waits_for_us(key):
            values["status"] = JobStatus.DONE  # the same work comes again anyway
        else:
            delay = FIRST_DELAY * 2 ** (taken.attempt - 1)
            values |= {"status": JobStatus.WAITING, "run_at": now() + delay, "finished_at": None}
        session.execute(_own(taken).values(values))
