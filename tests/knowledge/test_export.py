"""Cards as files: nothing lost in JSON, nothing runs in a spreadsheet, nobody sees too much."""

import csv
import io
import json

import bibtexparser
import pytest
import rispy
from sqlalchemy import delete, select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.errors import InvalidError
from labapp.knowledge import content as contents
from labapp.knowledge import exporters, importing, structured_data
from labapp.knowledge.models import Card, CardStatus, Visibility
from labapp.knowledge.use_models import ImportBatch
from labapp.knowledge.vocabulary import seeds_folder
from tests.factories import CardFactory


@pytest.fixture
def system():
    return Actor.system()


@pytest.fixture
def seeds(system):
    """The English seed cards, and a draft beside them."""
    folder = seeds_folder() / "cards" / "en"
    importing.import_path(system, folder, format="markdown", language="en").raise_errors()
    draft = Card(external_id="concept", version_number=0)
    importing.put_draft(system, draft, contents.empty_content() | {"title": "Concept"})


def whole(actor, form):
    return "".join(exporters.export_cards(actor, form))


def all_content():
    db.session.rollback()
    return {card.external_id: exporters.exported(card) for card in db.session.scalars(select(Card))}


def load(system, tmp_path, text, form):
    path = tmp_path / "export"
    path.write_text(text, "utf-8", newline="")
    return importing.import_path(system, path, format=form)


def test_json_loses_nothing_on_the_way_back(system, seeds, tmp_path):
    card = db.session.scalar(select(Card).where(Card.external_id == "en-note-taking"))
    card.status = CardStatus.OUTDATED
    db.session.commit()
    before, text = all_content(), whole(system, "json")
    for model in (ImportBatch, Card):
        db.session.execute(delete(model))
    db.session.commit()

    report = load(system, tmp_path, text, "json")

    assert (report.errors, report.created, report.drafts) == ([], len(before), 1)
    assert all_content() == before
    assert load(system, tmp_path, text, "json").unchanged == len(before)


def test_csv_comes_back_as_the_same_cards(system, seeds, tmp_path):
    before = all_content()
    report = load(system, tmp_path, whole(system, "csv"), "csv")

    assert report.errors == []
    assert all_content() == before
    assert report.created == report.updated == 0


def test_a_spreadsheet_runs_nothing_of_the_csv(system):
    CardFactory(title="=cmd|'/c calc'!A1", answer="-2+3", cost=1, themes=["feedback"])

    row = next(csv.DictReader(io.StringIO(whole(system, "csv").lstrip("\ufeff"))))

    assert row["title"] == "'=cmd|'/c calc'!A1"
    assert row["answer"] == "'-2+3"
    assert row["cost"] == "1"


def test_bibtex_ris_and_csl_json_hold_cards_and_what_they_rest_on(system, seeds):
    bibtex = bibtexparser.parse_string(whole(system, "bibtex"))
    ris = rispy.loads(whole(system, "ris").replace("\r\n", "\n"))
    items = json.loads(whole(system, "csl-json"))

    keys = [entry.key for entry in bibtex.entries]
    assert not bibtex.failed_blocks
    assert len(keys) == len(set(keys)) == len(ris) == len(items)
    assert "en-note-taking" in keys
    assert any("reed-2016" in key for key in keys)


def test_the_exported_literature_comes_back_in(system, seeds, tmp_path):
    for form in ("bibtex", "ris", "csl-json"):
        report = load(system, tmp_path, whole(system, form), form)

        assert report.errors == []
        assert report.created + report.unchanged > 28


def test_one_exports_only_what_one_may_read(as_actor, teacher, stranger, school):
    CardFactory(external_id="open")
    CardFactory(external_id="school", visibility=Visibility.ORGANISATION, organisation=school)
    CardFactory(external_id="concept", status=CardStatus.DRAFT)
    CardFactory(external_id="weg", status=CardStatus.WITHDRAWN, withdrawn_at=now())

    def seen(user):
        rows = json.loads(whole(as_actor(user), "json"))["cards"]
        return {row["external_id"] for row in rows}

    assert seen(teacher) == {"open", "school"}
    assert seen(stranger) == {"open"}
    assert seen(None) == {"open"}


def test_an_unknown_form_is_refused(system):
    with pytest.raises(InvalidError):
        exporters.export_cards(system, "xml")


def test_the_export_asks_the_database_little(system, seeds, count_queries):
    with count_queries() as queries:
        whole(system, "json")

    assert len(queries) <= 5


def test_structured_data_names_the_card_and_its_research(system, seeds):
    card = db.session.scalar(select(Card).where(Card.external_id == "en-note-taking"))

    data = structured_data.json_ld(card, "https://lab.example/kennis/1")

    assert (data["@type"], data["name"], data["inLanguage"]) == (
        "LearningResource",
        card.title,
        "en",
    )
    assert data["citation"][0]["@type"] == "ScholarlyArticle"
    assert data["citation"][0]["sameAs"] == "https://doi.org/10.1080/19345747.2015.1105894"
    assert data["typicalAgeRange"] == "10-18"


def test_structured_data_cannot_end_its_script():
    text = structured_data.script_text({"name": "</script><script>alert(1)&"})

    assert "<" not in text
    assert json.loads(text)["name"] == "</script><script>alert(1)&"
