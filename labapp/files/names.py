"""Names of files as people give them, made harmless."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 120
LONGEST_GIVEN = 10_000
LONGEST_BYTES = 240  # disks take 255, and a browser adds "(1)"
NAMELESS = "bestand"
FORBIDDEN = re.compile(r'[<>:"|?*%]')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # on Windows
# A dot before what looks like an extension: in verslag.exe.pdf, not in verslag v1.2.pdf.
INNER_DOT = re.compile(r"\.(?=(?=\w{0,4}[a-z])\w{1,5}\.)", re.IGNORECASE)


def suffix_of(name: str) -> str:
    """Give the extension, with its dot, in small letters."""
    return PurePosixPath(safe_name(name)).suffix.lower()


def safe_name(name: str) -> str:
    """Give a name without folders, without signs that hide or turn letters, and not too long."""
    name = unicodedata.normalize("NFC", name[-LONGEST_GIVEN:]).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if _is_hidden(letter) else letter for letter in name)
    name = " ".join(FORBIDDEN.sub("_", name).split()).strip(". ")
    name = INNER_DOT.sub("_", name)
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem.strip():
        stem, suffix = name, ""
    ending = f".{suffix[:10]}" if suffix else ""
    stem = _cut(stem.strip(), LONGEST - len(ending), LONGEST_BYTES - len(ending.encode()))
    if RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    return (stem or NAMELESS) + ending


def _is_hidden(letter: str) -> bool:
    """Whether a sign is a control, of direction, without width, private or no sign at all."""
    return unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029"


def _cut(text: str, letters: int, size: int) -> str:
    return text[:letters].encode()[:size].decode(errors="ignore").strip(". ")
