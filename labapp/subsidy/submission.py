"""Submitting a claim: one transaction that begins with the locks (spec/subsidy.md 3.9).

Lock, read everything again, allocate the hours, hold to caps and ceiling, freeze the snapshot, take
the number, note the movement and the event. Either all of it happened or nothing.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    claim_checks,
    claim_plans,
    claims,
    ledger,
    policies,
    snapshots,
    transitions,
)
from labapp.subsidy.budget_models import Budget, BudgetEventType
from labapp.subsidy.claim_lines import Plan, person_key
from labapp.subsidy.claim_models import Allocation, Claim, ClaimSnapshot
from labapp.subsidy.hour_models import Declaration
from labapp.subsidy.problems import refuse
from labapp.subsidy.scheme_models import SchemeVersion
from labapp.subsidy.transitions import ClaimAction

STATEMENT = (
    "Ik verklaar namens het bestuur dat deze uren zijn besteed aan de genoemde activiteiten en niet"
    " ook ten laste van een andere subsidie of opdracht worden gebracht."
)


def submit(actor: Actor, claim: Claim, *, version: int) -> None:
    """Sign and submit a draft or a returned claim; only the controller of the board may.

    All problems are reported together; a claim that does not fit is a conflict that says what is
    left, and its hours stay approved.
    """
    claim_id, version_id = claim.id, claim.scheme_version_id
    with ledger.money_transaction() as session:
        budget = ledger.lock(version_id)
        claim = locked(claim_id)
        if not policies.can_submit(actor, claim):
            raise ForbiddenError(_("Alleen het bestuur ondertekent een claim en dient haar in."))
        claims.require_version(claim, version)
        state = transitions.after(claim, ClaimAction.SUBMIT)
        _refuse_expired(claim)
        _lock_declarations(claim)
        claim.grant = claim_checks.grant_of(claim, hold=True)
        plan = claim_plans.make_plan(claim)
        refuse(_("Deze claim kan zo niet ingediend worden."), plan.problems)
        _allocate(claim, plan)
        _reserve(actor, budget, claim, plan.total_cents)
        _number(budget, claim)
        claim.submitted_by_id, claim.submitted_at = actor.require_user().id, now()
        snapshot = snapshots.make(claim, plan, _content(actor, claim, plan))
        claim.revision, claim.total_cents = snapshot.revision, plan.total_cents
        claim.state, claim.expires_at = state, None
        session.flush()
        _record(actor, claim, snapshot)


def withdraw(actor: Actor, claim: Claim, *, version: int) -> None:
    """Take back a claim that is not assessed yet; its hours can be claimed again."""
    claim_id, version_id = claim.id, claim.scheme_version_id
    with ledger.money_transaction():
        budget = ledger.lock(version_id)
        claim = locked(claim_id)
        if not policies.can_submit(actor, claim):
            raise ForbiddenError(_("Alleen het bestuur trekt een claim in."))
        claims.require_version(claim, version)
        claim.state = transitions.after(claim, ClaimAction.WITHDRAW)
        let_go(actor, budget, claim)
        audit.record(actor.id, "claim.withdrawn", claim, on_behalf_of=actor.acting_for_id)


def locked(claim_id: int) -> Claim:
    """Give a claim as it is now, held until the end of the transaction."""
    return db.session.scalars(
        select(Claim)
        .where(Claim.id == claim_id)
        .with_for_update(of=Claim)
        .execution_options(populate_existing=True)
    ).one()


def let_go(actor: Actor, budget: Budget, claim: Claim) -> None:
    """Release the hours and the reservation of a claim that ends without a decision."""
    release_hours(claim.id)
    ledger.move(budget, BudgetEventType.RELEASE, claim.total_cents, actor_id=actor.id, claim=claim)


def release_hours(claim_id: int, entry_ids: list[str] | None = None) -> None:
    """Free the hours of a claim, all or these, for another one."""
    held = update(Allocation).where(
        Allocation.claim_id == claim_id, Allocation.released_at.is_(None)
    )
    if entry_ids is not None:
        held = held.where(Allocation.entry_id.in_(entry_ids))
    db.session.execute(held.values(released_at=now()).execution_options(synchronize_session=False))


def _refuse_expired(claim: Claim) -> None:
    if claim.expires_at is not None and now() >= claim.expires_at:
        raise ConflictError(
            _("De veertien dagen zijn voorbij: deze claim is verlopen. Stel een nieuwe samen.")
        )


def _lock_declarations(claim: Claim) -> None:
    """Hold the declarations of the branch, so that none is reopened meanwhile."""
    db.session.execute(
        select(Declaration.id)
        .where(
            Declaration.organisation_id == claim.organisation_id,
            Declaration.scheme_version_id == claim.scheme_version_id,
        )
        .order_by(Declaration.id)
        .with_for_update(read=True, of=Declaration)
    ).all()


def _allocate(claim: Claim, plan: Plan) -> None:
    """Hold the hours of the plan, and free those that a returned claim leaves out now."""
    session = db.session()
    held = set(
        session.scalars(
            select(Allocation.entry_id).where(
                Allocation.claim_id == claim.id, Allocation.released_at.is_(None)
            )
        )
    )
    wanted = {entry.id for entry in plan.entries}
    if held - wanted:
        release_hours(claim.id, sorted(held - wanted))
    rows = [
        {"entry_id": entry.id, "claim_id": claim.id, "minutes": entry.minutes}
        for entry in plan.entries
        if entry.id not in held
    ]
    for start in range(0, len(rows), snapshots.AT_ONCE):
        session.execute(insert(Allocation), rows[start : start + snapshots.AT_ONCE])


def _reserve(actor: Actor, budget: Budget, claim: Claim, cents: int) -> None:
    """Reserve the amount; a returned claim kept its reservation and only moves the difference."""
    difference = cents - claim_plans.reserved(claim)
    if cents < 0 or claim.total_cents < 0:  # a correction that asks money back: whole amounts
        kept = claim_plans.reserved(claim)
        ledger.move(budget, BudgetEventType.RELEASE, kept, actor_id=actor.id, claim=claim)
        ledger.move(budget, BudgetEventType.RESERVE, cents, actor_id=actor.id, claim=claim)
    elif difference >= 0:
        ledger.move(budget, BudgetEventType.RESERVE, difference, actor_id=actor.id, claim=claim)
    else:
        ledger.move(budget, BudgetEventType.RELEASE, -difference, actor_id=actor.id, claim=claim)


def _number(budget: Budget, claim: Claim) -> None:
    """Give the claim its number, once; the counter is part of the transaction: no gaps."""
    if claim.number is None:
        version = claim.scheme_version
        claim.sequence = ledger.take_number(budget)
        claim.number = f"{version.scheme.code}-{version.school_year}-{claim.sequence:04d}"


def _record(actor: Actor, claim: Claim, snapshot: ClaimSnapshot) -> None:
    audit.record(
        actor.id,
        "claim.submitted",
        claim,
        on_behalf_of=actor.acting_for_id,
        changes={
            "number": [None, claim.number],
            "revision": [snapshot.revision - 1, snapshot.revision],
            "total_cents": [None, claim.total_cents],
            "snapshot_sha256": [None, snapshot.sha256],
        },
    )
    head = select(audit.AuditHead.seq, audit.AuditHead.hash)
    claim.audit_seq, claim.audit_head = db.session.execute(head).one()


def _content(actor: Actor, claim: Claim, plan: Plan) -> dict[str, Any]:
    user = actor.require_user()
    return {
        "number": claim.number,
        "revision": claim.revision + 1,
        "kind": claim.kind.value,
        "corrects": claim.corrects.number if claim.corrects else None,
        "scheme": _scheme(claim.scheme_version),
        "board": {
            "id": claim.board_id,
            "name": claim.board.name,
            "board_number": claim.board.board_number,
            "iban_last4": (claim.board.iban or "")[-4:],
        },
        "branch": {
            "id": claim.organisation_id,
            "name": claim.organisation.name,
            "brin6": claim.organisation.brin6,
            "municipality": claim.organisation.municipality,
            "sector": claim.organisation.sector.value if claim.organisation.sector else None,
            "currency": claim.scheme_version.currency,
            "time_zone": claim.organisation.time_zone,
        },
        "grant": _grant(claim),
        "instalment": claim.instalment,
        "total_cents": plan.total_cents,
        "total_minutes": plan.total_minutes,
        "lines": len(plan.lines),
        "hours": len(plan.entries),
        "exact_cents_x": sum(
            line.minutes * line.rate_cents * line.percentage_bp for line in plan.lines
        ),
        "note": claim.note,
        "submitted_on": _day(claim).isoformat(),
        "submitted_by": {"person_id": person_key(user.id), "user_id": user.id, "name": user.name},
        "statement": STATEMENT,
    }


def _scheme(version: SchemeVersion) -> dict[str, Any]:
    return {
        "code": version.scheme.code,
        "name_nl": version.scheme.name_nl,
        "name_en": version.scheme.name_en,
        "version": version.number,
        "school_year": version.school_year,
        "kind": version.kind.value,
        "percentage_bp": version.percentage_bp,
        "source_url": version.source_url,
        "is_fictional": version.scheme.is_fictional,
        "conditions": version.conditions,
    }


def _grant(claim: Claim) -> dict[str, Any] | None:
    grant = claim.grant
    if grant is None:
        return None
    return {
        "decision_number": grant.decision_number,
        "decided_on": grant.decided_on.isoformat(),
        "amount_cents": grant.amount_cents,
    }


def _day(claim: Claim) -> date:
    """Give the day of submission on the clock of the branch."""
    assert claim.submitted_at is not None
    return claim.submitted_at.astimezone(ZoneInfo(claim.organisation.time_zone)).date()
