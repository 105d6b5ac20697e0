"""Approved hours that no claim can hold any more, because they lie above a cap."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select

from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimLine, ClaimSnapshot
from labapp.subsidy.measures import CURRENT, GONE
from labapp.subsidy.scheme_models import ActivityCategory, CapScope, CapUnit, SchemeVersion
from labapp.subsidy.total_models import PersonTotal


def above_caps(versions: Sequence[SchemeVersion]) -> Counter[tuple[int, int]]:
    """Give the approved minutes that no claim can hold any more, by version and branch.

    Caps in minutes per person; those in cents show when a claim is put together.
    """
    found: Counter[tuple[int, int]] = Counter()
    for version in versions:
        for cap in version.caps:
            if cap.unit is CapUnit.MINUTES and cap.scope is CapScope.PERSON_YEAR:
                for branch_id, minutes in _above_person(version, cap.value).items():
                    place = (version.id, branch_id)
                    found[place] = max(found[place], minutes)
    return found


def claimed_by_person(
    versions: Sequence[SchemeVersion], people: Sequence[int]
) -> Counter[tuple[int, int]]:
    """Give the minutes in claims by (person, branch); what a cap took off is used up too."""
    found: Counter[tuple[int, int]] = Counter()
    rows = db.session.execute(
        select(ClaimLine.user_id, Claim.organisation_id, func.sum(ClaimLine.minutes))
        .join(ClaimSnapshot, ClaimSnapshot.id == ClaimLine.snapshot_id)
        .join(Claim, CURRENT)
        .where(
            Claim.scheme_version_id.in_([one.id for one in versions]),
            Claim.state.not_in(GONE),
            ClaimLine.user_id.in_(people),
            ~ClaimLine.is_cap_adjustment,
        )
        .group_by(ClaimLine.user_id, Claim.organisation_id)
    )
    for user_id, branch_id, minutes in rows:
        found[user_id or 0, branch_id] = int(minutes or 0)
    return found


def approved_by_person(versions: Sequence[SchemeVersion], above: int) -> dict[int, Counter[int]]:
    """Give who has more approved minutes than this over all branches: {person: {branch: minutes}}.

    A cap holds for a person wherever the hours were worked, so this looks beyond what is visible.
    """
    mine = (
        PersonTotal.scheme_version_id.in_([one.id for one in versions]),
        PersonTotal.approved_minutes != 0,
        ActivityCategory.claimable,
    )
    joined = ActivityCategory.id == PersonTotal.category_id
    over = (
        select(PersonTotal.user_id)
        .join(ActivityCategory, joined)
        .where(*mine)
        .group_by(PersonTotal.user_id)
        .having(func.sum(PersonTotal.approved_minutes) > above)
    )
    found: dict[int, Counter[int]] = defaultdict(Counter)
    rows = db.session.execute(
        select(
            PersonTotal.user_id, PersonTotal.organisation_id, func.sum(PersonTotal.approved_minutes)
        )
        .join(ActivityCategory, joined)
        .where(*mine, PersonTotal.user_id.in_(over))
        .group_by(PersonTotal.user_id, PersonTotal.organisation_id)
    )
    for user_id, branch_id, minutes in rows:
        found[user_id][branch_id] = int(minutes or 0)
    return found


def _above_person(version: SchemeVersion, limit: int) -> Counter[int]:
    """Give by branch what persons have above a cap; their free hours are what lies above it."""
    over = approved_by_person([version], limit)
    claimed = claimed_by_person([version], sorted(over))
    found: Counter[int] = Counter()
    for user_id, by_branch in over.items():
        excess = by_branch.total() - limit
        for branch_id, minutes in sorted(by_branch.items()):
            free = max(0, minutes - claimed[user_id, branch_id])
            taken = min(excess, free)
            found[branch_id] += taken
            excess -= taken
    return found
