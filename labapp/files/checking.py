"""Which files are accepted: by what is in them, and that must fit their extension."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from labapp.errors import InvalidError
from labapp.files import pictures
from labapp.files.names import suffix_of
from labapp.foreign_files import DAMAGED, OLE, PDF, ZIP, UnreadableError, check_zip, encoding_of
from labapp.i18n import gettext as _


@dataclass(frozen=True)
class Kind:
    """A kind of file that is accepted; `part` names its content in an office package."""

    media_type: str
    part: str = ""


OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
KINDS = {
    ".pdf": Kind("application/pdf"),
    ".docx": Kind(
        f"{OFFICE}wordprocessingml.document", f"{OFFICE}wordprocessingml.document.main+xml"
    ),
    ".xlsx": Kind(f"{OFFICE}spreadsheetml.sheet", f"{OFFICE}spreadsheetml.sheet.main+xml"),
    ".pptx": Kind(
        f"{OFFICE}presentationml.presentation", f"{OFFICE}presentationml.presentation.main+xml"
    ),
    ".odt": Kind(f"{OPEN}text", f"{OPEN}text"),
    ".ods": Kind(f"{OPEN}spreadsheet", f"{OPEN}spreadsheet"),
    ".odp": Kind(f"{OPEN}presentation", f"{OPEN}presentation"),
    ".png": Kind("image/png"),
    ".jpg": Kind("image/jpeg"),
    ".webp": Kind("image/webp"),
    ".gif": Kind("image/gif"),
    ".txt": Kind("text/plain"),
    ".csv": Kind("text/csv"),
    ".md": Kind("text/markdown"),
}
ALIASES = {".jpeg": ".jpg", ".markdown": ".md"}
TEXTS = {".txt", ".csv", ".md"}
PACKAGES = {suffix: kind.part for suffix, kind in KINDS.items() if kind.part}
ACCEPT = ",".join([*KINDS, *ALIASES])  # for the file field of a form
MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|head|body|script|svg|iframe)", re.IGNORECASE)
MACROS = re.compile(
    r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml|macrosheets/.*|activex/.*)$|^(?:basic|scripts)/.*[^/]$",
    re.IGNORECASE,
)
DESCRIPTION = "[Content_Types].xml"
LONGEST_DESCRIPTION = 1024 * 1024
MOST_RATIO = 200  # of office files about 10
LEAST_BOMB = 20 * 1024 * 1024


def check(path: Path, name: str) -> Kind:
    """Give the kind, or refuse the file in words. A picture loses what a camera wrote in it."""
    try:
        suffix = _check(path, name)
        if suffix in pictures.READERS:
            pictures.strip(path, suffix)
        return KINDS[suffix]
    except UnreadableError as error:
        raise refusal(str(error)) from error


def refusal(words: str) -> InvalidError:
    """A word at the field of the file."""
    return InvalidError(words, {"file": [words]})


def _check(path: Path, name: str) -> str:
    suffix = suffix_of(name)
    suffix = ALIASES.get(suffix, suffix)
    if suffix not in KINDS:
        raise UnreadableError(
            _(
                "Dit soort bestand kan hier niet. Wel: PDF, Word, Excel, PowerPoint, OpenDocument, "
                "een afbeelding (png, jpg, webp, gif) of tekst (txt, csv, md)."
            )
        )
    with path.open("rb") as stream:
        start = stream.read(1024)
    if not start:
        raise UnreadableError(_("Het bestand is leeg."))
    if start.startswith(OLE) and suffix in PACKAGES:
        raise UnreadableError(
            _(
                "Dit bestand heeft een wachtwoord of is van een oude Office. "
                "Sla het zonder wachtwoord op als .docx, .xlsx of .pptx."
            )
        )
    if _kind_of(path, start, suffix) != suffix:
        raise UnreadableError(
            _("Wat in dit bestand staat, past niet bij de naam %(suffix)s.", suffix=suffix)
        )
    return suffix


def _kind_of(path: Path, start: bytes, suffix: str) -> str:
    """Give the kind by content; for text that asked for is taken, as they look alike."""
    if start.startswith(PDF):
        return ".pdf"
    if start.startswith(ZIP):
        return _package(path)
    picture = pictures.kind_of(start)
    if picture or suffix not in TEXTS:
        return picture
    if MARKUP.match(start.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableError(_("Dit is een webpagina of een tekening (HTML, SVG), geen tekst."))
    encoding_of(path)
    return suffix


def _package(path: Path) -> str:
    """Give the kind of an office file; refuse bombs, passwords and macros. "" for another zip."""
    check_zip(path)
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > max(LEAST_BOMB, MOST_RATIO * path.stat().st_size):
                raise UnreadableError(
                    _("Dit bestand pakt uit tot ongewoon veel en is daarom geweigerd.")
                )
            if any(MACROS.search(part.filename) for part in parts):
                raise UnreadableError(_("Dit bestand heeft macro's. Sla het op zonder."))
            found = _description(package)
    except DAMAGED as error:
        raise UnreadableError(_("Dit bestand is beschadigd of van een ander soort.")) from error
    return next((suffix for suffix, part in PACKAGES.items() if part in found), "")


def _description(package: zipfile.ZipFile) -> set[str]:
    """Give the kinds of content that a package says it has."""
    names = package.namelist()
    name = next((name for name in ("mimetype", DESCRIPTION) if name in names), None)
    if name is None:
        return set()
    with package.open(name) as stream:
        text = stream.read(LONGEST_DESCRIPTION).decode(errors="replace")
    return {text.strip()} if name == "mimetype" else set(re.findall(r'"([^"]{1,200})"', text))
