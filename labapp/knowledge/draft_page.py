"""What the editor shows: choices of its fields, its rows, and two texts to choose from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from marshmallow import EXCLUDE
from werkzeug.datastructures import MultiDict

from labapp.errors import InvalidError
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.knowledge.content import FIELDS
from labapp.knowledge.diffing import text_of
from labapp.knowledge.field_labels import label_of
from labapp.knowledge.forms import ROWS, CardForm
from labapp.knowledge.models import CardDraft, CardKind, DraftStatus, Visibility
from labapp.knowledge.schemas import ContentSchema

Options = list[tuple[str, str]]
TEXTS = ("title", "question", "answer", "body", "for_whom", "caveats", "side_effects",
         "dutch_context", "cost_basis", "time_needed", "money_needed")  # fmt: skip
VISIBILITIES: dict[Visibility, LazyString] = {
    Visibility.PUBLIC: _l("Iedereen"),
    Visibility.PROGRAMME: _l("Iedereen die bij een organisatie in het programma hoort"),
    Visibility.ORGANISATION: _l("Alleen mijn organisatie"),
}
SOURCE_KINDS: dict[str, LazyString] = {
    "article": _l("Artikel"),
    "book": _l("Boek"),
    "chapter": _l("Hoofdstuk"),
    "report": _l("Rapport"),
    "website": _l("Website"),
}
STEP_KINDS: dict[str, LazyString] = {
    "do": _l("Doe"),
    "do_not": _l("Doe niet"),
    "adapt": _l("Pas aan"),
}


@dataclass(frozen=True)
class DraftPage:
    """The form of a draft; `changed` names the rows of which one was just added or removed."""

    draft: CardDraft
    form: CardForm
    changed: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return self.form.values

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.form.errors

    @property
    def labels(self) -> dict[str, str]:
        return {name: label_of(name) for name in self.errors}

    @property
    def is_in_review(self) -> bool:
        return self.draft.status is DraftStatus.IN_REVIEW

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows that were filled in; where there are none, an empty one to start with."""
        rows: list[dict[str, str]] = self.values[name]
        return rows or [dict.fromkeys(ROWS[name], "")]

    @staticmethod
    def label(name: str) -> str:
        return label_of(name)

    @staticmethod
    def options(facet: str) -> Options:
        """The values of a controlled list with their words."""
        language = current_language()
        values: dict[str, Any] = {
            "sector": vocabulary.SECTORS,
            "subject": vocabulary.SUBJECTS,
            "theme": vocabulary.themes(),
            "outcome": vocabulary.outcomes(),
            "kind": [kind.value for kind in CardKind],
            "language": ("nl", "en"),
        }
        return [(value, vocabulary.label(facet, value, language)) for value in values[facet]]

    @staticmethod
    def visibilities() -> Options:
        return [(visibility.value, str(words)) for visibility, words in VISIBILITIES.items()]

    @staticmethod
    def source_kinds() -> Options:
        return [(kind, str(words)) for kind, words in SOURCE_KINDS.items()]

    @staticmethod
    def step_kinds() -> Options:
        return [(kind, str(words)) for kind, words in STEP_KINDS.items()]

    @staticmethod
    def strengths() -> Options:
        words = (_("Te weinig"), _("Zeer beperkt"), _("Beperkt"), _("Redelijk"), _("Sterk"),
                 _("Zeer sterk"))  # fmt: skip
        return [(str(value), f"{value}: {word}") for value, word in enumerate(words)]

    @staticmethod
    def costs() -> Options:
        words = (_("Zeer laag"), _("Laag"), _("Gemiddeld"), _("Hoog"), _("Zeer hoog"))
        return [(str(value), f"{value}: {word}") for value, word in enumerate(words, start=1)]


@dataclass(frozen=True)
class Clash:
    """A field of which two people saved different texts."""

    name: str
    theirs: str
    yours: str

    @property
    def label(self) -> str:
        return label_of(self.name)

    @property
    def is_text(self) -> bool:
        return self.name in TEXTS


@dataclass(frozen=True)
class Merge:
    """Two texts of a draft, or what was chosen from them."""

    version: int
    content: dict[str, Any]
    theirs: Mapping[str, Any] = field(default_factory=dict)
    yours: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clashes(self) -> list[Clash]:
        return [
            Clash(name, text_of(name, self.theirs[name]), text_of(name, self.yours[name]))
            for name in FIELDS
            if name in self.theirs
        ]

    @classmethod
    def of_request(cls, form: MultiDict[str, str]) -> "Merge":
        """Read the choices: each field theirs (left out), yours, or a text of one's own."""
        try:
            given = dict(json.loads(form.get("whole", "")))
            for name in FIELDS:
                wish = form.get(f"keuze-{name}")
                if wish == "theirs":
                    given.pop(name, None)
                elif wish == "own" and name in TEXTS:
                    given[name] = form.get(f"tekst-{name}", "").replace("\r\n", "\n").strip()
            whole = ContentSchema(unknown=EXCLUDE).load(given, partial=("title",))
        except (ValueError, TypeError) as error:  # a ValidationError is a ValueError
            message = _("Je tekst is niet goed aangekomen. Ga terug en probeer het opnieuw.")
            raise InvalidError(message) from error
        content = {name: whole[name] for name in given if name in whole}
        return cls(form.get("version", 0, type=int), content)
