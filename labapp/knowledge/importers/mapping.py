"""From a table to cards: which column goes to which field, and how its text becomes a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from labapp.errors import InvalidError
from labapp.foreign_files import MEGABYTE, UnreadableError, read_text
from labapp.i18n import gettext as _
from labapp.knowledge import content as contents
from labapp.knowledge.importers.cell_values import folded, value_of

PARTS = ("columns", "constants", "separators", "values", "language", "sheet")
# Headings by which a column is known without a mapping, beside the names of our fields.
HEADINGS = {
    "external_id": ("id", "code", "externe code", "external id"),
    "title": ("titel", "naam", "name", "kaart"),
    "question": ("vraag",),
    "answer": ("antwoord", "antwoord in één zin", "summary", "samenvatting"),
    "body": ("tekst", "text", "beschrijving", "description", "inhoud"),
    "language": ("taal",),
    "sectors": ("sector", "sectoren", "onderwijssector"),
    "subjects": ("vak", "vakken", "vakgebied", "subject"),
    "themes": ("thema", "thema's", "theme", "themas"),
    "age_from": ("leeftijd van", "leeftijd vanaf", "age from"),
    "age_to": ("leeftijd tot", "leeftijd t/m", "age to"),
    "kind": ("soort", "type", "soort onderzoek"),
    "visibility": ("zichtbaarheid",),
    "evidence_strength": ("bewijskracht", "sterkte van het bewijs", "bewijs", "evidence"),
    "also_asked": ("zo vragen collega's het", "also asked"),
    "evidence_reasons": ("waarom deze bewijskracht", "evidence reasons"),
    "cost": ("kosten", "kostenklasse", "costs"),
    "cost_basis": ("basis van de kosten", "cost basis"),
    "for_whom": ("voor wie", "doelgroep", "for whom"),
    "caveats": ("wanneer niet", "let op"),
    "side_effects": ("bijwerkingen", "mogelijke bijwerkingen", "side effects"),
    "dutch_context": ("nederlandse context", "dutch context"),
    "time_needed": ("tijd", "benodigde tijd", "time needed"),
    "money_needed": ("geld", "benodigd geld", "money needed"),
    "keywords": ("trefwoorden", "keyword"),
    "reviewed_on": ("beoordeeld op", "reviewed on"),
    "review_due_on": ("opnieuw beoordelen op", "review due on"),
    "reviewer": ("beoordelaar",),
    "ratings.0.outcome": ("uitkomst", "outcome"),
    "ratings.0.scale": ("schaal", "scale"),
    "ratings.0.value": ("waarde", "waardering", "value", "rating"),
    "ratings.0.months": ("maanden", "months"),
    "ratings.0.conversion": ("omrekening", "conversion"),
    "ratings.0.range_low": ("bereik van", "range low"),
    "ratings.0.range_high": ("bereik tot", "range high"),
    "ratings.0.studies": ("studies", "aantal studies"),
    "ratings.0.studies_eligible": ("studies bekeken", "studies eligible"),
    "ratings.0.sample": ("steekproef", "aantal leerlingen", "sample"),
    "ratings.0.dated_on": ("datum waardering", "dated on"),
    "sources.0.title": ("bron", "titel van de bron", "source", "source title"),
    "sources.0.authors": ("auteurs", "auteur", "authors", "author"),
    "sources.0.organisation": ("organisatie", "organisation"),
    "sources.0.kind": ("soort bron", "source kind"),
    "sources.0.year": ("jaar", "year"),
    "sources.0.container": ("tijdschrift", "journal"),
    "sources.0.publisher": ("uitgever", "publisher"),
    "sources.0.doi": ("doi",),
    "sources.0.eric": ("eric",),
    "sources.0.url": ("url", "link", "webadres"),
    "dutch.title": ("nederlandse titel", "dutch title"),
    "dutch.answer": ("nederlands antwoord", "dutch answer"),
    "dutch.keywords": ("nederlandse trefwoorden", "dutch keywords"),
}
FIELD_PATH = re.compile(r"[a-z_]+(\.\d{1,2})?(\.[a-z_]+)?")


@dataclass(frozen=True)
class Mapped:
    """A mapping made to fit the headings of one table: the field of each column."""

    fields: list[str]
    headings: list[str]
    constants: Mapping[str, Any] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ignored(self) -> list[str]:
        """Give the headings that nothing is taken from."""
        pairs = zip(self.fields, self.headings, strict=True)
        return [heading for name, heading in pairs if heading and not name]

    @property
    def columns(self) -> dict[str, str]:
        """Give the heading of each field."""
        pairs = zip(self.fields, self.headings, strict=True)
        return {name: heading for name, heading in pairs if name}


def read_mapping(path: Path) -> dict[str, Any]:
    """Give a mapping from a YAML or JSON file; what is wrong with it is one clear error."""
    try:
        mapping = yaml.safe_load(read_text(path, MEGABYTE))
    except (yaml.YAMLError, RecursionError, UnreadableError) as error:
        raise InvalidError(_("De mapping is niet te lezen: %(words)s", words=error)) from error
    check_mapping(mapping)
    checked: dict[str, Any] = mapping
    return checked


def check_mapping(mapping: Any) -> None:
    """Refuse a mapping with other parts than ours, or with fields that a card does not have."""
    if not isinstance(mapping, dict) or not set(mapping) <= set(PARTS):
        raise InvalidError(_("Een mapping heeft alleen: %(parts)s.", parts=", ".join(PARTS)))
    for part in ("columns", "constants", "separators", "values"):
        if not isinstance(mapping.get(part) or {}, dict):
            raise InvalidError(_("In de mapping hoort bij %(part)s een tabel.", part=part))
    fields = [*(mapping.get("columns") or {}).values(), *(mapping.get("constants") or {})]
    wrong = [str(name) for name in fields if not is_field(str(name))]
    if wrong:
        raise InvalidError(
            _("De mapping noemt een onbekend veld: %(names)s.", names=", ".join(wrong))
        )


def is_field(name: str) -> bool:
    """Whether this names a field of a card, or one inside a list: ratings.0.value."""
    first, _dot, rest = name.partition(".")
    if first in ("ratings", "sources", "steps"):
        allowed = {
            "ratings": contents.RATING_FIELDS,
            "sources": contents.SOURCE_FIELDS,
            "steps": ("kind", "text"),
        }[first]
        return not rest or (bool(FIELD_PATH.fullmatch(name)) and rest.split(".")[-1] in allowed)
    if first == "dutch":
        return rest in ("", "title", "answer", "keywords")
    return not rest and first in (*contents.FIELDS, "external_id", "status")


def fit(mapping: Mapping[str, Any] | None, headings: Sequence[str]) -> Mapped:
    """Fit a mapping, or our own knowledge of headings, to the headings of a table."""
    if mapping:
        check_mapping(mapping)
    given = {
        folded(str(name)): str(to) for name, to in ((mapping or {}).get("columns") or {}).items()
    }
    known = given or _known_headings()
    fields = [known.get(folded(heading), "") for heading in headings]
    missing = [name for name in given if name not in {folded(heading) for heading in headings}]
    constants = dict((mapping or {}).get("constants") or {})
    if (mapping or {}).get("language"):
        constants.setdefault("language", (mapping or {})["language"])
    if missing:
        raise UnreadableError(
            _("Deze kolom uit de mapping ontbreekt."), row=1, column=", ".join(missing)
        )
    if "title" not in fields and "title" not in constants:
        raise UnreadableError(
            _("De kolom met de titel ontbreekt. Gevonden: %(names)s.", names=", ".join(headings)),
            row=1,
            column="title",
        )
    twice = sorted({name for name in fields if name and fields.count(name) > 1})
    if twice:
        raise UnreadableError(
            _("Twee kolommen geven hetzelfde veld."), row=1, column=", ".join(twice)
        )
    return Mapped(
        fields=fields,
        headings=list(headings),
        constants=constants,
        separators=dict((mapping or {}).get("separators") or {}),
        values=dict((mapping or {}).get("values") or {}),
    )


def content_of_row(mapped: Mapped, cells: Sequence[str]) -> dict[str, Any]:
    """Give the content that a row says; an empty cell says nothing."""
    content: dict[str, Any] = {}
    for name, value in mapped.constants.items():
        put(content, name, value)
    for name, cell in zip(mapped.fields, cells, strict=False):
        if name and cell:
            put(content, name, value_of(name, cell, mapped.separators.get(name), mapped.values))
    for name in ("ratings", "sources", "steps"):
        if isinstance(content.get(name), dict):
            content[name] = [content[name][place] for place in sorted(content[name])]
    return content


def put(content: dict[str, Any], path: str, value: Any) -> None:
    """Set a field, or one inside: ratings.0.value. A list is a dict by place until it is whole."""
    *first, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inside: Any = content
    for part in first:
        inside = inside.setdefault(part, {})
        if not isinstance(inside, dict):
            return  # the whole list was given in one cell
    inside[last] = value


@cache
def _known_headings() -> dict[str, str]:
    own = {folded(name): name for name in (*contents.FIELDS, "external_id", "status")}
    own |= {folded(path): path for path in HEADINGS}
    own |= {folded(path.replace(".0.", "_")): path for path in HEADINGS}
    for path, headings in HEADINGS.items():
        own |= {folded(heading): path for heading in headings if folded(heading) not in own}
    return own
