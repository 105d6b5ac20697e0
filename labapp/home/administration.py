"""What administrators look after: the state of the parts, jobs, the audit trail, mail."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alembic.util import CommandError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from labapp import audit, doctor, health
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.audit import AuditEvent, Fault
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, LabappError
from labapp.i18n import gettext as _
from labapp.jobs import services as jobs
from labapp.jobs.models import Job, JobStatus
from labapp.mail.models import Letter
from labapp.search.models import SearchObject, SearchPassage
from labapp.subsidy import policies

EVENTS_SHOWN = 50
FAULTS_SHOWN = 20
JOBS_SHOWN = 100
LOOKED_AT = ("libraries", "instance folder", "disk", "search")


@dataclass(frozen=True)
class Part:
    """A part of the platform, and what is wrong with it; nothing when it is well."""

    name: str
    faults: Sequence[str]


@dataclass(frozen=True)
class Overview:
    """How the platform is doing."""

    parts: list[Part]
    jobs: Mapping[str, int]
    searchable: int
    passages: int
    waiting: int  # passages without a vector
    letters: int
    unsent: int
    events: int
    head: str


@dataclass(frozen=True)
class EventFilter:
    """Which events of the trail; what is empty leaves nothing out."""

    action: str = ""
    object: str = ""
    actor_id: int | None = None
    before: int | None = None


@dataclass(frozen=True)
class Trail:
    """A page of the trail, the newest first, with the names of who acted."""

    events: Sequence[AuditEvent]
    names: Mapping[int, str]
    total: int
    next: int | None
    hidden: Collection[int] = ()  # events of which the reader may not see the contents

    @property
    def moments(self) -> dict[int, datetime]:
        return {event.seq: datetime.fromisoformat(event.at) for event in self.events}


def get_overview(actor: Actor) -> Overview:
    """Look at every part; one that cannot be looked at is out of order."""
    _check(actor)
    number, head = audit.head()
    return Overview(
        parts=[_migrations(), *(Part(name, _look(name)) for name in LOOKED_AT)],
        jobs=jobs.count_jobs(),
        searchable=_count(SearchObject.is_removed.is_(False)),
        passages=_count(SearchPassage.id.is_not(None)),
        waiting=_count(SearchPassage.vector.is_(None)),
        letters=_count(Letter.id.is_not(None)),
        unsent=_count(Letter.sent_at.is_(None) & Letter.withdrawn_at.is_(None)),
        events=number,
        head=head,
    )


def list_jobs(actor: Actor, status: JobStatus | None) -> list[Job]:
    """Give the newest jobs, of one status or all."""
    _check(actor)
    return jobs.list_jobs(status, JOBS_SHOWN)


def count_jobs(actor: Actor) -> dict[str, int]:
    """Give the number of jobs by status."""
    _check(actor)
    return jobs.count_jobs()


def retry_job(actor: Actor, job_id: int) -> None:
    """Let a job that failed for good try again."""
    _check(actor)
    with transaction():
        jobs.retry(job_id)
        audit.record(actor.id, "job.retried", f"jobs:{job_id}", on_behalf_of=actor.acting_for_id)


def list_events(actor: Actor, wanted: EventFilter) -> Trail:
    """Give a page of the audit trail, to administrators and auditors.

    What was said in hours and claims is not an administrator's business: keeping the system and
    moving its money are apart. They see that it happened, not the values and reasons.
    """
    _check_reader(actor)
    query = select(AuditEvent)
    if wanted.action:
        query = query.where(AuditEvent.action.startswith(wanted.action, autoescape=True))
    if wanted.object:
        query = query.where(AuditEvent.object.startswith(wanted.object, autoescape=True))
    if wanted.actor_id is not None:
        query = query.where(AuditEvent.actor_id == wanted.actor_id)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if wanted.before is not None:
        query = query.where(AuditEvent.seq < wanted.before)
    found = db.session.scalars(query.order_by(AuditEvent.seq.desc()).limit(EVENTS_SHOWN + 1)).all()
    events = found[:EVENTS_SHOWN]
    kinds = frozenset() if policies.reads_all(actor) else policies.TRAIL_OBJECTS
    hidden = {event.seq for event in events if event.object.partition(":")[0] in kinds}
    return Trail(
        events, _names(events), total, events[-1].seq if len(found) > len(events) else None, hidden
    )


def verify_trail(actor: Actor, anchors: Mapping[int, str] | None) -> list[Fault]:
    """Check every event against the one before it; give the first places where it does not hold."""
    _check_reader(actor)
    faults: list[Fault] = []
    for fault in audit.verify(anchors):
        faults.append(fault)
        if len(faults) == FAULTS_SHOWN:
            break
    return faults


def _check(actor: Actor) -> None:
    if not actor.is_administrator:
        raise ForbiddenError(_("Alleen beheerders zien dit."))


def _check_reader(actor: Actor) -> None:
    if not (actor.is_administrator or policies.reads_all(actor)):
        raise ForbiddenError(_("Alleen beheerders en auditors zien dit."))


def _count(condition: object) -> int:
    return db.session.scalar(select(func.count()).where(condition)) or 0  # type: ignore[arg-type]


def _names(events: Sequence[AuditEvent]) -> dict[int, str]:
    ids = {event.actor_id for event in events if event.actor_id is not None}
    users = db.session.scalars(select(User).where(User.id.in_(ids)))
    return {user.id: user.name for user in users}


def _migrations() -> Part:
    try:
        done, wanted = health.migration_state()
    except (SQLAlchemyError, CommandError) as error:
        db.session.rollback()
        return Part("migrations", [f"{type(error).__name__}: {error}"])
    same = done == wanted
    return Part("migrations", [] if same else [f"{done or 'none'} is not {wanted or 'none'}"])


def _look(name: str) -> list[str]:
    try:
        return doctor.PARTS[name]()
    except (LabappError, SQLAlchemyError, OSError) as error:
        db.session.rollback()
        return [f"{type(error).__name__}: {error}"]
