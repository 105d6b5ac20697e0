"""The week grid of a person, read in a number of statements that does not grow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.contexts import Context
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.scheme_models import ActivityCategory, Evidence
from labapp.subsidy.week_grid import DAYS, Base, Week, closed_days, make_row

RECENT = timedelta(days=28)
FEW = 6  # activities that all get a row when a week starts empty


@dataclass(frozen=True)
class PostedCell:
    typed: str
    base: Base | None


@dataclass(frozen=True)
class PostedRow:
    """A row as it came back from the page; only the cells that had an input."""

    category_id: int
    note: str
    old_note: str
    cells: dict[int, PostedCell]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def read_week(
    actor: Actor,
    context: Context,
    monday: date,
    *,
    posted: Sequence[PostedRow] | None = None,
    extra: Sequence[int] = (),
    entries: Sequence[HourEntry] | None = None,
) -> Week:
    """Give one's grid; with `posted` in the rows of the page, else in those that fit the week.

    `extra` are activities that get a row even though nothing is written on them; `entries` are
    the hours of the week, where they are known already.
    """
    user_id = actor.require_user().id
    if entries is None:
        entries = read_entries(user_id, monday, RECENT if posted is None else timedelta(0))
    known = declarations(user_id, context, monday)
    closed = closed_days(context, monday, known)
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    here = [e for e in entries if is_here(e, context)]
    groups: dict[tuple[int, str], list[HourEntry]] = {}
    for entry in here:
        if entry.work_date >= monday:
            groups.setdefault((entry.category_id, entry.description), []).append(entry)
    categories = {c.id: c for c in context.version.categories}
    if posted is not None:
        keys = [(row.category_id, row.note) for row in posted if row.category_id in categories]
    else:
        keys = _keys(groups, here, context.version.categories, extra)
    rows = [
        make_row(categories[c], note, groups.get((c, note), []), days, closed) for c, note in keys
    ]
    elsewhere = sum(e.minutes for e in entries if e.work_date >= monday and not is_here(e, context))
    offered = [c for c in context.version.categories if _is_offered(c)]
    return Week(context, monday, rows, elsewhere, known, offered)


def read_entries(user_id: int, monday: date, before: timedelta = timedelta(0)) -> list[HourEntry]:
    """Read one's hours of the week, and of some time before it, everywhere."""
    first, last = monday - before, monday + timedelta(days=DAYS - 1)
    query = (
        select(HourEntry)
        .where(HourEntry.user_id == user_id, HourEntry.work_date.between(first, last))
        .options(joinedload(HourEntry.declaration, innerjoin=True))
        .order_by(HourEntry.work_date, HourEntry.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def declarations(user_id: int, context: Context, monday: date) -> list[Declaration]:
    months = {(monday + timedelta(days=n)).replace(day=1) for n in range(DAYS)}
    query = select(Declaration).where(
        Declaration.user_id == user_id,
        Declaration.organisation_id == context.branch.id,
        Declaration.scheme_version_id == context.version.id,
        Declaration.month.in_(months),
    )
    return list(db.session.scalars(query.order_by(Declaration.month, Declaration.seq)))


def is_here(entry: HourEntry, context: Context) -> bool:
    return (entry.organisation_id, entry.scheme_version_id) == context.key


def _keys(
    groups: dict[tuple[int, str], list[HourEntry]],
    recent: Sequence[HourEntry],
    categories: Sequence[ActivityCategory],
    extra: Sequence[int],
) -> list[tuple[int, str]]:
    """Choose the rows: what is written this week, what was of late, and what is asked for."""
    offered = [c.id for c in categories if _is_offered(c)]
    used = {entry.category_id for entry in recent}
    empty = [c for c in offered if c in used] or (offered[:FEW] if not groups else [])
    written = {category for category, _note in groups}
    keys = list(groups) + [(c, "") for c in empty if c not in written]
    keys.sort(key=lambda key: (_position(categories, key[0]), key[1]))
    return keys + [(c, "") for c in extra if c in offered and (c, "") not in keys]


def _is_offered(category: ActivityCategory) -> bool:
    return category.is_open and category.evidence is not Evidence.SESSION


def _position(categories: Sequence[ActivityCategory], number: int) -> int:
    return next((n for n, category in enumerate(categories) if category.id == number), 0)
