"""From a publication to a draft card with that one source."""

import re
from dataclasses import dataclass, field
from typing import Any

from labapp.knowledge.importers.records import Options, Record, slug
from labapp.knowledge.schemas import LONGEST_BODY, LONGEST_LINE

LONGEST_TITLE = 200
MOST_KEYWORDS = 30
DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
YEAR = re.compile(r"\b(?:1[5-9]|20|21)\d\d\b")
TAGS = re.compile(r"<[^>]{1,200}>")
LANGUAGES = {"nl": "nl", "nld": "nl", "dut": "nl", "dutch": "nl", "nederlands": "nl", "en": "en",
             "eng": "en", "english": "en", "engels": "en"}  # fmt: skip
# The kind is a first guess from the title; a person looks at every draft.
KINDS = (
    (re.compile(r"meta-?\s?anal", re.IGNORECASE), "meta_analysis"),
    (re.compile(r"quasi-?\s?exper", re.IGNORECASE), "quasi_experiment"),
    (re.compile(r"randomi[sz]ed|gerandomiseerd", re.IGNORECASE), "trial"),
)
LIMITS = {"organisation": 200, "volume": 32, "issue": 32, "pages": 32, "publisher": 200,
          "isbn": 32, "container": LONGEST_LINE, "title": LONGEST_LINE}  # fmt: skip


@dataclass
class Publication:
    """What a file of literature says of one publication."""

    row: int
    key: str
    source: dict[str, Any]
    abstract: str = ""
    keywords: list[str] = field(default_factory=list)
    language: str = ""


def record_of(publication: Publication, options: Options) -> Record:
    """Give the draft card of a publication."""
    source = _tidy(publication.source)
    title = source["title"]
    content = {
        "title": cut(title, LONGEST_TITLE),
        "language": LANGUAGES.get(_language(publication.language), options.language),
        "kind": next((kind for words, kind in KINDS if words.search(title)), "review"),
        "body": cut(TAGS.sub("", publication.abstract).strip(), LONGEST_BODY),
        "keywords": [cut(word, 120) for word in publication.keywords if word][:MOST_KEYWORDS],
        "sources": [source | {"key": slug(publication.key or title, 60)}],
    }
    external_id = f"doi-{slug(source['doi'], 100)}" if source["doi"] else _id(publication, source)
    return Record(publication.row, external_id, content, status="draft")


def cut(text: str, longest: int) -> str:
    """Give text of at most so many letters, cut at a word."""
    if len(text) <= longest:
        return text
    return text[: longest - 4].rsplit(" ", 1)[0] + " ..."


def _id(publication: Publication, source: dict[str, Any]) -> str:
    name = publication.key or f"{source['title']} {source['year'] or ''}"
    return f"lit-{slug(name, 100)}"


def _tidy(source: dict[str, Any]) -> dict[str, Any]:
    """Give a source as the schema takes it; an address that is not of the web is left out."""
    tidy = {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in source.items()
    }
    for name, longest in LIMITS.items():
        tidy[name] = cut(str(tidy.get(name) or ""), longest)
    year = YEAR.search(str(tidy.get("year") or ""))
    found = DOI.search(str(tidy.get("doi") or ""))
    tidy["year"] = int(year[0]) if year else None
    tidy["doi"] = found[0].rstrip(".,;") if found else ""
    address = str(tidy.get("url") or "")
    tidy["url"] = address if address.startswith(("https://", "http://")) else ""
    authors: list[dict[str, str]] = source.get("authors") or []
    tidy["authors"] = [name for name in authors if name["family"]]
    return tidy


def _language(text: str) -> str:
    return re.split(r"[-_ ,;]", text.strip().casefold())[0]
