"""XLSX: numbers as numbers, every text as text, and never a formula.

XlsxWriter keeps only the row at hand; a sheet of Excel ends after 1,048,576 rows, so hours beyond
that go on in the next sheet.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from labapp.subsidy.claim_lines import person_key
from labapp.subsidy.exports import reading, tables
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.writing import as_day

ROWS_OF_A_SHEET = 1_000_000
HUNDRED = Decimal(100)
MINUTES_PER_HOUR = Decimal(60)
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_date_format": "dd-mm-yyyy",
}


def write_workbook(frozen: Frozen, path: Path) -> None:
    """Write claim, lines and hours as three sheets."""
    made_on = as_day(frozen.content["submitted_on"])
    with Workbook(str(path), OPTIONS) as book:
        book.set_properties(
            {
                "title": f"Claim {frozen.number}",
                "author": str(frozen.content["board"]["name"]),
                "created": datetime.combine(made_on, time()),  # a fixed mark
            }
        )
        head = book.add_format({"bold": True, "bottom": 1})
        _write_facts(book, head, frozen)
        style = Styles(book, head)
        lines = _line_cells(frozen)
        _write_table(book, "Regels", style, tables.LINE_COLUMNS, lines)
        _write_table(book, "Uren", style, tables.HOUR_COLUMNS, _hour_cells(frozen))


class Styles:
    """How cells look: days and amounts have a form of their own."""

    def __init__(self, book: Any, head: Any) -> None:
        self.head = head
        self.day = book.add_format({"num_format": "dd-mm-yyyy"})
        self.decimal = book.add_format({"num_format": "0.00"})


def facts(frozen: Frozen) -> list[tuple[str, Any]]:
    """Give what stands on the first sheet: what the claim is, and how to check it."""
    content, scheme, grant = frozen.content, frozen.content["scheme"], frozen.content.get("grant")
    return [
        ("Claimnummer", frozen.number),
        ("Indiening", frozen.revision),
        ("Regeling", f"{scheme['name_nl']} ({scheme['code']})"),
        ("Bron van de regeling", scheme.get("source_url") or ""),
        ("Voorbeeldregeling, niet echt", "ja" if scheme.get("is_fictional") else "nee"),
        ("Schooljaar", frozen.school_year),
        ("Bestuur", f"{content['board']['name']} ({content['board']['board_number'] or ''})"),
        ("Vestiging", f"{content['branch']['name']} ({content['branch']['brin6']})"),
        ("Beschikkingsnummer", grant["decision_number"] if grant else ""),
        ("Corrigeert claim", content.get("corrects") or ""),
        ("Valuta", content["branch"].get("currency", "EUR")),
        ("Bedrag", Decimal(content["total_cents"]) / HUNDRED),
        ("Uren", Decimal(content["total_minutes"]) / MINUTES_PER_HOUR),
        ("Ingediend op", as_day(content["submitted_on"])),
        ("SHA-256 van de momentopname", frozen.sha256),
        ("Nummer in het auditspoor", frozen.audit_seq or ""),
        ("Kop van het auditspoor", frozen.audit_head or ""),
    ]


def _write_facts(book: Any, head: Any, frozen: Frozen) -> None:
    sheet = book.add_worksheet("Claim")
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 70)
    style = Styles(book, head)
    for number, (name, value) in enumerate(facts(frozen)):
        sheet.write_string(number, 0, name, head)
        _write_cell(sheet, number, 1, value, style)


def _write_table(
    book: Any,
    name: str,
    style: Styles,
    columns: Sequence[str],
    rows: Iterator[list[Any]],
) -> None:
    sheet, number, sheets = None, ROWS_OF_A_SHEET + 1, 0
    for cells in rows:
        if number > ROWS_OF_A_SHEET:
            sheets += 1
            sheet = _new_sheet(book, name if sheets == 1 else f"{name} {sheets}", style, columns)
            number = 1
        for column, value in enumerate(cells):
            _write_cell(sheet, number, column, value, style)
        number += 1
    if sheet is None:
        _new_sheet(book, name, style, columns)


def _new_sheet(book: Any, name: str, style: Styles, columns: Sequence[str]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, words in enumerate(columns):
        sheet.set_column(column, column, max(11, len(words) + 2))
        sheet.write_string(0, column, words, style.head)
    return sheet


def _write_cell(sheet: Any, row: int, column: int, value: Any, style: Styles) -> None:
    """Write a cell as what it is; a text stays text, whatever it begins with."""
    if isinstance(value, str):
        if value:
            sheet.write_string(row, column, value)
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, value, style.decimal)
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_datetime(row, column, value, style.day)


def _line_cells(frozen: Frozen) -> Iterator[list[Any]]:
    content = frozen.content
    head = [content["scheme"]["code"], frozen.school_year,
            content["board"]["board_number"] or "", content["branch"]["brin6"]]  # fmt: skip
    for some in reading.iter_lines(frozen.snapshot_id):
        for line in some:
            yield [
                frozen.number, line.number, *head,
                person_key(line.user_id), line.person_name, tables.ROLES.get(line.role, line.role),
                line.category_code, as_day(line.period_from), as_day(line.period_to),
                line.minutes, Decimal(line.minutes) / MINUTES_PER_HOUR,
                Decimal(line.rate_cents) / HUNDRED, Decimal(line.percentage_bp) / HUNDRED,
                Decimal(line.cents) / HUNDRED,
            ]  # fmt: skip


def _hour_cells(frozen: Frozen) -> Iterator[list[Any]]:
    for some in reading.iter_hours(frozen.snapshot_id):
        for hour in some:
            yield [
                frozen.number, hour.entry_id, hour.corrects_id or "", person_key(hour.user_id),
                hour.person_name, hour.brin6, as_day(hour.work_date), hour.start_local,
                hour.end_local, hour.minutes, Decimal(hour.minutes) / MINUTES_PER_HOUR,
                hour.category_code, hour.description, tables.SOURCES.get(hour.source, hour.source),
                hour.source_ref if hour.source == tables.SESSION else "",
                as_day(hour.registered_on), hour.days_late, hour.declaration,
                as_day(hour.signed_on), hour.approved_by, as_day(hour.approved_on),
            ]  # fmt: skip
