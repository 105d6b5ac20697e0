"""The export of the What Works Clearinghouse: small ones made here, and the real one."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import batches, importing
from labapp.knowledge.importers import wwc
from labapp.knowledge.models import Card, CardStatus, Rating

HEADING = [
    *wwc.NEEDED,
    "Grade_K",
    "Grade_1",
    "Grade_9",
    "Delivery_Method_Small_Group",
    "Gender_Female",
]
RATED = {
    "InterventionID": "1",
    "Intervention_Name": "Reading&trade; Together",
    "Protocol": "beginning READING",
    "Outcome_Domain": "Alphabetics",
    "NumStudiesMeetingStandards": "2",
    "NumStudiesEligible": "5",
    "Sample_Size_Intervention": "340",
    "Intervention_Page_URL": "/intervention/1",
    "Effectiveness_Rating": "Positive effects",
    "Grade_K": "1.00",
    "Grade_1": "1.00",
    "Delivery_Method_Small_Group": "1.00",
    "Gender_Female": "52.00",
}
UNRATED = {"InterventionID": "2", "Intervention_Name": "Saxon", "Protocol": "Middle School Math"}
FINDING = {
    "InterventionID": "1",
    "ReviewID": "7",
    "Outcome_Domain": "alphabetics",
    "Is_Subgroup": "False",
    "Improvement_Index": "12",
    "Effect_Size_WWC": "0.31",
}


def table(heading, rows):
    lines = [",".join(heading), *(",".join(row.get(name, "") for name in heading) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def export(tmp_path):
    """Write an export: `export([report, ...], [finding, ...])` gives its folder."""

    def export(reports, findings=None):
        (tmp_path / wwc.REPORTS).write_text(table(HEADING, reports), "utf-8")
        if findings is not None:
            text = table(wwc.NEEDED_OF_FINDINGS, findings)
            (tmp_path / wwc.FINDINGS).write_text(text, "utf-8")
        return tmp_path

    return export


def load(folder, **extra):
    return importing.import_path(Actor.system(), folder, format="wwc", **extra)


def card(code):
    db.session.rollback()
    return db.session.scalar(select(Card).where(Card.external_id == code))


def test_a_rated_intervention_becomes_a_published_card(export):
    report = load(export([RATED]))

    found = card("wwc-1")
    rating = found.ratings[0]
    assert (report.created, report.drafts, report.errors) == (1, 0, [])
    assert (found.status, found.language, found.title) == (
        CardStatus.PUBLISHED,
        "en",
        "Reading™ Together",
    )
    assert (found.sectors, found.age_from, found.age_to) == (["po"], 5, 7)
    assert (rating.outcome, rating.scale, rating.value) == (
        "decoding",
        "WWC effectiveness rating",
        "Positive effects",
    )
    assert (rating.studies, rating.studies_eligible, rating.sample) == (2, 5, 340)
    assert found.sources[0].url.endswith("/intervention/1")
    assert "52%" in found.body
    assert found.evidence_strength is found.cost is None


def test_it_carries_dutch_words_to_be_found_by(export):
    load(export([RATED]))

    dutch = card("wwc-1").dutch
    assert "beginnend lezen" in dutch["title"]
    assert "positief effect op ‘letters en klanken" in dutch["answer"]
    assert {"technisch lezen", "Kleine groep", "groep 2", "groep 3"} <= set(dutch["keywords"])


def test_without_a_rating_the_effect_is_unknown_and_not_zero(export):
    load(export([UNRATED]))

    found = card("wwc-2")
    assert found.ratings == []
    assert found.studies is None
    assert "unknown" in found.answer
    assert "onbekend" in found.dutch["answer"]


def test_findings_give_the_range_on_their_own_scale_without_subgroups(export):
    findings = [
        FINDING,
        FINDING | {"ReviewID": "8", "Improvement_Index": "-4", "Effect_Size_WWC": ""},
        FINDING | {"Is_Subgroup": "TRUE", "Improvement_Index": "49"},
        FINDING | {"Improvement_Index": "", "Effect_Size_WWC": "nan"},
        FINDING | {"InterventionID": "999"},
    ]

    load(export([RATED], findings))

    index = card("wwc-1").ratings[1]
    assert (index.range_low, index.range_high, index.studies, index.sample) == (-4, 12, 2, None)
    assert (index.scale, index.value, index.months) == (wwc.INDEX_SCALE, "−4 to +12", None)
    assert "2 findings" in card("wwc-1").body


def test_ratings_of_two_protocols_name_theirs(export):
    other = RATED | {"Protocol": "Early Childhood Education"}

    load(export([RATED, other]))

    labels = [rating.outcome_label for rating in card("wwc-1").ratings]
    assert labels == ["Alphabetics (beginning READING)", "Alphabetics (Early Childhood Education)"]


def test_ratings_are_dated_only_by_the_export_or_on_request(export):
    load(export([RATED]))
    assert card("wwc-1").ratings[0].dated_on is None

    load(export([RATED]), dated_on=date(2020, 4, 25))
    assert card("wwc-1").ratings[0].dated_on == date(2020, 4, 25)

    folder = export([RATED])
    (folder / wwc.STUDIES).write_text("Posting_Date\n2019-01-02\n2021-03-04\nunknown\n")
    load(folder)
    assert card("wwc-1").ratings[0].dated_on == date(2021, 3, 4)


def test_faults_are_said_by_row_and_column_together(export):
    wrong = RATED | {"Effectiveness_Rating": "Great", "NumStudiesEligible": "many"}

    report = load(export([RATED, wrong, UNRATED | {"InterventionID": "x"}]))

    assert [(fault.row, fault.column) for fault in report.errors] == [
        (3, "Effectiveness_Rating"),
        (3, "NumStudiesEligible"),
        (4, "InterventionID"),
    ]
    assert card("wwc-1") is None


def test_a_missing_column_or_file_is_named(export, tmp_path):
    assert load(tmp_path).errors[0].message.endswith("ontbreekt wwc_InterventionReports.csv.")
    folder = export([RATED])
    (folder / wwc.REPORTS).write_text("InterventionID,Protocol\n1,x\n")

    fault = load(folder).errors[0]

    assert fault.row == 1
    assert "Effectiveness_Rating" in fault.column


@pytest.mark.data
def test_the_real_export_comes_in_whole_and_the_second_time_nothing_is_new(data):
    first = load(data / "wwc_2020")
    again = load(data / "wwc_2020")

    assert (first.created, first.updated, first.errors) == (537, 0, [])
    assert (again.created, again.updated, again.unchanged) == (0, 0, 537)
    rated = select(func.count(Rating.card_id.distinct())).where(Rating.scale == wwc.SCALE)
    assert db.session.scalar(rated) == 166
    found = db.session.scalars(select(Card).options(selectinload(Card.ratings))).all()
    assert all(each.dutch["title"] and each.dutch["keywords"] and each.themes for each in found)
    assert sum(len(each.ratings) == 0 for each in found) >= 300


@pytest.mark.data
def test_the_real_export_can_be_undone(data):
    report = load(data / "wwc_2020")

    batches.undo_batch(Actor.system(), report.batch)

    assert db.session.scalar(select(func.count()).select_from(Card)) == 0
