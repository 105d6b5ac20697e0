"""Reading BibTeX: strings, LaTeX letters, and names with braces and particles."""

import logging
import re
from collections.abc import Iterator
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, Field

from labapp.foreign_files import Fault, UnreadableError
from labapp.i18n import gettext as _
from labapp.knowledge import names
from labapp.knowledge.importers.publications import Publication

KINDS = {
    "article": "article",
    "book": "book",
    "booklet": "book",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "chapter",
    "conference": "chapter",
    "online": "website",
    "electronic": "website",
    "www": "website",
}
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
MACRO = re.compile(r"\\([a-zA-Z]+\*?|.)")
_letters = LatexDecodingMiddleware(keep_braced_groups=False)
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # faults are in the report


def bibtex_sources(text: str) -> Iterator[Publication | Fault]:
    """Give each entry, or what is wrong with it, by its line."""
    library = parse_string(text)
    if not library.entries and not library.failed_blocks:
        raise UnreadableError(_("Dit is geen BibTeX-bestand."), row=1)
    for block in library.failed_blocks:
        row = (block.start_line or 0) + 1
        if isinstance(block, DuplicateBlockKeyBlock):
            yield Fault(row, str(block.key), _("Deze sleutel komt twee keer voor."))
        elif isinstance(block, DuplicateFieldKeyBlock):
            fields = ", ".join(sorted(block.duplicate_keys))
            yield Fault(row, fields, _("Dit veld komt twee keer voor."))
        else:
            yield Fault(row, "", _("Deze BibTeX is niet te lezen; ontbreekt er een accolade?"))
    for entry in library.entries:
        yield _publication(entry)


def _publication(entry: Entry) -> Publication:
    fields = {field.key.lower(): str(field.value) for field in entry.fields}
    texts = {name: plain(value) for name, value in fields.items()}
    people, organisation = _authors(fields.get("author") or fields.get("editor") or "")
    source: dict[str, Any] = {
        "kind": KINDS.get(entry.entry_type.lower(), "report"),
        "title": texts.get("title", ""),
        "authors": people,
        "organisation": organisation or texts.get("organization", ""),
        "year": texts.get("year") or texts.get("date", ""),
        "container": texts.get("journal")
        or texts.get("journaltitle")
        or texts.get("booktitle")
        or texts.get("series", ""),
        "volume": texts.get("volume", ""),
        "issue": texts.get("number") or texts.get("issue", ""),
        "pages": texts.get("pages", "").replace("--", "-").replace("–", "-"),
        "publisher": texts.get("publisher") or texts.get("institution") or texts.get("school", ""),
        "doi": fields.get("doi", ""),
        "isbn": texts.get("isbn", ""),
        "url": fields.get("url", "").replace("\\", ""),
    }
    if source["kind"] == "report" and source["url"] and not source["publisher"]:
        source["kind"] = "website"
    return Publication(
        row=(entry.start_line or 0) + 1,
        key=str(entry.key),
        source=source,
        abstract=texts.get("abstract", ""),
        keywords=[word.strip() for word in re.split("[,;]", texts.get("keywords", ""))],
        language=texts.get("language") or texts.get("langid", ""),
    )


def plain(text: str) -> str:
    r"""Give text without LaTeX: \"o and {\'e} as letters, braces and commands gone."""
    field = Field("title", text)
    entry = Entry("misc", "x", [field])
    library = Library([entry])
    try:
        decoded = str(_letters.transform(library).entries[0].fields[0].value)
    except (IndexError, ValueError, RecursionError):
        decoded = text
    return " ".join(MACRO.sub("", decoded.replace("{", "").replace("}", "")).split())


def _authors(text: str) -> tuple[list[names.Name], str]:
    """Split names at "and" outside braces; a name all in braces is an organisation."""
    people, organisations = [], []
    for part in _outside_braces(text):
        if part.startswith("{") and part.endswith("}") and _is_one_group(part):
            organisations.append(plain(part))
        elif part.casefold() != "others":
            people.append(names.parse_name(plain(part)))
    return people, "" if people else ", ".join(organisations)


def _outside_braces(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for found in re.finditer(r"[{}]|\s+and\s+", text, re.IGNORECASE):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth <= 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def _is_one_group(text: str) -> bool:
    depth = 0
    for place, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return place == len(text) - 1
    return False
