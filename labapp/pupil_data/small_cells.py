"""Groups of pupils that are too small to show, also where they follow from what is shown.

A number from 1 up to the smallest that may be shown is refused; zero is nobody, and allowed. A
hidden number (`None`) is refused where totals give it away: total less the shown is that small, or
the sums of rows and columns leave one answer. Source: spec/labs.md, feature 19.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labapp.i18n import gettext as _

Cell = int | str | None
SMALLEST = 5
TOTAL = re.compile(
    r"\W*(?:sub)?(?:totaal|totalen|total|som|alle|allen|samen|all)(?:\W.*)?", re.IGNORECASE
)
MOST_ROUNDS = 20


@dataclass
class Rule:
    """The smallest number that may be shown, as set at start-up (LABAPP_SMALLEST_CELL)."""

    smallest: int = SMALLEST


rule = Rule()


def configure(smallest: int) -> None:
    """Set the smallest number of pupils that may be shown, once, at start-up."""
    rule.smallest = smallest


@dataclass(frozen=True)
class SmallCell:
    """A cell that may not be shown, and why. `is_derived`: it follows from other cells."""

    row: str
    column: str
    is_derived: bool
    words: str


@dataclass(frozen=True)
class _Line:
    """A row or column: its parts and its total, as places (row, column) of cells."""

    name: str
    is_row: bool
    parts: tuple[tuple[int, int], ...]
    total: tuple[int, int]


def small_cells(
    head: Sequence[str], rows: Sequence[Sequence[Cell]], minimum: int | None = None
) -> list[SmallCell]:
    """Give the cells of a table of numbers of pupils that may not be shown.

    The first column names the rows. A cell is a number, None where it is hidden, or a text that
    is no number. A row or column named `totaal` is the sum of the others.
    """
    least = rule.smallest if minimum is None else minimum
    table = _Table(head, rows, least)
    return [*table.shown(), *table.derived()]


class _Table:
    def __init__(self, head: Sequence[str], rows: Sequence[Sequence[Cell]], least: int) -> None:
        self.head, self.rows, self.least = head, rows, least
        self.known: dict[tuple[int, int], int] = {}
        self.hidden: set[tuple[int, int]] = set()
        for i, row in enumerate(rows):
            for j, cell in enumerate(row[1 : len(head)], start=1):
                if cell is None:
                    self.hidden.add((i, j))
                elif isinstance(cell, int):
                    self.known[i, j] = cell
        self.lines = [line for line in self._lines() if self._is_counted(line)]

    def shown(self) -> Iterator[SmallCell]:
        for place, number in self.known.items():
            if 0 < number < self.least:
                yield self._cell(place, number)

    def derived(self) -> Iterator[SmallCell]:
        """Give what follows from the totals; what was found in a line is used in the next."""
        known, done = dict(self.known), set[_Line]()
        for _round in range(MOST_ROUNDS):
            news = False
            for line in self.lines:
                unknown = [place for place in (*line.parts, line.total) if place not in known]
                if line.total in known and line not in done:
                    rest = known[line.total] - sum(known.get(place, 0) for place in line.parts)
                    if 0 < rest < self.least:
                        done.add(line)
                        yield self._rest(line, rest, unknown)
                if len(unknown) == 1 and unknown[0] in self.hidden:
                    known[unknown[0]] = self._solved(line, known)
                    news = True
            if not news:
                return

    def _solved(self, line: _Line, known: dict[tuple[int, int], int]) -> int:
        total = sum(known.get(place, 0) for place in line.parts)
        return known[line.total] - total if line.total in known else total

    def _lines(self) -> Iterator[_Line]:
        """Give the rows with a total at their end or begin, and the columns with one."""
        columns = range(1, len(self.head))
        total_columns = [j for j in columns if TOTAL.fullmatch(str(self.head[j]))]
        total_rows = [i for i, row in enumerate(self.rows) if row and TOTAL.fullmatch(str(row[0]))]
        if len(total_columns) == 1:
            for i in range(len(self.rows)):
                parts = tuple((i, j) for j in columns if j not in total_columns)
                yield _Line(self._row(i), True, parts, (i, total_columns[0]))
        if len(total_rows) == 1:
            for j in columns:
                parts = tuple((i, j) for i in range(len(self.rows)) if i not in total_rows)
                yield _Line(str(self.head[j]), False, parts, (total_rows[0], j))

    def _is_counted(self, line: _Line) -> bool:
        """Tell whether the parts are numbers or hidden: a line with texts is no sum."""
        places = {*self.known, *self.hidden}
        return len(line.parts) > 1 and all(p in places for p in (*line.parts, line.total))

    def _row(self, i: int) -> str:
        return str(self.rows[i][0]) if self.rows[i] else str(i + 1)

    def _cell(self, place: tuple[int, int], number: int) -> SmallCell:
        row, column = self._row(place[0]), str(self.head[place[1]])
        words = _(
            "Rij “%(row)s”, kolom “%(column)s”: %(number)s is minder dan %(least)s. "
            "Voeg groepen samen of laat het getal weg.",
            row=row,
            column=column,
            number=number,
            least=self.least,
        )
        return SmallCell(row, column, is_derived=False, words=words)

    def _rest(self, line: _Line, rest: int, unknown: list[tuple[int, int]]) -> SmallCell:
        values = {"name": line.name, "rest": rest, "least": self.least}
        words = (
            _(
                "Rij “%(name)s”: uit het totaal volgt dat er %(rest)s overblijft, en dat is minder "
                "dan %(least)s. Laat ook het totaal of nog een getal weg.",
                **values,
            )
            if line.is_row
            else _(
                "Kolom “%(name)s”: uit het totaal volgt dat er %(rest)s overblijft, en dat is "
                "minder dan %(least)s. Laat ook het totaal of nog een getal weg.",
                **values,
            )
        )
        place = unknown[0] if len(unknown) == 1 else None
        row = self._row(place[0]) if place else line.name if line.is_row else ""
        column = str(self.head[place[1]]) if place else "" if line.is_row else line.name
        return SmallCell(row, column, is_derived=True, words=words)
