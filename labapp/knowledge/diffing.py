"""What changed between two texts of a card, word for word and readable."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from labapp.i18n import current_language
from labapp.knowledge import vocabulary
from labapp.knowledge.content import FIELDS, changed_fields
from labapp.knowledge.field_labels import label_of
from labapp.knowledge.names import as_typed

TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
ALIKE = 0.4  # below this share of common words two paragraphs are shown apart
Segment = tuple[str, str]  # same, add or remove; and the text


@dataclass(frozen=True)
class Difference:
    """A field that differs: its lines, each as segments of text."""

    field: str
    lines: list[list[Segment]]

    @property
    def label(self) -> str:
        return label_of(self.field)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Give the fields that differ, in the order of the form."""
    changed = changed_fields(old, new)
    return [
        Difference(name, compare_texts(text_of(name, before), text_of(name, after)))
        for name, (before, after) in sorted(changed.items(), key=lambda item: FIELDS.index(item[0]))
    ]


def compare_texts(old: str, new: str) -> list[list[Segment]]:
    """Give the lines of two texts; lines that are alike as one, with the words that changed."""
    before, after = old.splitlines(), new.splitlines()
    lines: list[list[Segment]] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [[("same", line)] for line in before[a:b]]
            continue
        lines += _changed_lines(before[a:b], after[c:d])
    return lines


def text_of(name: str, value: Any) -> str:
    """Give a field as text, a line for each entry of a list."""
    if value is None or value == {}:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_plain(part)}" for key, part in value.items() if part)
    if isinstance(value, list):
        return "\n".join(_entry(name, entry) for entry in value)
    return _label(name, str(value)) if name == "kind" else str(value)


def _changed_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[list[Segment]]:
    for before, after in zip_longest(old, new):
        if before is None:
            yield [("add", after)]
        elif after is None:
            yield [("remove", before)]
        else:
            words = _changed_words(before, after)
            if words is None:
                yield [("remove", before)]
                yield [("add", after)]
            else:
                yield words


def _changed_words(old: str, new: str) -> list[Segment] | None:
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.quick_ratio() < ALIKE or matcher.ratio() < ALIKE:
        return None
    segments: list[Segment] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            segments.append(("same", "".join(before[a:b])))
            continue
        if b > a:
            segments.append(("remove", "".join(before[a:b])))
        if d > c:
            segments.append(("add", "".join(after[c:d])))
    return segments


def _entry(name: str, entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return _label(name, str(entry))
    return "; ".join(f"{key}: {_plain(part)}" for key, part in entry.items() if part not in _EMPTY)


_EMPTY: tuple[Any, ...] = (None, "", [])


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(as_typed(one) if isinstance(one, Mapping) else str(one) for one in value)
    return str(value)


def _label(name: str, value: str) -> str:
    facet = {"sectors": "sector", "subjects": "subject", "themes": "theme", "kind": "kind"}
    return vocabulary.label(facet[name], value, current_language()) if name in facet else value
