"""Steps that practice and research take together: one side proposes, the other takes the step.

A service asks `agree` before it acts: it gives the proposal of the other side, or keeps one and
gives nothing. When the thing changes its state, what was proposed is dropped (`drop`).
"""

from typing import Any

from sqlalchemy import delete, select

from labapp.accounts.actors import Actor
from labapp.database import Model, db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.lab_models import Lab, LeadProposal
from labapp.labs.machine import note_step


def proposal_of(thing: Model) -> LeadProposal | None:
    """Give what one side proposed and the other did not answer yet."""
    return db.session.scalar(select(LeadProposal).where(LeadProposal.object == name_of(thing)))


def agree(
    actor: Actor,
    lab: Lab,
    thing: Model,
    action: str,
    *,
    reason: str = "",
    values: dict[str, Any] | None = None,
) -> LeadProposal | None:
    """Give the same proposal by the other side, in the caller's transaction, or keep this one.

    The caller holds `thing` (`machine.lock`), so that two who propose at once agree. Another
    proposal of the own side is replaced; one of the other side must be answered first.
    """
    side = policies.lead_side(actor, lab)
    if side is None:
        raise ForbiddenError(_("Dat doen de trekkers van beide kanten samen."))
    with transaction() as session:
        known = proposal_of(thing)
        wanted = values or {}
        if known is not None and known.side is not side:
            if known.action == action and known.values == wanted:
                return known
            raise ConflictError(
                _("De andere kant stelde iets anders voor. Beantwoord dat voorstel eerst.")
            )
        if known is not None:
            if known.action == action and known.values == wanted:
                raise ConflictError(_("Dit is al voorgesteld. De andere trekker is aan zet."))
            session.delete(known)
            session.flush()
        session.add(
            LeadProposal(
                object=name_of(thing),
                action=action,
                side=side,
                user_id=actor.id,
                reason=reason.strip(),
                values=wanted,
            )
        )
        session.flush()
        return None


def drop(thing: Model) -> None:
    """Forget a proposal, in the caller's transaction: the step was taken, or another one."""
    with transaction() as session:
        session.execute(delete(LeadProposal).where(LeadProposal.object == name_of(thing)))


def refuse(actor: Actor, lab: Lab, thing: Model, *, reason: str = "") -> None:
    """Take back a proposal of one's own side, or say no to that of the other."""
    if not policies.is_lead(actor, lab):
        raise ForbiddenError(_("Dat doen de trekkers."))
    with transaction():
        known = proposal_of(thing)
        if known is None:
            raise NotFoundError(_("Er is geen voorstel meer."))
        action = known.action
        drop(thing)
        note_step(actor, thing, "refuse_proposal", action, action, reason=reason)
