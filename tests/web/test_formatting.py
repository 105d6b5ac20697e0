"""Dates, numbers and names as people write them."""

from datetime import UTC, date, datetime

import pytest

from labapp import formatting
from labapp.i18n import in_language


@pytest.fixture(autouse=True)
def request_context(app):
    with app.test_request_context("/?lang=nl"):
        yield


def test_a_date_has_no_dots():
    assert formatting.dag(date(2026, 11, 24)) == "24 nov 2026"
    assert formatting.dag(date(2026, 11, 24), "EEE d MMM") == "di 24 nov"


def test_a_moment_is_told_on_the_clock_of_the_netherlands():
    assert formatting.moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2 jul 2026, 00:30"


@pytest.mark.parametrize(
    ("value", "shown"), [(1234.5, "1.234,5"), (-2, "\u22122"), (10.75, "10,75"), (0, "0")]
)
def test_numbers_are_dutch(value, shown):
    assert formatting.getal(value) == shown


def test_numbers_are_english_in_english():
    with in_language("en"):
        assert formatting.getal(1234.5) == "1,234.5"
        assert formatting.maanden_voluit(-1) == "\u22121 month"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "nog niet bekend"), (1, "+1 maand"), (6, "+6 maanden")]
)
def test_a_gain_in_words(value, shown):
    assert formatting.maanden_voluit(value) == shown


def test_sizes_lists_letters_and_short_texts():
    assert formatting.bestandsgrootte(34_300) == "34 kB"
    assert formatting.bestandsgrootte(2_500_000) == "2,5 MB"
    assert formatting.opsomming(["lezen", "taal", "rekenen"]) == "lezen, taal en rekenen"
    assert formatting.voorletters("Sanne de Vries") == "SV"
    assert formatting.voorletters("'t Hooft") == "H"
    assert formatting.voorletters("") == ""
    assert formatting.procent(0.64) == "64%"
    assert formatting.kort("een twee drie vier", 12) == "een twee\u2026"
