"""The words of guests in a lab that looks first: a case in the one queue for as long as they wait.

Whoever places or hides them decides the case too.
"""

from sqlalchemy import select, update

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
            author_id=contribution.author_id,
            is_pre_moderation=True,
        )
    )
    db.session.flush()


def settle(
    actor: Actor, contribution: Contribution, action: ContributionAction, reason: str
) -> None:
    """Decide the open case of a contribution, in the caller's transaction.

    Where there is none and somebody else judged it, the decision is kept: its author may appeal.
    """
    decision = DECISIONS.get(action)
    if decision is None or actor.is_system:
        return
    found = db.session.execute(
        update(ModerationCase)
        .where(
            ModerationCase.object == name_of(contribution), ModerationCase.state == CaseState.OPEN
        )
        .values(
            state=CaseState.DECIDED,
            decision=decision,
            reason=reason.strip(),
            decided_by_id=actor.id,
            decided_at=now(),
            version=ModerationCase.version + 1,
        )
        .returning(ModerationCase.id)
        .execution_options(synchronize_session="fetch")
    ).first()
    is_judged = decision is not CaseDecision.KEEP and actor.id != contribution.author_id
    if found is None and is_judged and not _is_decided(contribution):
        _keep_decision(actor, contribution, decision, reason)


def _is_decided(contribution: Contribution) -> bool:
    """Whether its author can already ask for a second judgement."""
    query = select(ModerationCase.id).where(
        ModerationCase.object == name_of(contribution),
        ModerationCase.state.in_((CaseState.DECIDED, CaseState.APPEALED)),
    )
    return db.session.scalar(query.limit(1)) is not None


def _keep_decision(
    actor: Actor, contribution: Contribution, decision: CaseDecision, reason: str
) -> None:
    db.session.add(
        ModerationCase(
            object=name_of(contribution),
            lab_id=contribution.thread.lab_id,
            author_id=contribution.author_id,
            state=CaseState.DECIDED,
            decision=decision,
            reason=reason.strip(),
            decided_by_id=actor.id,
            decided_at=now(),
        )
    )
    db.session.flush()
