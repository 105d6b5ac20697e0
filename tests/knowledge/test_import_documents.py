"""PDF and DOCX become drafts; what cannot be read is refused in words."""

import docx
import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import importing
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.schemas import LONGEST_BODY

LINES = ["1 Inleiding", "Feedback helpt leer-", "lingen verder, als zij er iets", "mee doen.", ""]


def load(path, kind):
    return importing.import_path(Actor.system(), path, format=kind)


def drafts():
    db.session.rollback()
    return {card.external_id: card.draft.content for card in db.session.scalars(select(Card))}


def pdf(path, lines, title="", password=""):
    """Write a PDF with these lines on one page."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 14 TL 50 780 Td {shown} ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)
    return path


@pytest.fixture
def word(tmp_path):
    document = docx.Document()
    document.add_heading("Feedback geven", 0)
    document.add_heading("Wat is het?", 1)
    document.add_paragraph("Feedback *helpt* <script>alert(1)</script>.")
    document.add_paragraph("Een punt", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(1, 1).text = "Kop", "Cel"
    path = tmp_path / "Feedback.docx"
    document.save(path)
    return path


def test_a_pdf_becomes_a_draft_with_its_title_headings_and_text(tmp_path):
    report = load(pdf(tmp_path / "Mijn rapport.pdf", LINES, title="Feedback geven"), "pdf")

    assert (report.created, report.drafts, report.errors) == (1, 1, [])
    content = drafts()["document-mijn-rapport"]
    assert content["title"] == "Feedback geven"
    assert "## 1 Inleiding" in content["body"]
    assert "leerlingen verder, als zij er iets mee doen." in content["body"]
    assert db.session.scalar(select(Card.status)) is CardStatus.DRAFT


def test_every_pdf_of_a_folder_becomes_a_draft_and_the_second_time_nothing_is_new(tmp_path):
    for name in ("a", "b"):
        pdf(tmp_path / f"{name}.pdf", LINES)

    assert load(tmp_path, "pdf").created == 2
    assert load(tmp_path, "pdf").unchanged == 2


def test_a_pdf_without_text_is_refused(tmp_path):
    report = load(pdf(tmp_path / "scan.pdf", []), "pdf")

    assert "geen tekst" in report.errors[0].message
    assert report.errors[0].column == "scan.pdf"
    assert drafts() == {}


def test_an_encrypted_pdf_is_refused(tmp_path):
    report = load(pdf(tmp_path / "geheim.pdf", LINES, password="geheim"), "pdf")

    assert "versleuteld" in report.errors[0].message


@pytest.mark.parametrize("raw", [b"", b"title\nA\n", b"%PDF-1.7\nkapot", b"%PDF-1.7" + b"\0" * 99])
def test_what_is_no_pdf_is_refused(tmp_path, raw):
    (tmp_path / "a.pdf").write_bytes(raw)

    assert load(tmp_path / "a.pdf", "pdf").errors
    assert drafts() == {}


def test_a_truncated_pdf_is_refused_or_read_but_never_breaks(tmp_path):
    path = pdf(tmp_path / "a.pdf", LINES)
    whole = path.read_bytes()
    for end in range(50, len(whole), 97):
        path.write_bytes(whole[:end])
        report = importing.import_path(Actor.system(), path, format="pdf", dry_run=True)
        assert report.errors or report.created == 1


def test_a_word_document_becomes_a_draft_with_headings_lists_and_tables(word):
    load(word, "docx")

    content = drafts()["document-feedback"]
    assert content["title"] == "Feedback geven"
    assert "## Wat is het?" in content["body"]
    assert "- Een punt" in content["body"]
    assert "| Kop |  |\n| --- | --- |\n|  | Cel |" in content["body"]
    assert r"\<script\>" in content["body"]


def test_a_truncated_word_document_is_refused(word):
    word.write_bytes(word.read_bytes()[:-300])

    assert "beschadigd" in load(word, "docx").errors[0].message
    assert drafts() == {}


@pytest.mark.parametrize("raw", [b"", b"tekst", b"PK\x03\x04kapot", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_word_document_is_refused(tmp_path, raw):
    (tmp_path / "a.docx").write_bytes(raw)

    assert load(tmp_path / "a.docx", "docx").errors


def test_a_word_document_without_text_is_refused(tmp_path):
    docx.Document().save(tmp_path / "leeg.docx")

    assert "geen tekst" in load(tmp_path, "docx").errors[0].message


def test_a_document_that_is_too_long_is_cut_and_the_report_says_so(tmp_path):
    document = docx.Document()
    for _ in range(700):
        document.add_paragraph("woord " * 20)
    document.save(tmp_path / "lang.docx")

    report = load(tmp_path / "lang.docx", "docx")

    assert "lang.docx" in report.notes[0]
    assert len(drafts()["document-lang"]["body"]) <= LONGEST_BODY
