"""The hour declaration (urendeclaratie) on paper: of one person and month, and of a claim."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labapp.subsidy.claim_lines import person_key
from labapp.subsidy.exports import TEMPLATE_VERSION, reading, tables
from labapp.subsidy.exports.paper import INNER, Paper, write_pdf
from labapp.subsidy.exports.reading import Frozen
from labapp.subsidy.exports.sheets import (
    NAME_OF_SYSTEM,
    Sheet,
    claim_facts,
    dutch_day,
    sheets_of,
    totals,
)
from labapp.subsidy.exports.writing import percentage_text
from labapp.subsidy.money import decimal_text, hours_text

HOURS_HEAD = ("Datum", "Begin", "Eind", "Uren", "Activiteit", "Omschrijving", "Herkomst")
HOURS_WIDTHS = (62.0, 34.0, 34.0, 40.0, 104.0, 171.0, INNER - 445.0)
LINES_HEAD = ("Nr.", "Persoon", "Activiteit", "Periode", "Uren", "Tarief", "%", "Bedrag")
LINES_WIDTHS = (26.0, 132.0, 96.0, 70.0, 46.0, 46.0, 44.0, INNER - 460.0)
TOTALS_HEAD = ("Activiteit", "Kalenderjaar", "Uren")
TOTALS_WIDTHS = (240.0, 90.0, 60.0)


def write_claim(frozen: Frozen, path: Path) -> None:
    """Write the claim with its lines, then a sheet for each person and month."""

    def draw(paper: Paper) -> None:
        paper.footer = footer_of(frozen)
        _draw_claim(paper, frozen)
        for sheet in sheets_of(frozen):
            draw_sheet(paper, sheet)

    write_pdf(path, f"Urendeclaratie claim {frozen.number}", frozen.content["board"]["name"], draw)


def write_person(frozen: Frozen, path: Path, user_id: int, month: str) -> bool:
    """Write the sheets of one person and month (2026-09); tell whether there were any."""
    chosen = [
        sheet
        for sheet in sheets_of(frozen)
        if sheet.person_id == user_id and sheet.month.isoformat()[:7] == month
    ]
    if not chosen:
        return False
    write_sheets(path, chosen, footer_of(frozen), frozen.content["board"]["name"])
    return True


def write_sheets(path: Path, sheets: Sequence[Sheet], footer: Sequence[str], author: str) -> None:
    """Write sheets that belong together."""

    def draw(paper: Paper) -> None:
        paper.footer = footer
        for sheet in sheets:
            draw_sheet(paper, sheet)

    write_pdf(path, f"Urendeclaratie {sheets[0].month_name}", author, draw)


def footer_of(frozen: Frozen) -> list[str]:
    """Give what stands at the bottom of each page: how to check that nothing changed."""
    return [
        f"Claim {frozen.number}, indiening {frozen.revision} · sjabloon {TEMPLATE_VERSION}",
        f"SHA-256 momentopname {frozen.sha256}",
        f"auditspoor {frozen.audit_seq or '-'} · {frozen.audit_head or '-'}",
    ]


def draw_sheet(paper: Paper, sheet: Sheet) -> None:
    """Draw one person and month: who, which days, totals, statement, signatures."""
    paper.new_page()
    paper.heading(f"Urendeclaratie {sheet.month_name}", 15)
    paper.facts([*sheet.facts, ("Urenstaat", sheet.declaration)])
    rows = [
        (
            hour.day.strftime("%d-%m-%Y"), hour.start, hour.end, hours_text(hour.minutes),
            hour.category, _described(hour.description, hour.corrects_id),
            " ".join(part for part in (hour.source, hour.reference) if part),
        )
        for hour in sheet.hours
    ]  # fmt: skip
    paper.table(HOURS_HEAD, HOURS_WIDTHS, rows, frozenset({3}))
    paper.heading("Totaal per activiteit en kalenderjaar")
    added = [(name, str(year), hours_text(minutes)) for name, year, minutes in totals(sheet.hours)]
    whole = hours_text(sum(hour.minutes for hour in sheet.hours))
    paper.table(TOTALS_HEAD, TOTALS_WIDTHS, [*added, ("Totaal", "", whole)], frozenset({2}))
    _draw_signatures(paper, sheet)


def _described(description: str, corrects_id: str) -> str:
    return f"{description} (corrigeert {corrects_id})".strip() if corrects_id else description


def _draw_signatures(paper: Paper, sheet: Sheet) -> None:
    paper.room(190)  # a statement and its signatures stay on one page
    paper.heading("Verklaring")
    paper.paragraph(sheet.statement)
    place = [("Plaats", sheet.place)] if sheet.place else []
    for title, name, day, words in (
        ("Ondertekening", sheet.person, sheet.signed_on, "ondertekend"),
        ("Akkoord leidinggevende", sheet.approved_by, sheet.approved_on, "goedgekeurd"),
    ):
        paper.heading(title, 9.5)
        signed = f"elektronisch {words} op {day} via {NAME_OF_SYSTEM}" if day else "nog niet"
        paper.facts([("Naam", name), ("Datum", day), *place, ("Handtekening", signed)])


def _draw_claim(paper: Paper, frozen: Frozen) -> None:
    content = frozen.content
    paper.new_page()
    paper.heading(f"Claim {frozen.number}", 15)
    more = [("Ingediend op", dutch_day(content["submitted_on"]))]
    if content.get("corrects"):
        more.append(("Corrigeert claim", content["corrects"]))
    currency = content["branch"].get("currency", "EUR")
    paper.facts([*claim_facts(content, frozen.school_year), *more])
    rows = [
        (
            str(line.number), _who(line), line.category_label,
            f"{dutch_day(line.period_from)} t/m {dutch_day(line.period_to)}",
            hours_text(line.minutes), decimal_text(line.rate_cents),
            percentage_text(line.percentage_bp), decimal_text(line.cents),
        )
        for some in reading.iter_lines(frozen.snapshot_id)
        for line in some
    ]  # fmt: skip
    paper.table(LINES_HEAD, LINES_WIDTHS, rows, frozenset({4, 5, 6, 7}))
    paper.facts(
        [
            ("Totaal uren", hours_text(content["total_minutes"])),
            ("Totaal bedrag", f"{currency} {decimal_text(content['total_cents'])}"),
        ]
    )
    paper.paragraph(
        "Elke regel is één keer op hele centen afgerond; het totaal is de som van de regels."
    )
    _draw_board_signature(paper, content)


def _draw_board_signature(paper: Paper, content: dict[str, Any]) -> None:
    paper.room(110)
    paper.heading("Ondertekening namens het bestuur", 9.5)
    if content.get("statement"):
        paper.paragraph(content["statement"])
    day = dutch_day(content["submitted_on"])
    name = (content.get("submitted_by") or {}).get("name", "")
    signed = f"elektronisch ondertekend op {day} via {NAME_OF_SYSTEM}"
    paper.facts([("Naam", name), ("Datum", day), ("Handtekening", signed)])


def _who(line: object) -> str:
    """Name the person of a line with the role; a line of nobody says what it is."""
    user_id = getattr(line, "user_id", None)
    if user_id is None:
        return "Termijn van de verlening"
    name = getattr(line, "person_name", "") or person_key(user_id)
    role = getattr(line, "role", "")
    trimmed = "; boven het maximum" if getattr(line, "is_cap_adjustment", False) else ""
    return f"{name} ({tables.ROLES.get(role, role)}{trimmed})"
