"""Items of literature as files for reference managers: BibTeX and RIS."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from labapp.knowledge import names
from labapp.knowledge.citations import dash, folded, own_name, year_of

BIBTEX = {
    "article-journal": "article",
    "book": "book",
    "chapter": "incollection",
    "report": "techreport",
    "webpage": "misc",
}
RIS = {
    "article-journal": "JOUR",
    "book": "BOOK",
    "chapter": "CHAP",
    "report": "RPRT",
    "webpage": "ELEC",
}
TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def bibtex(items: Iterable[Mapping[str, Any]]) -> str:
    """Give items as BibTeX in UTF-8, each with a key of its own."""
    keys: set[str] = set()
    return "\n".join(_bibtex_entry(item, keys) for item in items)


def ris(items: Iterable[Mapping[str, Any]]) -> str:
    """Give items as RIS."""
    return "".join(_ris_record(item) for item in items)


def _tex(text: str) -> str:
    return "".join(TEX.get(letter, letter) for letter in _one_line(text))


def _bibtex_entry(item: Mapping[str, Any], keys: set[str]) -> str:
    place = "booktitle" if item["type"] == "chapter" else "journal"
    place = place if item["type"] in ("article-journal", "chapter") else "howpublished"
    publisher = "institution" if item["type"] == "report" else "publisher"
    pages = re.sub(r"(?<=\w)\s*[-–]+\s*(?=\w)", "--", item.get("page", ""))
    fields = {
        "author": " and ".join(_bibtex_name(name) for name in item.get("author", [])),
        "title": f"{{{_tex(item['title'])}}}",
        "year": str(year_of(item) or ""),
        place: _tex(item.get("container-title", "")),
        "volume": _tex(item.get("volume", "")),
        "number": _tex(item.get("issue", "")),
        "pages": _tex(pages),
        publisher: _tex(item.get("publisher", "")),
        "edition": _tex(f"version {item['version']}" if item.get("version") else ""),
        "doi": _address(item.get("DOI", "")),
        "isbn": _tex(item.get("ISBN", "")),
        "url": _address(item.get("URL", "")),
        "note": _tex(item.get("note", "")),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    kind = BIBTEX.get(item["type"], "misc")
    return f"@{kind}{{{_key(item, keys)},\n" + ",\n".join(lines) + "\n}\n"


def _bibtex_name(name: Mapping[str, Any]) -> str:
    if name.get("literal"):
        return f"{{{_tex(name['literal'])}}}"
    own = own_name(name)
    family = _tex(names.surname(own))
    if not own["particle"] and " " in family:
        family = f"{{{family}}}"  # or BibTeX takes its first word for something else
    return ", ".join(part for part in (family, _tex(own["given"])) if part)


def _address(text: str) -> str:
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", text)


def _key(item: Mapping[str, Any], keys: set[str]) -> str:
    wanted = re.sub(r"[^A-Za-z0-9:_-]+", "-", folded(str(item["id"]))).strip("-") or "item"
    key, number = wanted, 1
    while key in keys:
        number += 1
        key = f"{wanted}-{number}"
    keys.add(key)
    return key


def _ris_record(item: Mapping[str, Any]) -> str:
    first, _dash_between, last = dash(item.get("page", "")).partition("–")
    rows = [("TY", RIS.get(item["type"], "GEN"))]
    rows += [("AU", _ris_name(name)) for name in item.get("author", [])]
    rows += [
        ("TI", item["title"]),
        ("PY", str(year_of(item) or "")),
        ("T2", item.get("container-title", "")),
        ("VL", item.get("volume", "")),
        ("IS", item.get("issue", "")),
        ("SP", first),
        ("EP", last),
        ("PB", item.get("publisher", "")),
        ("ET", item.get("version", "")),
        ("DO", item.get("DOI", "")),
        ("SN", item.get("ISBN", "")),
        ("UR", item.get("URL", "")),
        ("N1", item.get("note", "")),
        ("LA", item.get("language", "")),
        ("ID", str(item["id"])),
    ]
    lines = [f"{tag}  - {_one_line(value)}" for tag, value in rows if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _ris_name(name: Mapping[str, Any]) -> str:
    if name.get("literal"):
        return str(name["literal"])
    own = own_name(name)
    return ", ".join(part for part in (names.surname(own), own["given"]) if part)


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
