"""The states of a case of moderation and the only ways between them.

Somebody decides, the author may appeal once, and then somebody else has the last word.
"""

import enum

from labapp.accounts.actors import Actor
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import reportables
from labapp.labs.machine import Machine
from labapp.labs.thread_models import CaseDecision, CaseState, ModerationCase


class CaseAction(enum.Enum):
    KEEP = "keep"
    HIDE = "hide"
    REMOVE = "remove"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    EXPIRE = "expire"  # the platform: nobody appealed in time


S, A = CaseState, CaseAction
DECISIONS = {A.KEEP: CaseDecision.KEEP, A.HIDE: CaseDecision.HIDE, A.REMOVE: CaseDecision.REMOVE}
LAST_WORDS = (A.UPHOLD, A.OVERTURN)
WAITING = (S.OPEN, S.APPEALED)
STATE_WORDS = {
    S.OPEN: _l("Wacht op een besluit"),
    S.DECIDED: _l("Besloten"),
    S.APPEALED: _l("De schrijver vraagt een tweede oordeel"),
    S.CLOSED: _l("Afgerond"),
}
DECISION_WORDS = {
    CaseDecision.KEEP: _l("Het blijft staan"),
    CaseDecision.HIDE: _l("Het is verborgen"),
    CaseDecision.REMOVE: _l("Het is verwijderd"),
}
ACTION_WORDS = {
    A.KEEP: _l("Laat het staan"),
    A.HIDE: _l("Verberg het"),
    A.REMOVE: _l("Verwijder het"),
    A.APPEAL: _l("Vraag een tweede oordeel"),
    A.UPHOLD: _l("Het besluit blijft"),
    A.OVERTURN: _l("Zet het terug"),
    A.EXPIRE: _l("Afgerond: niemand vroeg een tweede oordeel"),
}


def _judges(actor: Actor, case: ModerationCase) -> bool:
    return reportables.may_judge(actor, case.object)


def _judges_again(actor: Actor, case: ModerationCase) -> bool:
    """An appeal goes to another person than who decided."""
    return actor.id != case.decided_by_id and _judges(actor, case)


def _wrote(actor: Actor, case: ModerationCase) -> bool:
    return reportables.is_author(actor, case.object)


def _of_system(actor: Actor, _case: ModerationCase) -> bool:
    return actor.is_system


def _appealable(case: ModerationCase) -> list[str]:
    return [_("Wat je schreef, staat er nog.")] if case.decision is CaseDecision.KEEP else []


MACHINE: Machine[ModerationCase, CaseState, CaseAction] = Machine(
    name="moderation_cases",
    transitions={
        **{(S.OPEN, action): S.DECIDED for action in DECISIONS},
        (S.DECIDED, A.APPEAL): S.APPEALED,
        (S.DECIDED, A.EXPIRE): S.CLOSED,
        **{(S.APPEALED, action): S.CLOSED for action in LAST_WORDS},
    },
    may={
        **dict.fromkeys(DECISIONS, _judges),
        A.APPEAL: _wrote,
        **dict.fromkeys(LAST_WORDS, _judges_again),
        A.EXPIRE: _of_system,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    refuses_pupil_data=False,
    guards={A.APPEAL: _appealable},
    reasons=(A.HIDE, A.REMOVE, A.APPEAL, *LAST_WORDS),
)
