"""What a finding says, as plain values under its own field names: signed, kept and compared.

Content is a dict with the keys of FIELDS; days as ISO text, lists as lists of text. The hash is
over all of it. Who contributed stands apart (`FindingContributor`): names must be erasable, and
may be set right after publication.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from labapp.clock import today
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import reading_level
from labapp.pupil_data.small_cells import rule as cells
from labapp.pupil_data.small_groups import find_small_cells_in_markdown

MOST_PLAIN_WORDS = 150
MOST_CELLS = 3  # named in one message
LONGEST_EMBARGO = timedelta(days=366)
QUANTITATIVE, QUALITATIVE = EFFECT_KINDS = ("quantitative", "qualitative")
DIRECTIONS = ("positive", "mixed", "none", "negative", "unclear")
LICENCES = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0")
ROLES = ("lead", "researcher", "teacher", "coach", "school", "support")
RELATIONS = ("replicates", "contradicts")
MONTHS = {"months", "months of learning", "maanden", "maanden leerwinst"}  # units for one thing
TEXTS: Mapping[str, int] = {
    "title": 200, "plain": 1000, "question": 2000, "approach": 4000, "works_when": 2000,
    "time_needed": 500, "money_needed": 500, "method": 6000, "context": 3000,
    "effect_unit": 80, "uncertainty": 500, "claim": 2000, "ground": 3000, "limitations": 3000,
    "conditions": 3000, "costs": 2000, "funding": 1000, "embargo_reason": 500,
}  # fmt: skip
LISTS: Mapping[str, tuple[int, int]] = {  # how many at most, and how long each
    "do": (12, 300), "keep": (12, 300), "adapt": (12, 300), "certainty_reasons": (12, 500),
    "keywords": (20, 60), "literature": (40, 500), "sectors": (3, 2), "subjects": (11, 40),
    "themes": (5, 64), "also_asked": (10, 200),
}  # fmt: skip
RANGES = ("schools", "classes", "pupils", "hours", "age")
NUMBERS: Mapping[str, tuple[int, int]] = {
    **{f"{name}_{end}": (0, 1_000_000) for name in RANGES[:-1] for end in ("from", "to")},
    "age_from": (0, 100), "age_to": (0, 100), "certainty": (0, 5), "cost": (1, 5),
}  # fmt: skip
DECIMALS = ("effect_value", "effect_low", "effect_high")
CHOICES = ("language", "effect_kind", "effect_direction", "outcome", "licence")
FIELDS = (
    "title", "plain", "do", "keep", "adapt", "works_when", "time_needed", "money_needed",
    "certainty", "certainty_reasons", "effect_direction", "effect_kind", "effect_value",
    "effect_unit", "effect_low", "effect_high", "uncertainty", "outcome", "claim", "ground",
    "question", "approach", "method", "schools_from", "schools_to", "classes_from", "classes_to",
    "pupils_from", "pupils_to", "context", "limitations", "conditions", "hours_from", "hours_to",
    "cost", "costs", "literature", "relations", "themes", "sectors", "subjects", "age_from",
    "age_to", "keywords", "also_asked", "language", "licence", "funding",
    "embargo_until", "embargo_reason",
)  # fmt: skip
WITH_FIGURES = ("method", "context", "claim", "ground", "limitations", "conditions", "approach")
REVIEWED_ANEW = {  # a change of method, sample or effect asks for other reviews
    "method", "approach", "effect_kind", "effect_direction", "effect_value", "effect_unit",
    "effect_low", "effect_high", "uncertainty", "claim", "ground", "certainty",
    *(f"{name}_{end}" for name in ("schools", "classes", "pupils") for end in ("from", "to")),
}  # fmt: skip
Words = dict[str, list[str]]


def empty_content(language: str = "nl") -> dict[str, Any]:
    """Give the content of a finding of which nothing is written yet."""
    content: dict[str, Any] = dict.fromkeys(TEXTS, "")
    content |= {name: [] for name in (*LISTS, "relations")}
    content |= dict.fromkeys((*NUMBERS, *DECIMALS, "embargo_until"))
    content |= dict.fromkeys(CHOICES, "")
    return content | {"language": language, "licence": LICENCES[0]}


def canonical(content: Mapping[str, Any]) -> str:
    """Write content the one way that is hashed: every field, sorted, UTF-8, no spaces."""
    whole = empty_content() | {name: content[name] for name in FIELDS if name in content}
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(content: Mapping[str, Any]) -> str:
    """Give the sha256 (64 hex digits) that both sides sign."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Give {field: [old, new]} of what differs, in the order of the form."""
    before, after = empty_content() | dict(old), empty_content() | dict(new)
    return {n: [before[n], after[n]] for n in FIELDS if before[n] != after[n]}


def needs_new_review(changed: Mapping[str, Any]) -> bool:
    """Whether reviews of the former version no longer speak of this one."""
    return bool(REVIEWED_ANEW & set(changed))


def required(content: Mapping[str, Any], contributors: int) -> Words:
    """Give what is missing or not right before a finding can be signed: {field: [words]}."""
    whole = empty_content() | dict(content)
    found: Words = {name: [str(words)] for name, words in _NEEDED.items() if not whole[name]}
    for name in ("certainty", "cost"):
        if whole[name] is None:
            found[name] = [_("Kies een van de stappen.")]
    for check in (_plain, _effect, _ranges, _figures, _embargo):
        for name, words in check(whole).items():
            found.setdefault(name, words)
    if not contributors:
        found["contributors"] = [_("Noem wie er meededen, ook wie geen account heeft.")]
    return found


def _plain(content: Mapping[str, Any]) -> Words:
    """Hold the plain text to its length and to the reading level."""
    if not content["plain"]:
        return {}
    reading = reading_level.read(content["plain"])
    said = reading.advice
    if reading.words > MOST_PLAIN_WORDS:
        said.insert(
            0,
            _("Maak het korter: hoogstens %(most)s woorden, nu %(now)s.",
              most=MOST_PLAIN_WORDS, now=reading.words),
        )  # fmt: skip
    return {"plain": said} if said else {}


def _effect(content: Mapping[str, Any]) -> Words:
    """Ask a figure with how uncertain it is, or a claim with its ground."""
    found: Words = {}
    low, high = content["effect_low"], content["effect_high"]
    if content["effect_kind"] == QUANTITATIVE:
        if content["effect_value"] is None:
            found["effect_value"] = [_("Geef de waarde van het effect.")]
        if not content["effect_unit"]:
            found["effect_unit"] = [_("Zeg waarin het effect is gemeten.")]
        if (low is None or high is None) and not content["uncertainty"]:
            found["uncertainty"] = [_("Zeg hoe onzeker de waarde is: een bereik, of in woorden.")]
        if low is not None and high is not None and low > high:
            found["effect_low"] = [_("Het begin van het bereik ligt boven het eind.")]
    if content["effect_kind"] == QUALITATIVE:
        if not content["claim"]:
            found["claim"] = [_("Schrijf op wat jullie zagen veranderen.")]
        if not content["ground"]:
            found["ground"] = [_("Schrijf op waar dat op rust.")]
    return found


def _ranges(content: Mapping[str, Any]) -> Words:
    found: Words = {}
    for name in RANGES:
        low, high = content[f"{name}_from"], content[f"{name}_to"]
        if low is not None and high is not None and low > high:
            found[f"{name}_from"] = [_("Het begin van het bereik ligt boven het eind.")]
        elif name != "age" and (low is None or high is None):
            found[f"{name}_from"] = [_("Geef een bereik, bijvoorbeeld van 3 tot 5.")]
    most = content["pupils_to"]
    if most and most < cells.smallest:
        found["pupils_to"] = [_small()]
    return found


def _figures(content: Mapping[str, Any]) -> Words:
    """Refuse figures about so few pupils that one may know who they are."""
    found: Words = {}
    for name in WITH_FIGURES:
        small = find_small_cells_in_markdown(content[name])
        if small:
            found[name] = [_small(), *(str(cell.words) for cell in small[:MOST_CELLS])]
    return found


def _small() -> str:
    return _(
        "Noem geen groepen van minder dan %(number)s leerlingen: ze zijn te herkennen.",
        number=cells.smallest,
    )


def _embargo(content: Mapping[str, Any]) -> Words:
    day, found = embargo_of(content), {}
    if day is None:
        return {}
    if day > today() + LONGEST_EMBARGO:
        found["embargo_until"] = [_("Een embargo duurt hoogstens twaalf maanden.")]
    if not content["embargo_reason"]:
        found["embargo_reason"] = [_("Schrijf op waarom de bevinding nog niet openbaar mag zijn.")]
    return found


def is_in_months(content: Mapping[str, Any]) -> bool:
    """Whether an effect is given in months of learning, which a card needs no conversion for."""
    return (content.get("effect_unit") or "").strip().lower() in MONTHS


def embargo_of(content: Mapping[str, Any]) -> date | None:
    """Give the day on which a finding may be public; None when nothing keeps it."""
    return date.fromisoformat(content["embargo_until"]) if content["embargo_until"] else None


_NEEDED = {
    "title": _l("Geef een titel."),
    "plain": _l("Schrijf in drie zinnen wat jullie vonden, in gewone taal."),
    "do": _l("Noem minstens één ding dat een leraar kan doen."),
    "keep": _l("Noem wat je niet mag veranderen, anders werkt het niet."),
    "adapt": _l("Noem wat een school wel mag aanpassen."),
    "works_when": _l("Beschrijf wat je ziet als het werkt, of waaraan je ziet dat het niet werkt."),
    "time_needed": _l("Zeg hoeveel tijd het kost."),
    "money_needed": _l("Zeg hoeveel geld het kost; niets is ook een antwoord."),
    "certainty_reasons": _l("Schrijf op waarom jullie zo zeker of onzeker zijn."),
    "effect_direction": _l("Kies welke kant het effect op gaat."),
    "effect_kind": _l("Kies of jullie een getal hebben of een waarneming."),
    "question": _l("Schrijf op welke vraag jullie onderzochten."),
    "approach": _l("Beschrijf wat jullie deden."),
    "method": _l("Beschrijf hoe jullie het onderzochten."),
    "context": _l("Beschrijf de scholen en de omstandigheden."),
    "limitations": _l("Schrijf op wat dit onderzoek niet kan zeggen."),
    "conditions": _l("Schrijf op wat er nodig is om het te laten werken."),
    "costs": _l("Leg uit waar de kosten uit bestaan."),
    "themes": _l("Kies minstens één thema."),
    "sectors": _l("Kies minstens één sector."),
    "licence": _l("Kies een licentie."),
    "funding": _l("Zeg wie het onderzoek betaalde."),
}
