"""The few statements behind the overviews: they read sums (`HourTotal`), never single hours."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from labapp.accounts.models import Affiliation, AffiliationStatus, Organisation
from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimLine, ClaimSnapshot, ClaimState, Decision
from labapp.subsidy.hour_models import DeclarationState, HourEntry
from labapp.subsidy.measures import CURRENT, GONE
from labapp.subsidy.scheme_models import ActivityCategory, SchemeVersion
from labapp.subsidy.total_models import HourTotal, PersonTotal
from labapp.subsidy.transitions import DECIDED

DAY_A_WEEK = 2_000  # of an appointment, in basis points of a full week
WHOLE_WEEK = 10_000
Place = tuple[int, int]  # scheme version, branch


@dataclass
class Hours:
    """The hours of a branch under a scheme version, added up."""

    open: int = 0
    submitted: int = 0
    approved: int = 0  # of activities that may be claimed
    not_claimable: int = 0
    entries: int = 0
    late: int = 0
    people: int = 0  # with approved hours that may be claimed
    small_people: int = 0  # of those: appointed for less than a day a week
    small_minutes: int = 0

    @property
    def logged(self) -> int:
        return self.open + self.submitted + self.approved + self.not_claimable

    def add(self, other: "Hours") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass
class Money:
    """What the claims of a branch ask and got, in cents."""

    claims: int = 0
    asked: int = 0
    granted: int = 0
    paid: int = 0
    minutes: int = 0  # in claims

    def add(self, other: "Money") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def visible_branches(visible: ColumnElement[bool]) -> Select[Any]:
    return select(Organisation.id).where(visible)


def hours_by_branch(
    versions: Sequence[SchemeVersion], visible: ColumnElement[bool], year: int | None = None
) -> dict[Place, Hours]:
    """Add hours and people up by version and branch; `year` is a calendar year."""
    small = _small(versions)
    person = _by_person(versions, visible, year).subquery()
    counts = person.c.approved > 0
    is_small = small.c.user_id.is_not(None)
    rows = db.session.execute(
        select(
            person.c.version_id,
            person.c.branch_id,
            *(
                func.sum(person.c[name])
                for name in ("open", "submitted", "approved", "not_claimable", "entries", "late")
            ),
            func.count().filter(counts),
            func.count().filter(counts, is_small),
            func.sum(person.c.approved).filter(is_small),
        )
        .outerjoin(
            small,
            and_(
                small.c.user_id == person.c.user_id,
                small.c.organisation_id == person.c.branch_id,
            ),
        )
        .group_by(person.c.version_id, person.c.branch_id)
    )
    return {(row[0], row[1]): Hours(*(int(value or 0) for value in row[2:])) for row in rows}


def money_by_branch(
    versions: Sequence[SchemeVersion], visible: ColumnElement[bool]
) -> dict[Place, Money]:
    """Add claims up by version and branch; drafts, withdrawn and expired ones ask nothing."""
    chosen = (
        Claim.scheme_version_id.in_([one.id for one in versions]),
        Claim.organisation_id.in_(visible_branches(visible)),
        Claim.state.not_in(GONE),
    )
    place = (Claim.scheme_version_id, Claim.organisation_id)
    decided, paid = Claim.state.in_(DECIDED), Claim.state == ClaimState.PAID
    found: dict[Place, Money] = defaultdict(Money)
    rows = db.session.execute(
        select(
            *place,
            func.count(),
            func.sum(Claim.total_cents),
            func.sum(Claim.granted_cents).filter(decided),
            func.sum(Claim.granted_cents).filter(paid),
        )
        .where(*chosen)
        .group_by(*place)
    )
    for version_id, branch_id, *numbers in rows:
        found[version_id, branch_id] = Money(*(int(number or 0) for number in numbers))
    for where, minutes in _claimed(chosen).items():
        found[where].minutes = minutes
    return found


def double_days(visible: ColumnElement[bool], first: date, last: date) -> list[Any]:
    """Give (person, day, minutes here) where somebody wrote hours under two schemes on one day.

    What was written elsewhere is not told: only that it was.
    """
    here = select(PersonTotal.user_id).where(
        PersonTotal.organisation_id.in_(visible_branches(visible))
    )
    several = (
        select(PersonTotal.user_id)
        .join(SchemeVersion, SchemeVersion.id == PersonTotal.scheme_version_id)
        .where(PersonTotal.user_id.in_(here), PersonTotal.entries > 0)
        .group_by(PersonTotal.user_id)
        .having(func.count(func.distinct(SchemeVersion.scheme_id)) > 1)
    )
    in_range = HourEntry.work_date.between(first, last)
    days = (
        select(HourEntry.user_id, HourEntry.work_date)
        .join(SchemeVersion, SchemeVersion.id == HourEntry.scheme_version_id)
        .where(HourEntry.user_id.in_(several), in_range)
        .group_by(HourEntry.user_id, HourEntry.work_date)
        .having(func.count(func.distinct(SchemeVersion.scheme_id)) > 1)
        .subquery()
    )
    rows = db.session.execute(
        select(HourEntry.user_id, HourEntry.work_date, func.sum(HourEntry.minutes))
        .join(
            days,
            and_(days.c.user_id == HourEntry.user_id, days.c.work_date == HourEntry.work_date),
        )
        .where(HourEntry.organisation_id.in_(visible_branches(visible)))
        .group_by(HourEntry.user_id, HourEntry.work_date)
        .order_by(HourEntry.work_date.desc(), HourEntry.user_id)
    )
    return list(rows)


def in_calendar_year(year: int | None) -> list[ColumnElement[bool]]:
    if year is None:
        return []
    return [HourTotal.month.between(date(year, 1, 1), date(year, 12, 31))]


def _by_person(
    versions: Sequence[SchemeVersion], visible: ColumnElement[bool], year: int | None
) -> Any:
    """Give each person's hours at a branch: over all months, or of one calendar year."""
    agreed: Any
    if year is None:
        source: Any = PersonTotal
        opened, sent, agreed = (
            func.sum(PersonTotal.open_minutes),
            func.sum(PersonTotal.submitted_minutes),
            PersonTotal.approved_minutes,
        )
    else:
        source = HourTotal
        opened = _part(HourTotal.minutes, HourTotal.state == DeclarationState.OPEN)
        sent = _part(HourTotal.minutes, HourTotal.state == DeclarationState.SUBMITTED)
        is_agreed = HourTotal.state == DeclarationState.APPROVED
        agreed = case((is_agreed, HourTotal.minutes), else_=0)
    return (
        select(
            source.scheme_version_id.label("version_id"),
            source.organisation_id.label("branch_id"),
            source.user_id,
            opened.label("open"),
            sent.label("submitted"),
            _part(agreed, ActivityCategory.claimable).label("approved"),
            _part(agreed, ~ActivityCategory.claimable).label("not_claimable"),
            func.sum(source.entries).label("entries"),
            func.sum(source.late_entries).label("late"),
        )
        .join(ActivityCategory, ActivityCategory.id == source.category_id)
        .where(
            source.scheme_version_id.in_([one.id for one in versions]),
            source.organisation_id.in_(visible_branches(visible)),
            *in_calendar_year(year),
        )
        .group_by(source.scheme_version_id, source.organisation_id, source.user_id)
    )


def _part(minutes: Any, condition: Any) -> Any:
    return func.coalesce(func.sum(minutes).filter(condition), 0)


def _small(versions: Sequence[SchemeVersion]) -> Any:
    """Give who was appointed at a branch for less than a day a week all the while.

    Of whom it is not known how much, it is taken to be a day at least.
    """
    first = min((one.valid_from for one in versions), default=date.max)
    last = max((one.valid_to for one in versions), default=date.min)
    size = func.max(func.coalesce(Affiliation.fte_bp, WHOLE_WEEK))
    return (
        select(Affiliation.user_id, Affiliation.organisation_id)
        .where(
            Affiliation.status == AffiliationStatus.CONFIRMED,
            Affiliation.from_on <= last,
            Affiliation.until_on.is_(None) | (Affiliation.until_on > first),
        )
        .group_by(Affiliation.user_id, Affiliation.organisation_id)
        .having(size < DAY_A_WEEK)
        .subquery()
    )


def _claimed(chosen: Sequence[ColumnElement[bool]]) -> Counter[Place]:
    """Give the minutes that claims hold: those of lines that no decision gave back."""
    found: Counter[Place] = Counter()
    place = (Claim.scheme_version_id, Claim.organisation_id)
    lines = (
        select(*place, func.sum(ClaimLine.minutes))
        .join(ClaimSnapshot, CURRENT)
        .join(ClaimLine, ClaimLine.snapshot_id == ClaimSnapshot.id)
        .where(*chosen, ~ClaimLine.is_cap_adjustment)
        .group_by(*place)
    )
    for version_id, branch_id, minutes in db.session.execute(lines):
        found[version_id, branch_id] = int(minutes or 0)
    decisions = select(Decision.snapshot_id, Decision.reductions, *place).join(
        Claim, Claim.id == Decision.claim_id
    )
    for snapshot_id, reductions, *where in db.session.execute(decisions.where(*chosen)):
        freed = [one["line"] for one in reductions if one.get("reusable")]
        if freed:
            back = select(func.sum(ClaimLine.minutes)).where(
                ClaimLine.snapshot_id == snapshot_id,
                ClaimLine.number.in_(freed),
                ~ClaimLine.is_cap_adjustment,
            )
            found[where[0], where[1]] -= int(db.session.scalar(back) or 0)
    return found
