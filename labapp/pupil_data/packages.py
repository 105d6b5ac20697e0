"""The text and the tables in office files, read with bounds and without what XML may pull in."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from labapp.foreign_files import DAMAGED, UnreadableError, check_zip
from labapp.i18n import gettext as _

MOST_XML = 8 * 1024 * 1024
CHUNK = 64 * 1024
LINES = {"p", "h", "br", "line-break", "tr"}
CELLS = {"tc", "table-cell", "covered-table-cell"}
MOST_CELLS = 500
BODIES = ("word/", "ppt/slides/", "ppt/notesSlides/", "ppt/comments/", "content.xml")


@dataclass
class Reader:
    """Takes the events of a parser. Cells of a row stay on one line, with commas between."""

    text: list[str] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    row: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)
    depth: int = 0
    table: str = ""
    repeated: int = 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "table":
            self.table = _attribute(attributes, "name") or str(len(self.tables) + 1)
        elif name in {"table-row", "tr"}:
            self.row = []
        elif name in CELLS:
            self.depth += 1
            self.cell = []
            repeated = _attribute(attributes, "number-columns-repeated")
            self.repeated = int(repeated) if repeated.isdecimal() else 1
        elif name in {"tab", "s"}:
            self.data(" ")

    def data(self, text: str) -> None:
        (self.cell if self.depth else self.text).append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name in CELLS:
            self.depth = max(0, self.depth - 1)
            words = " ".join("".join(self.cell).split())
            room = max(0, MOST_CELLS - len(self.row))
            self.row += [words] * min(self.repeated, room)
        elif name in {"table-row", "tr"} and any(self.row):
            self.tables.setdefault(self.table, []).append(self.row)
            self.text.append(", ".join(word for word in self.row if word) + "\n")
        elif name in LINES:
            self.data("\n" if not self.depth else " ")

    def close(self) -> None:
        """Nothing is left over: every event was taken as it came."""


def read_package(path: Path) -> tuple[str, dict[str, list[list[str]]], bool]:
    """Give the text, the tables by name, and whether there was more than is read."""
    check_zip(path)
    left, reader = MOST_XML, Reader()
    try:
        with zipfile.ZipFile(path) as package:
            for part in _bodies(package):
                with package.open(part) as stream:
                    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
                    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
                        parser.feed(chunk)
                        left -= len(chunk)
                if left <= 0:
                    break
                parser.close()
    except (*DAMAGED, ParseError, DefusedXmlException) as error:
        raise UnreadableError(_("Dit bestand is beschadigd of van een ander soort.")) from error
    return "".join(reader.text), reader.tables, left <= 0


def _bodies(package: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for part in package.infolist():
        if part.filename.startswith(BODIES) and part.filename.endswith(".xml"):
            yield part


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _attribute(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if _local(key) == name), "")
