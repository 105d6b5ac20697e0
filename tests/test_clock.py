import time
from datetime import UTC, datetime, timedelta

import pytest

from labapp import clock
from labapp.errors import SettingError


def test_without_a_set_clock_it_is_now_in_utc():
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_time_goes_on_from_the_moment_that_was_set():
    clock.set_clock("2026-11-22T09:30")
    first = clock.now()
    time.sleep(0.02)

    assert first - datetime(2026, 11, 22, 8, 30, tzinfo=UTC) < timedelta(seconds=5)
    assert clock.now() - first >= timedelta(seconds=0.02)


def test_a_moment_without_zone_is_dutch_time_in_summer_and_winter():
    hours = []
    for moment in ("2026-07-01T12:00", "2026-12-01T12:00"):
        clock.set_clock(moment)
        hours.append(clock.now().hour)

    assert hours == [10, 11]


def test_a_moment_with_a_zone_is_taken_as_it_is():
    clock.set_clock("2026-07-01T12:00+00:00")

    assert clock.now().hour == 12


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2025-12-31T22:59+00:00", "2025-12-31"),
        ("2025-12-31T23:30+00:00", "2026-01-01"),
        ("2026-06-30T22:30+00:00", "2026-07-01"),
    ],
)
def test_a_schools_day_begins_at_dutch_midnight(moment, day):
    clock.set_clock(moment)

    assert clock.today().isoformat() == day


@pytest.mark.parametrize("nothing", [None, ""])
def test_the_real_time_comes_back(nothing):
    clock.set_clock("2020-01-01T00:00")

    clock.set_clock(nothing)

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_what_is_no_moment_is_refused_in_one_sentence():
    with pytest.raises(SettingError, match="write a moment such as 2026-11-22T09:30"):
        clock.set_clock("next week")
