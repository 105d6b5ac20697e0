"""The consent of a school for a round: only the school leader of that branch answers."""

import enum

from labapp.accounts.actors import Actor
from labapp.i18n import lazy_gettext as _l
from labapp.labs import policies, round_rights
from labapp.labs.machine import Machine
from labapp.labs.round_models import ConsentState, RoundSite


class ConsentAction(enum.Enum):
    GIVE = "give"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    ASK = "ask"  # once more


STATE_WORDS = {
    ConsentState.ASKED: _l("Toestemming gevraagd"),
    ConsentState.GIVEN: _l("Toestemming gegeven"),
    ConsentState.REFUSED: _l("Geen toestemming"),
    ConsentState.WITHDRAWN: _l("Toestemming ingetrokken"),
}
ACTION_WORDS = {
    ConsentAction.GIVE: _l("Geef toestemming"),
    ConsentAction.REFUSE: _l("Geef geen toestemming"),
    ConsentAction.WITHDRAW: _l("Trek toestemming in"),
    ConsentAction.ASK: _l("Vraag opnieuw"),
}


def answers(actor: Actor, site: RoundSite) -> bool:
    return round_rights.leads_branch(actor, site.organisation_id)


def asks(actor: Actor, site: RoundSite) -> bool:
    return policies.is_lead(actor, site.round.lab)


MACHINE: Machine[RoundSite, ConsentState, ConsentAction] = Machine(
    name="round_sites",
    attribute="consent",
    transitions={
        (ConsentState.ASKED, ConsentAction.GIVE): ConsentState.GIVEN,
        (ConsentState.ASKED, ConsentAction.REFUSE): ConsentState.REFUSED,
        (ConsentState.GIVEN, ConsentAction.WITHDRAW): ConsentState.WITHDRAWN,
        (ConsentState.REFUSED, ConsentAction.ASK): ConsentState.ASKED,
        (ConsentState.WITHDRAWN, ConsentAction.ASK): ConsentState.ASKED,
    },
    may={
        ConsentAction.GIVE: answers,
        ConsentAction.REFUSE: answers,
        ConsentAction.WITHDRAW: answers,
        ConsentAction.ASK: asks,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    reasons=(ConsentAction.REFUSE, ConsentAction.WITHDRAW),
)
