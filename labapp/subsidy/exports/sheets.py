"""The sheet of one person and one month, as it is printed: from a claim or from a declaration."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from labapp.subsidy.claim_lines import person_key
from labapp.subsidy.exports import reading, tables
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.writing import as_day

NAME_OF_SYSTEM = "Ontwikkelkracht lab"
PROGRAMME = "Ontwikkelkracht"
STATEMENT = (
    "Ik verklaar dat ik deze uren op de vermelde data daadwerkelijk heb besteed aan de genoemde"
    " activiteiten binnen Ontwikkelkracht en dat zij niet ook ten laste van een andere subsidie of"
    " opdracht worden gebracht."
)
MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
    "oktober", "november", "december",
)  # fmt: skip


@dataclass(frozen=True)
class SheetHour:
    """One row of the table per day."""

    day: date
    start: str
    end: str
    minutes: int
    category: str
    description: str
    source: str
    reference: str
    entry_id: str
    corrects_id: str


@dataclass(frozen=True)
class Sheet:
    """What a person signed for, and who agreed."""

    person_id: int
    person: str
    month: date
    declaration: str
    facts: list[tuple[str, str]]
    hours: list[SheetHour]
    statement: str
    signed_on: str
    approved_by: str
    approved_on: str
    place: str = ""
    roles: list[str] = field(default_factory=list)

    @property
    def month_name(self) -> str:
        return f"{MONTHS[self.month.month - 1]} {self.month.year}"


def dutch_day(value: Any) -> str:
    return as_day(value).strftime("%d-%m-%Y") if value else ""


def claim_facts(content: dict[str, Any], school_year: str) -> list[tuple[str, str]]:
    """Give what stands above each sheet of a claim."""
    scheme, grant = content["scheme"], content.get("grant")
    board, branch = content["board"], content["branch"]
    name = f"{scheme['name_nl']} ({scheme['code']}, versie {scheme['version']}, {school_year})"
    if scheme.get("is_fictional"):
        name += " \u2013 voorbeeld, geen echte regeling"
    decided = f" van {dutch_day(grant.get('decided_on'))}" if grant else ""
    return [
        ("Programma", PROGRAMME),
        ("Regeling", name),
        ("Bron", scheme.get("source_url") or ""),
        ("Beschikkingsnummer", f"{grant['decision_number']}{decided}" if grant else ""),
        ("Bestuur", f"{board['name']} ({board['board_number'] or ''})"),
        ("Vestiging", f"{branch['name']} (BRIN {branch['brin6']})"),
    ]


def sheets_of(frozen: Frozen) -> Iterator[Sheet]:
    """Give the sheets of a claim: by person, then by declaration and month."""
    facts = claim_facts(frozen.content, frozen.school_year)
    roles = _roles(frozen)
    hours = (hour for some in reading.iter_hours(frozen.snapshot_id) for hour in some)
    for _, of_person in groupby(hours, key=lambda hour: hour.user_id):
        rows = sorted(of_person, key=_place)
        for _, of_sheet in groupby(rows, key=lambda hour: (_month(hour), hour.declaration)):
            yield _sheet(list(of_sheet), facts, roles, frozen)


def _place(hour: Any) -> tuple[Any, ...]:
    return (_month(hour), hour.declaration, str(hour.work_date), hour.entry_id)


def _month(hour: Any) -> date:
    return as_day(hour.work_date).replace(day=1)


def _roles(frozen: Frozen) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for some in reading.iter_lines(frozen.snapshot_id):
        for line in some:
            name = tables.ROLES.get(line.role, line.role)
            if line.user_id is not None and name:
                known = found.setdefault(line.user_id, [])
                if name not in known:
                    known.append(name)
    return found


def _sheet(
    rows: list[Any],
    facts: list[tuple[str, str]],
    roles: dict[int, list[str]],
    frozen: Frozen,
) -> Sheet:
    first = rows[0]
    person = first.person_name or person_key(first.user_id)
    mine = roles.get(first.user_id, [])
    more = [
        ("Persoon", f"{person} ({person_key(first.user_id)})"),
        ("Rol", ", ".join(mine)),
        ("Aanstelling", frozen.content["branch"]["name"]),
    ]
    return Sheet(
        person_id=first.user_id,
        person=person,
        month=_month(first),
        declaration=first.declaration,
        facts=[*facts, *more],
        hours=[_hour(row) for row in rows],
        statement=frozen.person_statement or STATEMENT,
        signed_on=dutch_day(first.signed_on),
        approved_by=first.approved_by,
        approved_on=dutch_day(first.approved_on),
        place=frozen.content["branch"].get("municipality") or "",
        roles=mine,
    )


def _hour(row: Any) -> SheetHour:
    return SheetHour(
        day=as_day(row.work_date),
        start=row.start_local,
        end=row.end_local,
        minutes=row.minutes,
        category=row.category_label,
        description=row.description,
        source=tables.SOURCES.get(row.source, row.source),
        reference=row.source_ref,
        entry_id=row.entry_id,
        corrects_id=row.corrects_id or "",
    )


def totals(hours: Iterable[SheetHour]) -> list[tuple[str, int, int]]:
    """Give (category, calendar year, minutes), in order."""
    found: dict[tuple[str, int], int] = {}
    for hour in hours:
        key = (hour.category, hour.day.year)
        found[key] = found.get(key, 0) + hour.minutes
    return [(category, year, minutes) for (category, year), minutes in sorted(found.items())]
