"""The states of a conversation and the only ways between them (spec/labs.md, feature 12)."""

import enum
from functools import partial

from labapp.accounts.actors import Actor
from labapp.i18n import lazy_gettext as _l
from labapp.labs.machine import Machine
from labapp.labs.thread_models import Thread, ThreadState
from labapp.labs.thread_rights import Rights, rights_in


class ThreadAction(enum.Enum):
    CLOSE = "close"  # the reason is the conclusion
    REOPEN = "reopen"
    LOCK = "lock"
    UNLOCK = "unlock"


def allows(rights: Rights, action: ThreadAction) -> bool:
    """Whether rights suffice for an action, whatever the state."""
    if action in (ThreadAction.LOCK, ThreadAction.UNLOCK):
        return rights.moderates
    return rights.concludes


def _may(action: ThreadAction, actor: Actor, thread: Thread) -> bool:
    return allows(rights_in(actor, thread), action)


WORDS = {
    ThreadState.OPEN: _l("Open"),
    ThreadState.CLOSED: _l("Afgerond"),
    ThreadState.LOCKED: _l("Op slot"),
}
ACTION_WORDS = {
    ThreadAction.CLOSE: _l("Rond af met een conclusie"),
    ThreadAction.REOPEN: _l("Heropen"),
    ThreadAction.LOCK: _l("Zet op slot"),
    ThreadAction.UNLOCK: _l("Haal van het slot"),
}
MACHINE: Machine[Thread, ThreadState, ThreadAction] = Machine(
    name="thread",
    transitions={
        (ThreadState.OPEN, ThreadAction.CLOSE): ThreadState.CLOSED,
        (ThreadState.CLOSED, ThreadAction.REOPEN): ThreadState.OPEN,
        (ThreadState.OPEN, ThreadAction.LOCK): ThreadState.LOCKED,
        (ThreadState.LOCKED, ThreadAction.UNLOCK): ThreadState.OPEN,
    },
    may={action: partial(_may, action) for action in ThreadAction},
    words=WORDS,
    action_words=ACTION_WORDS,
    refuses_pupil_data=False,
    reasons=(ThreadAction.CLOSE, ThreadAction.REOPEN, ThreadAction.LOCK),
)
