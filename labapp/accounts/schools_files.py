"""Reading files of schools: encodings, delimiters, columns; each error with its row and column."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labapp.accounts.models import Sector
from labapp.errors import InvalidError

COLUMNS = ("brin6", "naam", "gemeente", "postcode", "soort")
BRIN6 = re.compile(r"\d{2}[A-Z]{2}\d{2}")
POSTCODE = re.compile(r"[1-9]\d{3} ?[A-Z]{2}")
MOST_ERRORS = 200
LIMITS = {"naam": 200, "gemeente": 80, "soort": 80}
PRIMARY = {"bo", "bs", "sbo"}
SPECIAL = {"so", "vso", "sovso", "so/vso"}


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file, in words; `row` counts from 1, the head of the table included."""

    row: int
    column: str
    message: str
    file: str = ""


@dataclass(frozen=True)
class School:
    """One location as a file has it."""

    brin6: str
    name: str
    municipality: str
    postcode: str
    kind: str
    sector: Sector


@dataclass
class Contents:
    """The good rows and the problems of one or more files."""

    schools: dict[str, School] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def sectors(self) -> set[Sector]:
        return {school.sector for school in self.schools.values()}

    def note(self, row: int, column: str, message: str, file: str) -> None:
        if len(self.problems) < MOST_ERRORS:
            self.problems.append(Problem(row, column, message, file))


def read_path(path: Path) -> Contents:
    """Read a csv file, or the files po.csv and vo.csv (and so.csv) of a folder."""
    files = [path]
    if path.is_dir():
        files = [path / f"{sector.value}.csv" for sector in Sector]
        files = [file for file in files if file.is_file()]
        if not files:
            raise InvalidError(f"{path} has no po.csv or vo.csv.")
    contents = Contents()
    for file in files:
        read_file(file, contents)
    return contents


def read_file(path: Path, contents: Contents) -> None:
    """Add the rows of one file."""
    name = path.name
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        head = [cell.strip().lower() for cell in next(rows, [])]
        missing = [column for column in COLUMNS if column not in head]
        for column in missing:
            contents.note(1, column, f"The column {column} is missing.", name)
        if missing:
            return
        places = {column: head.index(column) for column in COLUMNS}
        for cells in rows:
            if any(cell.strip() for cell in cells):
                _read_row(rows.line_num, cells, places, contents, path)
    except csv.Error as error:
        contents.note(rows.line_num, "", f"This is not a table: {error}.", name)


def decode(data: bytes) -> str:
    """Give the text of a file in UTF-8 (with or without a mark), UTF-16 with a mark, or Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def sector_of(kind: str, file: str) -> Sector | None:
    """Give the sector of a kind of education; SBO is primary, (V)SO special."""
    parts = {part.strip().lower() for part in kind.split("/")} if kind else set()
    if kind.lower() in SPECIAL or (parts and parts <= SPECIAL):
        return Sector.SO
    if kind.lower() in PRIMARY:
        return Sector.PO
    named = file.lower().removesuffix(".csv")
    if named in {sector.value for sector in Sector}:
        return Sector(named)
    return Sector.VO if kind else None


def _read_row(
    row: int, cells: list[str], places: dict[str, int], contents: Contents, path: Path
) -> None:
    file = path.name
    values = {
        column: cells[place].strip() if place < len(cells) else ""
        for column, place in places.items()
    }
    brin6, postcode = values["brin6"].upper(), values["postcode"].upper().replace(" ", "")
    problems = list(_problems(values, brin6, postcode))
    if brin6 in contents.schools:
        problems.append(("brin6", f"{brin6} is in the files twice."))
    sector = sector_of(values["soort"], file)
    if sector is None and not problems:
        problems.append(("soort", "The kind of education is empty."))
    for column, message in problems:
        contents.note(row, column, message, file)
    if not problems and sector is not None:
        contents.schools[brin6] = School(
            brin6, values["naam"], values["gemeente"], postcode, values["soort"], sector
        )


def _problems(values: dict[str, str], brin6: str, postcode: str) -> Iterator[tuple[str, str]]:
    if not BRIN6.fullmatch(brin6):
        yield "brin6", f"{values['brin6']!r} is no BRIN with two digits of the location (00AP00)."
    if not values["naam"]:
        yield "naam", "The name is empty."
    for column, longest in LIMITS.items():
        if len(values[column]) > longest:
            yield column, f"This is longer than {longest} characters."
        elif "\ufffd" in values[column] or not values[column].replace("\t", " ").isprintable():
            yield column, "This has signs that cannot be read."
    if postcode and not POSTCODE.fullmatch(postcode):
        yield "postcode", f"{values['postcode']!r} is no postcode (1234AB)."
