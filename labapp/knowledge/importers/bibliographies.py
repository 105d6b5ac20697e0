"""Literature from BibTeX, RIS and CSL-JSON: a draft card for each publication.

A record of literature has no question, answer or theme yet, so it waits for a writer and a
reviewer; what is known of the source is filled in.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rispy

from labapp.foreign_files import Fault, UnreadableError, read_text
from labapp.i18n import gettext as _
from labapp.knowledge import names
from labapp.knowledge.importers import json_cards
from labapp.knowledge.importers.bibtex import bibtex_sources
from labapp.knowledge.importers.publications import Publication, record_of
from labapp.knowledge.importers.records import Found, Options

RIS_LINE = re.compile(r"^([A-Z][A-Z0-9])\s{1,2}-(?:\s?(.*))?$")
RIS_KINDS = {
    "JOUR": "article",
    "MGZN": "article",
    "NEWS": "article",
    "EJOUR": "article",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "CONF": "chapter",
    "CPAPER": "chapter",
    "ELEC": "website",
    "WEB": "website",
    "BLOG": "website",
}
CSL_KINDS = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "article": "article",
    "book": "book",
    "chapter": "chapter",
    "paper-conference": "chapter",
    "webpage": "website",
    "post-weblog": "website",
}


def read_bibtex(path: Path, options: Options) -> Iterator[Found]:
    """Give a draft for each entry of a BibTeX file; the row is its line in the file."""
    yield from _drafts(bibtex_sources(read_text(path)), options)


def read_ris(path: Path, options: Options) -> Iterator[Found]:
    """Give a draft for each record of a RIS file."""
    yield from _drafts(_ris_publications(read_text(path)), options)


def read_csl(path: Path, options: Options) -> Iterator[Found]:
    """Give a draft for each item of a CSL-JSON file."""
    yield from _drafts(_csl_publications(json_cards.load(path)), options)


def _drafts(publications: Iterator[Publication | Fault], options: Options) -> Iterator[Found]:
    for publication in publications:
        if isinstance(publication, Fault):
            yield publication
        elif not publication.source.get("title"):
            yield Fault(publication.row, "title", _("Deze titel ontbreekt."))
        else:
            yield record_of(publication, options)


def _ris_publications(text: str) -> Iterator[Publication | Fault]:
    """Read record by record, so that one that does not end is a fault and not lost."""
    lines: list[str] = []
    start = 0
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        tag = RIS_LINE.match(line.rstrip())
        if tag and tag[1] == "TY":
            if start:
                yield Fault(start, "ER", _("Dit record eindigt niet met ER."))
            lines, start = [], number
        if tag and not start:
            yield Fault(number, tag[1], _("Dit record begint niet met TY."))
            start = number
        lines.append(f"{tag[1]}  - {(tag[2] or '').strip()}" if tag else line.strip())
        if tag and tag[1] == "ER":
            if lines[0].startswith("TY"):
                yield _ris_publication("\n".join(lines), start)
            lines, start = [], 0
    if start and any(line.strip() for line in lines):
        yield Fault(start, "ER", _("Dit record eindigt niet met ER."))
    elif any(line.strip() for line in lines):
        raise UnreadableError(_("Dit is geen RIS-bestand."), row=1)


def _ris_publication(text: str, row: int) -> Publication | Fault:
    try:
        found = rispy.loads(text)[0]
    except (rispy.parser.ParseError, IndexError, ValueError, KeyError) as error:
        return Fault(row, "", _("Dit record is niet te lezen: %(words)s", words=error))
    authors = found.get("authors") or found.get("first_authors") or []
    organisation, people = _people(authors)
    kind = RIS_KINDS.get(found.get("type_of_reference", ""), "report")
    container = (
        found.get("journal_name")
        or found.get("secondary_title")
        or found.get("alternate_title1")
        or found.get("alternate_title3")
        or ""
    )
    pages = [found.get("start_page", ""), found.get("end_page", "")]
    number = found.get("issn", "")
    source = {
        "kind": kind,
        "title": found.get("title") or found.get("primary_title") or "",
        "authors": people,
        "organisation": organisation,
        "year": found.get("year") or found.get("publication_year") or "",
        "container": container,
        "volume": found.get("volume", ""),
        "issue": found.get("number", ""),
        "pages": "-".join(page for page in pages if page),
        "publisher": found.get("publisher", ""),
        "doi": found.get("doi", ""),
        "isbn": number if kind in ("book", "chapter") else "",
        "url": _first(found.get("urls") or found.get("url")),
    }
    return Publication(
        row=row,
        key=str(found.get("id") or ""),
        source=source,
        abstract=found.get("abstract") or found.get("notes_abstract") or "",
        keywords=found.get("keywords") or [],
        language=found.get("language", ""),
    )


def _csl_publications(whole: Any) -> Iterator[Publication | Fault]:
    items = whole.get("items") if isinstance(whole, dict) and "items" in whole else whole
    items = [items] if isinstance(items, dict) else items
    if not isinstance(items, list):
        raise UnreadableError(_("Hier hoort een lijst van publicaties."))
    for place, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield _csl_publication(place, item)
        else:
            yield Fault(place, "", _("Hier horen velden met namen."))


def _csl_publication(row: int, item: dict[str, Any]) -> Publication:
    people = [name for name in _list(item.get("author")) if isinstance(name, dict)]
    literal = [str(name["literal"]) for name in people if name.get("literal")]
    dates = item.get("issued") if isinstance(item.get("issued"), dict) else {}
    parts = _list((dates or {}).get("date-parts"))
    year = parts[0][0] if parts and isinstance(parts[0], list) and parts[0] else ""
    source = {
        "kind": CSL_KINDS.get(str(item.get("type", "")), "report"),
        "title": _text(item.get("title")),
        "authors": [_csl_name(name) for name in people if name.get("family")],
        "organisation": ", ".join(literal),
        "year": year or _year(str((dates or {}).get("raw") or (dates or {}).get("literal") or "")),
        "container": _text(item.get("container-title")),
        "volume": _text(item.get("volume")),
        "issue": _text(item.get("issue")),
        "pages": _text(item.get("page")),
        "publisher": _text(item.get("publisher")),
        "doi": _text(item.get("DOI")),
        "isbn": _text(item.get("ISBN")),
        "url": _text(item.get("URL")),
    }
    return Publication(
        row=row,
        key=_text(item.get("id")),
        source=source,
        abstract=_text(item.get("abstract")),
        keywords=[word.strip() for word in _text(item.get("keyword")).split(",") if word.strip()],
        language=_text(item.get("language")),
    )


def _csl_name(name: dict[str, Any]) -> names.Name:
    own = names.parse_name(f"{_text(name.get('family'))}, {_text(name.get('given'))}")
    particle = _text(name.get("non-dropping-particle")) or _text(name.get("dropping-particle"))
    return own | {"particle": particle} if particle else own


def _people(authors: list[str]) -> tuple[str, list[names.Name]]:
    """Split organisations, which have no comma, from people."""
    people = [names.parse_name(author) for author in authors if "," in author]
    others = [author.strip() for author in authors if author.strip() and "," not in author]
    if people or not others:
        return "", people + [names.parse_name(author) for author in others]
    return ", ".join(others), []


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _year(text: str) -> str:
    found = re.search(r"\b(1[5-9]|20|21)\d\d\b", text)
    return found[0] if found else ""
