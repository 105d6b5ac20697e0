"""The week as a grid: a row for an activity and its note, a cell for each day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from labapp.i18n import gettext as _
from labapp.subsidy.contexts import Context
from labapp.subsidy.durations import write_hours
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntryKind, HourEntry
from labapp.subsidy.scheme_models import ActivityCategory
from labapp.subsidy.wall_clock import today_at

DAYS = 7


@dataclass(frozen=True)
class Base:
    """What a cell held when it was shown; sent back, it tells whether another changed it."""

    entry_id: str
    version: int
    minutes: int

    def __str__(self) -> str:
        return f"{self.entry_id}.{self.version}.{self.minutes}"

    @classmethod
    def read(cls, text: str) -> "Base | None":
        parts = text.split(".")
        if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts[1:]):  # noqa: PLR2004
            return None
        return cls(parts[0], int(parts[1][:9]), int(parts[2][:9]))


@dataclass
class Cell:
    """A day of a row: an input, or words when it cannot be changed here."""

    day: date
    minutes: int = 0
    base: Base | None = None
    closed: str = ""
    entries: list[HourEntry] = field(default_factory=list)
    typed: str | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands in the input: what was typed, else the hours."""
        if self.typed is not None:
            return self.typed
        return write_hours(self.minutes) if self.minutes else ""


@dataclass
class Row:
    category: ActivityCategory
    note: str
    cells: list[Cell]
    old_note: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(cell.minutes for cell in self.cells)

    @property
    def is_open(self) -> bool:
        return any(not cell.closed for cell in self.cells)


@dataclass
class Week:
    """The grid of a person for a branch and a scheme, and what was worked elsewhere."""

    context: Context
    monday: date
    rows: list[Row]
    elsewhere: int
    declarations: list[Declaration]
    categories: list[ActivityCategory]

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(DAYS)]

    @property
    def day_totals(self) -> list[int]:
        return [sum(row.cells[n].minutes for row in self.rows) for n in range(DAYS)]

    @property
    def total(self) -> int:
        return sum(self.day_totals)

    @property
    def is_open(self) -> bool:
        return any(row.is_open for row in self.rows)

    @property
    def errors(self) -> dict[str, tuple[Row, date | None, list[str]]]:
        """The errors by the id of the field: of which row and day, and what is wrong."""
        found: dict[str, tuple[Row, date | None, list[str]]] = {}
        for r, row in enumerate(self.rows):
            if row.errors:
                found[f"t-{r}"] = (row, None, row.errors)
            for d, cell in enumerate(row.cells):
                if cell.errors:
                    found[f"u-{r}-{d}"] = (row, cell.day, cell.errors)
        return found

    @property
    def closed(self) -> dict[str, list[date]]:
        """Why days are words and no inputs; that a day is still to come speaks for itself."""
        found: dict[str, list[date]] = {}
        for row in self.rows:
            for cell in row.cells:
                days = found.setdefault(cell.closed, [])
                if cell.day not in days:
                    days.append(cell.day)
        return {why: sorted(days) for why, days in found.items() if why and why != _("nog niet")}


def closed_days(
    context: Context, monday: date, declarations: Iterable[Declaration]
) -> dict[date, str]:
    """Say of each day of the week on which nothing can be written why not."""
    signed = {one.month for one in declarations if one.state is DeclarationState.SUBMITTED}
    today = today_at(context.branch.time_zone)
    oldest = today - timedelta(days=context.version.entry_window_days)
    found: dict[date, str] = {}
    for day in (monday + timedelta(days=n) for n in range(DAYS)):
        if day > today:
            found[day] = _("nog niet")
        elif not context.works_on(day):
            found[day] = _("geen aanstelling")
        elif not context.holds_on(day):
            found[day] = _("buiten de regeling")
        elif day < oldest:
            found[day] = _("te lang geleden")
        elif day.replace(day=1) in signed:
            found[day] = _("ondertekend")
    return found


def make_row(
    category: ActivityCategory,
    note: str,
    entries: Sequence[HourEntry],
    days: Sequence[date],
    closed: dict[date, str],
) -> Row:
    """Put the entries of an activity with a note in the cells of their days."""
    cells = []
    for day in days:
        here = [entry for entry in entries if entry.work_date == day]
        cells.append(_cell(day, here, closed.get(day, "")))
    return Row(category, note, cells, old_note=note)


def _cell(day: date, entries: list[HourEntry], closed: str) -> Cell:
    minutes = sum(entry.minutes for entry in entries)
    cell = Cell(day, minutes, closed=closed, entries=entries)
    if not entries:
        return cell
    first = entries[0]
    cell.closed = _why_closed(entries) or closed
    if len(entries) == 1 and not cell.closed:
        cell.base = Base(first.id, first.version, first.minutes)
    return cell


def _why_closed(entries: list[HourEntry]) -> str:
    """Say why hours that stand cannot be changed in the grid; nothing when they can."""
    states = {entry.declaration.state for entry in entries}
    if DeclarationState.APPROVED in states:
        return _("goedgekeurd")
    if DeclarationState.SUBMITTED in states:
        return _("ondertekend")
    if len(entries) > 1:
        return _("meer boekingen")
    if entries[0].kind is not EntryKind.NORMAL:
        return _("correctie")
    if entries[0].start_local is not None:
        return _("met tijden")
    return ""
