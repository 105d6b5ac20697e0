"""The columns of a table of questions, in Dutch or English, and what stands in their cells."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from labapp.accounts.models import Sector
from labapp.errors import InvalidError
from labapp.foreign_files import ZIP, UnreadableError
from labapp.foreign_rows import csv_rows, with_headings, xlsx_rows
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs.question_models import QuestionVisibility
from labapp.labs.question_writing import QuestionInput

MOST_ROWS = 2_000
LONGEST_KEY = 120
COLUMNS = {
    "sleutel": ("key", "id", "nummer"),
    "vraag": ("title", "question"),
    "gezien": ("seen", "toelichting", "wat_zie_je"),
    "groep": ("groups", "groepen", "leerjaar"),
    "vak": ("subject",),
    "geprobeerd": ("tried",),
    "besluit": ("decision",),
    "nodig_op": ("needed_on", "voor"),
    "sector": (),
    "thema": ("theme",),
    "vestiging": ("brin6", "brin", "school"),
    "zichtbaarheid": ("visibility",),
}
REQUIRED = ("sleutel", "vraag")
NAMES = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
COLUMN_OF = {
    "title": "vraag", "seen": "gezien", "groups": "groep", "subject": "vak",
    "tried": "geprobeerd", "decision": "besluit", "needed_on": "nodig_op", "theme": "thema",
    "visibility": "zichtbaarheid", "pupil_data": "vraag",
}  # fmt: skip
DUTCH_DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
VISIBILITIES = {
    "": QuestionVisibility.PROGRAMME,
    "programma": QuestionVisibility.PROGRAMME,
    "programme": QuestionVisibility.PROGRAMME,
    "school": QuestionVisibility.ORGANISATION,
    "organisation": QuestionVisibility.ORGANISATION,
}

Row = tuple[int, Mapping[str, str]]


def read_rows(path: Path) -> Iterator[Row]:
    """Give the rows of a table by the names of our columns; others are left out."""
    with path.open("rb") as stream:
        is_sheet = stream.read(len(ZIP)) == ZIP
    headings, rest = with_headings(xlsx_rows(path) if is_sheet else csv_rows(path))
    names = [NAMES.get(re.sub(r"\s+", "_", heading.strip().lower()), "") for heading in headings]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        words = _("Deze kolommen ontbreken: %(names)s.", names=", ".join(missing))
        raise UnreadableError(words, row=1)
    doubles = sorted({name for name in names if name and names.count(name) > 1})
    if doubles:
        words = _("Deze kolommen staan er twee keer: %(names)s.", names=", ".join(doubles))
        raise UnreadableError(words, row=1)
    for count, (number, cells) in enumerate(rest, start=1):
        if count > MOST_ROWS:
            words = _("Een bestand heeft ten hoogste %(most)s rijen. Splits het.", most=MOST_ROWS)
            raise UnreadableError(words, row=number)
        padded = [*cells, *[""] * (len(names) - len(cells))]
        yield number, {n: _plain(c) for n, c in zip(names, padded, strict=False) if n}


def input_of(values: Mapping[str, str]) -> QuestionInput:
    """Read a row; what cannot be read is an InvalidError by column."""
    fields: dict[str, list[str]] = {}
    visibility = VISIBILITIES.get(values.get("zichtbaarheid", "").lower())
    if visibility is None:
        fields["zichtbaarheid"] = [_("Schrijf ‘programma’ of ‘school’.")]
    sector = _sector(values.get("sector", ""))
    if values.get("sector") and sector is None:
        fields["sector"] = [_("Schrijf po, vo of so.")]
    day = None
    try:
        day = _day(values.get("nodig_op", ""))
    except ValueError:
        fields["nodig_op"] = [_("Schrijf de datum als 17-11-2026 of 2026-11-17.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in deze rij."), fields)
    return QuestionInput(
        title=values.get("vraag", ""),
        seen=values.get("gezien", ""),
        groups=values.get("groep", ""),
        subject=_slug("subject", values.get("vak", "")),
        tried=values.get("geprobeerd", ""),
        decision=values.get("besluit", ""),
        needed_on=day,
        sector=sector,
        theme=_slug("theme", values.get("thema", "")),
        visibility=visibility or QuestionVisibility.PROGRAMME,
    )


def _slug(facet: str, word: str) -> str:
    """Give the slug for a word of the vocabulary in either language; the word itself if none."""
    table = vocabulary.themes() if facet == "theme" else vocabulary.subjects()
    wanted = word.strip().lower()
    for slug, row in table.items():
        if wanted in (slug, str(row["nl"]).lower(), str(row["en"]).lower()):
            return slug
    return word.strip()


def _sector(text: str) -> Sector | None:
    return next((one for one in Sector if one.value == text.strip().lower()), None)


def _day(text: str) -> date | None:
    if not text:
        return None
    if found := DUTCH_DAY.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(text)


def _plain(cell: str) -> str:
    """Take off the mark that an export puts before text a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell
