"""What a board has to pay back: a negative claim that could not be set off."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import now
from labapp.database import db
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    claims,
    four_eyes,
    ledger,
    payments,
    policies,
    submission,
    transitions,
)
from labapp.subsidy.budget_models import BudgetEventType
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.payment_models import PaymentLine, Recovery, RecoveryState
from labapp.subsidy.transitions import ClaimAction


def list_recoveries(actor: Actor) -> list[Recovery]:
    """Give the recoveries: the office and the auditor all, a board its own."""
    query = select(Recovery).options(joinedload(Recovery.claim), joinedload(Recovery.board))
    if not (policies.is_office(actor) or policies.reads_all(actor)):
        boards = policies.organisations_of(actor, Role.BOARD_CONTROLLER)
        query = query.where(Recovery.board_id.in_(boards))
    return list(db.session.scalars(query.order_by(Recovery.id.desc())))


def get_recovery(actor: Actor, recovery_id: int) -> Recovery:
    found = next((one for one in list_recoveries(actor) if one.id == recovery_id), None)
    if found is None:
        raise NotFoundError(_("Deze terugvordering bestaat niet, of je mag haar niet zien."))
    return found


def open_recovery(actor: Actor, claim: Claim, *, note: str = "") -> Recovery:
    """Ask back from the board what a granted negative claim says; no batch need wait for it."""
    payments.require_office(actor)
    claim_id, version_id = claim.id, claim.scheme_version_id
    with ledger.money_transaction() as session:
        ledger.lock(version_id)
        claim = submission.locked(claim_id)
        owed = -(claim.granted_cents or 0)
        if claim.state not in payments.PAYABLE or owed <= 0:
            raise ConflictError(_("Alleen een toegekende claim onder nul wordt teruggevorderd."))
        in_batch = select(PaymentLine.id).where(PaymentLine.claim_id == claim_id)
        known = select(Recovery.id).where(Recovery.claim_id == claim_id)
        if session.scalar(in_batch) is not None or session.scalar(known) is not None:
            raise ConflictError(_("Deze claim wordt al verrekend of teruggevorderd."))
        made = Recovery(
            scheme_version_id=version_id,
            board_id=claim.board_id,
            claim_id=claim_id,
            cents=owed,
            note=claims.checked_note(note),
            created_by_id=actor.require_user().id,
        )
        session.add(made)
        audit.record(
            actor.id, "recovery.opened", made, on_behalf_of=actor.acting_for_id,
            changes={"claim": [None, claim.number], "cents": [None, owed]},
        )  # fmt: skip
    return made


def receive(actor: Actor, recovery: Recovery, *, version: int) -> Recovery:
    """Note that the money came in: the claim is settled. Not by who decided about it."""
    payments.require_office(actor)
    recovery_id, version_id = recovery.id, recovery.scheme_version_id
    with ledger.money_transaction() as session:
        budget = ledger.lock(version_id)
        recovery = session.scalars(
            select(Recovery)
            .where(Recovery.id == recovery_id)
            .with_for_update(of=Recovery)
            .execution_options(populate_existing=True)
        ).one()
        claim = submission.locked(recovery.claim_id)
        if recovery.version != version or recovery.state is not RecoveryState.OPEN:
            raise ConflictError(_("Deze terugvordering is al afgehandeld of veranderd."))
        in_batch = select(PaymentLine.id).where(PaymentLine.claim_id == claim.id)
        if session.scalar(in_batch) is not None:
            raise ConflictError(_("Deze claim wordt al verrekend in een betaalbatch."))
        four_eyes.require_payer(actor, [claim])
        claim.state = transitions.after(claim, ClaimAction.SETTLE)
        recovery.state = RecoveryState.RECEIVED
        recovery.closed_by_id, recovery.closed_at = actor.require_user().id, now()
        ledger.move(
            budget, BudgetEventType.RECOVER, recovery.cents, actor_id=actor.id, claim=claim,
            recovery=recovery,
        )  # fmt: skip
        audit.record(actor.id, "recovery.received", recovery, on_behalf_of=actor.acting_for_id)
    return recovery
