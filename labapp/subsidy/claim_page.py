"""What a claim's page says: where it is, what comes next and whose turn it is, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import flask_babel

from labapp.accounts.actors import Actor
from labapp.formatting import MINUS, dag
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy import claims, four_eyes, policies
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.transitions import STATE_WORDS

TONES = {
    ClaimState.DRAFT: ("sun", "pencil-line"),
    ClaimState.SUBMITTED: ("sky", "send"),
    ClaimState.RETURNED: ("sun", "undo-2"),
    ClaimState.ASSESSED: ("plum", "clipboard-check"),
    ClaimState.GRANTED: ("ok", "circle-check"),
    ClaimState.PARTIAL: ("ok", "circle-check"),
    ClaimState.REJECTED: ("red", "circle-x"),
    ClaimState.PAID: ("brand", "banknote"),
    ClaimState.EXPIRED: ("neutral", "hourglass"),
    ClaimState.WITHDRAWN: ("neutral", "undo-2"),
}
STEPS = (
    _l("Samenstellen"), _l("Ingediend"), _l("Beoordeeld"), _l("Beslist"), _l("Betaald"),
)  # fmt: skip
STEP_OF = {
    ClaimState.DRAFT: 0, ClaimState.RETURNED: 0, ClaimState.SUBMITTED: 1, ClaimState.ASSESSED: 2,
    ClaimState.GRANTED: 3, ClaimState.PARTIAL: 3, ClaimState.REJECTED: 3, ClaimState.PAID: 4,
}  # fmt: skip
EVENT_WORDS = {
    "claim.assembled": _l("stelde de claim samen"),
    "claim.correction_assembled": _l("stelde de correctie samen"),
    "claim.changed": _l("wijzigde de claim"),
    "claim.submitted": _l("ondertekende en diende in"),
    "claim.returned": _l("gaf de claim terug"),
    "claim.withdrawn": _l("trok de claim in"),
    "claim.expired": _l("liet de claim verlopen: er kwam niets binnen veertien dagen"),
    "claim.assessed": _l("beoordeelde de claim"),
    "claim.granted": _l("kende de claim toe"),
    "claim.partial": _l("kende een deel toe"),
    "claim.rejected": _l("wees de claim af"),
}


@dataclass(frozen=True)
class Turn:
    """The next step, and who takes it."""

    words: str
    who: str = ""


@dataclass(frozen=True)
class Happened:
    """Something that was done to a claim."""

    at: datetime
    who: str
    words: str
    reason: str


@dataclass(frozen=True)
class Rights:
    """Which buttons a person gets; the services decide all the same."""

    changes: bool
    submits: bool
    withdraws: bool
    corrects: bool
    assesses: bool
    decides: bool


def rights_of(actor: Actor, claim: Claim) -> Rights:
    assembles = policies.can_assemble(actor, claim.organisation)
    submits = policies.can_submit(actor, claim)
    office = policies.is_office(actor)
    state = claim.state
    return Rights(
        changes=assembles and state in claims.CHANGEABLE,
        submits=submits and state in claims.CHANGEABLE,
        withdraws=submits and state in (ClaimState.SUBMITTED, ClaimState.RETURNED),
        corrects=assembles
        and claim.corrects_id is None
        and state in (ClaimState.GRANTED, ClaimState.PARTIAL, ClaimState.PAID),
        assesses=office and state is ClaimState.SUBMITTED and four_eyes.may_assess(actor, claim),
        decides=office and state is ClaimState.ASSESSED and four_eyes.may_decide(actor, claim),
    )


def turn_of(claim: Claim) -> Turn:
    """Say what comes next and whose turn it is."""
    board, office = _("het bestuur"), _("het programmabureau")
    if claim.state is ClaimState.RETURNED and claim.expires_at:
        day = dag(claim.expires_at, "d MMMM")
        return Turn(_("Vul aan en dien opnieuw in, uiterlijk %(day)s.", day=day), board)
    to_pay = (
        _("Het bedrag wordt verrekend of teruggevorderd.")
        if (claim.granted_cents or 0) < 0
        else _("Het bedrag wordt betaald, door een ander dan wie besliste.")
    )
    turns = {
        ClaimState.DRAFT: Turn(_("Kijk de uren na, onderteken en dien in."), board),
        ClaimState.SUBMITTED: Turn(_("De claim wordt beoordeeld."), office),
        ClaimState.ASSESSED: Turn(
            _("Er wordt beslist, door een ander dan wie beoordeelde."), office
        ),
        ClaimState.GRANTED: Turn(to_pay, office),
        ClaimState.PARTIAL: Turn(to_pay, office),
    }
    return turns.get(claim.state, Turn(_("Klaar: er is geen volgende stap.")))


def step_of(claim: Claim) -> int | None:
    """Give the place among the steps; None for a claim that ended before one."""
    return STEP_OF.get(claim.state)


def history_of(claim: Claim) -> Sequence[Happened]:
    """Give what was done to a claim and by whom, the first first."""
    return [
        Happened(
            datetime.fromisoformat(event.at),
            user.name if user else _("Het platform"),
            str(EVENT_WORDS[event.action]),
            event.reason or "",
        )
        for event, user in claims.list_events(claim)
        if event.action in EVENT_WORDS
    ]


def state_words(claim: Claim) -> str:
    return str(STATE_WORDS[claim.state])


def euro(cents: int | None, currency: str = "EUR") -> str:
    """€ 1.234,50 in Dutch and €1,234.50 in English, with a true minus sign."""
    amount = Decimal(cents or 0) / 100
    return str(flask_babel.format_currency(amount, currency)).replace("-", MINUS)
