import io
import re
import struct

import pytest
from PIL import Image

from labapp.errors import InvalidError
from labapp.files import services as files
from labapp.files.checking import ACCEPT, KINDS
from labapp.files.storage import chosen
from tests.files.content import GPS, PDF, opened, packed, picture, real_sheet, real_word, word

pytestmark = pytest.mark.once  # no database is asked

BOM = b"\xef\xbb\xbf"
ACCEPTED = {
    "verslag.pdf": PDF,
    "verslag.docx": real_word("Beste collega"),
    "toets.xlsx": real_sheet(["vraag", "goed"], [1, 20]),
    "les.pptx": packed(
        {
            "[Content_Types].xml": '<Types><Override ContentType="application/vnd.openxmlformats-'
            'officedocument.presentationml.presentation.main+xml"/></Types>'
        }
    ),
    "verslag.odt": opened("text"),
    "toets.ods": opened("spreadsheet"),
    "les.odp": opened("presentation"),
    "bord.png": picture("PNG"),
    "bord.jpg": picture("JPEG"),
    "bord.JPEG": picture("JPEG"),
    "bord.webp": picture("WEBP"),
    "bord.gif": picture("GIF"),
    "verslag.txt": "Kinderen én ouders".encode("cp1252"),
    "toets.csv": BOM + b"vraag;goed\r\n1;20\r\n",
    "verslag.md": b"# Lezen\n\n<!-- eerste versie -->\n",
}
PROGRAM = b"MZ\x90\x00\x03" + bytes(500)
BOMB = word(**{"word/media/a.xml": b"<a>" + b" " * 25_000_000 + b"</a>"})
REFUSED = [
    ("verslag.pdf", PROGRAM, "past niet bij de naam .pdf"),
    ("verslag.txt", PROGRAM, "geen tekst maar een binair bestand"),
    ("verslag.exe", PROGRAM, "Dit soort bestand kan hier niet"),
    ("verslag.pdf.exe", PDF, "Dit soort bestand kan hier niet"),
    ("verslag\u202efdp.exe", PROGRAM, "Dit soort bestand kan hier niet"),
    ("verslag", PDF, "Dit soort bestand kan hier niet"),
    ("bord.svg", b"<svg onload='alert(1)'/>", "Dit soort bestand kan hier niet"),
    ("bord.html", b"<script>alert(1)</script>", "Dit soort bestand kan hier niet"),
    ("bord.txt", BOM + b"\n <SCRIPT>alert(1)</script>", "webpagina of een tekening"),
    ("bord.md", b"<!DOCTYPE html><html>", "webpagina of een tekening"),
    ("bord.png", b"<svg onload='alert(1)'/>", "past niet bij de naam .png"),
    ("bord.png", picture("JPEG"), "past niet bij de naam .png"),
    ("verslag.docx", picture("PNG"), "past niet bij de naam .docx"),
    ("verslag.docx", real_sheet([1]), "past niet bij de naam .docx"),
    ("verslag.docx", packed({"a.txt": "a"}), "past niet bij de naam .docx"),
    ("verslag.zip", packed({"a.txt": "a"}), "Dit soort bestand kan hier niet"),
    ("verslag.docx", word(**{"word/vbaProject.bin": b"x"}), "macro's"),
    ("verslag.odt", packed({"mimetype": "x", "Basic/Standard/Module1.xml": "<a/>"}), "macro's"),
    ("verslag.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "wachtwoord"),
    ("verslag.docx", BOMB, "pakt uit tot ongewoon veel"),
    ("verslag.docx", word(**{"a.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "documenttype"),
    ("verslag.docx", word()[:200], "beschadigd"),
    ("verslag.txt", b"", "leeg"),
    ("bord.png", picture("PNG")[:-20], "afbeelding is beschadigd"),
    ("bord.jpg", picture("JPEG")[:-20], "afbeelding is beschadigd"),
    ("bord.webp", picture("WEBP")[:-20], "afbeelding is beschadigd"),
    ("bord.jpg", b"\xff\xd8" + b"\xff\x01" * 50_000 + b"\xff\xd9", "afbeelding is beschadigd"),
]


def received(content, name):
    with files.received(io.BytesIO(content), name) as upload:
        return upload, upload.path.read_bytes()


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_schools_send_is_accepted_and_its_type_is_that_of_its_content(name):
    upload, content = received(ACCEPTED[name], name)

    assert upload.name == name
    assert upload.media_type in {kind.media_type for kind in KINDS.values()}
    assert upload.size == len(content)
    assert not upload.path.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    REFUSED,
    ids=[f"{number} {one[2]}" for number, one in enumerate(REFUSED)],
)
def test_what_is_not_what_it_says_is_refused_in_words_at_the_file(name, content, words):
    with pytest.raises(InvalidError, match=re.escape(words)) as caught:
        received(content, name)

    assert caught.value.fields["file"] == [str(caught.value)]


def test_every_kind_that_is_accepted_is_offered_by_the_form():
    assert set(KINDS) <= set(ACCEPT.split(","))


class Endless(io.RawIOBase):
    """A file without end, that knows how much was read of it."""

    taken = 0

    def read(self, size=-1):
        self.taken += size
        return b"a" * size


def test_no_more_is_read_than_may_be_kept(monkeypatch):
    monkeypatch.setattr(chosen, "largest", 1024 * 1024)
    stream = Endless()

    with pytest.raises(InvalidError, match="groter dan 1 MB"), files.received(stream, "a.txt"):
        pass

    assert stream.taken <= 1024 * 1024 + files.CHUNK


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_where_and_by_whom_it_was_taken_and_nothing_else(kind):
    before = picture(kind)

    _upload, after = received(before, f"bord.{kind.lower()}")

    assert b"Camera van Emma" in before
    assert b"Camera van Emma" not in after
    assert not Image.open(io.BytesIO(after)).getexif().get_ifd(GPS)
    assert pixels(after) == pixels(before)


def pixels(content):
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


def test_a_picture_that_was_taken_on_its_side_stays_so():
    sideways, upright = picture("JPEG", turned=6), picture("JPEG")

    assert dict(Image.open(io.BytesIO(received(sideways, "a.jpg")[1])).getexif()) == {0x0112: 6}
    assert not dict(Image.open(io.BytesIO(received(upright, "a.jpg")[1])).getexif())


def test_words_of_a_camera_that_cannot_be_read_go_too():
    whole = picture("JPEG", turned=6).replace(b"Exif\0\0MM\0*", b"Exif\0\0nons", 1)

    assert b"nons" in whole
    assert b"nons" not in received(whole, "a.jpg")[1]


def test_colours_stay_and_a_film_behind_the_picture_goes():
    colours = b"ICC-colours" * 10
    before = picture("JPEG", icc_profile=colours, progressive=True, comment=b"Emma")

    _upload, after = received(before + b"\0film of Emma", "bord.jpg")

    assert colours in after
    assert b"Emma" not in after
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize(
    ("kind", "place", "size"),
    [
        ("PNG", b"IHDR", struct.pack(">II", 10_000, 8_001)),
        ("GIF", b"GIF87a", struct.pack("<HH", 10_000, 8_001)),
        ("WEBP", b"VP8X\x0a\0\0\0\x08\0\0\0", struct.pack("<HBHB", 9_999, 0, 8_000, 0)),
    ],
)
def test_a_picture_of_more_points_than_a_screen_can_show_is_refused(kind, place, size):
    content = picture(kind)
    start = content.index(place) + len(place)

    with pytest.raises(InvalidError, match="miljoen punten"):
        received(content[:start] + size + content[start + len(size) :], f"a.{kind.lower()}")


@pytest.mark.parametrize("extra", [{}, {"lossless": True}, {"icc_profile": b"colours"}])
def test_every_sort_of_webp_is_known(extra):
    with_words, bare = picture("WEBP", **extra), picture("WEBP", bare=True, **extra)

    assert pixels(received(with_words, "a.webp")[1]) == pixels(with_words)
    assert received(bare, "a.webp")[1] == bare


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"\xff\xd8" + b"\xff\xdb\x00\x02" * 20_001 + b"\xff\xd9"),
        ("a.jpg", b"\xff\xd8\xff\xda\x00\x02 no frame \xff\xd9"),
        ("a.png", picture("PNG")[:33] + struct.pack(">I4sI", 0, b"zzZz", 0) * 20_001),
        ("a.webp", b"RIFF" + struct.pack("<I", 160_020) + b"WEBP" + (b"zzzz" + bytes(4)) * 20_002),
        ("a.webp", b"RIFF" + struct.pack("<I", 12) + b"WEBPzzzz" + bytes(4)),
    ],
    ids=range(5),
)
def test_a_picture_that_is_made_to_be_slow_or_is_none_is_refused(name, content):
    with pytest.raises(InvalidError, match="afbeelding is beschadigd"):
        received(content, name)
