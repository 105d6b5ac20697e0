"""The words of guests in a lab that looks first: a case in the one queue for as long as they wait.

Whoever places or hides them decides the case too.
"""

from sqlalchemy import update

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.thread_models import CaseDecision, CaseState, Contribution, ModerationCase

DECISIONS = {
    ContributionAction.RELEASE: CaseDecision.KEEP,
    ContributionAction.HIDE: CaseDecision.HIDE,
    ContributionAction.REMOVE: CaseDecision.REMOVE,
}


def open_case(contribution: Contribution) -> None:
    """Put a contribution that waits in the queue, in the caller's transaction."""
    db.session.add(
        ModerationCase(
            object=name_of(contribution),
            lab_id=contribution.thread.lab_id,
            is_pre_moderation=True,
        )
    )
    db.session.flush()


def settle(
    actor: Actor, contribution: Contribution, action: ContributionAction, reason: str
) -> None:
    """Decide the open case of a contribution that waited, in the caller's transaction."""
    decision = DECISIONS.get(action)
    if decision is None:
        return
    db.session.execute(
        update(ModerationCase)
        .where(
            ModerationCase.object == name_of(contribution),
            ModerationCase.is_pre_moderation,
            ModerationCase.state == CaseState.OPEN,
        )
        .values(
            state=CaseState.DECIDED,
            decision=decision,
            reason=reason.strip(),
            decided_by_id=actor.id,
            decided_at=now(),
            version=ModerationCase.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )
