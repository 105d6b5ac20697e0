"""The export of the What Works Clearinghouse: a folder of CSV files, one card per intervention.

A row of wwc_InterventionReports.csv is an intervention, a protocol and an outcome domain. An empty
cell is unknown, never zero; the case of categories differs between rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from labapp.foreign_files import Fault, UnreadableError
from labapp.foreign_rows import csv_rows, with_headings
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.importers import wwc_text
from labapp.knowledge.importers.records import Found, Options, Record

REPORTS = "wwc_InterventionReports.csv"
FINDINGS = "wwc_Findings.csv"
STUDIES = "wwc_Studies.csv"
NEEDED = (
    "InterventionID",
    "Intervention_Name",
    "Protocol",
    "Outcome_Domain",
    "NumStudiesMeetingStandards",
    "NumStudiesEligible",
    "Sample_Size_Intervention",
    "Intervention_Page_URL",
    "Effectiveness_Rating",
)
NEEDED_OF_FINDINGS = (
    "InterventionID",
    "ReviewID",
    "Outcome_Domain",
    "Is_Subgroup",
    "Improvement_Index",
    "Effect_Size_WWC",
)
SCALE = "WWC effectiveness rating"
INDEX_SCALE = "WWC improvement index (percentile points)"
ADDRESS = "https://ies.ed.gov/ncee/wwc"
Cells = dict[str, str]


@dataclass
class Findings:
    """What single studies found in one outcome domain, subgroups left out."""

    domain: str
    indexes: list[float] = field(default_factory=list)
    effects: list[float] = field(default_factory=list)
    reviews: set[str] = field(default_factory=set)


@dataclass
class Intervention:
    """All rows of one intervention."""

    row: int
    id: str
    name: str
    rows: list[tuple[int, Cells]] = field(default_factory=list)
    findings: dict[str, Findings] = field(default_factory=dict)

    @property
    def rated(self) -> list[Cells]:
        return [cells for _row, cells in self.rows if cells["Effectiveness_Rating"]]

    @property
    def url(self) -> str:
        paths = (cells["Intervention_Page_URL"] for _row, cells in self.rows)
        path = next((path for path in paths if path), "")
        return ADDRESS + path if path.startswith("/") else path

    def flags(self, prefix: str) -> list[str]:
        """Give the categories of columns that begin so and are marked, in the columns' order."""
        names = [name for name in self.rows[0][1] if name.startswith(prefix)]
        marked = {name for name in names for _row, cells in self.rows if is_marked(cells[name])}
        return [name.removeprefix(prefix) for name in names if name in marked]

    def distinct(self, column: str) -> list[str]:
        return list(dict.fromkeys(cells[column] for _row, cells in self.rows if cells[column]))


def read(path: Path, options: Options) -> Iterator[Found]:
    """Give a record for each intervention of the export's folder."""
    folder = path if path.is_dir() else path.parent
    interventions = _interventions(folder / REPORTS)
    if (folder / FINDINGS).is_file():
        _add_findings(folder / FINDINGS, interventions)
    dated_on = options.dated_on or _newest_day(folder / STUDIES)
    for intervention in interventions.values():
        faults = list(_faults(intervention))
        yield from faults
        if not faults:
            yield _record(intervention, dated_on)


def is_marked(cell: str) -> bool:
    number = as_number(cell)
    return bool(number) if number is not None else cell.casefold() in ("true", "yes")


def as_number(cell: str) -> float | None:
    """Give the number in a cell; empty or no number is unknown."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None  # noqa: PLR2004  # leaves out inf and nan too


def _table(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    if not path.is_file():
        raise UnreadableError(_("In deze map ontbreekt %(name)s.", name=path.name))
    heading, rows = with_headings(csv_rows(path))
    missing = [name for name in needed if name not in heading]
    if missing:
        words = _("%(file)s: deze kolom ontbreekt.", file=path.name)
        raise UnreadableError(words, row=1, column=", ".join(missing))
    empty = [""] * len(heading)
    for row, cells in rows:
        texts = [unescape(cell).replace("\xa0", " ").strip() for cell in cells]
        yield row, dict(zip(heading, texts + empty, strict=False))


def _interventions(path: Path) -> dict[str, Intervention]:
    found: dict[str, Intervention] = {}
    for row, cells in _table(path, NEEDED):
        number = cells["InterventionID"]
        name = cells["Intervention_Name"]
        found.setdefault(number, Intervention(row, number, name)).rows.append((row, cells))
    return found


def _add_findings(path: Path, interventions: Mapping[str, Intervention]) -> None:
    for _row, cells in _table(path, NEEDED_OF_FINDINGS):
        intervention = interventions.get(cells["InterventionID"])
        domain = cells["Outcome_Domain"]
        if intervention is None or not domain or is_marked(cells["Is_Subgroup"]):
            continue
        found = intervention.findings.setdefault(domain.casefold(), Findings(domain))
        index, effect = as_number(cells["Improvement_Index"]), as_number(cells["Effect_Size_WWC"])
        if index is not None:
            found.indexes.append(index)
            found.reviews.add(cells["ReviewID"])
        if effect is not None:
            found.effects.append(effect)


def _newest_day(path: Path) -> date | None:
    """Give the newest day on which a review was posted, where the export has the studies."""
    if not path.is_file():
        return None
    days = []
    for _row, cells in _table(path, ("Posting_Date",)):
        try:
            days.append(date.fromisoformat(cells["Posting_Date"][:10]))
        except ValueError:
            continue
    return max(days, default=None)


def _faults(intervention: Intervention) -> Iterator[Fault]:
    known = {name.casefold() for name in vocabulary.read("vocabulary.yaml")["wwc_ratings"]}
    if not intervention.id.isdigit():
        yield Fault(intervention.row, "InterventionID", _("Dit is geen geldig nummer."))
    if not intervention.name:
        yield Fault(intervention.row, "Intervention_Name", _("Dit ontbreekt."))
    for row, cells in intervention.rows:
        rating = cells["Effectiveness_Rating"]
        if rating and rating.casefold() not in known:
            yield Fault(row, "Effectiveness_Rating", _("Dit oordeel is onbekend."))
        if rating and not cells["Outcome_Domain"]:
            yield Fault(row, "Outcome_Domain", _("Dit ontbreekt."))
        for column in ("NumStudiesMeetingStandards", "NumStudiesEligible"):
            number = as_number(cells[column])
            if cells[column] and (number is None or number < 0 or not number.is_integer()):
                yield Fault(row, column, _("Dit is geen heel getal."))


def _record(intervention: Intervention, dated_on: date | None) -> Record:
    facts = wwc_text.facts_of(intervention)
    content = {
        "title": intervention.name[:200],
        "language": "en",
        "kind": "review",
        "visibility": "public",
        "sectors": facts.sectors,
        "themes": facts.themes,
        "age_from": facts.age_from,
        "age_to": facts.age_to,
        "ratings": [
            *(_rating(intervention, cells, dated_on) for cells in intervention.rated),
            *(_index(found, dated_on) for found in intervention.findings.values()),
        ],
        "sources": [_source(intervention)],
        **wwc_text.words_of(intervention, facts),
    }
    content["ratings"] = [rating for rating in content["ratings"] if rating]
    return Record(intervention.row, f"wwc-{intervention.id}", content, status="published")


def _rating(intervention: Intervention, cells: Cells, dated_on: date | None) -> dict[str, Any]:
    several = len(intervention.distinct("Protocol")) > 1
    label = cells["Outcome_Domain"] + (f" ({cells['Protocol']})" if several else "")
    return {
        "outcome": wwc_text.domain(cells["Outcome_Domain"])["outcome"],
        "outcome_label": label[:120],
        "scale": SCALE,
        "value": cells["Effectiveness_Rating"],
        "studies": _whole(cells["NumStudiesMeetingStandards"]),
        "studies_eligible": _whole(cells["NumStudiesEligible"]),
        "sample": _whole(cells["Sample_Size_Intervention"]),
        "source": "wwc",
        "dated_on": dated_on.isoformat() if dated_on else None,
    }


def _index(found: Findings, dated_on: date | None) -> dict[str, Any] | None:
    """Give the range of the improvement index over the findings of a domain."""
    if not found.indexes:
        return None
    low, high = min(found.indexes), max(found.indexes)
    return {
        "outcome": wwc_text.domain(found.domain)["outcome"],
        "outcome_label": found.domain[:120],
        "scale": INDEX_SCALE,
        "value": wwc_text.span(low, high),
        "range_low": low,
        "range_high": high,
        "studies": len(found.reviews),
        "source": "wwc",
        "dated_on": dated_on.isoformat() if dated_on else None,
    }


def _whole(cell: str) -> int | None:
    number = as_number(cell)
    return int(number) if number is not None else None


def _source(intervention: Intervention) -> dict[str, Any]:
    return {
        "key": "wwc",
        "kind": "report",
        "organisation": "What Works Clearinghouse, Institute of Education Sciences",
        "title": f"WWC intervention report: {intervention.name}"
        if intervention.url
        else f"WWC export of intervention reports: {intervention.name}",
        "url": intervention.url,
        "licence": "Public domain (U.S. Government work)",
    }
