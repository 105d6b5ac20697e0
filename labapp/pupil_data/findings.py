"""What was found, in words that do not repeat it."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import LazyString

from labapp.i18n import lazy_gettext as _l

SHOWN = 2  # letters at either end of an excerpt
LONGEST_EXCERPT = 60
LETTER = re.compile(r"\w")


class Kind(enum.Enum):
    BSN = "bsn"
    BIRTH_DATE = "birth_date"
    NAME = "name"
    EMAIL = "email"
    COLUMN = "column"
    COMBINATION = "combination"


WORDS = {
    Kind.BSN: _l("Dit lijkt een burgerservicenummer (BSN)."),
    Kind.BIRTH_DATE: _l("Dit lijkt een geboortedatum."),
    Kind.NAME: _l("Dit lijkt de naam van een leerling, met groep of klas."),
    Kind.EMAIL: _l("Dit lijkt het e-mailadres van een leerling."),
    Kind.COLUMN: _l("Deze kolom lijkt gegevens van leerlingen te bevatten."),
    Kind.COMBINATION: _l("Deze kolommen samen maken leerlingen herkenbaar."),
}


@dataclass(frozen=True)
class Finding:
    """One place. `start` and `end` count the letters of a text; `where` names a place in a table.

    The excerpt has its middle masked, so that a warning or a log does not spread what it is about.
    """

    kind: Kind
    start: int
    end: int
    excerpt: str
    where: str = ""

    @property
    def words(self) -> LazyString:
        return WORDS[self.kind]


@dataclass(frozen=True)
class Group:
    """What was found of one kind: how often, and the first places."""

    kind: Kind
    number: int
    excerpts: tuple[str, ...]

    @property
    def words(self) -> LazyString:
        return WORDS[self.kind]


def found(kind: Kind, text: str, start: int, end: int) -> Finding:
    return Finding(kind, start, end, masked(text[start:end]))


def masked(text: str) -> str:
    """Hide the letters and digits in the middle."""
    text = " ".join(text[:LONGEST_EXCERPT].split())
    shown = min(SHOWN, len(text) // 4)
    middle = LETTER.sub("•", text[shown : len(text) - shown])
    return text[:shown] + middle + text[len(text) - shown :]


def grouped(findings: Iterable[Finding], most: int = 3) -> list[Group]:
    """Give one line a kind, with no more than `most` examples: for the warning on a form."""
    kinds: dict[Kind, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    return [
        Group(kind, len(found), tuple(dict.fromkeys(_shown(one) for one in found))[:most])
        for kind, found in sorted(kinds.items(), key=lambda item: list(Kind).index(item[0]))
    ]


def _shown(finding: Finding) -> str:
    return f"{finding.where}: {finding.excerpt}" if finding.where else finding.excerpt
