"""From approved hours to money, in as few words as a test needs."""

from datetime import date, timedelta

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.subsidy import assessments, claims, payments, submission
from labapp.subsidy.assessments import Ruling
from labapp.subsidy.budget_models import Budget, BudgetEvent, BudgetEventType
from labapp.subsidy.claim_models import (
    Allocation,
    Claim,
    ClaimLine,
    ClaimSnapshot,
    ClaimState,
    Decision,
)
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntryKind, HourEntry
from labapp.subsidy.payment_models import PaymentBatch
from labapp.subsidy.transitions import VOID

MONDAY = date(2026, 9, 7)
IBAN = "NL91ABNA0417164300"
LIVE = [state for state in ClaimState if state not in VOID and state is not ClaimState.DRAFT]


def approved(user, school, category, leader, minutes=(480,), day=MONDAY, **extra):
    """Write hours of one month, signed and approved; `minutes` are of days after each other."""
    with transaction() as session:
        approver_id = leader.id
        period = {
            "user_id": user.id, "organisation_id": school.id,
            "scheme_version_id": category.scheme_version_id, "month": day.replace(day=1),
        }  # fmt: skip
        known = select(func.max(Declaration.seq)).filter_by(**period)
        declaration = Declaration(**period, seq=(session.scalar(known) or 0) + 1)
        session.add(declaration)
        session.flush()
        entries = [
            HourEntry(
                **{name: period[name] for name in list(period)[:3]},
                category_id=category.id,
                declaration_id=declaration.id,
                work_date=day + timedelta(days=n),
                minutes=number,
                created_by_id=user.id,
                touched_by=[user.id],
                **extra,
            )
            for n, number in enumerate(minutes)
        ]
        session.add_all(entries)
        session.flush()
        declaration.state = DeclarationState.SUBMITTED
        declaration.signed_at, declaration.signed_by_id = now(), period["user_id"]
        session.flush()
        declaration.state = DeclarationState.APPROVED
        declaration.approved_at, declaration.approved_by_id = now(), approver_id
    return entries


def reversed_part(entry, leader, minutes):
    """Take minutes of a frozen entry back, approved."""
    return approved(
        entry.user, entry.organisation, entry.category, leader, (-minutes,), entry.work_date,
        kind=EntryKind.REVERSAL, corrects_id=entry.id,
    )[0]  # fmt: skip


def replaced(entry, leader, minutes, day=None, category=None):
    return approved(
        entry.user, entry.organisation, category or entry.category, leader, (minutes,),
        day or entry.work_date, kind=EntryKind.REPLACEMENT, corrects_id=entry.id,
    )[0]  # fmt: skip


def draft(controller, version, school, **extra):
    return claims.assemble(
        Actor.of(controller), version_id=version.id, branch_id=school.id, **extra
    )


def submit(controller, claim):
    submission.submit(Actor.of(controller), claim, version=claim.version)
    return claim


def submitted(controller, version, school, **extra):
    return submit(controller, draft(controller, version, school, **extra))


def assess(assessor, claim, *reductions):
    assessments.assess(Actor.of(assessor), claim, reductions, "Gezien.", version=claim.version)
    return claim


def decide(decider, claim, *reductions, **extra):
    ruling = Ruling(reductions=reductions, text="Besloten.", **extra)
    assessments.decide(Actor.of(decider), claim, ruling, version=claim.version)
    return claim


def granted(controller, assessor, decider, claim):
    return decide(decider, assess(assessor, submit(controller, claim)))


def batch_of(office, version, *wanted):
    ids = [claim.id for claim in wanted] or None
    return payments.create_batch(Actor.of(office), version.id, ids)


def pay(payer, version, *wanted):
    batch = batch_of(payer, version, *wanted)
    return payments.release_batch(Actor.of(payer), batch, version=batch.version)


def give_account(board):
    board.iban, board.iban_verified_at = IBAN, now()
    db.session.commit()


def correction(controller, original):
    return claims.correct(Actor.of(controller), original)


def lines_of(claim):
    current = select(ClaimSnapshot.id).where(
        ClaimSnapshot.claim_id == claim.id, ClaimSnapshot.revision == claim.revision
    )
    return list(
        db.session.scalars(
            select(ClaimLine).where(ClaimLine.snapshot_id.in_(current)).order_by(ClaimLine.number)
        )
    )


def problems_of(error):
    return {problem["code"] for problem in error.value.problems}


def summed(kind, **filters):
    query = select(func.coalesce(func.sum(BudgetEvent.cents), 0)).where(BudgetEvent.type == kind)
    return int(db.session.scalar(query.filter_by(**filters)))


def check_identities():
    """Hold all money and hours to what must always be true (spec/subsidy.md 3.12)."""
    db.session.rollback()
    for claim in db.session.scalars(select(Claim)):
        _check_claim(claim)
    for budget in db.session.scalars(select(Budget)):
        _check_budget(budget)
    numbers = {}
    for claim in db.session.scalars(select(Claim).where(Claim.number.is_not(None))):
        version = claim.scheme_version
        numbers.setdefault((version.scheme_id, version.school_year), []).append(claim.sequence)
    for found in numbers.values():
        assert sorted(found) == list(range(1, len(found) + 1))
    active = db.session.scalars(select(Allocation.entry_id).where(Allocation.released_at.is_(None)))
    held = list(active)
    assert len(held) == len(set(held))


def _check_claim(claim):
    lines = lines_of(claim)
    events = {kind: summed(kind, claim_id=claim.id) for kind in BudgetEventType}
    reserved = events[BudgetEventType.RESERVE] - events[BudgetEventType.RELEASE]
    if claim.state is ClaimState.DRAFT:
        assert (claim.total_cents, claim.number, reserved) == (0, None, 0)
        return
    assert sum(line.cents for line in lines) == claim.total_cents
    asked = claim.total_cents if claim.granted_cents is None else claim.granted_cents
    assert reserved == (0 if claim.state in VOID else asked)
    held = db.session.scalars(
        select(Allocation.minutes).where(
            Allocation.claim_id == claim.id, Allocation.released_at.is_(None)
        )
    )
    decision = db.session.scalar(select(Decision).where(Decision.claim_id == claim.id))
    freed = {one["line"] for one in decision.reductions if one["reusable"]} if decision else set()
    minutes = sum(
        line.minutes for line in lines if not line.is_cap_adjustment and line.number not in freed
    )
    gone = claim.state in (ClaimState.WITHDRAWN, ClaimState.EXPIRED)
    assert sum(held) == (0 if gone else minutes)
    is_paid = claim.state is ClaimState.PAID
    in_batch = events[BudgetEventType.PAY]
    came_back = events[BudgetEventType.RECOVER]
    if is_paid and claim.granted_cents >= 0:
        assert (in_batch, came_back) == (claim.granted_cents, 0)
    elif is_paid:
        assert in_batch in (0, claim.granted_cents)
        assert came_back == -claim.granted_cents
    else:
        assert (in_batch, came_back) == (0, 0)


def _check_budget(budget):
    events = list(
        db.session.scalars(
            select(BudgetEvent)
            .where(BudgetEvent.scheme_version_id == budget.scheme_version_id)
            .order_by(BudgetEvent.seq)
        )
    )
    assert (
        [event.seq for event in events]
        == list(range(1, len(events) + 1))
        == (list(range(1, budget.last_seq + 1)))
    )
    up = {
        kind: sum(event.cents for event in events if event.type is kind and event.cents > 0)
        for kind in BudgetEventType
    }
    reserve, release, commit, paid, recover = (up[kind] for kind in BudgetEventType)
    assert budget.reserved_cents == reserve - release - commit
    assert budget.committed_cents == commit - paid
    assert budget.recovered_cents == recover
    released = [
        batch.total_cents
        for batch in db.session.scalars(select(PaymentBatch))
        if batch.scheme_version_id == budget.scheme_version_id and batch.released_at
    ]
    all_paid = sum(event.cents for event in events if event.type is BudgetEventType.PAY)
    assert all_paid == sum(released)
    if budget.ceiling_cents is not None:
        used = budget.reserved_cents + budget.committed_cents + budget.paid_cents
        assert used <= budget.ceiling_cents
