"""Which action leads from which state to which (spec/subsidy.md 3.3): all there is, as data.

What is not in a table is refused. No transition leaves an end: paid, rejected, withdrawn, expired.
"""

import enum
from collections.abc import Mapping

from labapp.errors import ConflictError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.claim_models import Claim, ClaimState


class ClaimAction(enum.Enum):
    SUBMIT = "submit"
    RETURN = "return"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    ASSESS = "assess"
    GRANT = "grant"
    GRANT_PART = "grant_part"
    REJECT = "reject"
    SETTLE = "settle"  # paid, set off or received back


CLAIM: Mapping[tuple[ClaimState, ClaimAction], ClaimState] = {
    (ClaimState.DRAFT, ClaimAction.SUBMIT): ClaimState.SUBMITTED,
    (ClaimState.SUBMITTED, ClaimAction.RETURN): ClaimState.RETURNED,
    (ClaimState.RETURNED, ClaimAction.SUBMIT): ClaimState.SUBMITTED,
    (ClaimState.RETURNED, ClaimAction.EXPIRE): ClaimState.EXPIRED,
    (ClaimState.SUBMITTED, ClaimAction.WITHDRAW): ClaimState.WITHDRAWN,
    (ClaimState.RETURNED, ClaimAction.WITHDRAW): ClaimState.WITHDRAWN,
    (ClaimState.SUBMITTED, ClaimAction.ASSESS): ClaimState.ASSESSED,
    (ClaimState.ASSESSED, ClaimAction.GRANT): ClaimState.GRANTED,
    (ClaimState.ASSESSED, ClaimAction.GRANT_PART): ClaimState.PARTIAL,
    (ClaimState.ASSESSED, ClaimAction.REJECT): ClaimState.REJECTED,
    (ClaimState.GRANTED, ClaimAction.SETTLE): ClaimState.PAID,
    (ClaimState.PARTIAL, ClaimAction.SETTLE): ClaimState.PAID,
}
ENDED = frozenset({ClaimState.PAID, ClaimState.REJECTED, ClaimState.WITHDRAWN, ClaimState.EXPIRED})
VOID = frozenset({ClaimState.REJECTED, ClaimState.WITHDRAWN, ClaimState.EXPIRED})  # asks nothing
DECIDED = frozenset({ClaimState.GRANTED, ClaimState.PARTIAL, ClaimState.PAID})
STATE_WORDS = {
    ClaimState.DRAFT: _l("Concept"),
    ClaimState.SUBMITTED: _l("Ingediend"),
    ClaimState.RETURNED: _l("Teruggegeven"),
    ClaimState.ASSESSED: _l("Beoordeeld"),
    ClaimState.GRANTED: _l("Toegekend"),
    ClaimState.PARTIAL: _l("Deels toegekend"),
    ClaimState.REJECTED: _l("Afgewezen"),
    ClaimState.PAID: _l("Betaald"),
    ClaimState.EXPIRED: _l("Verlopen"),
    ClaimState.WITHDRAWN: _l("Ingetrokken"),
}


def after(claim: Claim, action: ClaimAction) -> ClaimState:
    """Give the state that an action leads to; what the table does not know is a conflict."""
    state = CLAIM.get((claim.state, action))
    if state is None:
        raise ConflictError(
            _("Dat kan niet meer: deze claim is %(state)s.",
              state=str(STATE_WORDS[claim.state]).lower())
        )  # fmt: skip
    return state
