"""Small faults in a text that is out: what may be set right, and the text as it reads since.

What both sides signed stays as it is. A repair is kept beside it, and is held to the signed text:
repair upon repair never becomes another text. Signs and letters may differ a little; figures and
words that turn the sense around may not.
"""

import re
from collections.abc import Mapping
from typing import Any

from rapidfuzz.distance import OSA

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.labs.finding_content import LISTS, TEXTS, empty_content
from labapp.labs.finding_models import FindingVersion

METADATA = (
    "literature",
    "keywords",
    "also_asked",
    "subjects",
)  # links and words by which it is found
WORDED = (*(name for name in TEXTS if name not in ("effect_unit", "embargo_reason")),
          "do", "keep", "adapt", "certainty_reasons")  # fmt: skip
REPAIRABLE = (*WORDED, *METADATA)
MOST_LETTERS = 30
SHARE = 0.02
FEWEST = 3
FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
TURNS = re.compile(
    r"\b(?:niet|niets|geen|nooit|wel|zonder|meer|minder|beter|slechter|not|no|never|without|more|"
    r"less|better|worse)\b",
    re.IGNORECASE,
)


def content_of(made: FindingVersion) -> dict[str, Any]:
    """Give the text of a version as it reads now: what was signed, with the repairs."""
    content = empty_content() | made.content
    for repair in made.repairs:
        content |= {name: pair[1] for name, pair in repair.changes.items() if name in content}
    return content


def checked(made: FindingVersion, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Give {field: [as it reads, as it will]}; refuse what is more than a small fault."""
    now, signed = content_of(made), empty_content() | made.content
    changes = {name: [now[name], wanted[name]] for name in wanted if wanted[name] != now.get(name)}
    if not changes:
        raise InvalidError(_("Je veranderde niets."))
    wrong: dict[str, list[str]] = {}
    for name, (_before, after) in changes.items():
        if name not in REPAIRABLE:
            wrong[name] = [_("Dit is meer dan een foutje: schrijf een erratum of nieuwe versie.")]
        elif name in WORDED:
            said = _too_much(_text(signed[name]), _text(after))
            if said:
                wrong[name] = [said]
        if name in LISTS and len(after) > LISTS[name][0]:
            wrong[name] = [_("Dit zijn er te veel.")]
    if wrong:
        raise InvalidError(_("Niet alles is een foutje."), wrong)
    return changes


def _text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)


def _too_much(signed: str, after: str) -> str:
    """Say why a text is no repair of the signed one; nothing when it is."""
    if not after.strip():
        return _("Een veld leegmaken is meer dan een foutje.")
    if FIGURES.findall(signed) != FIGURES.findall(after):
        return _("Getallen kun je niet herstellen: schrijf een erratum.")
    turns = [[word.lower() for word in TURNS.findall(text)] for text in (signed, after)]
    if turns[0] != turns[1]:
        return _("Een woord als ‘niet’ of ‘meer’ verandert de betekenis: schrijf een erratum.")
    allowed = min(MOST_LETTERS, max(FEWEST, int(len(signed) * SHARE)))
    if OSA.distance(signed, after, score_cutoff=allowed) > allowed:
        return _("Dit verandert meer dan een paar letters: schrijf een erratum of nieuwe versie.")
    return ""
