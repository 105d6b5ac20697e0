"""The columns of lines and hours, for people in Dutch and for machines.

Numbers and days are made here as text with the signs of the one or the other; texts go through
`text_cell`, numbers never do: a correction stays -12,09.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from labapp.subsidy.exports import reading
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.writing import (
    Cells,
    DutchDays,
    Hours,
    IsoDays,
    People,
    percentage_text,
    text_cell,
)
from labapp.subsidy.money import decimal_text

Row = tuple[Any, ...]
LINE_COLUMNS = (
    "claimnummer", "regelnummer", "regeling", "schooljaar", "bestuursnummer", "brin6",
    "persoon_id", "naam", "rol", "categorie", "periode_van", "periode_tot", "minuten", "uren",
    "tarief", "percentage", "bedrag",
)  # fmt: skip
HOUR_COLUMNS = (
    "claimnummer", "entry_id", "corrigeert", "persoon_id", "naam", "brin6", "datum", "begin",
    "eind", "minuten", "uren", "categorie", "omschrijving", "bron", "sessie_id",
    "geregistreerd_op", "dagen_na_activiteit", "urenstaat", "ondertekend_op", "akkoord_door",
    "akkoord_op",
)  # fmt: skip
MACHINE_LINE_COLUMNS = (
    "claim_number", "line_number", "scheme", "school_year", "board_number", "brin6", "person_id",
    "name", "role", "category", "period_from", "period_to", "minutes", "hours", "rate",
    "percentage", "amount",
)  # fmt: skip
MACHINE_HOUR_COLUMNS = (
    "claim_number", "entry_id", "corrects", "person_id", "name", "brin6", "date", "start", "end",
    "minutes", "hours", "category", "description", "source", "session_id", "registered_on",
    "days_after_activity", "declaration", "signed_on", "approved_by", "approved_on",
)  # fmt: skip
ROLES = {
    "teacher": "leraar",
    "school_leader": "schoolleider",
    "internal_coach": "intern begeleider",
    "researcher": "onderzoeker",
    "expert_coach": "expertcoach",
    "knowledge_broker": "kennismakelaar",
    "board_controller": "controller",
    "programme_officer": "programmamedewerker",
}
SOURCES = {
    "manual": "handmatig",
    "grid": "weekstaat",
    "session": "sessie",
    "import": "import",
    "api": "api",
}
SESSION = "session"


class Style:
    """How one kind of reader has numbers, days and words."""

    def __init__(self, *, dutch: bool) -> None:
        self.point = "," if dutch else "."
        self.days: dict[Any, str] = DutchDays() if dutch else IsoDays()
        self.hours = Hours(self.point)
        self.people = People()
        self.roles = ROLES if dutch else {}
        self.sources = SOURCES if dutch else {}


def line_rows(frozen: Frozen, style: Style) -> Iterator[list[Row]]:
    """Give the rows of lines, some thousands at a time."""
    content, scheme, board = frozen.content, frozen.content["scheme"], frozen.content["board"]
    head = (text_cell(content["number"]),)
    names = (
        text_cell(scheme["code"]),
        frozen.school_year,
        board["board_number"] or "",
        content["branch"]["brin6"],
    )

    def row(line: Any) -> Row:
        return (
            *head, line.number, *names,
            style.people[line.user_id], text_cell(line.person_name),
            style.roles.get(line.role, line.role), text_cell(line.category_code),
            style.days[line.period_from], style.days[line.period_to],
            line.minutes, style.hours[line.minutes],
            decimal_text(line.rate_cents, point=style.point),
            percentage_text(line.percentage_bp, style.point),
            decimal_text(line.cents, point=style.point),
        )  # fmt: skip

    return _rows(reading.iter_lines(frozen.snapshot_id), row)


HOUR_FIELDS = (
    "entry_id", "corrects_id", "user_id", "person_name", "brin6", "work_date", "start_local",
    "end_local", "minutes", "category_code", "description", "source", "source_ref",
    "registered_on", "days_late", "declaration", "signed_on", "approved_by", "approved_on",
)  # fmt: skip


def hour_lines(frozen: Frozen, style: Style, delimiter: str, end: str) -> Iterator[str]:
    """Give the lines of the table of hours, some thousands at a time, ready to be written.

    There may be a million: what comes back is written once, and a line is joined, not assembled.
    """
    cells = Cells(delimiter)
    cell, known = cells.cell, cells.known
    people, days, hours, sources = style.people, style.days, style.hours, style.sources
    number, join = cell(frozen.number), delimiter.join
    for some in reading.iter_hours(frozen.snapshot_id, *HOUR_FIELDS):
        lines = [
            join((
                number, entry, corrects or "", people[person], known[name], brin6, days[worked],
                start, finish, str(minutes), hours[minutes], known[category],
                cell(description) if description else "", sources.get(source, source),
                cell(reference) if source == SESSION else "", days[registered], str(late),
                cell(declaration), days[signed], known[approver], days[approved],
            ))
            for (
                entry, corrects, person, name, brin6, worked, start, finish, minutes, category,
                description, source, reference, registered, late, declaration, signed, approver,
                approved,
            ) in some
        ]  # fmt: skip
        lines.append("")
        yield end.join(lines)


def _rows(partitions: Iterator[Sequence[Any]], row: Callable[[Any], Row]) -> Iterator[list[Row]]:
    for partition in partitions:
        yield [row(one) for one in partition]
