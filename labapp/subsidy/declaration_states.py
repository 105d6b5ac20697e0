"""The states of a declaration and the only ways between them (spec/subsidy.md 3.3)."""

import enum
from dataclasses import dataclass

from labapp.errors import ConflictError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.hour_models import Declaration, DeclarationState


class Action(enum.Enum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"


@dataclass(frozen=True)
class Transition:
    """From which state an action leads to which, and whether it asks for a reason."""

    start: DeclarationState
    end: DeclarationState
    needs_reason: bool = False


TRANSITIONS = {
    Action.SUBMIT: Transition(DeclarationState.OPEN, DeclarationState.SUBMITTED),
    Action.WITHDRAW: Transition(DeclarationState.SUBMITTED, DeclarationState.OPEN),
    Action.APPROVE: Transition(DeclarationState.SUBMITTED, DeclarationState.APPROVED),
    Action.REJECT: Transition(DeclarationState.SUBMITTED, DeclarationState.OPEN, needs_reason=True),
    Action.REOPEN: Transition(DeclarationState.APPROVED, DeclarationState.OPEN, needs_reason=True),
}
WORDS = {
    DeclarationState.OPEN: _l("Concept"),
    DeclarationState.SUBMITTED: _l("Ingediend"),
    DeclarationState.APPROVED: _l("Goedgekeurd"),
}


def require(action: Action, declaration: Declaration) -> Transition:
    """Give the transition of an action, or refuse it in this state."""
    transition = TRANSITIONS[action]
    if declaration.state is not transition.start:
        raise ConflictError(
            _(
                "Dat kan niet meer: deze urenstaat is nu ‘%(state)s’.",
                state=str(WORDS[declaration.state]),
            ),
            theirs={"state": declaration.state.value},
            yours={"state": transition.end.value},
        )
    return transition
