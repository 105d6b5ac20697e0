"""Judged questions on disk, in the layout of BEIR: corpus.jsonl, queries.jsonl, qrels.tsv."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.search import analysis

Rating = Mapping[str, int]


@dataclass(frozen=True)
class Item:
    """A text of a collection, in pieces; `more` are further passages of it with their language."""

    id: str
    title: str
    texts: tuple[str, ...]
    language: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dataset:
    """A collection with questions, and for each question how well which texts answer it."""

    name: str
    items: Sequence[Item]
    questions: Mapping[str, str]
    judgements: Mapping[str, Rating]


def read(folder: Path) -> Dataset:
    """A folder in BEIR layout; its ids get the name of the folder, so that folders can be mixed."""
    name = folder.resolve().name
    corpus = [(number, line) for number, line in enumerate(_read_lines(folder / "corpus.jsonl"), 1)]
    main = _main_language(line for _number, line in corpus)
    items = [
        Item(
            id=f"{name}/{_field(line, '_id', folder / 'corpus.jsonl', number)}",
            title=str(line.get("title") or ""),
            texts=(str(_field(line, "text", folder / "corpus.jsonl", number)),),
            language=str(line.get("language") or "") or _language(line, main),
        )
        for number, line in corpus
    ]
    asked = {
        str(_field(line, "_id", folder / "queries.jsonl", number)): str(line.get("text") or "")
        for number, line in enumerate(_read_lines(folder / "queries.jsonl"), 1)
    }
    return Dataset(name, items, asked, _read_judgements(folder / "qrels.tsv", name))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for number, text in enumerate(_text(path).splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except json.JSONDecodeError as error:
            line = None
            raise _unreadable(path, number, str(error)) from error
        if not isinstance(line, dict):
            raise _unreadable(path, number, "no object")
        lines.append(line)
    return lines


def _field(line: Mapping[str, Any], name: str, path: Path, number: int) -> Any:
    if line.get(name) is None:
        raise _unreadable(path, number, f"{name}?")
    return line[name]


def _read_judgements(path: Path, name: str) -> dict[str, dict[str, int]]:
    """Judgements by question; a score of 0 says that a text does not answer."""
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_text(path).splitlines()[1:], 2):
        columns = line.split("\t")
        if not line.strip():
            continue
        try:
            question, text, grade = columns[0], columns[1], int(columns[2])
        except (IndexError, ValueError) as error:
            raise _unreadable(path, number, line[:80]) from error
        if grade > 0:
            judged.setdefault(question, {})[f"{name}/{text}"] = grade
    return judged


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(
            _("%(file)s is niet te lezen: %(reason)s", file=str(path), reason=str(error))
        ) from error


def _unreadable(path: Path, number: int, reason: str) -> InvalidError:
    return InvalidError(
        _(
            "%(file)s, regel %(number)s is niet te lezen: %(reason)s",
            file=str(path), number=number, reason=reason,
        )
    )  # fmt: skip


def _main_language(lines: Iterable[Mapping[str, Any]]) -> str:
    """The language of most texts that show one."""
    told = Counter(analysis.detect_language(str(line.get("text") or ""), "") for line in lines)
    del told[""]
    return told.most_common(1)[0][0] if told else "nl"


def _language(line: Mapping[str, Any], main: str) -> str:
    return analysis.detect_language(f"{line.get('title') or ''} {line.get('text') or ''}", main)
