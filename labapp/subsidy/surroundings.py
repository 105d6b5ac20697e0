"""Everything an entry is checked against, read in a number of statements that does not grow."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from labapp.accounts.models import HOME_ZONE, Affiliation, Organisation, User
from labapp.clock import now
from labapp.database import db
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntryKind, HourEntry
from labapp.subsidy.scheme_models import ActivityCategory, Participation, SchemeVersion
from labapp.subsidy.wall_clock import Span, span_of

ONE_DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
Period = tuple[int, int, int, date]  # person, branch, scheme version, first day of the month


@dataclass(frozen=True)
class EntryInput:
    """Hours as somebody wrote them. Without `minutes` they follow from the two times."""

    user_id: int
    organisation_id: int
    scheme_version_id: int
    category_id: int
    work_date: date
    minutes: int | None = None
    start_local: time | None = None
    end_local: time | None = None
    description: str = ""
    evidence: str = ""
    source_ref: str | None = None
    late_reason: str = ""

    @property
    def period(self) -> Period:
        month = self.work_date.replace(day=1)
        return self.user_id, self.organisation_id, self.scheme_version_id, month


@dataclass(frozen=True)
class Slot:
    """Hours that are written already, or come with the same list."""

    id: str
    user_id: int
    day: date
    minutes: int
    span: Span | None
    category_id: int
    description: str
    created_at: datetime
    corrects_id: str | None
    period: Period
    is_approved: bool


@dataclass
class Surroundings:
    """The rules, appointments and other hours around some entries."""

    organisations: dict[int, Organisation] = field(default_factory=dict)
    versions: dict[int, SchemeVersion] = field(default_factory=dict)
    categories: dict[int, ActivityCategory] = field(default_factory=dict)
    participations: dict[tuple[int, int], Participation] = field(default_factory=dict)
    affiliations: list[Affiliation] = field(default_factory=list)
    declarations: dict[Period, list[Declaration]] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)

    def zone(self, organisation_id: int) -> str:
        branch = self.organisations.get(organisation_id)
        return branch.time_zone if branch else HOME_ZONE

    def minutes_of(self, new: EntryInput) -> int | None:
        """Give the length of an entry: what was written, else what the clock says."""
        if new.minutes is not None:
            return new.minutes
        span = self.span(new)
        return span.minutes if span else None

    def span(self, new: EntryInput) -> Span | None:
        if new.start_local is None or new.end_local is None:
            return None
        zone = self.zone(new.organisation_id)
        return span_of(new.work_date, new.start_local, new.end_local, zone, new.minutes)

    def of_person(self, user_id: int) -> list[Slot]:
        return [slot for slot in self.slots.values() if slot.user_id == user_id]

    def is_reversed(self, slot: Slot, period: Period) -> bool:
        """Whether an entry was taken back whole, as far as hours of this period may count on."""
        taken = sum(
            s.minutes
            for s in self.slots.values()
            if s.corrects_id == slot.id and counts_for(s, period)
        )
        return slot.minutes + taken <= 0

    def add(self, key: str, new: EntryInput) -> None:
        """Let the next entry of the same list be checked against this one too."""
        self.slots[key] = Slot(
            key, new.user_id, new.work_date, self.minutes_of(new) or 0, self.span(new),
            new.category_id, new.description.strip(), now(), None, new.period, is_approved=False,
        )  # fmt: skip

    def state_of(self, period: Period) -> DeclarationState | None:
        """Give the state of a month: signed where one of its declarations waits for approval."""
        found = [one.state for one in self.declarations.get(period, ())]
        if DeclarationState.SUBMITTED in found:
            return DeclarationState.SUBMITTED
        return found[-1] if found else None


def counts_for(slot: Slot, period: Period) -> bool:
    """Whether hours stand beside hours of a period.

    What takes hours back makes room once it is approved, or where it is signed together.
    """
    return slot.minutes > 0 or slot.is_approved or slot.period == period


def lock_people(user_ids: Collection[int]) -> None:
    """Let who writes hours of the same people wait; entries are checked against each other."""
    ordered = select(User.id).where(User.id.in_(sorted(set(user_ids)))).order_by(User.id)
    db.session.execute(ordered.with_for_update(key_share=True)).all()


def look_around(entries: Collection[EntryInput]) -> Surroundings:
    """Read what these entries are checked against."""
    session, found = db.session, Surroundings()
    require_days(e.work_date for e in entries)
    people = sorted({e.user_id for e in entries})
    branches = sorted({e.organisation_id for e in entries})
    versions = sorted({e.scheme_version_id for e in entries})
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(branches)))
    found.organisations = {row.id: row for row in rows}
    schemes = session.scalars(select(SchemeVersion).where(SchemeVersion.id.in_(versions)))
    found.versions = {row.id: row for row in schemes}
    kinds = select(ActivityCategory).where(ActivityCategory.scheme_version_id.in_(versions))
    found.categories = {row.id: row for row in session.scalars(kinds)}
    _require(entries, found)
    taking_part = select(Participation).where(
        Participation.scheme_version_id.in_(versions), Participation.organisation_id.in_(branches)
    )
    for one in session.scalars(taking_part):
        found.participations[one.scheme_version_id, one.organisation_id] = one
    held = select(Affiliation).where(
        Affiliation.user_id.in_(people), Affiliation.organisation_id.in_(branches)
    )
    found.affiliations = list(session.scalars(held))
    _read_declarations(found, {e.period for e in entries})
    days = [e.work_date for e in entries]
    if days:
        read_slots(found, people, min(days) - ONE_DAY, max(days) + ONE_DAY)
    return found


def read_slots(found: Surroundings, people: list[int], first: date, last: date) -> None:
    """Read the hours of people from a day until a day, wherever they were worked."""
    columns = (
        HourEntry.id, HourEntry.user_id, HourEntry.work_date, HourEntry.minutes,
        HourEntry.start_local, HourEntry.end_local, HourEntry.category_id, HourEntry.description,
        HourEntry.created_at, HourEntry.kind, HourEntry.corrects_id, HourEntry.organisation_id,
        HourEntry.scheme_version_id, Organisation.time_zone, Declaration.state,
    )  # fmt: skip
    rows = db.session.execute(
        select(*columns)
        .join(Organisation, Organisation.id == HourEntry.organisation_id)
        .join(Declaration, Declaration.id == HourEntry.declaration_id)
        .where(HourEntry.user_id.in_(people), HourEntry.work_date.between(first, last))
    )
    for row in rows:
        span = None
        if row.start_local is not None and row.end_local is not None:
            span = span_of(
                row.work_date, row.start_local, row.end_local, row.time_zone, row.minutes
            )
        corrects = row.corrects_id if row.kind is EntryKind.REVERSAL else None
        found.slots[row.id] = Slot(
            row.id, row.user_id, row.work_date, row.minutes, span, row.category_id,
            row.description, row.created_at, corrects,
            (row.user_id, row.organisation_id, row.scheme_version_id, row.work_date.replace(day=1)),
            is_approved=row.state is DeclarationState.APPROVED,
        )  # fmt: skip


def _read_declarations(found: Surroundings, periods: Iterable[Period]) -> None:
    wanted = list(periods)
    query = (
        select(Declaration)
        .where(
            Declaration.user_id.in_({p[0] for p in wanted}),
            Declaration.organisation_id.in_({p[1] for p in wanted}),
            Declaration.scheme_version_id.in_({p[2] for p in wanted}),
            Declaration.month.in_({p[3] for p in wanted}),
        )
        .order_by(Declaration.seq)
        .execution_options(populate_existing=True)  # as they are now that nobody else writes
    )
    for one in db.session.scalars(query):
        key = (one.user_id, one.organisation_id, one.scheme_version_id, one.month)
        found.declarations.setdefault(key, []).append(one)


def require_days(days: Iterable[date]) -> None:
    """Refuse days that no school ever had: no clock can be set to them."""
    if any(not FIRST_DAY <= day <= LAST_DAY for day in days):
        words = _("Deze datum kan niet.")
        raise InvalidError(words, {"work_date": [words]})


def _require(entries: Collection[EntryInput], found: Surroundings) -> None:
    """Refuse a scheme that does not exist, and an activity of another one."""
    for entry in entries:
        category = found.categories.get(entry.category_id)
        if category is None or category.scheme_version_id != entry.scheme_version_id:
            raise NotFoundError(_("Deze regeling of activiteit bestaat niet."))
