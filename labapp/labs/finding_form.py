"""The form of a finding: its content as text to type in and back.

Rows of contributors and relations have numbered names (`contributors-0-role`); one that was made
empty goes, and some empty ones stand ready, so that no script is needed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from labapp.knowledge.importers.checking import in_words
from labapp.labs.finding_content import CHOICES, DECIMALS, FIELDS, LISTS, NUMBERS, TEXTS
from labapp.labs.finding_contributors import COLUMNS
from labapp.labs.finding_schemas import FindingContentSchema

CHECKED = ("themes", "sectors", "subjects")
BY_LINE = tuple(name for name in LISTS if name not in CHECKED)
SINGLE = (*TEXTS, *NUMBERS, *DECIMALS, *CHOICES, "embargo_until")
ROWS: Mapping[str, tuple[str, ...]] = {
    "contributors": COLUMNS,
    "relations": ("kind", "finding"),
}
SPARE = {"contributors": 3, "relations": 1}
CHOSEN_ALREADY = ("role", "kind", "user_id")  # a row with only these is empty
PLACE = re.compile(r"(contributors|relations)-(\d{1,3})-(\w+)")
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
LAST_NUMBER = re.compile(r"(\d{1,9})/?\Z")
Row = dict[str, Any]


@dataclass
class FindingForm:
    """What stands in the form: text by the name of its field, and what is wrong with it."""

    values: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of_content(
        cls, content: Mapping[str, Any], contributors: Sequence[Mapping[str, Any]]
    ) -> "FindingForm":
        values: dict[str, Any] = {name: _shown(content.get(name)) for name in SINGLE}
        values |= {name: list(content.get(name) or []) for name in CHECKED}
        values |= {name: "\n".join(content.get(name) or []) for name in BY_LINE}
        values["contributors"] = [
            {name: _shown(row.get(name)) for name in COLUMNS} for row in contributors
        ]
        values["relations"] = [
            {name: _shown(row.get(name)) for name in ROWS["relations"]}
            for row in content.get("relations") or []
        ]
        return cls(values)

    @classmethod
    def of_request(cls, form: MultiDict[str, str]) -> "FindingForm":
        values: dict[str, Any] = {name: _clean(form.get(name, "")) for name in SINGLE}
        values |= {name: form.getlist(name) for name in CHECKED}
        values |= {name: _clean(form.get(name, "")) for name in BY_LINE}
        values |= {name: _rows(form, name) for name in ROWS}
        return cls(values)

    def spare(self, name: str) -> list[Row]:
        """Give the rows with some empty ones behind them."""
        empty = dict.fromkeys(ROWS[name], "")
        return [*self.values[name], *(dict(empty) for _place in range(SPARE[name]))]

    @property
    def contributors(self) -> list[Row]:
        """Give the contributors as the service takes them."""
        return [
            {**row, "user_id": int(row["user_id"]) if _is_number(row["user_id"]) else None}
            for row in self.values["contributors"]
        ]

    def check(self) -> dict[str, Any]:
        """Give the content that can be kept, and note in `errors` what cannot."""
        raw = self._raw()
        try:
            content: dict[str, Any] = FindingContentSchema().load(raw)
        except ValidationError as error:
            for name, words in _flat(error.normalized_messages()):
                self.errors.setdefault(name, []).append(in_words(words))
            wrong = set(error.normalized_messages())
            kept = {name: value for name, value in raw.items() if name not in wrong}
            content = FindingContentSchema().load(kept)
        return content

    def _raw(self) -> dict[str, Any]:
        values = self.values
        raw: dict[str, Any] = {name: values[name] for name in (*TEXTS, *CHOICES, *CHECKED)}
        raw |= {name: values[name].splitlines() for name in BY_LINE}
        raw["keywords"] = values["keywords"].replace(",", "\n").splitlines()
        raw |= {name: values[name].replace(".", "") or None for name in NUMBERS}
        raw |= {name: _point(values[name]) or None for name in DECIMALS}
        raw["embargo_until"] = values["embargo_until"] or None
        raw["relations"] = [
            {"kind": row["kind"], "finding": _number_in(row["finding"])}
            for row in values["relations"]
        ]
        return {name: raw[name] for name in FIELDS}


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def _point(text: str) -> str:
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004


def _number_in(text: str) -> str:
    """Give the number of a finding of which the number or the address was typed."""
    found = LAST_NUMBER.search(text.strip())
    return found[1] if found else text


def _rows(form: MultiDict[str, str], name: str) -> list[Row]:
    found: dict[int, Row] = {}
    for key, text in form.items():
        place = PLACE.fullmatch(key)
        if place and place[1] == name and place[3] in ROWS[name]:
            found.setdefault(int(place[2]), dict.fromkeys(ROWS[name], ""))[place[3]] = text.strip()
    rows = [row for _place, row in sorted(found.items())]
    return [
        row
        for row in rows
        if any(text for column, text in row.items() if column not in CHOSEN_ALREADY)
    ]


def _flat(messages: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Give (field, words); what is wrong in a row or a line stands at its field."""
    for name, said in messages.items():
        for words in _words(said):
            yield str(name), words


def _words(said: Any) -> Iterator[str]:
    if isinstance(said, Mapping):
        for inner in said.values():
            yield from _words(inner)
    elif isinstance(said, list):
        yield from map(str, said)
    else:
        yield str(said)
