"""The states of a meeting or session."""

import enum
from collections.abc import Sequence

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import policies, round_rights
from labapp.labs.machine import Machine
from labapp.labs.round_models import Activity, ActivityKind, ActivityState


class ActivityAction(enum.Enum):
    CONFIRM = "confirm"  # it was held; again, when somebody was forgotten
    CANCEL = "cancel"


KIND_WORDS = {
    ActivityKind.MEETING: _l("Overleg"),
    ActivityKind.SESSION: _l("Werksessie"),
    ActivityKind.VISIT: _l("Bezoek"),
    ActivityKind.DATA: _l("Gegevens verzamelen of bekijken"),
}
STATE_WORDS = {
    ActivityState.PLANNED: _l("Gepland"),
    ActivityState.HELD: _l("Gehouden"),
    ActivityState.CANCELLED: _l("Gaat niet door"),
}
ACTION_WORDS = {
    ActivityAction.CONFIRM: _l("Bevestig wie er was"),
    ActivityAction.CANCEL: _l("Zeg af"),
}


def holds(actor: Actor, activity: Activity) -> bool:
    """Whether one answers for it: who planned it and still works there, and the leads."""
    if policies.is_lead(actor, activity.lab):
        return True
    is_own = actor.id is not None and activity.created_by_id == actor.id
    return is_own and round_rights.can_work_on(actor, activity.lab)


def missing_time(activity: Activity) -> Sequence[str]:
    if activity.held_on > today():
        return [_("De bijeenkomst is nog niet geweest.")]
    return []


MACHINE: Machine[Activity, ActivityState, ActivityAction] = Machine(
    name="activities",
    transitions={
        (ActivityState.PLANNED, ActivityAction.CONFIRM): ActivityState.HELD,
        (ActivityState.HELD, ActivityAction.CONFIRM): ActivityState.HELD,
        (ActivityState.PLANNED, ActivityAction.CANCEL): ActivityState.CANCELLED,
    },
    may=dict.fromkeys(ActivityAction, holds),
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={ActivityAction.CONFIRM: missing_time},
    reasons=(ActivityAction.CANCEL,),
)
