"""Pictures: what they are, and without what a camera wrote in them (place, time, owner).

The picture itself is neither decoded nor touched, so nothing is lost of it and a hostile one finds
no decoder here. How it is turned is kept.
"""

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from labapp.foreign_files import UnreadableError
from labapp.i18n import gettext as _

Size = tuple[int, int]
MOST_PIXELS = 80_000_000
MOST_PARTS = 20_000
EXIF_START = b"Exif\0\0"
ORIENTATION = 0x0112
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_WORDS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
WEBP_WORDS = {b"EXIF", b"XMP "}
WEBP_FLAGS = 0b0000_1100  # says that there is EXIF, XMP
# What applications and people wrote in a JPEG; not JFIF and Adobe, which say how to read it.
JPEG_WORDS = {*range(0xE0, 0xF0), 0xFE} - {0xE0, 0xEE}
JPEG_COLOURS = b"ICC_PROFILE\0"
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
JPEG_EXIF, JPEG_ICC, JPEG_SCAN, JPEG_END = 0xE1, 0xE2, 0xDA, 0xD9
NEXT_MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd8])")  # not those that say nothing


def kind_of(start: bytes) -> str:
    """Give the extension that fits the first bytes of a picture; "" when it is none."""
    if start.startswith(PNG_START):
        return ".png"
    if start.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return ".gif"
    return ".webp" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else ""


def strip(path: Path, kind: str) -> None:
    """Write the picture anew without the words in it. One cut off or far too large is refused."""
    try:
        parts, (width, height) = READERS[kind](path.read_bytes())
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableError(_("Deze afbeelding is beschadigd.")) from error
    if width * height > MOST_PIXELS:
        raise UnreadableError(
            _(
                "Deze afbeelding heeft meer dan %(most)s miljoen punten. Maak haar kleiner.",
                most=MOST_PIXELS // 1_000_000,
            )
        )
    path.write_bytes(b"".join(parts))


def _jpeg(data: bytes) -> tuple[list[bytes], Size]:
    parts, size = [b"\xff\xd8"], None
    for marker, body in _jpeg_segments(data):
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", body, 3)
            size = width, height
        if marker == JPEG_EXIF and body.startswith(EXIF_START, 2):
            parts.append(_turned(body[2:]))
        elif marker not in JPEG_WORDS or (marker == JPEG_ICC and body.startswith(JPEG_COLOURS, 2)):
            parts.append(bytes([0xFF, marker]) + body)
    if size is None:
        raise ValueError("no picture")
    return parts, size


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give marker and body of each segment, a scan with its picture, up to the end of the picture.

    What follows the end goes: a telephone may put a film or a second picture there.
    """
    place = 2
    for _number in range(MOST_PARTS):
        found = NEXT_MARKER.search(data, place)
        marker = found[1][0] if found else 0
        if found is None or marker == JPEG_END:
            break
        place = found.end()
        end = place + struct.unpack_from(">H", data, place)[0]
        if marker == JPEG_SCAN:
            after = NEXT_MARKER.search(data, end)
            end = after.start() if after else len(data) + 1
        if end > len(data):
            raise ValueError("cut off")
        yield marker, data[place:end]
        place = end
    else:
        raise ValueError("too many parts")
    if found is None:
        raise ValueError("no end")
    yield JPEG_END, b""


def _turned(words: bytes) -> bytes:
    """Give a segment that only says how the picture is turned; none when it is upright."""
    exif = Image.Exif()
    try:
        exif.load(words)
        turned = int(exif.get(ORIENTATION, 1))
    except (OSError, SyntaxError, TypeError, KeyError, OverflowError):  # a camera wrote it badly
        return b""
    if turned not in range(2, 9):
        return b""
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    words = exif.tobytes()
    return bytes([0xFF, JPEG_EXIF]) + struct.pack(">H", len(words) + 2) + words


def _png(data: bytes) -> tuple[list[bytes], Size]:
    size = struct.unpack_from(">II", data, 16)
    parts, place, name = [PNG_START], len(PNG_START), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + length + 12
        if end > len(data) or len(parts) > MOST_PARTS:
            raise ValueError("cut off")
        if name not in PNG_WORDS:
            parts.append(data[place:end])
        place = end
    return parts, (size[0], size[1])


def _webp(data: bytes) -> tuple[list[bytes], Size]:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise ValueError("cut off")
    parts = list(_webp_parts(data[: length + 8]))
    head = b"RIFF" + struct.pack("<I", 4 + sum(map(len, parts))) + b"WEBP"
    return [head, *parts], _webp_size(data)


def _webp_parts(data: bytes) -> Iterator[bytes]:
    place, number = 12, 0
    while place < len(data):
        number += 1
        name, length = struct.unpack_from("<4sI", data, place)
        end = place + 8 + length + length % 2
        if place + 8 + length > len(data) or number > MOST_PARTS:
            raise ValueError("cut off")
        part = data[place:end]
        if name == b"VP8X":
            part = part[:8] + bytes([part[8] & ~WEBP_FLAGS]) + part[9:]
        if name not in WEBP_WORDS:
            yield part
        place = end


def _webp_size(data: bytes) -> Size:
    """Give the size by the first part: with extras, without loss, or with loss."""
    name = data[12:16]
    if name == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", data, 24)
        return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name != b"VP8 ":
        raise ValueError("no picture")
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _gif(data: bytes) -> tuple[list[bytes], Size]:
    """Leave it: a camera makes none."""
    width, height = struct.unpack_from("<HH", data, 6)
    return [data], (width, height)


READERS: dict[str, Callable[[bytes], tuple[list[bytes], Size]]] = {
    ".jpg": _jpeg,
    ".png": _png,
    ".webp": _webp,
    ".gif": _gif,
}
