"""Rows of a table, from CSV or a spreadsheet: text cells, with the numbers of the rows."""

import csv
from collections.abc import Generator, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812

from labapp.foreign_files import UnreadableError, check_zip, encoding_of
from labapp.i18n import gettext as _

DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 500
LONGEST_CELL = 100_000
SHEET_FAULTS = (
    BadZipFile,
    ZlibError,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
    EOFError,
)

Row = tuple[int, list[str]]


def csv_rows(path: Path) -> Iterator[Row]:
    """Give the rows that hold something, the first being the heading."""
    encoding = encoding_of(path)
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as stream:
        delimiter = _delimiter(stream.readline(LONGEST_CELL))
        stream.seek(0)
        number = 0
        try:
            for number, cells in enumerate(csv.reader(stream, delimiter=delimiter), start=1):
                if any(cell.strip() for cell in cells):
                    yield number, [cell.strip() for cell in cells]
        except csv.Error as error:
            raise UnreadableError(
                _("Deze rij is geen geldige CSV of een cel is te lang."), row=number + 1
            ) from error


def _delimiter(heading: str) -> str:
    return max(DELIMITERS, key=heading.count)


def xlsx_sheets(path: Path) -> Generator[tuple[str, Iterator[Row]]]:
    """Give each sheet with cells, also a hidden one: its name, and its rows that hold something."""
    book = _book(path)
    try:
        for sheet in book.worksheets:
            yield sheet.title, _sheet_rows(book, sheet.title)
    finally:
        book.close()


def xlsx_rows(path: Path, sheet: str = "") -> Iterator[Row]:
    """Give the rows of a sheet (the first, or the one named) that hold something."""
    book = _book(path)
    try:
        yield from _sheet_rows(book, sheet)
    finally:
        book.close()


def _book(path: Path) -> Any:
    import openpyxl  # noqa: PLC0415  # slow to load, and few read a spreadsheet
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    check_zip(path)
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (*SHEET_FAULTS, InvalidFileException) as error:
        raise UnreadableError(_("Dit bestand is beschadigd of geen Excel-bestand.")) from error


def _sheet_rows(book: Any, name: str) -> Iterator[Row]:
    if name and name not in book.sheetnames:
        raise UnreadableError(_("Er is geen blad %(name)s.", name=name))
    if not book.worksheets:
        raise UnreadableError(_("Dit bestand heeft geen blad met cellen."))
    sheet = book[name] if name else book.worksheets[0]
    try:
        sheet.reset_dimensions()  # a file may lie about its size
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            texts = [cell_text(cell) for cell in cells[:MOST_COLUMNS]]
            if any(texts):
                yield number, texts
    except SHEET_FAULTS as error:
        raise UnreadableError(_("Dit bestand is beschadigd of geen Excel-bestand.")) from error


def cell_text(value: Any) -> str:
    """Give a cell as text: days as ISO text, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def with_headings(rows: Iterator[Row]) -> tuple[list[str], Iterator[Row]]:
    """Split the heading from the rows under it."""
    first = next(rows, None)
    if first is None:
        raise UnreadableError(_("Het bestand is leeg."))
    return first[1], rows
