"""CSV: for Dutch Excel (BOM, `;`, CRLF, decimal comma), and for machines (comma, dot, ISO)."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from labapp.subsidy.exports import tables
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.tables import Row, Style

BOM = "\ufeff"


def write_lines(frozen: Frozen, file: TextIO) -> None:
    """regels.csv."""
    _write_dutch(file, tables.LINE_COLUMNS, tables.line_rows(frozen, Style(dutch=True)))


def write_hours(frozen: Frozen, file: TextIO) -> None:
    """uren.csv."""
    _write_dutch(file, tables.HOUR_COLUMNS, tables.hour_rows(frozen, Style(dutch=True)))


def write_machine_lines(frozen: Frozen, file: TextIO) -> None:
    """lines.csv."""
    rows = tables.line_rows(frozen, Style(dutch=False))
    _write(csv.writer(file, lineterminator="\n"), tables.MACHINE_LINE_COLUMNS, rows)


def write_machine_hours(frozen: Frozen, file: TextIO) -> None:
    """hours.csv."""
    rows = tables.hour_rows(frozen, Style(dutch=False))
    _write(csv.writer(file, lineterminator="\n"), tables.MACHINE_HOUR_COLUMNS, rows)


def _write_dutch(file: TextIO, head: Sequence[str], rows: Iterator[list[Row]]) -> None:
    file.write(BOM)
    _write(csv.writer(file, delimiter=";", lineterminator="\r\n"), head, rows)


def _write(writer: Any, head: Sequence[str], rows: Iterator[list[Row]]) -> None:
    writer.writerow(head)
    for some in rows:
        writer.writerows(some)
