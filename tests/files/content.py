"""Files to send, made in memory."""

import io
import zipfile

import docx
import openpyxl
from PIL import Image

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="x"><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
    'document.main+xml"/></Types>'
)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"
OPEN_TEXT = 'xmlns:t="urn:table" xmlns:x="urn:text"'
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def packed(parts, compression=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


def word(**extra):
    """A package that says to be Word, with other parts: `word(**{"a/b.xml": "<a/>"})`."""
    return packed({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<a/>", **extra})


def real_word(*paragraphs):
    document, target = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(target)
    return target.getvalue()


def real_sheet(*rows):
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def opened(kind, content="<a/>"):
    """A package of OpenDocument: text, spreadsheet or presentation."""
    kind = f"application/vnd.oasis.opendocument.{kind}"
    return packed({"mimetype": kind, "content.xml": content})


def picture(kind, *, turned=1, bare=False, **extra):
    """A picture with what a camera writes: maker, place, and how it is turned; or without."""
    image, exif, target = Image.linear_gradient("L").convert("RGB"), Image.Exif(), io.BytesIO()
    exif[ORIENTATION], exif[MAKER] = turned, "Camera van Emma"
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 5.0, 1.0)})
    image.save(target, format=kind, **({} if bare or kind == "GIF" else {"exif": exif}), **extra)
    return target.getvalue()
