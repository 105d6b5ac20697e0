"""The form of a card: its content as text to type in and back, with rows that come and go.

Rows of steps, ratings and sources have numbered names (`ratings-0-months`), so that a button that
adds or removes one works without script.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from marshmallow import EXCLUDE, ValidationError
from werkzeug.datastructures import MultiDict

from labapp.knowledge.content import RATING_FIELDS, SOURCE_FIELDS
from labapp.knowledge.importers.checking import in_words
from labapp.knowledge.names import as_typed, parse_name
from labapp.knowledge.schemas import ContentSchema

ROWS: dict[str, tuple[str, ...]] = {
    "steps": ("kind", "text"),
    "ratings": RATING_FIELDS,
    "sources": SOURCE_FIELDS,
}
CHOSEN_ALREADY = ("kind", "outcome")  # selects always hold something: a row of these is empty
CHECKED = ("sectors", "subjects", "themes")
BY_LINE = ("also_asked", "evidence_reasons", "keywords")
DUTCH = ("title", "answer", "keywords")
LINES = (
    "title", "question", "answer", "body", "language", "translated_from", "age_from", "age_to",
    "kind", "visibility", "evidence_strength", "cost", "cost_basis", "for_whom", "caveats",
    "side_effects", "dutch_context", "time_needed", "money_needed", "reviewed_on", "review_due_on",
)  # fmt: skip
NUMBERS = (
    "age_from", "age_to", "evidence_strength", "cost", "months", "range_low", "range_high",
    "studies", "studies_eligible", "sample", "year",
)  # fmt: skip
MOST_ROWS = 200
PLACE = re.compile(r"(steps|ratings|sources)-(\d{1,4})-(\w+)")
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
Kind = TypeVar("Kind", bound=Enum)


def choice(kind: type[Kind], value: str | None, otherwise: Kind) -> Kind:
    """Give the member with this value, or another where there is none."""
    return next((member for member in kind if member.value == value), otherwise)


@dataclass
class CardForm:
    """What stands in the form: text by the name of its field, and what is wrong with it."""

    values: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> "CardForm":
        values: dict[str, Any] = {name: _text(name, content.get(name)) for name in LINES}
        values |= {name: list(content.get(name) or []) for name in CHECKED}
        values |= {name: "\n".join(content.get(name) or []) for name in BY_LINE}
        dutch = content.get("dutch") or {}
        values |= {f"dutch_{name}": _text(name, dutch.get(name)) for name in DUTCH}
        for name, columns in ROWS.items():
            values[name] = [
                {column: _text(column, row.get(column)) for column in columns}
                for row in content.get(name) or []
            ]
        return cls(values)

    @classmethod
    def of_request(cls, form: MultiDict[str, str]) -> "CardForm":
        values: dict[str, Any] = {name: form.get(name, "").strip() for name in LINES}
        values |= {name: form.getlist(name) for name in CHECKED}
        values |= {name: form.get(name, "") for name in (*BY_LINE, *_DUTCH_NAMES)}
        values["body"] = form.get("body", "").replace("\r\n", "\n")
        rows: dict[str, dict[int, dict[str, str]]] = {name: {} for name in ROWS}
        for key, text in form.items():
            place = PLACE.fullmatch(key)
            if place and place[3] in ROWS[place[1]]:
                rows[place[1]].setdefault(int(place[2]), {})[place[3]] = text.strip()
        for name, columns in ROWS.items():
            values[name] = [
                {column: row.get(column, "") for column in columns}
                for _number, row in sorted(rows[name].items())[:MOST_ROWS]
            ]
        return cls(values)

    def add_row(self, name: str) -> None:
        if len(self.values[name]) < MOST_ROWS:
            self.values[name].append(dict.fromkeys(ROWS[name], ""))

    def remove_row(self, name: str, place: int) -> None:
        if 0 <= place < len(self.values[name]):
            del self.values[name][place]

    def check(self) -> dict[str, Any]:
        """Give the content that can be kept, and note in `errors` what cannot.

        A field with an error is left out of the content, so that the rest is kept all the same.
        """
        raw = self._raw()
        places = {name: _filled(self.values[name]) for name in ROWS}
        wrong: set[str] = set()
        content: dict[str, Any] = {}
        for _attempt in range(3):  # a check of two fields together only runs when both are right
            kept = {name: value for name, value in raw.items() if name not in wrong}
            try:
                content = ContentSchema(unknown=EXCLUDE).load(kept, partial=("title",))
                break
            except ValidationError as error:
                for key, words in _flat(error.normalized_messages(), places):
                    self.errors.setdefault(key, []).append(in_words(words))
                wrong |= set(error.normalized_messages()) & set(raw)
        if not any(content.get("dutch", {}).values()):
            content["dutch"] = {}
        return {name: value for name, value in content.items() if name in raw and name not in wrong}

    def _raw(self) -> dict[str, Any]:
        """The content as the schema takes it: empty is not given, a comma is a point."""
        values = self.values
        raw: dict[str, Any] = {name: _given(name, values[name]) for name in LINES}
        raw |= {name: values[name] for name in CHECKED}
        raw |= {name: lines(values[name]) for name in BY_LINE}
        raw["keywords"] = lines(values["keywords"].replace(",", "\n"))
        raw["dutch"] = {
            "title": values["dutch_title"],
            "answer": values["dutch_answer"],
            "keywords": lines(values["dutch_keywords"].replace(",", "\n")),
        }
        if not any(raw["dutch"].values()):
            raw["dutch"] = {}
        if not raw["title"]:
            del raw["title"]
        for name in ROWS:
            rows = [values[name][place] for place in _filled(values[name])]
            raw[name] = [
                {column: _given(column, text) for column, text in row.items()} for row in rows
            ]
        for source in raw["sources"]:
            source["authors"] = [parse_name(line) for line in lines(source["authors"] or "")]
        return raw


_DUTCH_NAMES = tuple(f"dutch_{name}" for name in DUTCH)


def lines(text: str) -> list[str]:
    """Give the lines of a text that hold something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _filled(rows: list[dict[str, str]]) -> list[int]:
    """Give the places of the rows in which something was typed."""
    return [
        place
        for place, row in enumerate(rows)
        if any(text for column, text in row.items() if column not in CHOSEN_ALREADY)
    ]


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "authors":
        return "\n".join(as_typed(author) for author in value)
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _given(name: str, text: Any) -> Any:
    if text == "":
        return None
    if name in NUMBERS and DECIMAL_COMMA.fullmatch(str(text)):
        return str(text).replace(",", ".")
    return text


def _flat(
    messages: Mapping[Any, Any], places: Mapping[str, list[int]], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Give (name of the input, words) for each message; rows under their place in the form."""
    for name, said in messages.items():
        key = name
        if len(path) == 1 and path[0] in places and isinstance(name, int):
            key = places[path[0]][name]
        here = (*path, str(key))
        if isinstance(said, Mapping):
            yield from _flat(said, places, here)
            continue
        for words in said if isinstance(said, list) else [said]:
            yield _input_name(here), str(words)


def _input_name(path: tuple[str, ...]) -> str:
    if path[0] == "dutch" and len(path) > 1:
        return f"dutch_{path[1]}"
    if path[0] in ROWS and len(path) > 2:  # noqa: PLR2004
        column = {"authors": "authors", "_schema": ROWS[path[0]][0]}.get(path[2], path[2])
        return f"{path[0]}-{path[1]}-{column}"
    return path[0]
