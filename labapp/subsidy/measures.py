"""What reconciliation compares: the same minutes and cents, counted along different ways.

Each function gives a number for each branch; the whole is their sum.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, extract, func, select

from labapp.database import db
from labapp.subsidy.claim_models import (
    Allocation,
    Claim,
    ClaimHour,
    ClaimLine,
    ClaimSnapshot,
    ClaimState,
    Decision,
)
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry
from labapp.subsidy.scheme_models import ActivityCategory, SchemeVersion
from labapp.subsidy.total_models import HourTotal, PersonTotal

Sums = Counter[int]  # by branch
UNCLAIMED = "approved_unclaimed"
NOT_CLAIMABLE = "approved_not_claimable"
GONE = (ClaimState.DRAFT, ClaimState.WITHDRAWN, ClaimState.EXPIRED)
HELD = exists().where(Allocation.entry_id == HourEntry.id, Allocation.released_at.is_(None))
CURRENT = and_(ClaimSnapshot.claim_id == Claim.id, ClaimSnapshot.revision == Claim.revision)


def sums(query: Any) -> Sums:
    """Read (branch, sum) rows."""
    return Counter({row[0]: int(row[1] or 0) for row in db.session.execute(query)})


def logged(version: SchemeVersion, year: int | None = None) -> Sums:
    """Minutes of all hours."""
    return sums(
        select(HourEntry.organisation_id, func.sum(HourEntry.minutes))
        .where(HourEntry.scheme_version_id == version.id, *_in_year(year, HourEntry.work_date))
        .group_by(HourEntry.organisation_id)
    )


def parts(version: SchemeVersion, year: int | None = None) -> dict[str, Sums]:
    """Minutes by what became of them; hours in a claim are counted apart, from the claims."""
    part = case(
        (Declaration.state != DeclarationState.APPROVED, Declaration.state),
        (~ActivityCategory.claimable, NOT_CLAIMABLE),
        else_=UNCLAIMED,
    )
    # Hours in a claim whose declaration is not approved are counted twice on purpose: it shows.
    counted = (Declaration.state != DeclarationState.APPROVED) | ~HELD
    rows = db.session.execute(
        select(HourEntry.organisation_id, part.label("part"), func.sum(HourEntry.minutes))
        .join(Declaration, Declaration.id == HourEntry.declaration_id)
        .join(ActivityCategory, ActivityCategory.id == HourEntry.category_id)
        .where(
            HourEntry.scheme_version_id == version.id,
            counted,
            *_in_year(year, HourEntry.work_date),
        )
        .group_by(HourEntry.organisation_id, part)
    )
    found: dict[str, Sums] = defaultdict(Counter)
    for branch, name, minutes in rows:
        found[str(getattr(name, "value", name))][branch] += int(minutes or 0)
    return found


def allocated(version: SchemeVersion, year: int | None = None) -> Sums:
    """Minutes that claims hold."""
    return sums(
        select(HourEntry.organisation_id, func.sum(Allocation.minutes))
        .join(Allocation, Allocation.entry_id == HourEntry.id)
        .where(
            HourEntry.scheme_version_id == version.id,
            Allocation.released_at.is_(None),
            *_in_year(year, HourEntry.work_date),
        )
        .group_by(HourEntry.organisation_id)
    )


def counted(version: SchemeVersion) -> Sums:
    """Minutes as the database added them up while they were written."""
    return sums(
        select(HourTotal.organisation_id, func.sum(HourTotal.minutes))
        .where(HourTotal.scheme_version_id == version.id)
        .group_by(HourTotal.organisation_id)
    )


def frozen_hours(version: SchemeVersion) -> Sums:
    """Minutes of the hours in all claims as they were last submitted."""
    return sums(frozen(version, ClaimHour, ClaimHour.minutes))


def line_minutes(version: SchemeVersion) -> Sums:
    """Minutes of the lines of the same claims; what a cap took off is a line of its own."""
    return sums(frozen(version, ClaimLine, ClaimLine.minutes).where(~ClaimLine.is_cap_adjustment))


def held_lines(version: SchemeVersion) -> Sums:
    """Minutes of the lines whose hours are still held: not given back by a decision."""
    freed = {
        (decision.claim_id, reduction["line"])
        for decision in _decisions(version)
        for reduction in decision.reductions
        if reduction.get("reusable")
    }
    rows = db.session.execute(
        select(Claim.organisation_id, Claim.id, ClaimLine.number, ClaimLine.minutes)
        .join(ClaimSnapshot, CURRENT)
        .join(ClaimLine, ClaimLine.snapshot_id == ClaimSnapshot.id)
        .where(
            Claim.scheme_version_id == version.id,
            Claim.state.not_in(GONE),
            ~ClaimLine.is_cap_adjustment,
        )
    )
    found: Sums = Counter()
    for branch, claim_id, number, minutes in rows:
        if (claim_id, number) not in freed:
            found[branch] += minutes
    return found


def trimmed(version: SchemeVersion) -> Sums:
    """Minutes that caps took off."""
    return sums(
        frozen(version, ClaimLine, ClaimLine.minutes).where(
            ClaimLine.is_cap_adjustment, Claim.state.not_in(GONE)
        )
    )


def changed_hours(version: SchemeVersion) -> Sums:
    """How many hours in a claim are not what they were when it was submitted."""
    differs = (
        (HourEntry.minutes != ClaimHour.minutes)
        | (HourEntry.work_date != ClaimHour.work_date)
        | (HourEntry.user_id != ClaimHour.user_id)
        | (Allocation.minutes != ClaimHour.minutes)
    )
    return sums(
        select(Claim.organisation_id, func.count())
        .select_from(Allocation)
        .join(Claim, Claim.id == Allocation.claim_id)
        .join(HourEntry, HourEntry.id == Allocation.entry_id)
        .join(ClaimSnapshot, CURRENT)
        .outerjoin(
            ClaimHour,
            and_(
                ClaimHour.snapshot_id == ClaimSnapshot.id,
                ClaimHour.entry_id == Allocation.entry_id,
            ),
        )
        .where(
            Claim.scheme_version_id == version.id,
            Allocation.released_at.is_(None),
            differs | ClaimHour.id.is_(None),
        )
        .group_by(Claim.organisation_id)
    )


def added(*many: Sums) -> Sums:
    """Add up; what is below zero stays."""
    found: Sums = Counter()
    for one in many:
        found.update(one)
    return found


def less(one: Sums, other: Sums) -> Sums:
    found: Sums = Counter(one)
    found.subtract(other)
    return found


def frozen(version: SchemeVersion, model: Any, column: Any) -> Any:
    """Give the query of a column of lines or hours, as claims were last submitted, by branch."""
    return (
        select(Claim.organisation_id, func.sum(column))
        .join(ClaimSnapshot, CURRENT)
        .join(model, model.snapshot_id == ClaimSnapshot.id)
        .where(Claim.scheme_version_id == version.id)
        .group_by(Claim.organisation_id)
    )


def _decisions(version: SchemeVersion) -> Iterator[Decision]:
    yield from db.session.scalars(
        select(Decision)
        .join(Claim, Claim.id == Decision.claim_id)
        .where(Claim.scheme_version_id == version.id)
    )


def _in_year(year: int | None, column: Any) -> list[ColumnElement[bool]]:
    return [] if year is None else [extract("year", column) == year]


def counted_people(version: SchemeVersion) -> Sums:
    """Minutes as they were added up once more, by person."""
    minutes = (
        PersonTotal.open_minutes + PersonTotal.submitted_minutes + PersonTotal.approved_minutes
    )
    return sums(
        select(PersonTotal.organisation_id, func.sum(minutes))
        .where(PersonTotal.scheme_version_id == version.id)
        .group_by(PersonTotal.organisation_id)
    )
