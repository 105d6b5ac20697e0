"""Where things stand: hours, people, obligations and money by branch, board and scheme."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, select, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, Role, User
from labapp.clock import today
from labapp.database import db
from labapp.errors import ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import obligations, policies, unclaimable
from labapp.subsidy import overview_queries as queries
from labapp.subsidy.obligations import Obligation
from labapp.subsidy.overview_queries import Hours, Money
from labapp.subsidy.scheme_models import SchemeVersion, VersionStatus

FIRST_MONTH = 8  # of a school year


@dataclass(frozen=True)
class Selection:
    """What an overview is about: a school year, perhaps one scheme, board, calendar year."""

    school_year: int
    version_id: int | None = None
    board_id: int | None = None
    calendar_year: int | None = None


@dataclass
class Row:
    """A branch under a scheme version."""

    version: SchemeVersion
    branch: Organisation
    hours: Hours = field(default_factory=Hours)
    money: Money = field(default_factory=Money)
    above_cap: int = 0
    obligation: Obligation | None = None

    @property
    def unclaimed(self) -> int:
        return self.hours.approved - self.money.minutes


@dataclass
class Overview:
    """Rows by branch, and their sums."""

    selection: Selection
    versions: list[SchemeVersion]
    rows: list[Row]
    hours: Hours
    money: Money

    @property
    def late_share(self) -> float:
        return self.hours.late / self.hours.entries if self.hours.entries else 0.0

    @property
    def above_cap(self) -> int:
        return sum(row.above_cap for row in self.rows)


def may_see(actor: Actor) -> bool:
    """Whether there is an overview for somebody at all."""
    return sees_all(actor) or actor.has_role(
        Role.SCHOOL_LEADER, Role.BOARD_CONTROLLER, Role.EXPORTER
    )


def sees_all(actor: Actor) -> bool:
    """Whether one sees every branch, and so the totals of a scheme."""
    return (
        actor.is_system
        or policies.reads_all(actor)
        or policies.is_office(actor)
        or policies.exports_all(actor)
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The branches of which one may see progress; who sees none at all is refused."""
    if not may_see(actor):
        raise ForbiddenError(_("Overzichten zijn er voor schoolleiders, besturen en het bureau."))
    is_branch = Organisation.kind == OrganisationKind.SCHOOL
    return is_branch & (true() if actor.is_system else policies.organisations_visible_to(actor))


def get_branch(actor: Actor, branch_id: int) -> Organisation:
    branch = db.session.scalar(
        select(Organisation).where(Organisation.id == branch_id, visible_to(actor))
    )
    if branch is None:
        raise NotFoundError(_("Deze vestiging bestaat niet, of je mag haar niet zien."))
    return branch


def get_version(actor: Actor, version_id: int) -> SchemeVersion:
    visible_to(actor)
    found = db.session.scalar(
        select(SchemeVersion).where(
            SchemeVersion.id == version_id, policies.versions_visible_to(actor)
        )
    )
    if found is None:
        raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
    return found


def school_year_of(day: date) -> int:
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def school_years(actor: Actor) -> list[int]:
    """Give the school years that have schemes, newest first, and always this one."""
    found = select(SchemeVersion.school_year).where(policies.versions_visible_to(actor)).distinct()
    return sorted({*db.session.scalars(found), school_year_of(today())}, reverse=True)


def boards_visible_to(actor: Actor) -> list[Organisation]:
    """Give the boards of the branches that one may see."""
    mine = select(Organisation.board_id).where(visible_to(actor))
    return list(
        db.session.scalars(
            select(Organisation).where(Organisation.id.in_(mine)).order_by(Organisation.name)
        )
    )


def overview(actor: Actor, selection: Selection, branch: Organisation | None = None) -> Overview:
    """Give hours, people, obligations and money of the branches that one may see."""
    visible = visible_to(actor)
    if selection.board_id is not None:
        visible = visible & (Organisation.board_id == selection.board_id)
    if branch is not None:
        visible = visible & (Organisation.id == branch.id)
    versions = versions_of(actor, selection)
    hours = queries.hours_by_branch(versions, visible, selection.calendar_year)
    is_year = selection.calendar_year is None
    money = queries.money_by_branch(versions, visible) if is_year else {}
    wanted = obligations.wanted(versions, visible) if is_year else {}
    places = {*hours, *money, *wanted}
    branches = _branches({branch_id for _version, branch_id in places})
    of_id = {one.id: one for one in versions}
    above = unclaimable.above_caps(versions) if is_year else Counter()
    rows = []
    for place in places:
        version, of_branch = of_id[place[0]], branches[place[1]]
        row = Row(version, of_branch, hours.get(place, Hours()), money.get(place, Money()))
        row.above_cap = above[place]
        row.obligation = obligations.compare(version, wanted.get(place), row.hours)
        rows.append(row)
    rows.sort(key=lambda row: (row.branch.name, row.branch.id, row.version.id))
    return _added(selection, versions, rows)


def versions_of(actor: Actor, selection: Selection) -> list[SchemeVersion]:
    """Give the scheme versions of a selection that one may see, drafts left out."""
    found = select(SchemeVersion).where(
        SchemeVersion.school_year == selection.school_year,
        SchemeVersion.status != VersionStatus.DRAFT,
        policies.versions_visible_to(actor),
    )
    if selection.version_id is not None:
        found = found.where(SchemeVersion.id == selection.version_id)
    return list(db.session.scalars(found.order_by(SchemeVersion.id)).unique())


@dataclass(frozen=True)
class DoubleDay:
    """A day on which somebody wrote hours under two schemes."""

    person: str
    user_id: int
    day: date
    minutes: int


def double_days(
    actor: Actor, selection: Selection, branch: Organisation | None = None
) -> list[DoubleDay]:
    """Give the days with hours under two schemes, of persons at branches that one may see."""
    visible = visible_to(actor)
    if selection.board_id is not None:
        visible = visible & (Organisation.board_id == selection.board_id)
    if branch is not None:
        visible = visible & (Organisation.id == branch.id)
    year = selection.school_year
    rows = queries.double_days(visible, date(year, 8, 1), date(year + 1, 7, 31))
    people = {
        user.id: user.name
        for user in db.session.scalars(select(User).where(User.id.in_({row[0] for row in rows})))
    }
    return [DoubleDay(people[row[0]], row[0], row[1], int(row[2])) for row in rows]


def _branches(ids: set[int]) -> dict[int, Organisation]:
    found = select(Organisation).where(Organisation.id.in_(ids))
    return {one.id: one for one in db.session.scalars(found)}


def _added(selection: Selection, versions: list[SchemeVersion], rows: list[Row]) -> Overview:
    hours, money = Hours(), Money()
    for row in rows:
        hours.add(row.hours)
        money.add(row.money)
    return Overview(selection, versions, rows, hours, money)
