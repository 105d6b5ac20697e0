"""Whether everything adds up (spec/subsidy.md 3.12): each identity with its difference.

A difference that is not 0 stands in red and holds back payment. Nothing here is kept: each time
everything is counted anew.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from labapp.accounts.models import Organisation
from labapp.database import db
from labapp.subsidy import (
    declaration_snapshots,
    measures,
    money_measures,
    retention,
    snapshots,
)
from labapp.subsidy.budget_models import Budget, BudgetEvent, BudgetEventType
from labapp.subsidy.claim_models import Claim, ClaimSnapshot
from labapp.subsidy.hour_models import Declaration, DeclarationState
from labapp.subsidy.identities import CENTS, NUMBER, Identity, Pair, Report
from labapp.subsidy.measures import Sums, added, less
from labapp.subsidy.payment_models import BatchState, PaymentBatch, PaymentLine
from labapp.subsidy.scheme_models import SchemeVersion
from labapp.subsidy.total_models import HourTotal


def reconcile(
    version: SchemeVersion,
    branch: Organisation | None = None,
    *,
    year: int | None = None,
    deep: bool = True,
) -> Report:
    """Count a version, or one branch under it; `year` is a calendar year, of the hours only.

    `deep` also checks the hash of every snapshot. A fault of one branch that another makes up for
    is a fault of the whole too.
    """
    number = branch.id if branch else None
    pairs, minutes = _minutes(version, year)
    if year is None:
        pairs += _money(version)
        if deep:
            pairs += _hashes(version, number)
    report = Report(version, branch, year)
    for pair in pairs:
        whole = pair.of(number)
        if number is None and whole.holds:
            whole = next((pair.of(key) for key in sorted(pair.faulty_branches())), whole)
        report.identities.append(whole)
    if number is None and year is None:
        report.identities += _whole(version)
    report.figures = {name: _pick(found, number) for name, found in minutes.items()}
    if year is None:
        report.figures |= _figures(version, number)
    return report


def blocking(version: SchemeVersion, branch: Organisation | None = None) -> list[Identity]:
    """Give what holds back payment: each identity that does not hold."""
    return reconcile(version, branch).faults


def branches_in(version: SchemeVersion, visible: Any) -> Sequence[Organisation]:
    """Give the branches with hours or claims under a version, of those one may see."""
    hours = select(HourTotal.organisation_id).where(HourTotal.scheme_version_id == version.id)
    claims = select(Claim.organisation_id).where(Claim.scheme_version_id == version.id)
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(hours) | Organisation.id.in_(claims), visible)
        .order_by(Organisation.name, Organisation.id)
    ).all()


def rounding_difference(version: SchemeVersion) -> str:
    """Give how much rounding each line once adds to the exact amounts, in cents."""
    hundredths = 600_000
    exact = money_measures.exact_cents(version)
    difference = money_measures.rounded_cents(version) * hundredths - exact
    sign, (whole, rest) = "-" if difference < 0 else "", divmod(abs(difference), hundredths)
    return f"{sign}{whole},{rest * 100 // hundredths:02d}"


def _minutes(version: SchemeVersion, year: int | None) -> tuple[list[Pair], dict[str, Sums]]:
    logged, held = measures.logged(version, year), measures.allocated(version, year)
    split = measures.parts(version, year)
    names = ("open", "submitted", measures.NOT_CLAIMABLE, measures.UNCLAIMED)
    found = {name: split.get(name, Counter()) for name in names}
    pairs = [Pair("logged", logged, added(held, *found.values()))]
    if year is None:
        nothing: Sums = Counter()
        pairs += [
            Pair("counted", measures.counted(version), logged),
            Pair("counted", measures.counted_people(version), logged),
            Pair("allocated", held, measures.held_lines(version)),
            Pair("frozen", measures.frozen_hours(version), measures.line_minutes(version)),
            Pair("changed", measures.changed_hours(version), nothing, NUMBER),
        ]
        found["trimmed"] = measures.trimmed(version)
    return pairs, {"logged": logged, **found, "allocated": held}


def _money(version: SchemeVersion) -> list[Pair]:
    kinds = BudgetEventType
    moved = {kind: money_measures.ledger(version, kind) for kind in kinds}
    lines = money_measures.line_cents(version)
    paid, back = money_measures.paid_lines(version), money_measures.received(version)
    set_off = less(Counter(), money_measures.paid_lines(version, negative=True))
    return [
        Pair("cents", lines, money_measures.claim_totals(version), CENTS),
        Pair("rounding", money_measures.wrong_lines(version), Counter(), NUMBER),
        Pair(
            "reserved",
            less(moved[kinds.RESERVE], moved[kinds.RELEASE]),
            money_measures.held_cents(version),
            CENTS,
        ),
        Pair("committed", moved[kinds.COMMIT], money_measures.granted(version), CENTS),
        Pair("paid", moved[kinds.PAY], paid, CENTS),
        Pair("recovered", moved[kinds.RECOVER], added(set_off, back), CENTS),
        Pair("net", money_measures.settled(version), less(paid, back), CENTS),
    ]


def _hashes(version: SchemeVersion, branch_id: int | None) -> list[Pair]:
    """Count the snapshots that are not what was hashed; names that were taken out are allowed."""
    claims: Sums = Counter()
    found = select(ClaimSnapshot, Claim).join(Claim, Claim.id == ClaimSnapshot.claim_id)
    found = found.where(Claim.scheme_version_id == version.id).order_by(ClaimSnapshot.id)
    signed = select(Declaration).where(
        Declaration.scheme_version_id == version.id, Declaration.state != DeclarationState.OPEN
    )
    if branch_id is not None:
        found = found.where(Claim.organisation_id == branch_id)
        signed = signed.where(Declaration.organisation_id == branch_id)
    for snapshot, claim in db.session.execute(found).all():
        if not snapshots.verify(snapshot) and not retention.is_shredded(claim):
            claims[claim.organisation_id] += 1
    declarations: Sums = Counter()
    for one in db.session.scalars(signed.execution_options(yield_per=500)):
        if not declaration_snapshots.is_intact(one):
            declarations[one.organisation_id] += 1
    return [
        Pair("snapshots", claims, Counter(), NUMBER),
        Pair("declarations", declarations, Counter(), NUMBER),
    ]


def _whole(version: SchemeVersion) -> list[Identity]:
    """What is kept for a version as a whole: batches, counters, numbers, ceiling."""
    budget = db.session.scalar(select(Budget).where(Budget.scheme_version_id == version.id))
    released = PaymentBatch.state == BatchState.RELEASED
    of_version = PaymentBatch.scheme_version_id == version.id
    batches = _scalar(select(func.sum(PaymentBatch.total_cents)).where(of_version, released))
    lines = _scalar(
        select(func.sum(PaymentLine.cents)).join(PaymentBatch).where(of_version, released)
    )
    events = select(func.count(), func.coalesce(func.max(BudgetEvent.seq), 0)).where(
        BudgetEvent.scheme_version_id == version.id
    )
    count, last = db.session.execute(events).one()
    found = [
        Identity("batches", batches, lines, CENTS),
        Identity("events", last, count, NUMBER),
        _numbers(version),
    ]
    if budget is not None:
        found += [
            Identity("events", budget.last_seq or 0, count, NUMBER),
            *_counters(version, budget),
        ]
    return found


def _counters(version: SchemeVersion, budget: Budget) -> list[Identity]:
    rows = db.session.execute(
        select(BudgetEvent.type, func.sum(BudgetEvent.cents))
        .where(BudgetEvent.scheme_version_id == version.id, BudgetEvent.cents > 0)
        .group_by(BudgetEvent.type)
    )
    moved = {kind: int(total) for kind, total in rows}
    kinds = BudgetEventType
    reserve, release, commit, pay, recover = (moved.get(kind, 0) for kind in kinds)
    back = recover if version.returns_recovered else 0
    used = budget.reserved_cents + budget.committed_cents + budget.paid_cents
    ceiling = budget.ceiling_cents
    above = 0 if ceiling is None else max(0, used - ceiling)
    return [
        Identity("budget_reserved", budget.reserved_cents, reserve - release - commit, CENTS),
        Identity("budget_committed", budget.committed_cents, commit - pay, CENTS),
        Identity("budget_paid", budget.paid_cents, pay - back, CENTS),
        Identity("budget_recovered", budget.recovered_cents, recover, CENTS),
        Identity("ceiling", above, 0, CENTS),
    ]


def _numbers(version: SchemeVersion) -> Identity:
    """Claim numbers count over all versions of a scheme in a school year."""
    family = select(SchemeVersion.id).where(
        SchemeVersion.scheme_id == version.scheme_id,
        SchemeVersion.school_year == version.school_year,
    )
    last, count = db.session.execute(
        select(func.coalesce(func.max(Claim.sequence), 0), func.count(Claim.sequence)).where(
            Claim.scheme_version_id.in_(family)
        )
    ).one()
    return Identity("numbers", last or 0, count, NUMBER)


def _figures(version: SchemeVersion, branch_id: int | None) -> dict[str, int]:
    found: dict[str, Callable[[SchemeVersion], Sums]] = {
        "asked_cents": money_measures.held_cents,
        "granted_cents": money_measures.granted,
        "paid_cents": money_measures.paid_lines,
        "received_cents": money_measures.received,
    }
    return {name: _pick(measure(version), branch_id) for name, measure in found.items()}


def _pick(found: Sums, branch_id: int | None) -> int:
    return found.total() if branch_id is None else found[branch_id]


def _scalar(query: Any) -> int:
    return int(db.session.scalar(query) or 0)
