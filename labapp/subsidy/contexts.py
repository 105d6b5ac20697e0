"""Where a person can write hours: the pairs of a branch and a scheme of a week."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind
from labapp.database import db
from labapp.subsidy.scheme_models import Participation, SchemeVersion, VersionStatus

WEEK = timedelta(days=6)


@dataclass(frozen=True)
class Context:
    """A branch where somebody works, and a scheme that is in force."""

    branch: Organisation
    version: SchemeVersion
    affiliations: tuple[Affiliation, ...]
    participation: Participation | None

    @property
    def key(self) -> tuple[int, int]:
        return self.branch.id, self.version.id

    def works_on(self, day: date) -> bool:
        return any(a.is_active_on(day) for a in self.affiliations)

    def holds_on(self, day: date) -> bool:
        """Whether the scheme, and the branch's part in it, cover a day."""
        if not self.version.is_valid_on(day) or self.version.status is not VersionStatus.ACTIVE:
            return False
        part = self.participation
        return part is None or part.from_on <= day <= part.to_on


def contexts_of(actor: Actor, monday: date) -> list[Context]:
    """Give where one may write hours in a week; the branch that one acts for comes first.

    A branch that takes part in schemes has those; one that does not yet has all that are in force.
    """
    days = [monday + timedelta(days=n) for n in range(7)]
    held: dict[int, list[Affiliation]] = {}
    for one in actor.require_user().affiliations:
        is_school = one.organisation.kind is OrganisationKind.SCHOOL
        if is_school and any(one.is_active_on(day) for day in days):
            held.setdefault(one.organisation_id, []).append(one)
    if not held:
        return []
    versions = _versions(monday)
    parts = _participations(list(held), [version.id for version in versions])
    found = []
    for number in sorted(held, key=lambda number: (number != actor.acting_for_id, number)):
        joined = [v for v in versions if (v.id, number) in parts]
        found += [
            Context(held[number][0].organisation, v, tuple(held[number]), parts.get((v.id, number)))
            for v in joined or versions
        ]
    return found


def _versions(monday: date) -> list[SchemeVersion]:
    query = select(SchemeVersion).where(
        SchemeVersion.status == VersionStatus.ACTIVE,
        SchemeVersion.valid_from <= monday + WEEK,
        SchemeVersion.valid_to >= monday,
    )
    return list(db.session.scalars(query.order_by(SchemeVersion.id)))


def _participations(
    branches: list[int], versions: list[int]
) -> dict[tuple[int, int], Participation]:
    query = select(Participation).where(
        Participation.organisation_id.in_(branches), Participation.scheme_version_id.in_(versions)
    )
    return {(p.scheme_version_id, p.organisation_id): p for p in db.session.scalars(query)}
