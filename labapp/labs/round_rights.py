"""Who works on a round, and when it can still change."""

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.errors import ConflictError, ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.lab_models import Lab, LabState
from labapp.labs.round_models import Round
from labapp.labs.round_states import ENDED, PHASE_WORDS

RUNNING = (LabState.ACTIVE, LabState.CONCLUDING)


def can_work_on(actor: Actor, lab: Lab) -> bool:
    """Whether one writes in the rounds of a lab: who has a part in it, observers left out."""
    return policies.takes_part(actor, lab)


def leads_branch(actor: Actor, organisation_id: int) -> bool:
    """Whether one is the school leader of this very branch."""
    return actor.has_role(Role.SCHOOL_LEADER, organisation_id=organisation_id)


def require_work(actor: Actor, lab: Lab) -> None:
    if not can_work_on(actor, lab):
        raise ForbiddenError(_("Dit doen de mensen die in het lab meewerken."))


def require_lead(actor: Actor, lab: Lab) -> None:
    if not policies.is_lead(actor, lab):
        raise ForbiddenError(_("Dit doen de trekkers van het lab."))


def require_running(lab: Lab) -> None:
    """Refuse work in a lab that has not begun, rests, or is closed."""
    if lab.state not in RUNNING:
        raise ConflictError(_("Dit lab loopt nu niet. Er kan niets gewijzigd worden."))


def require_open(one: Round) -> None:
    """Refuse work in a round that ended, or in a lab that does not run."""
    require_running(one.lab)
    if one.phase in ENDED:
        words = str(PHASE_WORDS[one.phase]).lower()
        raise ConflictError(_("Deze ronde is %(state)s. Wat er staat, blijft staan.", state=words))
