"""The states of a report of use, and the only ways between them."""

import enum

from labapp.accounts.actors import Actor
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import use_report_rights as rights
from labapp.labs.machine import Machine
from labapp.labs.review_models import UseReport, UseReportState


class UseReportAction(enum.Enum):
    SUBMIT = "submit"
    CONFIRM = "confirm"
    RETURN = "return"
    REPLY = "reply"
    WITHDRAW = "withdraw"


S, A = UseReportState, UseReportAction
EDITABLE = (S.DRAFT, S.RETURNED)
OPEN = (*EDITABLE, S.SUBMITTED)
STATE_WORDS = {
    S.DRAFT: _l("Concept"),
    S.SUBMITTED: _l("Wacht op de schoolleider"),
    S.RETURNED: _l("Teruggegeven"),
    S.PUBLISHED: _l("Bevestigd"),
    S.WITHDRAWN: _l("Teruggetrokken"),
}
ACTION_WORDS = {
    A.SUBMIT: _l("Leg voor aan de schoolleider"),
    A.CONFIRM: _l("Bevestig namens de school"),
    A.RETURN: _l("Geef terug met een opmerking"),
    A.REPLY: _l("Reageer namens de makers"),
    A.WITHDRAW: _l("Trek terug"),
}


def _may_withdraw(actor: Actor, report: UseReport) -> bool:
    """Its author; and for the school its leader, once it was handed in."""
    if rights.is_author(actor, report):
        return True
    return report.state is not S.DRAFT and rights.is_leader(actor, report)


def _not_replied(report: UseReport) -> list[str]:
    return [_("Er is al een reactie; die geef je één keer.")] if report.reply else []


def _card_is_out(report: UseReport) -> list[str]:
    card = rights.card_of(report)
    if card is not None and card.is_published:
        return []
    return [_("De kaart waar dit over gaat is er niet meer.")]


MACHINE: Machine[UseReport, UseReportState, UseReportAction] = Machine(
    name="use_report",
    transitions={
        **{(state, A.SUBMIT): S.SUBMITTED for state in EDITABLE},
        (S.SUBMITTED, A.CONFIRM): S.PUBLISHED,
        (S.SUBMITTED, A.RETURN): S.RETURNED,
        (S.PUBLISHED, A.REPLY): S.PUBLISHED,
        **{(state, A.WITHDRAW): S.WITHDRAWN for state in (*OPEN, S.PUBLISHED)},
    },
    may={
        A.SUBMIT: rights.is_author,
        A.CONFIRM: rights.is_leader,
        A.RETURN: rights.is_leader,
        A.REPLY: rights.is_maker,
        A.WITHDRAW: _may_withdraw,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    refuses_pupil_data=False,
    guards={A.SUBMIT: _card_is_out, A.CONFIRM: _card_is_out, A.REPLY: _not_replied},
    reasons=(A.RETURN, A.REPLY),
)
