"""What a reader gives: records of cards, and faults by row and column."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from labapp.foreign_files import Fault

MOST_RECORDS = 20_000
LONGEST_ID = 120
EXTERNAL_ID = re.compile(r"\w[\w.:/()<>;+-]{0,119}")


@dataclass(frozen=True)
class Note:
    """Something to tell that is no fault."""

    message: str


@dataclass
class Record:
    """One card as a file gives it, not checked yet.

    `status` is draft, published or outdated; None publishes what is complete and makes a draft of
    the rest. `columns` names the column of the file that a field came from.
    """

    row: int
    external_id: str
    content: dict[str, Any]
    status: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """How to read: the language where the file says none, a mapping, and the day of an export."""

    language: str = "nl"
    mapping: Mapping[str, Any] | None = None
    dated_on: date | None = None


Found = Record | Fault | Note
Reader = Callable[[Path, Options], Iterator[Found]]


def slug(text: str, longest: int = 80) -> str:
    """Give a stable name made of a text; one that is too long ends in a hash of the whole."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name or len(name) > longest:
        mark = hashlib.sha256(text.encode()).hexdigest()[:10]
        name = f"{name[: longest - 11].rstrip('-')}-{mark}".strip("-")
    return name
