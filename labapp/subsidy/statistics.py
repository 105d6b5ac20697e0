"""Figures about people, never about fewer than five.

A cell below five is hidden; so is the next smallest, until what is hidden together cannot be told
from the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.database import db
from labapp.subsidy import overview_queries as queries
from labapp.subsidy import overviews
from labapp.subsidy.overviews import Selection
from labapp.subsidy.scheme_models import ActivityCategory
from labapp.subsidy.total_models import HourTotal

FEWEST = 5


@dataclass(frozen=True)
class Cell:
    """Hours of a group of people; None where they are too few to be told."""

    label: str
    people: int | None
    minutes: int | None

    @property
    def is_hidden(self) -> bool:
        return self.people is None

    @property
    def mean_minutes(self) -> int | None:
        if self.people is None or self.minutes is None:
            return None
        return round(self.minutes / self.people) if self.people else 0


@dataclass(frozen=True)
class Statistic:
    """Cells, and their whole."""

    cells: list[Cell]
    whole: Cell

    @property
    def has_hidden(self) -> bool:
        return any(cell.is_hidden for cell in self.cells)


def by_category(
    actor: Actor, selection: Selection, branch: Organisation | None = None
) -> Statistic:
    """Give hours by kind of activity."""
    return _by(actor, selection, branch, ActivityCategory.label_nl)


def by_month(actor: Actor, selection: Selection, branch: Organisation | None = None) -> Statistic:
    """Give hours by month (2026-09)."""
    return _by(actor, selection, branch, HourTotal.month)


def by_sector(actor: Actor, selection: Selection, branch: Organisation | None = None) -> Statistic:
    """Give hours by sector of the school."""
    return _by(actor, selection, branch, Organisation.sector)


def hide(cells: Sequence[Cell], whole: Cell) -> Statistic:
    """Hide what is too small, and enough beside it that nothing can be worked out."""
    if (whole.people or 0) < FEWEST:
        hidden = [replace(cell, people=None, minutes=None) for cell in cells]
        return Statistic(hidden, replace(whole, people=None, minutes=None))
    order = sorted(range(len(cells)), key=lambda place: (cells[place].people or 0, place))
    hidden_places: set[int] = set()
    together = 0
    for place in order:
        people = cells[place].people or 0
        enough = len(hidden_places) != 1 and together >= FEWEST
        if people >= FEWEST and (not hidden_places or enough):
            break
        hidden_places.add(place)
        together = max(together, people)  # the same people may be in several cells
    shown = [
        replace(cell, people=None, minutes=None) if place in hidden_places else cell
        for place, cell in enumerate(cells)
    ]
    return Statistic(shown, whole)


def _by(
    actor: Actor, selection: Selection, branch: Organisation | None, column: object
) -> Statistic:
    visible = overviews.visible_to(actor)
    if selection.board_id is not None:
        visible = visible & (Organisation.board_id == selection.board_id)
    if branch is not None:
        visible = visible & (Organisation.id == branch.id)
    versions = [one.id for one in overviews.versions_of(actor, selection)]
    people, minutes = func.count(func.distinct(HourTotal.user_id)), func.sum(HourTotal.minutes)
    chosen = (
        HourTotal.scheme_version_id.in_(versions),
        HourTotal.entries > 0,
        visible,
        *queries.in_calendar_year(selection.calendar_year),
    )

    def of(*columns: object) -> list[tuple[object, ...]]:
        found = (
            select(*columns, people, minutes)  # type: ignore[call-overload]
            .select_from(HourTotal)
            .join(ActivityCategory, ActivityCategory.id == HourTotal.category_id)
            .join(Organisation, Organisation.id == HourTotal.organisation_id)
            .where(*chosen)
        )
        if columns:
            found = found.group_by(*columns).order_by(*columns)
        return [tuple(row) for row in db.session.execute(found)]

    cells = [
        Cell(_label(value), int(str(count)), int(str(total or 0)))
        for value, count, total in of(column)
    ]
    [(count, total)] = of()
    return hide(cells, Cell("", int(str(count)), int(str(total or 0))))


def _label(value: object) -> str:
    text = str(getattr(value, "value", value) or "")
    return text[:7] if hasattr(value, "month") else text
