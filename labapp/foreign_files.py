"""Opening files that may be broken, huge, disguised or hostile."""

import codecs
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeTree

from labapp.errors import LabappError
from labapp.i18n import gettext as _

MEGABYTE = 1024 * 1024
LARGEST_TEXT = 200 * MEGABYTE
LARGEST_DOCUMENT = 50 * MEGABYTE
LARGEST_UNPACKED = 300 * MEGABYTE
MOST_PARTS = 5_000
MOST_FILES = 5_000
LONGEST_PROLOG = 256 * 1024
CHUNK = MEGABYTE
OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
PDF = b"%PDF-"
# Two bytes that are one letter in UTF-8 and two odd ones in Windows-1252.
UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError)


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place. Rows count as a spreadsheet or an editor does; 0 is the whole."""

    row: int
    column: str
    message: str


class UnreadableError(LabappError):
    """The file cannot be read at all, or not beyond this row."""

    def __init__(self, message: str, row: int = 0, column: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(row, column, message)


def files_of(path: Path, *suffixes: str) -> list[Path]:
    """Give the file, or the files of these kinds in the folder, by name."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UnreadableError(_("Er is geen bestand of map %(name)s.", name=path.name))
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in suffixes)
    if not found:
        raise UnreadableError(
            _("In deze map staan geen bestanden %(kinds)s.", kinds=", ".join(suffixes))
        )
    if len(found) > MOST_FILES:
        raise UnreadableError(_("Deze map heeft meer dan %(most)s bestanden.", most=MOST_FILES))
    return found


def check_size(path: Path, largest: int) -> None:
    """Refuse what is not a file, is empty or is too large."""
    if not path.is_file():
        raise UnreadableError(_("Er is geen bestand %(name)s.", name=path.name))
    size = path.stat().st_size
    if size == 0:
        raise UnreadableError(_("Het bestand is leeg."))
    if size > largest:
        raise UnreadableError(
            _("Het bestand is groter dan %(most)s MB. Splits het.", most=largest // MEGABYTE)
        )


def read_text(path: Path, largest: int = LARGEST_DOCUMENT) -> str:
    """Give the text of a file, whatever its encoding, with plain line ends."""
    encoding = encoding_of(path, largest)
    text = path.read_bytes().decode(encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(path: Path, largest: int = LARGEST_TEXT) -> str:
    """Give the encoding of a text file: UTF-8, UTF-16 with a mark, or Windows-1252 (Latin-1).

    Refuses what is no text, and text of which a part is UTF-8 and a part is not.
    """
    check_size(path, largest)
    with path.open("rb") as stream:
        start = stream.read(4)
    _refuse_disguise(start)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _checked(path, "utf-16")
    place = _first_fault(path, "utf-8-sig")
    if place is None:
        return "utf-8-sig"
    _refuse_mixture(path, place)
    return "cp1252" if _first_fault(path, "cp1252") is None else "latin-1"


def check_zip(path: Path) -> None:
    """Refuse a package that is damaged, unpacks to too much or has XML with a document type.

    Sizes come from the index of the package; zipfile unpacks no more than it says.
    """
    check_size(path, LARGEST_DOCUMENT)
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            too_large = sum(part.file_size for part in parts) > LARGEST_UNPACKED
            if len(parts) > MOST_PARTS or too_large:
                raise UnreadableError(
                    _(
                        "Dit bestand pakt uit tot meer dan %(most)s MB en is daarom geweigerd.",
                        most=LARGEST_UNPACKED // MEGABYTE,
                    )
                )
            if any(part.flag_bits & 1 for part in parts):
                raise UnreadableError(
                    _("Dit bestand is versleuteld. Sla het op zonder wachtwoord.")
                )
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_xml(package, part)
    except DAMAGED as error:
        raise UnreadableError(_("Dit bestand is beschadigd of van een ander soort.")) from error


def _check_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read up to the first element: a document type, with its entities, can only stand before.

    No more is read than what comes before it may take: a sign without end costs the parser the
    square of its length.
    """
    try:
        with package.open(part) as stream:
            start = io.BytesIO(stream.read(LONGEST_PROLOG))
        for _event in SafeTree.iterparse(start, events=("start",), forbid_dtd=True):
            return
    except DefusedXmlException as error:
        raise UnreadableError(
            _("Dit bestand bevat XML met een documenttype en is daarom geweigerd.")
        ) from error
    except SafeTree.ParseError as error:
        raise UnreadableError(_("Dit bestand is beschadigd of van een ander soort.")) from error


def _refuse_disguise(start: bytes) -> None:
    if start == ZIP:
        raise UnreadableError(
            _("Dit is geen tekst maar een ingepakt bestand, zoals Excel of Word. Kies dat formaat.")
        )
    if start == OLE:
        raise UnreadableError(
            _("Dit is een oud Office-bestand. Sla het op als .xlsx, .docx of .csv.")
        )
    if PDF.startswith(start):
        raise UnreadableError(_("Dit is een PDF. Kies dat formaat."))


def _first_fault(path: Path, encoding: str) -> int | None:
    """Give about where the file stops being text of this encoding, in bytes; None if it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if b"\0" in chunk and not encoding.startswith("utf-16"):
                raise UnreadableError(_("Dit is geen tekst maar een binair bestand."))
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return place + error.start
            place += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return place
    return None


def _checked(path: Path, encoding: str) -> str:
    if _first_fault(path, encoding) is not None:
        raise UnreadableError(
            _("Dit bestand is geen geldige %(encoding)s.", encoding=encoding.upper())
        )
    return encoding


def _refuse_mixture(path: Path, place: int) -> None:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if UTF8_LETTER.search(chunk):
                raise UnreadableError(
                    _(
                        "Dit bestand is UTF-8 met een fout bij byte %(place)s. "
                        "Sla het opnieuw op als UTF-8.",
                        place=place + 1,
                    )
                )
