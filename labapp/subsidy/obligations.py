"""What a branch has to show for a grant: hours and participants, beside what there is.

Nothing is reduced by itself: the figures say what is missing, a person decides what follows
(Awb 4:46 says "may").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from labapp.accounts.models import Organisation, Sector
from labapp.database import db
from labapp.subsidy.overview_queries import Hours, Place, visible_branches
from labapp.subsidy.scheme_models import FixedAmount, Grant, Participation, SchemeVersion


@dataclass(frozen=True)
class Wanted:
    """What is asked of a branch, and what it gets for it."""

    minutes: int
    people: int
    amount_cents: int
    decision_number: str = ""


@dataclass(frozen=True)
class Obligation:
    """What is asked beside what was approved.

    Persons appointed for less than a day a week count in neither, unless the scheme says so.
    """

    wanted: Wanted
    minutes: int
    people: int
    left_out_people: int
    left_out_minutes: int

    @property
    def is_asked(self) -> bool:
        return self.wanted.minutes > 0 or self.wanted.people > 0

    @property
    def missing_minutes(self) -> int:
        return max(0, self.wanted.minutes - self.minutes)

    @property
    def missing_people(self) -> int:
        return max(0, self.wanted.people - self.people)

    @property
    def is_met(self) -> bool:
        return not self.missing_minutes and not self.missing_people


def wanted(versions: Sequence[SchemeVersion], visible: ColumnElement[bool]) -> dict[Place, Wanted]:
    """Give what is asked of each branch: by its grant, else by the scheme for its sector."""
    ids = [one.id for one in versions]
    mine = visible_branches(visible)
    amounts = {
        (one.scheme_version_id, one.sector): one
        for one in db.session.scalars(
            select(FixedAmount).where(FixedAmount.scheme_version_id.in_(ids))
        )
    }
    taking_part = (
        select(Participation.scheme_version_id, Participation.organisation_id, Organisation.sector)
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .where(Participation.scheme_version_id.in_(ids), Participation.organisation_id.in_(mine))
    )
    found = {
        (version_id, branch_id): _of_sector(amounts, version_id, sector)
        for version_id, branch_id, sector in db.session.execute(taking_part)
    }
    columns = (
        Grant.scheme_version_id, Grant.organisation_id, Grant.min_minutes,
        Grant.min_participants, Grant.amount_cents, Grant.decision_number,
    )  # fmt: skip
    grants = select(*columns).where(
        Grant.scheme_version_id.in_(ids), Grant.organisation_id.in_(mine)
    )
    for version_id, branch_id, minutes, people, cents, number in db.session.execute(grants):
        found[version_id, branch_id] = Wanted(minutes, people, cents, number)
    return found


def compare(version: SchemeVersion, asked: Wanted | None, hours: Hours) -> Obligation | None:
    """Put what is asked beside what was approved; None where nothing was asked or granted."""
    if asked is None:
        return None
    everybody = version.small_appointments_count
    left_out = (0, 0) if everybody else (hours.small_people, hours.small_minutes)
    return Obligation(
        wanted=asked,
        minutes=hours.approved - left_out[1],
        people=hours.people - left_out[0],
        left_out_people=left_out[0],
        left_out_minutes=left_out[1],
    )


def _of_sector(
    amounts: dict[tuple[int, Sector], FixedAmount], version_id: int, sector: Sector | None
) -> Wanted:
    amount = amounts.get((version_id, sector)) if sector else None
    if amount is None:
        return Wanted(0, 0, 0)
    return Wanted(amount.min_minutes, amount.min_participants, amount.amount_cents)


def nothing_asked(version: SchemeVersion, hours: Hours) -> Obligation:
    """Give what was reached where no minimum holds."""
    found = compare(version, Wanted(0, 0, 0), hours)
    assert found is not None
    return found
