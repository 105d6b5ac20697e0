"""Looking through a table: by the names of its columns, and by what is in its cells."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice

from labapp.i18n import gettext as _
from labapp.pupil_data.findings import Finding, Kind, masked
from labapp.pupil_data.numbers import passes_eleven_test
from labapp.pupil_data.texts import find_in_text

# Columns that hold data of one pupil a row, whatever they are called exactly.
NAMES = {
    "naam", "namen", "leerling", "leerlingnaam", "leerlingennaam", "naamleerling", "naamkind",
    "naamvandeleerling", "kind", "voornaam", "voornamen", "voorletters", "roepnaam", "achternaam",
    "tussenvoegsel", "familienaam", "name", "firstname", "lastname", "surname", "pupil", "student",
    "studentname", "leerlingnummer", "leerlingnr", "llnr", "stamnummer", "stamnr", "leerlingid",
    "studentnummer", "emailleerling", "leerlingemail", "mailleerling", "emailadresleerling",
}  # fmt: skip
NUMBERS = {"bsn", "burgerservicenummer", "sofinummer", "pgn", "onderwijsnummer",
           "persoonsgebondennummer"}  # fmt: skip
BIRTHS = {"geboortedatum", "gebdatum", "geboren", "geborenop", "geb", "gebdat", "geboortedag",
          "dateofbirth", "birthdate", "dob"}  # fmt: skip
SEXES = {"geslacht", "sekse", "gender", "jm", "mv"}
CLASSES = {"klas", "groep", "jaargroep", "stamklas", "leerjaar", "basisgroep"}
TRAITS = {"postcode", "geboortejaar", "leeftijd", "nationaliteit", "thuistaal", "geboorteland",
          "herkomst", "diagnose", "dyslexie", "opleidingouders", "gewicht"}  # fmt: skip
PARTS = SEXES | CLASSES | TRAITS
COUNTED = re.compile(r"\s*[\d.,]+\s*%?\s*")  # of a column that counts, such as: kind, 12
NUMBER = re.compile(r"\d{8,9}|\d{3}([. -])\d{3}\1\d{3}|\d{4}\.\d{2}\.\d{3}")
MOST_ROWS, MOST_HEADS, MOST_COLUMNS = 20_000, 10, 500
MANY = 5  # numbers in a column, from which chance is no explanation
FEW = 0.5  # of them pass the test: one in eleven does so by chance
LONGEST_CELL, LONGEST_COLUMN = 2_000, 50_000
Row = Sequence[object]


def find_in_table(head: Row, rows: Iterable[Row], place: str = "") -> list[Finding]:
    """Give columns and cells that look like data of pupils; `place` is the name of the sheet.

    Of a table no more than MOST_ROWS are read.
    """
    body = [row[:MOST_COLUMNS] for row in islice(rows, MOST_ROWS)]
    names = [_plain(cell) for cell in head[:MOST_COLUMNS]]
    found = []
    for column, name in enumerate(names):
        cells = [str(row[column]).strip() for row in body if column < len(row) and row[column]]
        where = _where(place, str(head[column]) or str(column + 1))
        found += _in_column(name, str(head[column]), [cell for cell in cells if cell], where)
    if _are_together(names) and len(body) > 1:
        words = ", ".join(str(head[i]) for i, name in enumerate(names) if name in PARTS)
        found.append(Finding(Kind.COMBINATION, 0, 0, words, place))
    return found


def find_in_sheet(rows: Iterable[Row], place: str = "") -> list[Finding]:
    """Look for the heading among the first rows, as sheets often begin with a title."""
    body = [list(row) for row in islice(rows, MOST_ROWS)]
    known = NAMES | NUMBERS | BIRTHS | SEXES
    heads = (n for n, row in enumerate(body[:MOST_HEADS]) if known & {_plain(cell) for cell in row})
    first = next(heads, 0)
    return find_in_table(body[first], body[first + 1 :], place) if body else []


def _in_column(name: str, head: str, cells: list[str], where: str) -> list[Finding]:
    if not cells:
        return []
    if name in NUMBERS:
        return [Finding(Kind.BSN, 0, 0, head, where)]
    if name in BIRTHS:
        return [Finding(Kind.BIRTH_DATE, 0, 0, head, where)]
    if name in NAMES and not all(COUNTED.fullmatch(cell) for cell in cells[:MANY]):
        return [Finding(Kind.COLUMN, 0, 0, head, where)]
    numbers = [re.sub(r"\D", "", cell) for cell in cells if NUMBER.fullmatch(cell)]
    passing = [number for number in numbers if passes_eleven_test(number)]
    if passing and (len(numbers) < MANY or len(passing) >= FEW * len(numbers)):
        return [Finding(Kind.BSN, 0, 0, masked(passing[0]), where)]
    text = "\n".join(cell[:LONGEST_CELL] for cell in cells if not NUMBER.fullmatch(cell))
    return [
        Finding(one.kind, 0, 0, one.excerpt, where) for one in find_in_text(text[:LONGEST_COLUMN])
    ]


def _are_together(names: Sequence[str]) -> bool:
    """Tell whether a row has sex and class, and one trait more: few pupils share the three."""
    present = set(names)
    return bool(present & SEXES and present & CLASSES and present & TRAITS)


def _plain(cell: object) -> str:
    """Give a heading without capitals, accents, spaces and signs: Geb. datum is gebdatum."""
    text = unicodedata.normalize("NFKD", str(cell)[:100]).lower()
    return "".join(letter for letter in text if letter.isalnum())


def _where(place: str, column: str) -> str:
    words = _("kolom “%(name)s”", name=column[:50])
    return f"{place}, {words}" if place else words
