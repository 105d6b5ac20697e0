"""The money that reconciliation compares: asked, held, granted, paid, and what came back."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, func, select

from labapp.database import db
from labapp.subsidy.budget_models import BudgetEvent, BudgetEventType
from labapp.subsidy.claim_models import Claim, ClaimKind, ClaimLine, ClaimSnapshot, ClaimState
from labapp.subsidy.measures import CURRENT, GONE, Sums, added, frozen, sums
from labapp.subsidy.money import cents
from labapp.subsidy.payment_models import (
    BatchState,
    PaymentBatch,
    PaymentLine,
    Recovery,
    RecoveryState,
)
from labapp.subsidy.scheme_models import SchemeKind, SchemeVersion
from labapp.subsidy.transitions import DECIDED

UNDECIDED = (ClaimState.SUBMITTED, ClaimState.RETURNED, ClaimState.ASSESSED)


def line_cents(version: SchemeVersion) -> Sums:
    """Cents of the lines of all claims as they were last submitted."""
    return sums(frozen(version, ClaimLine, ClaimLine.cents))


def claim_totals(version: SchemeVersion) -> Sums:
    """Cents of the claims that were ever submitted."""
    return _claims(version, Claim.total_cents, Claim.number.is_not(None))


def wrong_lines(version: SchemeVersion) -> Sums:
    """How many groups of lines are not minutes x rate x percentage, rounded once."""
    found: Sums = Counter()
    if version.kind is not SchemeKind.HOURLY:
        return found
    group = (ClaimLine.user_id, ClaimLine.category_code, ClaimLine.rate_cents,
             ClaimLine.percentage_bp)  # fmt: skip
    rows = db.session.execute(
        select(
            Claim.organisation_id,
            ClaimLine.rate_cents,
            ClaimLine.percentage_bp,
            func.sum(ClaimLine.minutes),
            func.sum(ClaimLine.cents),
        )
        .join(ClaimSnapshot, CURRENT)
        .join(ClaimLine, ClaimLine.snapshot_id == ClaimSnapshot.id)
        .where(Claim.scheme_version_id == version.id, Claim.kind == ClaimKind.NORMAL)
        .group_by(Claim.organisation_id, ClaimSnapshot.id, *group)
    )
    for branch, rate, percentage, minutes, asked in rows:
        found[branch] += cents(int(minutes), rate, percentage) != int(asked)
    return found


def exact_cents(version: SchemeVersion) -> int:
    """Give the lines unrounded, in 1/600,000 cent: for the rounding difference."""
    by_person = ClaimLine.user_id.is_not(None) & Claim.state.not_in(GONE)
    rows = db.session.execute(
        select(ClaimLine.minutes, ClaimLine.rate_cents, ClaimLine.percentage_bp)
        .join(ClaimSnapshot, ClaimSnapshot.id == ClaimLine.snapshot_id)
        .join(Claim, CURRENT)
        .where(Claim.scheme_version_id == version.id, by_person)
    )
    return sum(minutes * rate * percentage for minutes, rate, percentage in rows)


def rounded_cents(version: SchemeVersion) -> int:
    """Give the same lines in whole cents."""
    by_person = ClaimLine.user_id.is_not(None) & Claim.state.not_in(GONE)
    return sum(sums(frozen(version, ClaimLine, ClaimLine.cents).where(by_person)).values())


def ledger(version: SchemeVersion, *kinds: BudgetEventType) -> Sums:
    """Cents that moved, by the branch of the claim."""
    return sums(
        select(Claim.organisation_id, func.sum(BudgetEvent.cents))
        .join(Claim, Claim.id == BudgetEvent.claim_id)
        .where(BudgetEvent.scheme_version_id == version.id, BudgetEvent.type.in_(kinds))
        .group_by(Claim.organisation_id)
    )


def held_cents(version: SchemeVersion) -> Sums:
    """Cents that claims hold of the ceiling: asked while not decided, granted after."""
    asked = _claims(version, Claim.total_cents, Claim.state.in_(UNDECIDED))
    return added(asked, granted(version))


def granted(version: SchemeVersion) -> Sums:
    return _claims(version, Claim.granted_cents, Claim.state.in_(DECIDED))


def settled(version: SchemeVersion) -> Sums:
    """Cents granted of the claims that are paid, set off or received back."""
    return _claims(version, Claim.granted_cents, Claim.state == ClaimState.PAID)


def paid_lines(version: SchemeVersion, *, negative: bool = False) -> Sums:
    """Cents of the lines of released batches; or only those below zero."""
    query = (
        select(Claim.organisation_id, func.sum(PaymentLine.cents))
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .join(PaymentBatch, PaymentBatch.id == PaymentLine.batch_id)
        .where(
            PaymentBatch.scheme_version_id == version.id,
            PaymentBatch.state == BatchState.RELEASED,
        )
        .group_by(Claim.organisation_id)
    )
    return sums(query.where(PaymentLine.cents < 0) if negative else query)


def received(version: SchemeVersion) -> Sums:
    """Cents that boards paid back by themselves."""
    return sums(
        select(Claim.organisation_id, func.sum(Recovery.cents))
        .join(Claim, Claim.id == Recovery.claim_id)
        .where(Recovery.scheme_version_id == version.id, Recovery.state == RecoveryState.RECEIVED)
        .group_by(Claim.organisation_id)
    )


def _claims(version: SchemeVersion, column: Any, condition: ColumnElement[bool]) -> Sums:
    return sums(
        select(Claim.organisation_id, func.sum(column))
        .where(Claim.scheme_version_id == version.id, condition)
        .group_by(Claim.organisation_id)
    )
