import pytest

from labapp.subsidy.form_fields import (
    HOURS,
    LIST,
    PERCENTAGE,
    WrongError,
    read_cents,
    read_minutes,
    read_percentage,
    read_whole,
)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0), ("48,5", 4850), ("48,50", 4850), ("48.50", 4850), ("€ 1.234,56", 123_456),
        ("1,234.56", 123_456), ("1.250", 125_000), ("34980", 3_498_000),
        ("332000000", 33_200_000_000),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly(text, cents):
    assert read_cents(text) == cents


@pytest.mark.parametrize(
    "text", ["", "-1", "1,234", "1.23.4", "1e3", "4,855", "١٢", "1 0 x", "12.5.0", "9" * 30, "NaN"]
)
def test_amounts_that_are_not_clear_are_refused(text):
    with pytest.raises(WrongError):
        read_cents(text)


@pytest.mark.parametrize(
    ("text", "minutes"), [("80", 4800), ("1,25", 75), ("0.5", 30), ("1200", 72_000), ("1:20", 80)]
)
def test_hours_are_read_and_written_exactly(text, minutes):
    assert read_minutes(text) == minutes
    assert HOURS.read(HOURS.write(minutes)) == minutes


@pytest.mark.parametrize("text", ["", "0,01", "-1", "1:60", "½", "1e2", "12345678"])
def test_hours_that_are_not_whole_minutes_are_refused(text):
    with pytest.raises(WrongError):
        read_minutes(text)


def test_percentages_numbers_and_lists():
    assert [read_percentage(t) for t in ("100", "62,5", "55 %", "0.01")] == [10_000, 6250, 5500, 1]
    assert (PERCENTAGE.write(10_000), PERCENTAGE.write(6250)) == ("100", "62,50")
    assert LIST.read("a, b;c") == ["a", "b", "c"]
    for text in ("", "x", "1,234"):
        with pytest.raises(WrongError):
            read_percentage(text)
    for text in ("1.5", "-1", "²"):
        with pytest.raises(WrongError):
            read_whole(text)
