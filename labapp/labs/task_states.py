"""The states of a task in a round; one that collects data waits for what has to be in order."""

import enum
from collections.abc import Sequence

from labapp.accounts.actors import Actor
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import round_rights
from labapp.labs.machine import Machine
from labapp.labs.round_models import ConsentState, RoundTask, SheetState, TaskState


class TaskAction(enum.Enum):
    OPEN = "open"
    FINISH = "finish"
    CANCEL = "cancel"
    REOPEN = "reopen"


STATE_WORDS = {
    TaskState.PLANNED: _l("Gepland"),
    TaskState.OPEN: _l("Bezig"),
    TaskState.DONE: _l("Gedaan"),
    TaskState.CANCELLED: _l("Vervallen"),
}
ACTION_WORDS = {
    TaskAction.OPEN: _l("Begin"),
    TaskAction.FINISH: _l("Gedaan"),
    TaskAction.CANCEL: _l("Laat vervallen"),
    TaskAction.REOPEN: _l("Pak weer op"),
}


def works(actor: Actor, task: RoundTask) -> bool:
    return actor.is_system or round_rights.can_work_on(actor, task.round.lab)


def missing_ground(task: RoundTask) -> Sequence[str]:
    """Before data are collected: an approved privacy sheet, and the consent of the school."""
    if not task.collects_data:
        return []
    missing = []
    sheet = task.round.privacy_sheet
    if sheet is None or sheet.state is not SheetState.APPROVED:
        missing.append(_("Het privacyblad is nog niet goedgekeurd."))
    asked = [
        site
        for site in task.round.sites
        if task.organisation_id in (None, site.organisation_id) and site.stopped_on is None
    ]
    if not any(site.consent is ConsentState.GIVEN for site in asked):
        missing.append(_("De school heeft nog geen toestemming gegeven."))
    return missing


MACHINE: Machine[RoundTask, TaskState, TaskAction] = Machine(
    name="round_tasks",
    transitions={
        (TaskState.PLANNED, TaskAction.OPEN): TaskState.OPEN,
        (TaskState.OPEN, TaskAction.FINISH): TaskState.DONE,
        (TaskState.PLANNED, TaskAction.CANCEL): TaskState.CANCELLED,
        (TaskState.OPEN, TaskAction.CANCEL): TaskState.CANCELLED,
        (TaskState.DONE, TaskAction.REOPEN): TaskState.OPEN,
        (TaskState.CANCELLED, TaskAction.REOPEN): TaskState.OPEN,
    },
    may=dict.fromkeys(TaskAction, works),
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={TaskAction.OPEN: missing_ground, TaskAction.REOPEN: missing_ground},
)
