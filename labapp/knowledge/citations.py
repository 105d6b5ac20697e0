"""Citing a card, and what a card rests on: as CSL-JSON items, and those as APA text.

`labapp.knowledge.citation_files` writes the same items as BibTeX and RIS.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from labapp.clock import LOCAL_ZONE
from labapp.knowledge import names
from labapp.knowledge.models import Card, Source

PLATFORM = "Ontwikkelkracht"
TYPES = {
    "article": "article-journal",
    "book": "book",
    "chapter": "chapter",
    "report": "report",
    "website": "webpage",
}
WORDS = {
    "nl": {
        "no_date": "z.d.",
        "version": "versie",
        "card": "evidencekaart",
        "accessed": "Geraadpleegd op {day}, van",
        "in": "In",
        "pages": "pp.",
    },
    "en": {
        "no_date": "n.d.",
        "version": "version",
        "card": "evidence card",
        "accessed": "Retrieved {day}, from",
        "in": "In",
        "pages": "pp.",
    },
}
DAYS = {"nl": "d MMMM y", "en": "MMMM d, y"}
MOST_AUTHORS = 20
ENDS = (".", "?", "!")
Item = dict[str, Any]


def item_of_card(card: Card, url: str = "") -> Item:
    """Give a card as a CSL item; without an author the platform is."""
    day = card.updated_at if card.published_at else None
    author: Item = {"literal": PLATFORM}
    if card.author is not None:
        author = _csl_name(
            {
                "family": card.author.family_name,
                "given": card.author.given_name,
                "particle": card.author.particle,
            }
        )
    return _filled(
        {
            "id": card.external_id,
            "type": "webpage",
            "title": card.title,
            "author": [author],
            "issued": _date_parts(day.astimezone(LOCAL_ZONE).date()) if day else None,
            "container-title": PLATFORM,
            "version": str(card.version_number) if card.version_number else "",
            "language": card.language,
            "URL": url,
        }
    )


def item_of_source(source: Source, name: str = "") -> Item:
    """Give a source as a CSL item; `name` is its id where one list has those of several cards."""
    authors = [_csl_name(author) for author in source.authors]
    if source.organisation and not authors:
        authors = [{"literal": source.organisation}]
    return _filled(
        {
            "id": name or source.key,
            "type": TYPES.get(source.kind, "document"),
            "title": source.title,
            "author": authors
            or ([{"literal": source.organisation}] if source.organisation else []),
            "issued": {"date-parts": [[source.year]]} if source.year else None,
            "container-title": source.container,
            "volume": source.volume,
            "issue": source.issue,
            "page": source.pages,
            "publisher": source.publisher,
            "DOI": source.doi,
            "ISBN": source.isbn,
            "URL": source.url,
            "note": f"ERIC: {source.eric}" if source.eric else "",
            "accessed": _date_parts(source.accessed_on) if source.accessed_on else None,
        }
    )


def items_of(card: Card, url: str = "") -> list[Item]:
    """Give a card and what it rests on, in the order of a Dutch or English list."""
    sources = [item_of_source(source) for source in card.sources]
    return [item_of_card(card, url), *in_order(sources, card.language)]


def in_order(items: Iterable[Item], language: str = "nl") -> list[Item]:
    """Sort items as a list of literature: by author, year and title."""

    def key(item: Item) -> tuple[str, int, str]:
        authors = item.get("author") or [{"literal": item["title"]}]
        first = authors[0].get("literal", "").casefold() or names.sort_key(
            own_name(authors[0]), language
        )
        return folded(first), year_of(item) or 9999, folded(item["title"])

    return sorted(items, key=key)


def apa(item: Mapping[str, Any], language: str = "nl") -> str:
    """Give an item as a line of an APA list of literature."""
    words = WORDS[language]
    authors = _apa_authors(item.get("author", []))
    year = f"({year_of(item) or words['no_date']})."
    title = item["title"]
    if item.get("version"):
        title += f" [{item.get('genre') or words['card']}, {words['version']} {item['version']}]"
    parts = [_ended(authors), year, _ended(title)] if authors else [_ended(title), year]
    parts += [_ended(part) for part in _apa_place(item, words, authors) if part]
    parts.append(_apa_address(item, language))
    return " ".join(part for part in parts if part)


def _csl_name(name: Mapping[str, Any]) -> Item:
    return _filled(
        {
            "family": name.get("family"),
            "given": name.get("given"),
            "non-dropping-particle": name.get("particle"),
        }
    )


def own_name(name: Mapping[str, Any]) -> dict[str, str]:
    return {
        "family": name.get("family", ""),
        "given": name.get("given", ""),
        "particle": name.get("non-dropping-particle") or name.get("dropping-particle") or "",
    }


def _filled(item: Item) -> Item:
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def _date_parts(day: date) -> Item:
    return {"date-parts": [[day.year, day.month, day.day]]}


def year_of(item: Mapping[str, Any]) -> int | None:
    parts = (item.get("issued") or {}).get("date-parts") or [[None]]
    return int(parts[0][0]) if parts[0] and parts[0][0] else None


def _apa_authors(authors: list[Item]) -> str:
    shown = [a.get("literal") or names.inverted(own_name(a)) for a in authors]
    if len(shown) > MOST_AUTHORS:
        return f"{', '.join(shown[: MOST_AUTHORS - 1])}, … {shown[-1]}"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])}, & {shown[-1]}"
    return "".join(shown)


def _apa_place(item: Mapping[str, Any], words: Mapping[str, str], authors: str) -> list[str]:
    """Give where it was published, by its type."""
    container, pages = item.get("container-title", ""), dash(item.get("page", ""))
    publisher = item.get("publisher", "")
    publisher = "" if publisher == authors else publisher
    if item["type"] == "article-journal":
        volume, issue = item.get("volume", ""), item.get("issue", "")
        numbered = f"{volume}({issue})" if issue else volume
        return [", ".join(part for part in (container, numbered, pages) if part), publisher]
    if item["type"] == "chapter" and container:
        place = f" ({words['pages']} {pages})" if pages else ""
        return [f"{words['in']} {container}{place}", publisher]
    return [container if container != authors else "", publisher if publisher != container else ""]


def _apa_address(item: Mapping[str, Any], language: str) -> str:
    if item.get("DOI"):
        return f"https://doi.org/{item['DOI']}"
    address: str = item.get("URL", "")
    if address and item.get("accessed") and year_of(item) is None:
        day = date(*item["accessed"]["date-parts"][0])
        said = format_date(day, DAYS[language], locale=language)
        return f"{WORDS[language]['accessed'].format(day=said)} {address}"
    return address


def _ended(text: str) -> str:
    return text if not text or text.endswith(ENDS) else f"{text}."


def dash(pages: str) -> str:
    return re.sub(r"(?<=\w)\s*-+\s*(?=\w)", "–", pages)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
