import io
import zipfile

import docx
import openpyxl
import pytest
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from labapp import clock
from labapp.files.checking import KINDS
from labapp.pupil_data import files
from labapp.pupil_data.files import find_in_file
from labapp.pupil_data.findings import Kind
from labapp.pupil_data.tables import find_in_table
from tests.files.content import OPEN_TEXT, opened, packed, picture, real_sheet, real_word

pytestmark = pytest.mark.once  # no database is asked

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
SHEET = f"{OFFICE}spreadsheetml.sheet"
WORD = f"{OFFICE}wordprocessingml.document"
SUFFIXES = {kind.media_type: suffix for suffix, kind in KINDS.items()}


@pytest.fixture(autouse=True)
def _day():
    clock.set_clock("2026-11-22T09:30")


def kinds(found):
    return {finding.kind.value for finding in found}


@pytest.mark.parametrize(
    ("head", "rows", "found"),
    [
        (["Leerling", "Score"], [["Emma", 7], ["Noah", 8]], {"column"}),
        (["Naam leerling", "AVI"], [["Emma de Vries", "E5"]], {"column"}),
        (["Voornaam", "Achternaam"], [["Emma", "Vries"]], {"column"}),
        (["nr", "BSN"], [[1, 123456782]], {"bsn"}),
        (["nr", "Geb. datum"], [[1, "2014-04-03"]], {"birth_date"}),
        (["nr", "id"], [[1, "409210079"], [2, "277716822"]], {"bsn"}),
        (["nr", "contact"], [[1, "e.devries@leerling.school.nl"]], {"email"}),
        (["nr", "opmerking"], [[1, "Emma de Vries uit groep 6 is vaak ziek"]], {"name"}),
        (["J/M", "Groep", "Postcode"], [["j", 6, "1234"], ["m", 6, "1235"]], {"combination"}),
        (["Kind", "n"], [[12, 3], [14, 4]], set()),
        (["Leerlingen", "School"], [[240, "De Regenboog"]], set()),
        (["Vraag", "Goed", "Fout"], [["1", 20, 4]], set()),
        (["Geslacht", "Groep"], [["j", 6], ["m", 7]], set()),
        (["nr", "ean"], [[n, str(100_000_000 + 7 * n)] for n in range(40)], set()),
        (["Naam", "Groep"], [], set()),
        ([], [["a"]], set()),
    ],
)
def test_columns_and_cells_with_data_of_pupils_are_found(head, rows, found):
    assert kinds(find_in_table(head, rows)) == found


def test_a_finding_in_a_table_says_in_which_column_of_which_sheet():
    (finding,) = find_in_table(["nr", "BSN"], [[1, "123456782"]], "Blad1")

    assert finding.where == "Blad1, kolom “BSN”"
    assert "123456782" not in finding.excerpt


@pytest.fixture
def look(tmp_path):
    """Look through a file: `look(b"...", "text/csv")`."""

    def find(content, media_type):
        path = tmp_path / f"upload{SUFFIXES.get(media_type, '')}"
        path.write_bytes(content)
        return find_in_file(path, media_type)

    return find


def ods(*rows):
    cells = "".join(
        "<t:table-row>"
        + "".join(f"<t:table-cell><x:p>{cell}</x:p></t:table-cell>" for cell in row)
        + '<t:table-cell t:number-columns-repeated="16000"/></t:table-row>'
        for row in rows
    )
    return opened("spreadsheet", f'<a {OPEN_TEXT}><t:table t:name="Blad1">{cells}</t:table></a>')


def pdf(*lines):
    target = io.BytesIO()
    canvas = Canvas(target)
    for number, line in enumerate(lines):
        canvas.drawString(50, 800 - 20 * number, line)
    canvas.save()
    return target.getvalue()


def word_table(*rows):
    document, target = docx.Document(), io.BytesIO()
    table = document.add_table(0, len(rows[0]))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(target)
    return target.getvalue()


NAMED = "Emma de Vries uit groep 6 leest."
FILES = [
    (b"\xef\xbb\xbfLeerling;Score\r\nEmma;7\r\n", "text/csv", {"column"}),
    (real_sheet(["Overzicht"], [], ["Naam", "bsn"], ["Emma", 123456782]), SHEET, {"column", "bsn"}),
    (ods(["Roepnaam", "Score"], ["Emma", "7"]), f"{OPEN}spreadsheet", {"column"}),
    (real_word("Verslag", NAMED), WORD, {"name"}),
    (word_table(["Naam", "Groep"], ["Emma de Vries", "groep 6"]), WORD, {"name", "column"}),
    (
        packed(
            {"ppt/slides/slide1.xml": f"<a><p><t>Emma de </t><t>Vries</t></p><p>{NAMED}</p></a>"}
        ),
        f"{OFFICE}presentationml.presentation",
        {"name"},
    ),
    (opened("text", f"<a {OPEN_TEXT}><x:p>{NAMED}</x:p></a>"), f"{OPEN}text", {"name"}),
    (f"# Verslag\n\n{NAMED}\n".encode("cp1252"), "text/markdown", {"name"}),
    (pdf("Verslag", NAMED), "application/pdf", {"name"}),
    (b"Vraag;Goed\n1;20\n", "text/csv", set()),
    (real_sheet(["Vraag", "Goed"], [1, 20]), SHEET, set()),
    (real_word("De leerlingen van groep 6 lazen meer."), WORD, set()),
]


@pytest.mark.parametrize(("content", "media_type", "found"), FILES, ids=range(len(FILES)))
def test_every_kind_of_file_with_words_is_read(look, content, media_type, found):
    report = look(content, media_type)

    assert kinds(report.findings) == found
    assert not report.is_unread
    assert not report.is_partial


def test_every_sheet_is_read_also_a_hidden_one(look):
    book, target = openpyxl.Workbook(), io.BytesIO()
    hidden = book.create_sheet("Oud")
    hidden.sheet_state = "hidden"
    hidden.append(["Leerling"])
    hidden.append(["Emma"])
    book.save(target)

    (finding,) = look(target.getvalue(), SHEET).findings

    assert finding.where == "Oud, kolom “Leerling”"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (pdf(), "application/pdf"),
        (b"%PDF-1.7 nonsense", "application/pdf"),
        (b"PK\x03\x04 nonsense", WORD),
        (b"PK\x03\x04 nonsense", SHEET),
        (opened("text", "<a"), f"{OPEN}text"),
        (opened("text", "<!DOCTYPE a><a/>"), f"{OPEN}text"),
    ],
    ids=["picture", "scan", "pdf", "word", "sheet", "cut off", "doctype"],
)
def test_of_what_cannot_be_read_it_is_said_that_nobody_looked(look, content, media_type):
    report = look(content, media_type)

    assert report.is_unread
    assert report.findings == ()


def test_a_sheet_that_is_damaged_inside_is_not_read(look):
    with zipfile.ZipFile(io.BytesIO(real_sheet(["Leerling"], ["Emma"]))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</row>", b"</cut>", 1)

    assert look(packed(parts), SHEET).is_unread


def test_of_a_large_file_a_part_is_read_and_that_is_said(look, monkeypatch):
    monkeypatch.setattr(files, "MOST_CELLS", 10)
    monkeypatch.setattr(files, "LONGEST_TEXT", 100)
    monkeypatch.setattr(files, "MOST_PAGES", 0)
    monkeypatch.setattr("labapp.pupil_data.packages.MOST_XML", 3000)
    rows = [["Leerling", "Score"], *[["Emma", 7]] * 20]

    assert look("\n".join(f"{a};{b}" for a, b in rows).encode(), "text/csv").is_partial
    assert look(real_sheet(*rows), SHEET).is_partial
    assert look(b"a" * 101, "text/plain").is_partial
    assert look(real_word("a" * 3000), WORD).is_partial
    assert look(pdf("a"), "application/pdf").is_partial
    monkeypatch.setattr(files, "LARGEST_BOOK", 100)
    assert look(real_sheet(*rows), SHEET).is_unread


def test_a_page_that_is_far_too_long_is_passed_over(look, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_PAGE", 10)

    report = look(pdf(NAMED), "application/pdf")

    assert (report.findings, report.is_partial) == ((), True)


def test_a_pdf_with_a_password_is_not_read_and_one_without_text_on_a_page_is(look):
    locked, empty, target = PdfWriter(clone_from=io.BytesIO(pdf(NAMED))), PdfWriter(), io.BytesIO()
    locked.encrypt("geheim")
    locked.write(target)
    empty.add_blank_page(100, 100)
    empty.append(io.BytesIO(pdf(NAMED)))
    both = io.BytesIO()
    empty.write(both)

    assert look(target.getvalue(), "application/pdf").is_unread
    assert kinds(look(both.getvalue(), "application/pdf").findings) == {"name"}


def test_words_of_a_file_are_masked_in_what_is_shown(look):
    report = look(real_word(NAMED), WORD)

    assert [finding.kind for finding in report.findings] == [Kind.NAME]
    assert "Vries" not in report.findings[0].excerpt
