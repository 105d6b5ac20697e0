from datetime import date, time

import pytest
from flask_babel import force_locale

from labapp.errors import InvalidError
from labapp.subsidy.durations import parse_minutes, write_hours
from labapp.subsidy.wall_clock import exists, span_of

HERE, BONAIRE = "Europe/Amsterdam", "America/Kralendijk"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    "text", ["1,5", "1.5", "1:30", "1u30", "90m", " 1,50 ", "1 u 30", "90 min"]
)
def test_an_hour_and_a_half_can_be_written_in_many_ways(text):
    assert parse_minutes(text) == 90


@pytest.mark.parametrize(
    "text",
    ["1.500", "1e2", "-1", "24:15", "", "\u0661,\u0665", "1,33", "1:60", "1:5", "25", "1441m",
     "1,5,5", "\u22121", "1 5", "nul", "NaN", "0x10", "\uff11"],
)  # fmt: skip
def test_what_is_unclear_is_refused(text):
    with pytest.raises(InvalidError, match="getal"):
        parse_minutes(text)


def test_hours_are_written_in_the_language_of_the_reader():
    assert [write_hours(m) for m in (75, 90, 240, -15, 0, 3)] == [
        "1,25", "1,5", "4", "\u22120,25", "0", "0,05",
    ]  # fmt: skip
    assert write_hours(7) == "0:07"
    with force_locale("en"):
        assert write_hours(75) == "1.25"


def test_a_skipped_hour_does_not_exist_here_but_does_on_bonaire():
    assert not exists(SPRING, time(2, 30), HERE)
    assert exists(SPRING, time(3, 0), HERE)
    assert exists(SPRING, time(2, 30), BONAIRE)


@pytest.mark.parametrize(
    ("day", "start", "end", "told", "minutes"),
    [
        (SPRING, time(1), time(4), None, 120),  # an hour was skipped
        (AUTUMN, time(1), time(4), None, 240),  # an hour came twice
        (AUTUMN, time(2, 15), time(2, 45), None, 30),
        (AUTUMN, time(2, 15), time(2, 45), 90, 90),  # from the first pass into the second
        (AUTUMN, time(2, 30), time(2, 30), 60, 60),
        (date(2026, 11, 18), time(9), time(10, 30), None, 90),
    ],
)
def test_a_length_is_what_really_passed(day, start, end, told, minutes):
    assert span_of(day, start, end, HERE, told).minutes == minutes


def test_what_does_not_end_after_its_start_is_no_span():
    assert span_of(date(2026, 11, 18), time(10), time(10), HERE) is None
    assert span_of(date(2026, 11, 18), time(23), time(1), HERE) is None
