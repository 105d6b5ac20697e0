"""Citing cards and their sources, with van, de and 't in the right place."""

import json
from datetime import UTC, date, datetime

import bibtexparser
import pytest
import rispy

from labapp.knowledge import citation_files, citations, names
from labapp.knowledge.models import Card, CardStatus, Source
from tests.factories import UserFactory

BERG = {"family": "Berg", "given": "Jan Willem", "particle": "van der"}
HART = {"family": "Hart", "given": "Marie-Louise", "particle": "'t"}


def source(**fields):
    whole = {"key": "a", "kind": "article", "title": "Feedback in de klas", "year": 2020}
    empty = dict.fromkeys(
        ("organisation", "container", "volume", "issue", "pages", "publisher", "doi", "eric",
         "isbn", "url", "licence"), "",
    )  # fmt: skip
    return Source(**{**empty, "authors": [], **whole, **fields})


@pytest.mark.parametrize(
    ("text", "family", "given", "particle"),
    [
        ("van der Berg, Jan", "Berg", "Jan", "van der"),
        ("Jan van der Berg", "Berg", "Jan", "van der"),
        ("Berg, Jan van der", "Berg", "Jan", "van der"),
        ("'t Hart, M.", "Hart", "M.", "'t"),
        ("’t Hart, M.", "Hart", "M.", "'t"),
        ("van 't Hof, A.", "Hof", "A.", "van 't"),
        ("d'Hondt, V.", "Hondt", "V.", "d'"),
        ("De Smet, An", "De Smet", "An", ""),
        ("Marzano, Robert J.", "Marzano", "Robert J.", ""),
        ("Plato", "Plato", "", ""),
        ("de Vries", "Vries", "", "de"),
        ("King, Martin Luther, Jr.", "King", "Martin Luther", ""),
    ],
)
def test_names_are_taken_apart(text, family, given, particle):
    assert names.parse_name(text) == {"family": family, "given": given, "particle": particle}


def test_several_names_are_taken_apart():
    assert [n["family"] for n in names.parse_names("Berg, J. van der; Hart, M. 't")] == [
        "Berg",
        "Hart",
    ]


def test_initials_are_made_of_given_names():
    made = [names.initials(given) for given in ("Jan Willem", "J.W.", "Jean-Paul", "É.", "")]
    assert made == ["J. W.", "J. W.", "J.-P.", "É.", ""]


def test_a_dutch_list_sorts_by_the_name_behind_the_particle():
    people = [BERG, {"family": "Adema", "given": "B."}, {"family": "Cohen", "given": "J."}]

    dutch = sorted(people, key=lambda name: names.sort_key(name, "nl"))
    english = sorted(people, key=lambda name: names.sort_key(name, "en"))

    assert [name["family"] for name in dutch] == ["Adema", "Berg", "Cohen"]
    assert [name["family"] for name in english] == ["Adema", "Cohen", "Berg"]


def test_an_article_in_apa():
    item = citations.item_of_source(
        source(
            authors=[BERG, HART],
            container="Pedagogische Studiën",
            volume="97",
            issue="2",
            pages="81-112",
            doi="10.1000/xyz",
        )
    )

    assert citations.apa(item) == (
        "van der Berg, J. W., & 't Hart, M.-L. (2020). Feedback in de klas. "
        "Pedagogische Studiën, 97(2), 81–112. https://doi.org/10.1000/xyz"
    )


def test_a_chapter_a_book_and_an_organisation_in_apa():
    chapter = source(kind="chapter", authors=[BERG], container="Het handboek", pages="1-9",
                     publisher="Garant")  # fmt: skip
    report = source(kind="report", organisation="Inspectie", publisher="Inspectie", year=2019)
    book = source(kind="book", title="Wat werkt?", publisher="Garant", year=None)

    assert citations.apa(citations.item_of_source(chapter)) == (
        "van der Berg, J. W. (2020). Feedback in de klas. In Het handboek (pp. 1–9). Garant."
    )
    assert (
        citations.apa(citations.item_of_source(report)) == "Inspectie. (2019). Feedback in de klas."
    )
    assert citations.apa(citations.item_of_source(book)) == "Wat werkt? (z.d.). Garant."
    assert citations.apa(citations.item_of_source(book), "en") == "Wat werkt? (n.d.). Garant."


def test_a_page_without_a_date_says_when_it_was_read():
    page = citations.item_of_source(
        source(
            kind="website",
            year=None,
            organisation="NRO",
            url="https://www.nro.nl",
            accessed_on=date(2024, 5, 3),
        )
    )

    assert citations.apa(page).endswith("Geraadpleegd op 3 mei 2024, van https://www.nro.nl")
    assert citations.apa(page, "en").endswith("Retrieved May 3, 2024, from https://www.nro.nl")


def test_more_than_twenty_authors_are_shortened():
    many = [{"family": f"N{n}", "given": "A."} for n in range(25)]

    line = citations.apa(citations.item_of_source(source(authors=many)))

    assert "N18, A., … N24, A. (2020)" in line


def test_a_card_is_cited_with_its_version_and_author():
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    card = Card(
        external_id="nl-feedback",
        title="Feedback",
        language="nl",
        status=CardStatus.PUBLISHED,
        version_number=3,
        published_at=moment,
        updated_at=moment,
        author=UserFactory.build(given_name="Noor", particle="van", family_name="Dijk"),
    )

    item = citations.item_of_card(card, "https://kennis.example/kennis/1")

    assert citations.apa(item) == (
        "van Dijk, N. (2026). Feedback [evidencekaart, versie 3]. Ontwikkelkracht. "
        "https://kennis.example/kennis/1"
    )
    assert item["issued"] == {"date-parts": [[2026, 3, 2]]}
    card.author = None
    assert citations.apa(citations.item_of_card(card)).startswith("Ontwikkelkracht. (2026)")


def test_csl_json_knows_the_particle():
    item = citations.item_of_source(source(authors=[BERG]))

    assert json.loads(json.dumps(item))["author"] == [
        {"family": "Berg", "given": "Jan Willem", "non-dropping-particle": "van der"}
    ]


def test_bibtex_is_read_back_and_escaped():
    items = [
        citations.item_of_source(
            source(title="100% & {meer} $ #_~^\\", authors=[BERG], container="T", pages="1-2")
        ),
        citations.item_of_source(source(organisation="Ministerie van OCW", kind="report")),
    ]

    text = citation_files.bibtex(items)

    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == ["a", "a-2"]
    first = {field.key: field.value for field in library.entries[0].fields}
    assert first["author"] == "van der Berg, Jan Willem"
    assert r"100\% \& \{meer\} \$ \#\_\textasciitilde{}" in first["title"]
    assert first["pages"] == "1--2"
    assert "{Ministerie van OCW}" in text


def test_ris_is_read_back_and_cannot_be_broken_by_a_title():
    item = citations.item_of_source(
        source(title="Een\nER  - \nTY  - BOOK", authors=[BERG], pages="81-112")
    )

    rows = rispy.loads(citation_files.ris([item]).replace("\r\n", "\n"))

    assert len(rows) == 1
    assert rows[0]["authors"] == ["van der Berg, Jan Willem"]
    assert (rows[0]["start_page"], rows[0]["end_page"]) == ("81", "112")
