"""Literature from BibTeX, RIS and CSL-JSON: drafts that wait for a person."""

import json

import pytest
from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import importing
from labapp.knowledge.models import Card, CardStatus

BIBTEX = r"""
@string{ros = "Review of Educational Research"}
@comment{niets}
@article{hattie2007,
  author = {{van der} Berg, Jan and M{\"u}ller, Andr\'e and 't Hart, Marie and Jan van Dijk},
  title = {The {DNA} of \emph{feedback} \& growth: a meta-analysis},
  journal = ros, year = 2007, volume = {77}, number = {1}, pages = {81--112},
  doi = {https://doi.org/10.3102/003465430298487}, language = {english},
  abstract = {Feedback h{\'e}lps.}, keywords = {feedback; learning}
}
@techreport{ocw, author = {{Ministerie van OCW}}, title = {Staat van het onderwijs}, year = 2021,
  url = {javascript:alert(1)}}
"""
RIS = (
    "TY  - JOUR\r\nAU  - van der Berg, Jan\rTI  - Een titel\nPY  - 2019///\nSP  - 1\nEP  - 9\n"
    "DO  - 10.1000/abc\nT2  - Tijdschrift\nKW  - lezen\nER  - \r\n"
    "TY - RPRT\nA1 - Inspectie\nT1 - Een rapport\nER -\n"
)


@pytest.fixture
def load(tmp_path):
    def load(content, kind):
        path = tmp_path / "bestand"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return importing.import_path(Actor.system(), path, format=kind)

    return load


def drafts():
    db.session.rollback()
    return {card.external_id: card.draft.content for card in db.session.scalars(select(Card)).all()}


def test_bibtex_becomes_drafts_with_letters_and_names_right(load):
    report = load(BIBTEX, "bibtex")

    assert (report.created, report.drafts, report.errors) == (2, 2, [])
    content = drafts()["doi-10-3102-003465430298487"]
    source = content["sources"][0]
    assert content["title"] == "The DNA of feedback & growth: a meta-analysis"
    assert (content["kind"], content["language"], content["body"]) == (
        "meta_analysis",
        "en",
        "Feedback hélps.",
    )
    assert [(n["particle"], n["family"], n["given"]) for n in source["authors"]] == [
        ("van der", "Berg", "Jan"),
        ("", "Müller", "André"),
        ("'t", "Hart", "Marie"),
        ("van", "Dijk", "Jan"),
    ]
    assert (source["container"], source["year"], source["pages"], source["doi"]) == (
        "Review of Educational Research",
        2007,
        "81-112",
        "10.3102/003465430298487",
    )


def test_an_organisation_in_bibtex_is_not_a_person_and_its_address_is_checked(load):
    load(BIBTEX, "bibtex")

    source = drafts()["lit-ocw"]["sources"][0]
    assert (source["organisation"], source["authors"], source["url"]) == (
        "Ministerie van OCW",
        [],
        "",
    )


def test_a_draft_is_not_published(load):
    load(BIBTEX, "bibtex")

    assert set(db.session.scalars(select(Card.status))) == {CardStatus.DRAFT}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("@article{a, title={goed}}\n@book{b, title={open\n\n@misc{c, title={d}}", 2),
        ("@article{a, title={een}}\n@article{a, title={twee}}", 2),
        ("@article{a, title={een}, title={twee}}", 1),
        ("@article{a, year={2020}}", 1),
        ("zomaar tekst", 1),
    ],
)
def test_broken_bibtex_is_refused_with_its_line(load, text, row):
    report = load(text, "bibtex")

    assert report.errors[0].row == row
    assert drafts() == {}


def test_ris_is_read_whatever_its_line_ends(load):
    report = load(RIS, "ris")

    assert report.errors == []
    content = drafts()["doi-10-1000-abc"]
    source = content["sources"][0]
    assert (content["title"], content["keywords"]) == ("Een titel", ["lezen"])
    assert (source["year"], source["pages"], source["container"], source["kind"]) == (
        2019,
        "1-9",
        "Tijdschrift",
        "article",
    )
    assert drafts()["lit-een-rapport"]["sources"][0]["organisation"] == "Inspectie"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("TY  - JOUR\nTI  - zonder einde\n", 1),
        ("TY  - JOUR\nTI  - a\nTY  - BOOK\nTI  - b\nER  - \n", 1),
        ("TI  - a\nER  - \n", 1),
        ("TY  - JOUR\nPY  - 2020\nER  - \n", 1),
        ("zomaar tekst", 1),
    ],
)
def test_broken_ris_is_refused_with_its_line(load, text, row):
    report = load(text, "ris")

    assert report.errors[0].row == row
    assert drafts() == {}


def test_csl_json_is_read_with_its_particles(load):
    items = [
        {
            "id": "x",
            "type": "article-journal",
            "title": "Feedback",
            "author": [
                {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
                {"family": "van Dijk", "given": "A."},
            ],
            "issued": {"date-parts": [["2020", 5]]},
            "DOI": "10.1000/csl",
        },
        {"id": "y", "title": "Rapport", "author": [{"literal": "NRO"}], "issued": {"raw": "2019"}},
    ]

    report = load(json.dumps(items), "csl-json")

    assert report.errors == []
    source = drafts()["doi-10-1000-csl"]["sources"][0]
    assert [name["particle"] for name in source["authors"]] == ["van der", "van"]
    assert source["year"] == 2020
    assert drafts()["lit-y"]["sources"][0]["organisation"] == "NRO"


@pytest.mark.parametrize(
    "text",
    ['{"a": ', "3", "[1, 2]", '[{"id": "x"}]', "[" * 100_000, '[{"title": {"a": 1}}]', "null"],
)
def test_broken_csl_json_is_refused(load, text):
    assert load(text, "csl-json").errors
    assert drafts() == {}


@pytest.mark.parametrize("kind", ["bibtex", "ris", "csl-json", "json"])
@pytest.mark.parametrize("raw", [b"", b"\x00\x01", b"PK\x03\x04", b"\xff\xfe\x00"])
def test_what_is_no_text_is_refused(load, kind, raw):
    assert load(raw, kind).errors
    assert db.session.scalar(select(func.count()).select_from(Card)) == 0


def test_latin_1_is_read_right(load):
    load("@book{a, title={Één idee}, year={2020}}".encode("latin-1"), "bibtex")

    assert drafts()["lit-a"]["title"] == "Één idee"


def test_the_second_time_nothing_is_new(load):
    load(RIS, "ris")

    assert load(RIS, "ris").unchanged == 2
