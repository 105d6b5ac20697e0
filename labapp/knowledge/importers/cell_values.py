"""From the text of a cell to the value of a field: lists, numbers, days, labels."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from labapp.knowledge import content as contents
from labapp.knowledge import names, vocabulary

LISTS = tuple(name for name in contents.LISTS if name != "steps")  # of texts
OF_SLUGS = ("sectors", "subjects", "themes")
STRUCTURED = ("ratings", "sources", "steps", "dutch")
FACETS = {
    "sectors": vocabulary.sectors,
    "subjects": vocabulary.subjects,
    "themes": vocabulary.themes,
    "kind": vocabulary.kinds,
    "outcome": vocabulary.outcomes,
}
LANGUAGES = {"nederlands": "nl", "dutch": "nl", "engels": "en", "english": "en"}
BAR, OTHERS = "|", re.compile(r"[;\n]")
DECIMAL = re.compile(r"[+-]?\d+,\d+")
WHOLE = re.compile(r"([+-]?\d+)[.,]0+")
DUTCH_DAY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
DAYS = ("reviewed_on", "review_due_on", "dated_on", "accessed_on")
WITH_FRACTION = ("months", "range_low", "range_high")
COUNTS = (*contents.NUMBERS, "studies", "studies_eligible", "sample", "year")
Labels = Mapping[str, Mapping[str, Any]]


def value_of(path: str, cell: str, separator: str | None, labels: Labels) -> Any:
    """Give the value of a field for the text of its cell.

    `separator` is between the parts of a list (else a bar, semicolon or new line); `labels` are
    {field: {text in the file: value}}.
    """
    name, cell = path.rsplit(".", 1)[-1], armed(cell)
    if path in STRUCTURED:
        return _structured(path, cell)
    if name in LISTS:
        return [_translated(name, part, labels) for part in _split(name, cell, separator)]
    if name == "authors":
        return names.parse_names(cell)
    if name in (*WITH_FRACTION, *COUNTS, *DAYS):
        return _number_or_day(name, cell)
    return _translated(name, cell, labels)


def armed(cell: str) -> str:
    """Take off the mark that our own export puts before text a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def folded(text: str) -> str:
    """Give text as it is compared: in lower case, with single spaces for lines and dashes."""
    return re.sub(r"[\s_-]+", " ", text.replace("’", "'")).strip().casefold()


def _structured(path: str, cell: str) -> Any:
    if cell[:1] in "[{":
        try:
            return json.loads(cell)
        except (json.JSONDecodeError, RecursionError):
            return cell
    if path == "steps":
        return [{"kind": "do", "text": part} for part in _split(path, cell, None)]
    return cell


def _number_or_day(name: str, cell: str) -> str:
    if name in DAYS:
        day = DUTCH_DAY.fullmatch(cell)
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}" if day else cell
    if name in WITH_FRACTION:
        return cell.replace(",", ".") if DECIMAL.fullmatch(cell) else cell
    whole = WHOLE.fullmatch(cell)
    return whole[1] if whole else cell


def _split(name: str, cell: str, separator: str | None) -> list[str]:
    if separator is None and BAR in cell:
        separator = BAR
    parts = cell.split(separator) if separator else OTHERS.split(cell)
    if len(parts) == 1 and not separator and name in OF_SLUGS:
        parts = cell.split(",")
    return [part.strip() for part in parts if part.strip()]


def _translated(name: str, text: str, labels: Labels) -> Any:
    """Give the slug of a label in either language, or what the mapping says it stands for."""
    own = {folded(str(key)): value for key, value in (labels.get(name) or {}).items()}
    if folded(text) in own:
        return own[folded(text)]
    if name == "language":
        return LANGUAGES.get(folded(text), text)
    return _slugs(name).get(folded(text), text) if name in FACETS else text


@cache
def _slugs(name: str) -> dict[str, str]:
    rows = FACETS[name]()
    found = {folded(slug): slug for slug in rows}
    for slug, row in rows.items():
        for language in ("nl", "en"):
            found.setdefault(folded(str(row.get(language, slug))), slug)
    return found
