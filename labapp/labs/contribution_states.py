"""The states of a contribution and the only ways between them (spec/labs.md 3.2).

An edit is no step: see `contributions.edit_contribution`. What was removed keeps its place.
"""

import enum
from functools import partial

from labapp.accounts.actors import Actor
from labapp.i18n import lazy_gettext as _l
from labapp.labs.machine import Machine
from labapp.labs.thread_models import Contribution, ContributionState, ThreadState
from labapp.labs.thread_rights import Rights, rights_in


class ContributionAction(enum.Enum):
    RELEASE = "release"
    HIDE = "hide"
    RESTORE = "restore"
    REMOVE = "remove"


OWN_STATES = (ContributionState.POSTED, ContributionState.HELD)


def is_own(actor: Actor, contribution: Contribution) -> bool:
    return actor.id is not None and contribution.author_id == actor.id


def allows(
    rights: Rights, actor: Actor, contribution: Contribution, action: ContributionAction
) -> bool:
    """Whether rights suffice: one takes back one's own, others' are judged by who moderates.

    What is hidden is no longer the author's to take back, and nothing is while the conversation
    is locked. Nobody judges words of their own.
    """
    if contribution.state is ContributionState.REMOVED:
        return actor.is_system  # after an appeal: see `labapp.labs.moderation`
    if is_own(actor, contribution):
        is_free = contribution.thread.state is not ThreadState.LOCKED
        may_take_back = contribution.state in OWN_STATES and is_free and rights.reads
        return action is ContributionAction.REMOVE and may_take_back
    return rights.moderates


def _may(action: ContributionAction, actor: Actor, contribution: Contribution) -> bool:
    return allows(rights_in(actor, contribution.thread), actor, contribution, action)


POSTED, HELD, HIDDEN, REMOVED = (
    ContributionState.POSTED,
    ContributionState.HELD,
    ContributionState.HIDDEN,
    ContributionState.REMOVED,
)
WORDS = {
    POSTED: _l("Geplaatst"),
    HELD: _l("Wacht op goedkeuring"),
    HIDDEN: _l("Verborgen"),
    REMOVED: _l("Verwijderd"),
}
ACTION_WORDS = {
    ContributionAction.RELEASE: _l("Plaats"),
    ContributionAction.HIDE: _l("Verberg"),
    ContributionAction.RESTORE: _l("Zet terug"),
    ContributionAction.REMOVE: _l("Verwijder"),
}
MACHINE: Machine[Contribution, ContributionState, ContributionAction] = Machine(
    name="contribution",
    transitions={
        (HELD, ContributionAction.RELEASE): POSTED,
        (POSTED, ContributionAction.HIDE): HIDDEN,
        (HELD, ContributionAction.HIDE): HIDDEN,
        (HIDDEN, ContributionAction.RESTORE): POSTED,
        (POSTED, ContributionAction.REMOVE): REMOVED,
        (HELD, ContributionAction.REMOVE): REMOVED,
        (HIDDEN, ContributionAction.REMOVE): REMOVED,
        (REMOVED, ContributionAction.RESTORE): POSTED,
    },
    may={action: partial(_may, action) for action in ContributionAction},
    words=WORDS,
    action_words=ACTION_WORDS,
    reasons=(ContributionAction.HIDE,),
)
