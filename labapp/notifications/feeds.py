"""Atom feeds (RFC 4287): entries in, XML out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring  # it only writes

MIME_TYPE = "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
EMPTY = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was updated
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """One entry: `id` is an address that never changes, texts are plain."""

    id: str
    title: str
    url: str
    updated: datetime
    summary: str = ""
    author: str = ""


def atom(title: str, id: str, url: str, entries: Sequence[Entry]) -> bytes:  # noqa: A002
    """Write a feed; `id` and `url` are whole addresses: of the feed, and of the page it is of."""
    feed = Element("feed", xmlns=ATOM)
    _add(feed, "title", title)
    _add(feed, "id", id)
    _add(feed, "updated", _moment(max((entry.updated for entry in entries), default=EMPTY)))
    SubElement(feed, "link", rel="self", type=MIME_TYPE, href=_clean(id))
    SubElement(feed, "link", rel="alternate", href=_clean(url))
    _add(SubElement(feed, "author"), "name", "Ontwikkelkracht lab")
    for entry in entries:
        _add_entry(feed, entry)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _add_entry(feed: Element, entry: Entry) -> None:
    element = SubElement(feed, "entry")
    _add(element, "title", entry.title)
    _add(element, "id", entry.id)
    _add(element, "updated", _moment(entry.updated))
    SubElement(element, "link", rel="alternate", href=_clean(entry.url))
    if entry.summary:
        _add(element, "summary", entry.summary)
    if entry.author:
        _add(SubElement(element, "author"), "name", entry.author)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    """Leave out what XML cannot hold, not even escaped."""
    return NOT_IN_XML.sub("", text)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")
