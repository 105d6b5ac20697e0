"""Checking records: by the schema of a card, with words in Dutch at each row and column."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from labapp.foreign_files import Fault
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import content as contents
from labapp.knowledge.importers.records import EXTERNAL_ID, Record
from labapp.knowledge.schemas import ContentSchema

# The schema library says these in English; we say them in the reader's language.
WORDS = (
    (re.compile(r"Missing data for required field"), _l("Dit ontbreekt.")),
    (re.compile(r"Unknown field"), _l("Dit veld is onbekend.")),
    (re.compile(r"Not a valid integer"), _l("Dit is geen heel getal.")),
    (re.compile(r"Not a valid (number|float)|Special numeric"), _l("Dit is geen getal.")),
    (re.compile(r"Not a valid date"), _l("Dit is geen datum zoals 2024-12-31.")),
    (re.compile(r"Not a valid list"), _l("Hier hoort een lijst.")),
    (re.compile(r"Not a valid string"), _l("Hier hoort tekst.")),
    (re.compile(r"Invalid (input|type)|Not a valid mapping"), _l("Hier horen velden met namen.")),
    (re.compile(r"Longer than maximum length|Length must be"), _l("Dit is te lang of leeg.")),
    (re.compile(r"Must be (greater|less)"), _l("Dit getal valt buiten het bereik.")),
)
SCHEMA = ContentSchema()
CHOICES = re.compile(r"Must be one of: (.*)\.$", re.DOTALL)


def check(record: Record) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Give the content of a record as it is kept, or what is wrong with it."""
    faults = []
    if not EXTERNAL_ID.fullmatch(record.external_id):
        faults.append(_fault(record, "external_id", _("Dit is geen geldige code voor een kaart.")))
    try:
        content: dict[str, Any] = SCHEMA.load(record.content)
    except ValidationError as error:
        faults += [
            _fault(record, name, words) for name, words in _flat(error.normalized_messages())
        ]
        return None, faults
    for place, source in enumerate(content["sources"], start=1):
        source["key"] = source["key"] or f"s{place}"
    if not any(content["dutch"].values()):
        content["dutch"] = {}
    whole = contents.empty_content() | content
    return whole, faults


def beside_others(record: Record, rows: dict[str, Record]) -> list[Fault]:
    """Note a record among those read before; two with one external id are a fault."""
    former = rows.setdefault(record.external_id, record)
    if former is record:
        return []
    place = former.columns.get("") or former.row
    words = _("Deze code komt twee keer voor; ook bij %(place)s.", place=place)
    return [_fault(record, "external_id", words)]


def _fault(record: Record, name: str, words: str) -> Fault:
    column = record.columns.get(name) or record.columns.get(name.partition(".")[0])
    if column is None:
        column = f"{record.columns['']}: {name}" if "" in record.columns else name
    return Fault(record.row, column, words)


def _flat(messages: Mapping[Any, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, said in messages.items():
        place = f"{path}.{name}" if path else str(name)
        place = place.removesuffix("._schema")
        if isinstance(said, Mapping):
            yield from _flat(said, place)
        else:
            for words in said if isinstance(said, list) else [said]:
                yield place, in_words(str(words))


def in_words(message: str) -> str:
    """Give what the schema library says in the reader's language."""
    if choices := CHOICES.match(message):
        return _("Kies een van: %(choices)s.", choices=choices[1])
    for pattern, words in WORDS:
        if pattern.match(message):
            return str(words)
    return message
