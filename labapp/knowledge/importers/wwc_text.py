"""The words of a card of the What Works Clearinghouse: plain sentences from the facts, no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from labapp.knowledge import vocabulary

if TYPE_CHECKING:
    from labapp.knowledge.importers.wwc import Cells, Findings, Intervention

MOST_KEYWORDS = 60
LONGEST_ANSWER = 900
UNRATED = (
    "The export gives no effectiveness rating for this intervention. Its effect is unknown, which "
    "is not the same as no effect."
)
WEIGHED = (
    "Each rating rests on the studies that met the standards of the WWC, as many as stand behind "
    "the outcome."
)
UNTOLD = "The export does not describe how to carry it out, nor what it costs."
SUBJECTS = {"mathematics": "mathematics", "science": "science"}
Label = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What the rows of an intervention say together, in the words of our vocabulary."""

    protocols: list[Label]
    domains: list[Label]
    grades: list[Label]
    sectors: list[str]
    themes: list[str]
    age_from: int | None
    age_to: int | None
    delivery: list[Label]
    programmes: list[Label]


@cache
def table(name: str) -> dict[str, dict[str, Any]]:
    """Give a table of the vocabulary by its names in lower case."""
    rows: dict[str, dict[str, Any]] = vocabulary.read("vocabulary.yaml")[name]
    return {str(key).strip().casefold(): {"name": str(key), **row} for key, row in rows.items()}


def domain(name: str) -> dict[str, Any]:
    """Give our outcome and labels of an outcome domain; an unknown one is `other`."""
    unknown = {"name": name, "outcome": "other", "nl": name, "themes": []}
    return table("wwc_outcome_domains").get(name.casefold(), unknown)


def facts_of(intervention: "Intervention") -> Facts:
    """Give the facts of an intervention."""
    unknown: dict[str, Any] = {"themes": [], "sectors": []}
    protocols = [
        table("wwc_protocols").get(name.casefold(), unknown | {"name": name, "nl": name})
        for name in intervention.distinct("Protocol")
    ]
    names = [
        *intervention.distinct("Outcome_Domain"),
        *(found.domain for found in intervention.findings.values()),
    ]
    domains = list({row["name"]: row for row in map(domain, names)}.values())
    marked = set(intervention.flags("Grade_"))
    grades = [row for row in table("grades").values() if row["name"] in marked]
    sectors = _once(row["sector"] for row in grades) or _once(
        sector for row in protocols for sector in row["sectors"]
    )
    ends = [row["age_to"] for row in grades]
    return Facts(
        protocols=protocols,
        domains=domains,
        grades=grades,
        sectors=[sector for sector in vocabulary.SECTORS if sector in sectors],
        themes=_once(theme for row in (*protocols, *domains) for theme in row["themes"]),
        age_from=min((row["age_from"] for row in grades), default=None),
        age_to=max(ends) if ends and None not in ends else None,
        delivery=_labels("delivery_methods", intervention.flags("Delivery_Method_")),
        programmes=_labels("program_types", intervention.flags("Program_Type_")),
    )


def words_of(intervention: "Intervention", facts: Facts) -> dict[str, Any]:
    """Give question, answer, body and keywords in English, and the Dutch ones beside them."""
    on = listed([row["name"].lower() for row in facts.domains])
    about = f"effects of {intervention.name} on {on}" if on else f"effects of {intervention.name}"
    return {
        "question": f"What does research say about the {about}?",
        "answer": _answer(intervention),
        "body": _body(intervention, facts),
        "for_whom": f"Studied with pupils in {_grades(facts, 'en')}." if facts.grades else "",
        "subjects": _once(SUBJECTS.get(row["outcome"]) for row in facts.domains),
        "keywords": _keywords(facts, "en"),
        "dutch": {
            "title": _cut(f"{intervention.name} ({_protocols(facts)})", 200),
            "answer": _dutch_answer(intervention),
            "keywords": _keywords(facts, "nl"),
        },
    }


def span(low: float, high: float, digits: int = 0) -> str:
    """Give a range in words, each number with its sign."""
    rounded = (round(number, digits) for number in (low, high))
    first, last = (
        f"{number:+.{digits}f}".replace("-", "−") if number else "0" for number in rounded
    )
    return first if first == last else f"{first} to {last}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Give words as a sentence lists them."""
    return f" {last} ".join(
        part for part in (", ".join(words[:-1]), words[-1] if words else "") if part
    )


def _answer(intervention: "Intervention") -> str:
    parts = [
        f"{cells['Effectiveness_Rating'].lower()} on {cells['Outcome_Domain'].lower()}"
        f"{_studies(cells, 'of', 'studies')}"
        for cells in intervention.rated
    ]
    if not parts:
        return (
            f"The export of the What Works Clearinghouse gives no effectiveness rating for "
            f"{intervention.name}, so its effect is unknown."
        )
    return _cut(f"The What Works Clearinghouse found: {'; '.join(parts)}.", LONGEST_ANSWER)


def _dutch_answer(intervention: "Intervention") -> str:
    ratings = table("wwc_ratings")
    parts = [
        f"{ratings[cells['Effectiveness_Rating'].casefold()]['nl'].lower()} op "
        f"‘{_small(domain(cells['Outcome_Domain'])['nl'])}’{_studies(cells, 'van', 'studies')}"
        for cells in intervention.rated
    ]
    if not parts:
        return (
            "Het Amerikaanse What Works Clearinghouse geeft in deze uitgave geen oordeel over "
            f"{intervention.name}; het effect is onbekend."
        )
    return _cut(f"Het Amerikaanse What Works Clearinghouse vond: {'; '.join(parts)}.", 900)


def _body(intervention: "Intervention", facts: Facts) -> str:
    """Give two sections only: one that says nothing would be found instead of one that does."""
    parts = (
        ("What is it?", _what(intervention, facts)),
        ("How well does it work, and for whom?", _effects(intervention, facts)),
    )
    return "\n\n".join(
        f"## {heading}\n\n" + "\n\n".join(part for part in said if part) for heading, said in parts
    )


def _what(intervention: "Intervention", facts: Facts) -> list[str]:
    topics = listed([row["name"] for row in facts.protocols])
    said = [f"{intervention.name} is listed by the What Works Clearinghouse (WWC) under {topics}."]
    if facts.programmes:
        kinds = listed([row["en"].lower() for row in facts.programmes])
        said.append(f"Type of programme: {kinds}.")
    if facts.delivery:
        said.append(f"Delivery: {listed([row['en'].lower() for row in facts.delivery])}.")
    said.append(UNTOLD)
    if intervention.url:
        said.append("The intervention report may: see the source.")
    return [" ".join(said)]


def _effects(intervention: "Intervention", facts: Facts) -> list[str]:
    several = len(facts.protocols) > 1
    lines = [_rating_line(cells, named=several) for cells in intervention.rated]
    if lines:
        said = ["The WWC rates the effectiveness for each outcome:", "\n".join(lines)]
    else:
        said = [UNRATED]
    found = [_finding_line(found) for found in intervention.findings.values() if found.indexes]
    if found:
        said += ["Single studies found, subgroups left out:", "\n".join(found)]
    return [*said, _sample(intervention, facts), WEIGHED if lines else ""]


def _rating_line(cells: "Cells", *, named: bool) -> str:
    topic = f" ({cells['Protocol']})" if named else ""
    sample = cells["Sample_Size_Intervention"]
    counted = f" Sample size: {sample}." if sample else ""
    studies = _studies(cells, "of", "eligible studies met the standards")
    return (
        f"- {cells['Outcome_Domain']}{topic}: {cells['Effectiveness_Rating'].lower()}"
        f"{studies}.{counted}"
    )


def _finding_line(found: "Findings") -> str:
    count = len(found.indexes)
    effects = ""
    if found.effects:
        effects = f", effect size {span(min(found.effects), max(found.effects), 2)}"
    return (
        f"- {found.domain}: {count} {'finding' if count == 1 else 'findings'}, improvement index "
        f"{span(min(found.indexes), max(found.indexes))} percentile points{effects}."
    )


def _sample(intervention: "Intervention", facts: Facts) -> str:
    said = [f"The studies had pupils in {_grades(facts, 'en')}."] if facts.grades else []
    for column, label in vocabulary.read("vocabulary.yaml")["sample"].items():
        numbers = _percentages(intervention, column)
        if column.startswith(("Race_", "Ethnicity_")) or label["unit"] != "percent" or not numbers:
            continue
        low, high = f"{min(numbers):g}", f"{max(numbers):g}"
        said.append(f"{label['en']}: {low if low == high else f'{low} to {high}'}%.")
    places = _labels("urbanicity", intervention.flags("Urbanicity_"))
    if places:
        said.append(f"Setting: {listed([row['en'].lower() for row in places])}.")
    states = [name.replace("_", " ") for name in intervention.flags("Region_State_")]
    if states:
        said.append(f"Place of the studies: {listed(states)}.")
    return " ".join(said)


def _percentages(intervention: "Intervention", column: str) -> list[float]:
    cells = [cells.get(column, "") for _row, cells in intervention.rows]
    return [float(cell) for cell in cells if cell.replace(".", "", 1).isdigit()]


def _studies(cells: "Cells", of: str, words: str) -> str:
    met, eligible = cells["NumStudiesMeetingStandards"], cells["NumStudiesEligible"]
    return f" ({met} {of} {eligible} {words})" if met and eligible else ""


def _protocols(facts: Facts) -> str:
    return _small(listed([row["nl"] for row in facts.protocols[:2]], "en"))


def _grades(facts: Facts, language: str) -> str:
    """Give the grades in words: a row of them without a gap by its ends."""
    order = list(table("grades"))
    names = [row[language] for row in facts.grades]
    places = [order.index(row["name"].casefold()) for row in facts.grades]
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:  # noqa: PLR2004
        return f"{names[0]} {'to' if language == 'en' else 'tot en met'} {names[-1]}"
    return listed(names, "and" if language == "en" else "en")


def _keywords(facts: Facts, language: str) -> list[str]:
    outcomes = [vocabulary.outcomes()[row["outcome"]] for row in facts.domains]
    own = "nl" if language == "nl" else "name"
    words = [row[own] for row in (*facts.protocols, *facts.domains)]
    words += [vocabulary.label("theme", theme, language) for theme in facts.themes]
    words += [row[language] for row in (*outcomes, *facts.grades, *facts.delivery)]
    if language == "nl":
        words += [word for row in outcomes for word in row["nl_words"]]
    return [word for word in _once(words) if len(word) <= 120][:MOST_KEYWORDS]  # noqa: PLR2004


def _labels(name: str, values: Iterable[str]) -> list[Label]:
    rows = table(name)
    return [rows[value.casefold()] for value in values if value.casefold() in rows]


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(value for value in values if value))


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 4].rsplit(" ", 1)[0] + " ..."
