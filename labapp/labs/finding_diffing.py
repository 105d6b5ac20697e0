"""What differs between two texts of a finding, field by field and word for word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.diffing import Segment, compare_texts
from labapp.labs import finding_words as words
from labapp.labs.finding_content import FIELDS, changed_fields
from labapp.labs.finding_contributors import ROLE_WORDS

FACETS = {"themes": "theme", "sectors": "sector", "subjects": "subject"}
OF_CHOICE: Mapping[str, Mapping[Any, Any]] = {
    "effect_direction": words.DIRECTION_WORDS,
    "effect_kind": words.KIND_WORDS,
    "licence": words.LICENCE_WORDS,
    "certainty": dict(enumerate(words.CERTAINTY_WORDS)),
    "cost": dict(enumerate(words.COST_WORDS, start=1)),
}


@dataclass(frozen=True)
class Difference:
    """A field that differs: its lines, each as segments of text."""

    field: str
    lines: list[list[Segment]]

    @property
    def label(self) -> str:
        return words.label_of(self.field)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Give the fields that differ, in the order of the form."""
    return [
        Difference(name, compare_texts(text_of(name, before), text_of(name, after)))
        for name, (before, after) in sorted(
            changed_fields(old, new).items(), key=lambda item: FIELDS.index(item[0])
        )
    ]


def text_of(name: str, value: Any) -> str:
    """Give a field as text, a line for each entry of a list."""
    if value in (None, "", []):
        return ""
    if name == "contributors":
        return "\n".join(_contributor(row) for row in value)
    if name == "relations":
        return "\n".join(
            _("%(word)s bevinding %(number)s", word=words.RELATION_WORDS[row["kind"]],
              number=row["finding"])
            for row in value
        )  # fmt: skip
    if name in FACETS:
        language = current_language()
        return "\n".join(vocabulary.label(FACETS[name], one, language) for one in value)
    if name in OF_CHOICE:
        return str(OF_CHOICE[name].get(value, value))
    return "\n".join(value) if isinstance(value, list) else str(value)


def _contributor(row: Mapping[str, Any]) -> str:
    names = (row["given_name"], row["particle"], row["family_name"])
    who = " ".join(part for part in names if part)
    place = row["organisation_name"]
    said = ", ".join(part for part in (who, place) if part)
    return f"{said} ({ROLE_WORDS[row['role']]})"
