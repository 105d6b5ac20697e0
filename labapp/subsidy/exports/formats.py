"""Every form in which a claim can be taken out, by the name that records keep."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.exports import csv_files, json_file, pdf, workbook
from labapp.subsidy.exports.reading import Frozen

Write = Callable[[Frozen, Path], None]


@dataclass(frozen=True)
class Format:
    """A form: the name of its file, who writes it, and what it is called on the screen."""

    kind: str
    file_name: str
    write: Write
    label: object
    hint: object


def as_text(write: Callable[[Frozen, TextIO], None]) -> Write:
    """Give the writer of a text as the writer of a file."""

    def write_file(frozen: Frozen, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            write(frozen, file)

    return write_file


def _json(frozen: Frozen, path: Path) -> None:
    with path.open("wb") as file:
        json_file.write_json(frozen, file)


ALL = "all"
FORMATS = {
    one.kind: one
    for one in (
        Format("lines_csv", "regels.csv", as_text(csv_files.write_lines), _l("Regels (CSV)"),
               _l("Claimregels voor Excel, met komma’s en Nederlandse datums.")),
        Format("hours_csv", "uren.csv", as_text(csv_files.write_hours), _l("Uren (CSV)"),
               _l("Elk uur met herkomst en handtekeningen, voor Excel.")),
        Format("xlsx", "claim.xlsx", workbook.write_workbook, _l("Werkmap (XLSX)"),
               _l("Claim, regels en uren als drie bladen.")),
        Format("pdf", "urendeclaratie.pdf", pdf.write_claim, _l("Urendeclaratie (PDF)"),
               _l("Per persoon en maand, met verklaring en handtekeningen.")),
        Format("json", "claim.json", _json, _l("Momentopname (JSON)"),
               _l("De hele claim met zijn controlegetal, voor de accountant.")),
        Format("machine_lines_csv", "lines.csv", as_text(csv_files.write_machine_lines),
               _l("Regels voor systemen (CSV)"), _l("Met punten en ISO-datums.")),
        Format("machine_hours_csv", "hours.csv", as_text(csv_files.write_machine_hours),
               _l("Uren voor systemen (CSV)"), _l("Met punten en ISO-datums.")),
    )
}  # fmt: skip
