"""What a finding says in words: its effect, its certainty, its sample; labels of its fields."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString

from labapp.formatting import getal
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.finding_content import QUANTITATIVE, is_in_months

DIRECTION_WORDS = {
    "positive": _l("Het hielp"),
    "mixed": _l("Het hielp soms"),
    "none": _l("Geen verschil gezien"),
    "negative": _l("Het werkte averechts"),
    "unclear": _l("Nog onduidelijk"),
}
CERTAINTY_WORDS = (
    _l("Niet te zeggen"), _l("Zeer onzeker"), _l("Onzeker"), _l("Redelijk zeker"), _l("Zeker"),
    _l("Zeer zeker"),
)  # fmt: skip
COST_WORDS = (
    _l("Zeer laag"), _l("Laag"), _l("Gemiddeld"), _l("Hoog"), _l("Zeer hoog"),
)  # fmt: skip
KIND_WORDS = {
    "quantitative": _l("We hebben een getal"),
    "qualitative": _l("We hebben een waarneming"),
}
LICENCE_WORDS = {
    "CC-BY-4.0": _l("Delen en bewerken mag, met naamsvermelding (CC BY 4.0)"),
    "CC-BY-SA-4.0": _l("Delen en bewerken mag, met naamsvermelding en dezelfde licentie"
                       " (CC BY-SA 4.0)"),
    "CC0-1.0": _l("Alles mag (CC0 1.0)"),
}  # fmt: skip
LICENCE_ADDRESSES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
RELATION_WORDS = {
    "replicates": _l("Herhaalt en bevestigt"),
    "contradicts": _l("Spreekt tegen"),
}
LABELS: dict[str, LazyString] = {
    "title": _l("Titel"),
    "plain": _l("Het antwoord in drie zinnen"),
    "do": _l("Doe dit"),
    "keep": _l("Verander dit niet"),
    "adapt": _l("Dit mag je aanpassen"),
    "works_when": _l("Zo ziet het eruit als het werkt"),
    "time_needed": _l("Tijd die het kost"),
    "money_needed": _l("Geld dat het kost"),
    "certainty": _l("Hoe zeker zijn jullie?"),
    "certainty_reasons": _l("Waarom zo zeker of onzeker"),
    "effect_direction": _l("Welke kant gaat het effect op?"),
    "effect_kind": _l("Waar rust het effect op?"),
    "effect_value": _l("Waarde van het effect"),
    "effect_unit": _l("Gemeten in"),
    "effect_low": _l("Bereik van"),
    "effect_high": _l("Bereik tot"),
    "uncertainty": _l("Onzekerheid in woorden"),
    "outcome": _l("Wat er gemeten is"),
    "claim": _l("Wat jullie zagen veranderen"),
    "ground": _l("Waar dat op rust"),
    "question": _l("De vraag die jullie onderzochten"),
    "approach": _l("Wat jullie deden"),
    "method": _l("Hoe jullie het onderzochten"),
    "schools_from": _l("Scholen, van"),
    "schools_to": _l("Scholen, tot"),
    "classes_from": _l("Klassen, van"),
    "classes_to": _l("Klassen, tot"),
    "pupils_from": _l("Leerlingen, van"),
    "pupils_to": _l("Leerlingen, tot"),
    "context": _l("De scholen en de omstandigheden"),
    "limitations": _l("Wat dit onderzoek niet kan zeggen"),
    "conditions": _l("Wat er nodig is"),
    "hours_from": _l("Uren voor een school, van"),
    "hours_to": _l("Uren voor een school, tot"),
    "cost": _l("Kosten"),
    "costs": _l("Waar de kosten uit bestaan"),
    "literature": _l("Literatuur"),
    "relations": _l("Andere bevindingen"),
    "themes": _l("Thema’s"),
    "also_asked": _l("Zo vragen leraren het"),
    "sectors": _l("Sectoren"),
    "subjects": _l("Vakken"),
    "age_from": _l("Leeftijd vanaf"),
    "age_to": _l("Leeftijd tot en met"),
    "keywords": _l("Trefwoorden"),
    "language": _l("Taal"),
    "licence": _l("Licentie"),
    "funding": _l("Wie betaalde het onderzoek?"),
    "embargo_until": _l("Niet openbaar voor"),
    "embargo_reason": _l("Waarom nog niet openbaar"),
    "contributors": _l("Wie deden er mee?"),
    "pupil_data": _l("Gegevens van leerlingen"),
}


def label_of(name: str) -> str:
    return str(LABELS.get(name, name))


def certainty_word(value: int | None) -> str:
    return _("Onbekend") if value is None else str(CERTAINTY_WORDS[value])


def range_words(content: Mapping[str, Any], name: str) -> str:
    """Give a range: 3 tot 5, or 4 where both ends are the same."""
    low, high = content.get(f"{name}_from"), content.get(f"{name}_to")
    if low is None or high is None:
        return _("onbekend")
    if low == high:
        return getal(low)
    return _("%(low)s tot %(high)s", low=getal(low), high=getal(high))


def unit_words(content: Mapping[str, Any]) -> str:
    return _("maanden leerwinst") if is_in_months(content) else content["effect_unit"]


def effect_sentence(content: Mapping[str, Any]) -> str:
    """Give the effect in words, with how uncertain it is or what it rests on."""
    direction = str(DIRECTION_WORDS.get(content["effect_direction"], ""))
    if content["effect_kind"] == QUANTITATIVE and content["effect_value"] is not None:
        value = f"{getal(content['effect_value'])} {unit_words(content)}"
        low, high = content["effect_low"], content["effect_high"]
        bounds = ""
        if low is not None and high is not None:
            words = _("bereik %(low)s tot %(high)s", low=getal(low), high=getal(high))
            bounds = f" ({words})"
        said = f"{direction}: {value}{bounds}."
        return " ".join(part for part in (said, content["uncertainty"]) if part)
    said = f"{direction}." if direction else ""
    return "\n\n".join(part for part in (said, content["claim"], content["ground"]) if part)
