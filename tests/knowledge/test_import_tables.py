"""Cards from CSV and XLSX: with a mapping and without, whole and hostile."""

import zipfile

import openpyxl
import pytest
from sqlalchemy import func, select

from labapp import foreign_files
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import InvalidError
from labapp.knowledge import importing
from labapp.knowledge.importers import mapping
from labapp.knowledge.models import Card, CardStatus

HEADING = (
    "id;Titel;Vraag;Antwoord;Tekst;Sectoren;Thema's;Uitkomst;"
    "Schaal;Waarde;Maanden;Omrekening;Bron;Auteurs;Jaar"
)
WHOLE = (
    "k1;Kaart één;Wat helpt?;Dit helpt.;## Wat is het?;PO | vo;Feedback, Lezen;Begrijpend lezen;"
    "Maanden;+4 maanden;4,5;eigen;Een boek;Berg, Jan van der;2020"
)


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path."""

    def write(content, name="kaarten.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def load(path, kind="csv", **extra):
    return importing.import_path(Actor.system(), path, format=kind, **extra)


def card(code):
    db.session.rollback()
    return db.session.scalar(select(Card).where(Card.external_id == code))


def how_many():
    return db.session.scalar(select(func.count()).select_from(Card))


def test_dutch_headings_and_labels_are_understood(write):
    report = load(write(f"{HEADING}\n{WHOLE}\n"))

    found = card("k1")
    assert (report.created, report.drafts, report.errors) == (1, 0, [])
    assert (found.status, found.sectors, found.themes) == (
        CardStatus.PUBLISHED,
        ["po", "vo"],
        ["feedback", "reading"],
    )
    rating, source = found.ratings[0], found.sources[0]
    assert (rating.outcome, rating.months, rating.value) == (
        "reading-comprehension",
        4.5,
        "+4 maanden",
    )
    assert source.authors == [{"family": "Berg", "given": "Jan", "particle": "van der"}]


def test_the_second_time_nothing_is_new(write):
    load(write(f"{HEADING}\n{WHOLE}\n"))

    assert load(write(f"{HEADING}\n{WHOLE}\n")).unchanged == 1


def test_a_row_that_is_not_complete_becomes_a_draft(write):
    report = load(write("title,answer\nAlleen een titel,Ja.\n"))

    assert (report.created, report.drafts) == (1, 1)
    assert card("alleen-een-titel").status is CardStatus.DRAFT


def test_columns_that_are_not_known_are_named(write):
    assert "Geheim" in load(write("title,Geheim\nA,B\n")).notes[0]


def test_a_mapping_names_columns_constants_separators_and_values(write):
    rules = write(
        """
columns: {Naam: title, Onderwerp: themes, Effect: ratings.0.value, Studie: sources.0.title}
constants: {ratings.0.scale: Eigen schaal, ratings.0.outcome: reading, sectors: [po]}
separators: {themes: "/"}
values: {themes: {Terugkoppeling: feedback}}
language: en
""",
        "mapping.yaml",
    )
    path = write("Naam,Onderwerp,Effect,Studie\nA,Terugkoppeling/Lezen,veel,Boek\n")

    load(path, mapping=mapping.read_mapping(rules))

    content = card("a").draft.content
    assert (content["language"], content["themes"], content["sectors"]) == (
        "en",
        ["feedback", "reading"],
        ["po"],
    )
    assert content["ratings"][0]["value"] == "veel"
    assert content["sources"][0]["title"] == "Boek"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "onzin: {}",
        "columns: {A: geheim}",
        "columns: {A: ratings.0.geheim}",
        "{",
        "columns: x",
    ],
)
def test_a_wrong_mapping_is_refused(write, text):
    with pytest.raises(InvalidError):
        mapping.read_mapping(write(text, "mapping.yaml"))


def test_a_mapping_that_names_a_missing_column_says_which(write):
    report = load(write("title\nA\n"), mapping={"columns": {"Titel": "title"}})

    assert (report.errors[0].row, report.errors[0].column) == (1, "titel")


def test_faults_are_said_by_row_and_column_together(write):
    rows = ("id,title,Leeftijd van,url", "a,A,tien,", "b,,8,javascript:alert(1)", "a,C,,", "c,D,,")

    report = load(write("\n".join(rows)))

    assert {(fault.row, fault.column) for fault in report.errors} == {
        (2, "Leeftijd van"),
        (3, "title"),
        (3, "url"),
        (3, "sources.0.title"),
        (4, "id"),
    }
    assert how_many() == 0


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "utf-16"])
def test_other_encodings_are_recognised(write, encoding):
    load(write(f"{HEADING}\n{WHOLE}\n".encode(encoding)))

    assert card("k1").title == "Kaart één"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "leeg"),
        (b"\n\n", "leeg"),
        (b"vraag,antwoord\nA,B\n", "titel ontbreekt"),
        (b"title,title\nA,B\n", "hetzelfde veld"),
        (b"title\nA,B,C\n", "meer cellen"),
        (b"title\nA\x00B\n", "binair"),
        (b"PK\x03\x04\x00", "ingepakt"),
        (b"\xd0\xcf\x11\xe0\xa1", "Office"),
        (b"%PDF-1.7", "PDF"),
        ("title\ncafé\n".encode() + b"\xff\n", "UTF-8 met een fout"),
        (b"title\n" + b"x" * 200_000 + b"\n", "te lang"),
        (b'title\n"' + b"x\n" * 100_000, "te lang"),
        (b"title\n", "geen kaarten"),
    ],
)
def test_a_broken_csv_is_refused_in_words(write, raw, words):
    report = load(write(raw))

    assert words in report.errors[0].message
    assert how_many() == 0


def test_two_hundred_thousand_rows_are_refused_clearly(write):
    rows = "".join(f"k{n},Kaart {n}\n" for n in range(200_000))

    report = load(write(f"id,title\n{rows}"))

    assert [fault.message for fault in report.errors] == [
        "Een invoer heeft ten hoogste 20000 rijen. Splits het bestand."
    ]
    assert how_many() == 0


@pytest.fixture
def book(tmp_path):
    """Write a workbook of these rows and give its path."""

    def book(*rows, name="kaarten.xlsx"):
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return book


def test_a_spreadsheet_is_read_as_a_csv_is(book):
    path = book(["id", "Titel", "Leeftijd van", "Maanden"], ["x1", "Kaart", 8.0, None], [], [None])

    report = load(path, "xlsx")

    assert (report.created, report.drafts, report.errors) == (1, 1, [])
    assert card("x1").draft.content["age_from"] == 8


def test_a_missing_sheet_is_named(book):
    report = load(book(["title"], ["A"]), "xlsx", mapping={"sheet": "Blad 9"})

    assert "Blad 9" in report.errors[0].message


def replace_part(path, part, content):
    """Put other content in a part of a package."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in parts.items():
            package.writestr(name, body)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(book):
    path = book(["title"], ["A"])
    replace_part(path, "xl/media/bom.bin", b"\0" * (foreign_files.LARGEST_UNPACKED + 1))
    assert path.stat().st_size < foreign_files.LARGEST_DOCUMENT

    report = load(path, "xlsx")

    assert "pakt uit" in report.errors[0].message
    assert how_many() == 0


def test_entities_that_grow_are_refused(book):
    path = book(["title"], ["A"])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    replace_part(path, "xl/sharedStrings.xml", bomb)

    assert "documenttype" in load(path, "xlsx").errors[0].message


@pytest.mark.parametrize("raw", [b"title\nA\n", b"PK\x03\x04kapot", b"\x00\x01\x02"])
def test_what_is_no_spreadsheet_is_refused(write, raw):
    report = load(write(raw, "kaarten.xlsx"), "xlsx")

    assert "beschadigd" in report.errors[0].message


def test_a_truncated_spreadsheet_is_refused(book):
    path = book(["title"], ["A"])
    path.write_bytes(path.read_bytes()[:-200])

    assert load(path, "xlsx").errors
    assert how_many() == 0
