"""CSV: for Dutch Excel (BOM, `;`, CRLF, decimal comma), and for machines (comma, dot, ISO)."""

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from labapp.subsidy.exports import tables
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.tables import Row, Style

BOM = "\ufeff"


DUTCH = (";", "\r\n")
MACHINE = (",", "\n")


def write_lines(frozen: Frozen, file: TextIO) -> None:
    """regels.csv."""
    file.write(BOM)
    rows = tables.line_rows(frozen, Style(dutch=True))
    _write_rows(file, tables.LINE_COLUMNS, rows, *DUTCH)


def write_hours(frozen: Frozen, file: TextIO) -> None:
    """uren.csv."""
    file.write(BOM)
    _write_hours(frozen, file, tables.HOUR_COLUMNS, Style(dutch=True), *DUTCH)


def write_machine_lines(frozen: Frozen, file: TextIO) -> None:
    """lines.csv."""
    rows = tables.line_rows(frozen, Style(dutch=False))
    _write_rows(file, tables.MACHINE_LINE_COLUMNS, rows, *MACHINE)


def write_machine_hours(frozen: Frozen, file: TextIO) -> None:
    """hours.csv."""
    _write_hours(frozen, file, tables.MACHINE_HOUR_COLUMNS, Style(dutch=False), *MACHINE)


def _write_rows(
    file: TextIO, head: Sequence[str], rows: Iterator[list[Row]], delimiter: str, end: str
) -> None:
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerow(head)
    for some in rows:
        writer.writerows(some)


def _write_hours(
    frozen: Frozen, file: TextIO, head: Sequence[str], style: Style, *form: str
) -> None:
    delimiter, end = form
    file.write(delimiter.join(head) + end)
    file.writelines(tables.hour_lines(frozen, style, delimiter, end))
