"""Looking through a file, before it is kept."""

import logging
import time
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from labapp.foreign_files import MEGABYTE, UnreadableError, check_zip, read_text
from labapp.foreign_rows import Row, csv_rows, xlsx_sheets
from labapp.pupil_data.findings import Finding
from labapp.pupil_data.packages import read_package
from labapp.pupil_data.tables import MOST_ROWS, find_in_sheet
from labapp.pupil_data.texts import find_in_text

LONGEST_TEXT = 1_000_000
MOST_CELLS = 60_000
LARGEST_BOOK = 10 * MEGABYTE  # unpacked
MOST_PAGES, LONGEST_PAGE, MOST_SECONDS = 50, MEGABYTE, 5.0
OPEN = "application/vnd.oasis.opendocument."
OFFICE = "application/vnd.openxmlformats-officedocument."
# What a damaged PDF makes the library raise.
PDF_FAULTS = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError,
              RecursionError, OverflowError, AssertionError, NotImplementedError)  # fmt: skip
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Report:
    """What was found.

    `is_unread`: nothing could be read, as of a picture or a scan; `is_partial`: not all was read.
    """

    findings: tuple[Finding, ...] = ()
    is_unread: bool = False
    is_partial: bool = False


def find_in_file(path: Path, media_type: str) -> Report:
    """Look through a file of a kind that is accepted, whose name has the extension of its kind.

    What cannot be read is said, not refused.
    """
    read = READERS.get(media_type)
    try:
        return read(path) if read else Report(is_unread=True)
    except UnreadableError:
        return Report(is_unread=True)


def _plain(path: Path) -> Report:
    return _text(read_text(path))


def _text(text: str, *, is_partial: bool = False) -> Report:
    found = find_in_text(text[:LONGEST_TEXT])
    return Report(tuple(found), not text.strip(), is_partial or len(text) > LONGEST_TEXT)


def _csv(path: Path) -> Report:
    return _sheets([("", csv_rows(path))])


def _xlsx(path: Path) -> Report:
    check_zip(path)
    with zipfile.ZipFile(path) as package:
        if sum(part.file_size for part in package.infolist()) > LARGEST_BOOK:
            return Report(is_unread=True)
    with closing(xlsx_sheets(path)) as sheets:
        return _sheets(sheets)


def _sheets(sheets: Iterable[tuple[str, Iterable[Row]]]) -> Report:
    """Look through sheets, as far as they have no more cells together than is quick."""
    found: list[Finding] = []
    left, is_partial = MOST_CELLS, False
    for name, numbered in sheets:
        rows: list[list[str]] = []
        for _number, cells in numbered:
            left -= len(cells)
            is_partial = left < 0 or len(rows) == MOST_ROWS
            if is_partial:
                break
            rows.append(cells)
        found += find_in_sheet(rows, name)
        if is_partial:
            break
    return Report(tuple(found), is_unread=False, is_partial=is_partial)


def _package(path: Path) -> Report:
    text, tables, is_partial = read_package(path)
    in_tables = [one for name, rows in tables.items() for one in find_in_sheet(rows, name)]
    report = _text(text, is_partial=is_partial)
    return Report((*report.findings, *in_tables), report.is_unread, report.is_partial)


def _pdf(path: Path) -> Report:
    """Read the text of a PDF as far as that is quick."""
    until, texts, is_partial = time.monotonic() + MOST_SECONDS, [], False
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return Report(is_unread=True)
        for page in islice(reader.pages, MOST_PAGES):
            contents = page.get_contents()
            if contents is None:
                continue
            if len(contents.get_data()) > LONGEST_PAGE or time.monotonic() > until:
                is_partial = True
                continue
            texts.append(page.extract_text() or "")
        is_partial = is_partial or len(reader.pages) > MOST_PAGES
    except PDF_FAULTS:
        is_partial = True
    return _text("\n".join(texts), is_partial=is_partial)


READERS: dict[str, Callable[[Path], Report]] = {
    "text/plain": _plain,
    "text/markdown": _plain,
    "text/csv": _csv,
    "application/pdf": _pdf,
    f"{OFFICE}spreadsheetml.sheet": _xlsx,
    f"{OFFICE}wordprocessingml.document": _package,
    f"{OFFICE}presentationml.presentation": _package,
    f"{OPEN}text": _package,
    f"{OPEN}spreadsheet": _package,
    f"{OPEN}presentation": _package,
}
