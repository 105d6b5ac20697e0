"""Tasks of a round, for one school or for all; one that collects data opens last."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import policies, round_events, round_rights, round_texts
from labapp.labs.machine import lock
from labapp.labs.round_models import Round, RoundSite, RoundTask, TaskState
from labapp.labs.task_states import MACHINE, TaskAction
from labapp.notifications import emitting

LONGEST = {"title": 200}
UNDONE = (TaskState.PLANNED, TaskState.OPEN)


@dataclass(frozen=True, kw_only=True)
class TaskInput:
    title: str
    organisation_id: int | None = None
    owner_id: int | None = None
    due_on: date | None = None
    collects_data: bool = False


def get_task(actor: Actor, task_id: int) -> RoundTask:
    """Give a task of a round in a lab that one works in."""
    query = (
        select(RoundTask)
        .join(Round, Round.id == RoundTask.round_id)
        .where(RoundTask.id == task_id, policies.in_own_lab(actor, Round.lab_id))
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFoundError(_("Deze taak bestaat niet, of je mag haar niet zien."))
    return found


def list_tasks(actor: Actor, one: Round) -> list[RoundTask]:
    """Give the tasks of a round for the people of its lab; nobody else reads them."""
    query = (
        select(RoundTask)
        .join(Round, Round.id == RoundTask.round_id)
        .where(RoundTask.round_id == one.id, policies.in_own_lab(actor, Round.lab_id))
        .options(joinedload(RoundTask.organisation), joinedload(RoundTask.owner))
        .order_by(RoundTask.due_on.is_(None), RoundTask.due_on, RoundTask.id)
    )
    return list(db.session.scalars(query))


def add_task(actor: Actor, one: Round, values: TaskInput, *, confirmed: bool = False) -> RoundTask:
    """Plan a task; it opens later, when what it needs is in order."""
    title = _clean(values, confirmed)
    with transaction() as session:
        lock(one)
        round_rights.require_work(actor, one.lab)
        round_rights.require_open(one)
        _require_sense(one, values)
        task = RoundTask(round=one, **{**asdict(values), "title": title})
        session.add(task)
        session.flush()
        _tell_owner(actor, task)
        audit.record(
            actor.id, "round_tasks.added", task, on_behalf_of=actor.acting_for_id,
            changes={"collects_data": [None, task.collects_data]},
        )  # fmt: skip
    return task


def change_task(
    actor: Actor, task: RoundTask, values: TaskInput, *, version: int, confirmed: bool = False
) -> RoundTask:
    title = _clean(values, confirmed)
    new: Mapping[str, Any] = {**asdict(values), "title": title}
    with transaction() as session:
        lock(task.round)
        lock(task)
        round_rights.require_work(actor, task.round.lab)
        round_rights.require_open(task.round)
        round_texts.require_same(task, version, new)
        _require_sense(task.round, values)
        if task.state is TaskState.OPEN and values.collects_data and not task.collects_data:
            raise ConflictError(
                _("Deze taak is al begonnen. Maak voor het verzamelen van gegevens een nieuwe.")
            )
        if task.state is TaskState.OPEN and values.organisation_id != task.organisation_id:
            raise ConflictError(_("Deze taak is al begonnen bij een school."))
        changed = [name for name, value in new.items() if getattr(task, name) != value]
        for name in changed:
            setattr(task, name, new[name])
        session.flush()
        if "owner_id" in changed:
            _tell_owner(actor, task)
        audit.record(
            actor.id, "round_tasks.changed", task, on_behalf_of=actor.acting_for_id,
            changes={"fields": [None, changed]},
        )  # fmt: skip
    return task


def perform(
    actor: Actor, task: RoundTask, action: TaskAction, *, version: int, reason: str = ""
) -> None:
    with transaction():
        lock(task.round)
        done_at = now() if action is TaskAction.FINISH else None
        MACHINE.check(actor, task, action, version=version, reason=reason)
        round_rights.require_open(task.round)
        MACHINE.perform(
            actor, task, action, version=version, reason=reason, values={"done_at": done_at}
        )


def cancel_open(one: Round) -> None:
    """Let fall what is not done, in the caller's transaction: the round ended."""
    with transaction():
        for task in one.tasks:
            if task.state in UNDONE:
                MACHINE.perform(Actor.system(), task, TaskAction.CANCEL)


def cancel_data_tasks(site: RoundSite) -> None:
    """Stop collecting data at a school without consent, in the caller's transaction."""
    with transaction():
        for task in site.round.tasks:
            is_there = task.organisation_id == site.organisation_id
            if is_there and task.collects_data and task.state in UNDONE:
                MACHINE.perform(Actor.system(), task, TaskAction.CANCEL)


def _clean(values: TaskInput, confirmed: bool) -> str:
    title = round_texts.clean({"title": values.title}, confirmed=confirmed, longest=LONGEST)
    round_texts.require_title(title["title"])
    return title["title"]


def _require_sense(one: Round, values: TaskInput) -> None:
    """Refuse a task for a school that is no site, or for somebody who is not in the lab."""
    fields: dict[str, list[str]] = {}
    sites = {site.organisation_id for site in one.sites}
    if values.organisation_id is not None and values.organisation_id not in sites:
        fields["organisation_id"] = [_("Kies een school van deze ronde.")]
    members = policies.members_of(one.lab_id)
    if values.owner_id is not None and values.owner_id not in set(db.session.scalars(members)):
        fields["owner_id"] = [_("Kies iemand uit het lab.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)


def _tell_owner(actor: Actor, task: RoundTask) -> None:
    if task.owner_id is not None:
        emitting.emit(actor, round_events.TASK_GIVEN, task.round, [task.owner_id])
