"""PDF and DOCX: a draft card for each document, with its text, title and headings."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from labapp.foreign_files import (
    LARGEST_DOCUMENT,
    PDF,
    Fault,
    UnreadableError,
    check_size,
    check_zip,
    files_of,
)
from labapp.i18n import gettext as _
from labapp.knowledge.importers.publications import LONGEST_TITLE, cut
from labapp.knowledge.importers.records import Found, Note, Options, Record, slug
from labapp.knowledge.schemas import LONGEST_BODY

MOST_PAGES = 1_000
SHORTEST_TEXT = 40
LONGEST_HEADING = 100
# What a damaged file makes the libraries raise.
PDF_FAULTS = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError,
              RecursionError, OverflowError, AssertionError, NotImplementedError)  # fmt: skip
DOCX_FAULTS = (OpcError, SyntaxError, BadZipFile, KeyError, ValueError, AttributeError, OSError)
NUMBERED = re.compile(r"(\d+\.){0,3}\d+\.?\s+\S")
HYPHEN = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is in the report


def read_pdf(path: Path, options: Options) -> Iterator[Found]:
    """Give a draft for the PDF, or for each in the folder."""
    return _drafts(files_of(path, ".pdf"), options, _pdf_text)


def read_docx(path: Path, options: Options) -> Iterator[Found]:
    """Give a draft for the DOCX, or for each in the folder."""
    return _drafts(files_of(path, ".docx"), options, _docx_text)


def _drafts(files: list[Path], options: Options, text_of: Any) -> Iterator[Found]:
    for file in files:
        try:
            title, body = text_of(file)
        except UnreadableError as error:
            yield Fault(error.fault.row, file.name, str(error))
            continue
        if len(body) > LONGEST_BODY:
            body = body[:LONGEST_BODY].rsplit("\n", 1)[0]
            yield Note(_("%(name)s is te lang; het eind is weggelaten.", name=file.name))
        title = " ".join(title.split()) or file.stem
        content = {
            "title": cut(title, LONGEST_TITLE),
            "language": options.language,
            "body": body,
            "sources": [{"key": "document", "kind": "report", "title": cut(title, 500)}],
        }
        name = f"document-{slug(file.stem, 80)}"
        yield Record(1, name, content, status="draft", columns={"": file.name})


def _pdf_text(file: Path) -> tuple[str, str]:
    check_size(file, LARGEST_DOCUMENT)
    with file.open("rb") as stream:
        if PDF not in stream.read(1024):
            raise UnreadableError(_("Dit is geen PDF."))
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(_("Deze PDF is versleuteld. Sla haar op zonder wachtwoord."))
        if len(reader.pages) > MOST_PAGES:
            raise UnreadableError(
                _("Deze PDF heeft meer dan %(most)s bladzijden.", most=MOST_PAGES)
            )
        title = str(reader.metadata.title or "") if reader.metadata else ""
        pages = _pages(reader)
    except PDF_FAULTS as error:
        raise UnreadableError(_("Deze PDF is beschadigd.")) from error
    if len("".join(pages).strip()) < SHORTEST_TEXT:
        raise UnreadableError(
            _("Deze PDF heeft geen tekst, misschien is het een scan. Maak er eerst tekst van.")
        )
    body = _markdown("\n\n".join(pages))
    return title or body.lstrip("# ").split("\n", 1)[0].replace("\\", ""), body


def _pages(reader: PdfReader) -> list[str]:
    """Give the text by page, and stop where there is more than a card holds."""
    pages: list[str] = []
    for page in reader.pages:
        pages.append(page.extract_text() or "")
        if sum(map(len, pages)) > LONGEST_BODY:
            break
    return pages


def _markdown(text: str) -> str:
    """Give the lines of a PDF as paragraphs, with headings where a line looks like one."""
    blocks: list[str] = []
    paragraph: list[str] = []
    lines = HYPHEN.sub("", text.replace("\r", "\n").replace("\0", "")).split("\n")
    for line in [" ".join(line.split()) for line in lines] + [""]:
        heading = _is_heading(line)
        if (not line or heading) and paragraph:
            blocks.append(_escaped(" ".join(paragraph)))
            paragraph = []
        if heading:
            blocks.append(f"## {_escaped(line)}")
        elif line:
            paragraph.append(line)
            if line.endswith((".", "?", "!")) and len(line) < LONGEST_HEADING // 2:
                blocks.append(_escaped(" ".join(paragraph)))
                paragraph = []
    return "\n\n".join(blocks)


def _is_heading(line: str) -> bool:
    short = 3 < len(line) <= LONGEST_HEADING and not line.endswith((".", ",", ";", ":", "-"))  # noqa: PLR2004
    return short and (line.isupper() or (bool(NUMBERED.match(line)) and line[-1].isalpha()))


def _escaped(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", text)


def _docx_text(file: Path) -> tuple[str, str]:
    check_zip(file)
    try:
        document = docx.Document(str(file))
        title = document.core_properties.title or ""
        blocks = [_block(part) for part in document.iter_inner_content()]
        first = next(
            (p.text for p in document.paragraphs if p.style and p.style.name == "Title"), ""
        )
    except DOCX_FAULTS as error:
        raise UnreadableError(_("Dit bestand is beschadigd of geen Word-bestand.")) from error
    body = "\n\n".join(block for block in blocks if block)
    if not body.strip():
        raise UnreadableError(_("Dit document heeft geen tekst."))
    return first or title or body.lstrip("# ").split("\n", 1)[0].replace("\\", ""), body


def _block(part: Any) -> str:
    """Give a paragraph, heading, list item or table as Markdown."""
    if isinstance(part, Table):
        rows = [[_escaped(" ".join(c.text.split())) for c in row.cells] for row in part.rows]
        if not rows:
            return ""
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
    text = _escaped(" ".join(part.text.split()))
    style = (part.style.name or "") if part.style is not None else ""
    if not text or style == "Title":
        return ""
    if style.startswith("Heading"):
        level = int(style[-1]) if style[-1].isdigit() else 1
        return f"{'#' * min(level + 1, 4)} {text}"
    if style.startswith("List"):
        return f"{'1.' if 'Number' in style else '-'} {text}"
    return text
