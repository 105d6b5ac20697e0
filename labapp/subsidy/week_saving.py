"""Saving the week grid: in one transaction, all or nothing, and nothing lost between two tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy.contexts import Context
from labapp.subsidy.durations import parse_minutes, write_hours
from labapp.subsidy.hour_models import EntryKind, EntrySource, HourEntry
from labapp.subsidy.hour_steps import Step, Way
from labapp.subsidy.hour_writing import EntriesInvalidError, Outcome
from labapp.subsidy.hours import write
from labapp.subsidy.scheme_models import ActivityCategory, Evidence
from labapp.subsidy.surroundings import EntryInput, lock_people
from labapp.subsidy.validation import Problem
from labapp.subsidy.week import (
    PostedCell,
    PostedRow,
    declarations,
    is_here,
    read_entries,
    read_week,
)
from labapp.subsidy.week_grid import Week, closed_days

MOST_ROWS = 40
NOTE = -1  # in the place of a day: the note of the row
Place = tuple[int, int]
GRID = Way(EntrySource.GRID, may_repeat=True)


@dataclass
class _Draft:
    """What a save comes down to: steps, and for each the place of its cell."""

    steps: list[Step] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    errors: dict[Place, list[str]] = field(default_factory=dict)
    conflicts: dict[Place, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Saved:
    """The week after a save; `errors` (by row and day) were not saved."""

    week: Week
    errors: dict[Place, list[str]]
    is_saved: bool


class WeekConflictError(ConflictError):
    """Another tab or person changed the same cells: {(row, day): (theirs, yours)} in minutes."""

    def __init__(self, cells: dict[Place, tuple[int, int]]) -> None:
        super().__init__(
            _("Deze uren zijn intussen ergens anders gewijzigd."),
            theirs={f"u-{r}-{d}": write_hours(one[0]) for (r, d), one in cells.items()},
            yours={f"u-{r}-{d}": write_hours(one[1]) for (r, d), one in cells.items()},
        )
        self.cells = cells


def save_week(
    actor: Actor,
    context: Context,
    monday: date,
    posted: Sequence[PostedRow],
    *,
    only_valid: bool = False,
) -> Saved:
    """Save what was changed on the page: all of it, or nothing unless only the valid is asked.

    A cell that was left alone is never written, so what another changed there stays.
    """
    if len(posted) > MOST_ROWS:
        raise InvalidError(_("Dit zijn te veel regels voor een week."))
    user_id = actor.require_user().id
    with transaction() as session:
        lock_people([user_id])
        entries = read_entries(user_id, monday)
        draft = _plan(user_id, context, monday, posted, entries)
        if draft.conflicts:
            raise WeekConflictError(draft.conflicts)
        done = _write(actor, draft, only_valid=only_valid)
        draft.errors |= _by_place(draft, done.problems)
        saved = only_valid or not draft.errors
        known = {entry.id: entry for entry in [*entries, *done.saved] if entry in session}
        week = read_week(actor, context, monday, posted=posted, entries=list(known.values()))
        _keep_typed(week, posted, draft.errors, saved=saved)
        return Saved(week, draft.errors, is_saved=saved)


def _write(actor: Actor, draft: _Draft, *, only_valid: bool) -> Outcome:
    """Write the steps; where something could not even be read, only look what else is wrong."""
    if not draft.steps:
        return Outcome()
    looks = bool(draft.errors) and not only_valid
    way = replace(GRID, only_valid=only_valid, dry_run=looks)
    try:
        return write(actor, draft.steps, way)
    except EntriesInvalidError as error:
        return Outcome(problems=error.problems)


def copy_previous(actor: Actor, context: Context, monday: date) -> int:
    """Write the hours of the week before on the same days, where nothing stands; give how many."""
    user_id, week = actor.require_user().id, timedelta(days=7)
    with transaction():
        lock_people([user_id])
        entries = [e for e in read_entries(user_id, monday, week) if is_here(e, context)]
        closed = closed_days(context, monday, declarations(user_id, context, monday))
        taken = {(e.work_date, e.category_id) for e in entries}
        steps = [
            Step(new=_moved(entry, entry.work_date + week))
            for entry in entries
            if monday - week <= entry.work_date < monday
            and entry.kind is EntryKind.NORMAL
            and (entry.work_date + week, entry.category_id) not in taken
            and entry.work_date + week not in closed
            and entry.category.is_open
            and entry.category.evidence is not Evidence.SESSION
        ]
        return (
            len(write(actor, steps, Way(EntrySource.GRID, may_repeat=True, only_valid=True)).saved)
            if steps
            else 0
        )


def _moved(entry: HourEntry, day: date) -> EntryInput:
    return EntryInput(
        entry.user_id, entry.organisation_id, entry.scheme_version_id, entry.category_id, day,
        entry.minutes, description=entry.description, evidence=entry.evidence,
    )  # fmt: skip


def _plan(
    user_id: int,
    context: Context,
    monday: date,
    posted: Sequence[PostedRow],
    entries: Sequence[HourEntry],
) -> _Draft:
    """Find what was changed on the page, and what another changed there meanwhile."""
    draft, seen = _Draft(), set()
    here = [entry for entry in entries if is_here(entry, context)]
    categories = {c.id: c for c in context.version.categories}
    for r, row in enumerate(posted):
        if row.category_id not in categories:
            raise NotFoundError(_("Deze regeling of activiteit bestaat niet."))
        key = (row.category_id, row.note)
        if key in seen and any(cell.typed.strip() for cell in row.cells.values()):
            words = _("Deze activiteit staat er al met dezelfde toelichting.")
            draft.errors[r, NOTE] = [words]
            continue
        seen.add(key)
        for d, cell in sorted(row.cells.items()):
            day = monday + timedelta(days=d)
            try:
                minutes = parse_minutes(cell.typed) if cell.typed.strip() else 0
            except InvalidError as error:
                draft.errors[r, d] = [str(error)]
                continue
            if _is_untouched(row, cell, minutes):
                continue
            clash = _clash(row, cell, minutes, [e for e in here if e.work_date == day])
            if clash is None:
                new = _new(user_id, context, categories[row.category_id], row.note, (day, minutes))
                draft.steps.append(_step(cell, new if minutes else None))
                draft.places.append((r, d))
            elif clash != minutes:
                draft.conflicts[r, d] = (clash, minutes)
    return draft


def _is_untouched(row: PostedRow, cell: PostedCell, minutes: int) -> bool:
    if cell.base is None:
        return minutes == 0
    return minutes == cell.base.minutes and row.note == row.old_note


def _clash(
    row: PostedRow, cell: PostedCell, minutes: int, that_day: Sequence[HourEntry]
) -> int | None:
    """Give the minutes that stand there now, when they are not those that the page showed."""
    if cell.base is None:
        notes = {row.note, row.old_note}
        same = [e for e in that_day if e.category_id == row.category_id and e.description in notes]
        return sum(e.minutes for e in same) if same else None
    now = next((e for e in that_day if e.id == cell.base.entry_id), None)
    if now is None:
        return 0
    if now.version == cell.base.version:
        return None
    is_same = now.minutes == minutes and now.description == row.note
    return minutes if is_same else now.minutes


def _step(cell: PostedCell, new: EntryInput | None) -> Step:
    if cell.base is None:
        return Step(new=new)
    return Step(new=new, entry_id=cell.base.entry_id, version=cell.base.version)


def _new(
    user_id: int, context: Context, category: ActivityCategory, note: str, when: tuple[date, int]
) -> EntryInput:
    """Give the hours of a cell; where a document is asked, the note names it."""
    return EntryInput(
        user_id, context.branch.id, context.version.id, category.id, *when,
        description=note, evidence=note if category.evidence is Evidence.DOCUMENT else "",
    )  # fmt: skip


def _by_place(draft: _Draft, problems: Mapping[int, Sequence[Problem]]) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for step, wrong in problems.items():
        r, d = draft.places[step]
        for one in wrong:
            place = (r, NOTE) if one.field in ("evidence", "description") else (r, d)
            if one.words not in found.setdefault(place, []):
                found[place].append(one.words)
    return found


def keep_after_conflict(week: Week, posted: Sequence[PostedRow]) -> None:
    """Leave what was typed on the page, over what stands there now: the next save is meant."""
    for r, row in enumerate(posted):
        week.rows[r].old_note = row.old_note
        for d, cell in row.cells.items():
            try:
                minutes = parse_minutes(cell.typed) if cell.typed.strip() else 0
            except InvalidError:
                minutes = -1
            if not _is_untouched(row, cell, minutes):
                week.rows[r].cells[d].typed = cell.typed


def _keep_typed(
    week: Week, posted: Sequence[PostedRow], errors: Mapping[Place, list[str]], *, saved: bool
) -> None:
    """Leave on the page what was typed and not saved, with the words at each cell."""
    for r, row in enumerate(posted):
        week.rows[r].errors = errors.get((r, NOTE), [])
        week.rows[r].old_note = row.note if saved else row.old_note
        for d, cell in row.cells.items():
            shown = week.rows[r].cells[d]
            shown.errors = errors.get((r, d), [])
            if not saved or shown.errors:
                shown.typed, shown.base, shown.closed = cell.typed, cell.base, ""
