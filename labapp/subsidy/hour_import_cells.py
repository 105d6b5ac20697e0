"""The columns of a table of hours, in Dutch or English, and what stands in their cells."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy.durations import parse_minutes

Faulty = Callable[[str, str], None]
COLUMNS = {
    "persoon": ("persoon_id", "person", "person_id", "email", "e-mail", "e_mail"),
    "vestiging": ("brin6", "brin", "branch", "school"),
    "regeling": ("scheme", "regelingcode"),
    "versie": ("version",),
    "activiteit": ("categorie", "category", "activity"),
    "datum": ("date", "work_date", "dag"),
    "uren": ("hours",),
    "minuten": ("minutes",),
    "begin": ("start", "start_local", "van"),
    "eind": ("end", "end_local", "tot"),
    "omschrijving": ("toelichting", "description"),
    "document": ("bewijs", "evidence"),
    "reden": ("late_reason", "reason"),
    "external_id": ("source_ref", "nummer"),
}
REQUIRED = (
    ("persoon",), ("vestiging",), ("regeling",), ("activiteit",), ("datum",),
    ("uren", "minuten", "begin"),
)  # fmt: skip
NAMES = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
DUTCH_DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::00)?")


def column_of(heading: str) -> str:
    """Give our name of a column; empty for one that is not ours."""
    return NAMES.get(re.sub(r"\s+", "_", heading.strip().lower()), "")


def plain(cell: str) -> str:
    """Take off the mark that an export puts before text a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def day_of(text: str) -> date:
    """Read 17-11-2026 or 2026-11-17; anything else is a ValueError."""
    if found := DUTCH_DAY.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(text)


def time_of(text: str) -> time | None:
    """Read 9:30 or nothing; anything else is a ValueError."""
    if not text:
        return None
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return time(int(found[1]), int(found[2]))


def moment_of(
    values: Mapping[str, str], fault: Faulty
) -> tuple[date | None, time | None, time | None]:
    """Read the day and the times; what cannot be read is told by `fault`."""
    try:
        day = day_of(values.get("datum", ""))
    except ValueError:
        day = None
        fault("datum", _("Schrijf de datum als 17-11-2026 of 2026-11-17."))
    times: list[time | None] = []
    for name in ("begin", "eind"):
        try:
            times.append(time_of(values.get(name, "")))
        except ValueError:
            times.append(None)
            fault(name, _("Schrijf de tijd als 09:30."))
    return day, times[0], times[1]


def minutes_of(values: Mapping[str, str], fault: Faulty) -> int | None:
    """Read the hours, or the minutes where the file counts those."""
    text, column = values.get("uren", ""), "uren"
    if values.get("minuten"):
        text, column = f"{values['minuten']}m", "minuten"
    if not text:
        return None
    try:
        return parse_minutes(text)
    except InvalidError as error:
        fault(column, str(error))
        return None
