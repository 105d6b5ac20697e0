import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.subsidy import money

MINUTES = st.integers(-100_000, 100_000)
RATES = st.integers(0, 1_000_00)
PERCENTAGES = st.integers(0, money.WHOLE)


@pytest.mark.parametrize(
    ("minutes", "rate", "percentage", "expected"),
    [
        (10, 4833, 10_000, 806),  # 8.055: floats give 8.05
        (30, 4833, 10_000, 2417),
        (-30, 4833, 10_000, -2417),
        (75, 4850, 5_500, 3334),  # rounded once; twice would be 33.35
        (480, 4850, 10_000, 38_800),
        (0, 4850, 10_000, 0),
        (15, 4850, 0, 0),
    ],
)
def test_a_line_is_rounded_once_half_away_from_zero(minutes, rate, percentage, expected):
    assert money.cents(minutes, rate, percentage) == expected


@given(MINUTES, RATES, PERCENTAGES)
def test_taking_back_costs_what_was_given(minutes, rate, percentage):
    assert money.cents(-minutes, rate, percentage) == -money.cents(minutes, rate, percentage)


def test_corrections_leave_no_cent_behind():
    original = money.cents(30, 4833)
    first = money.correction(30, original, -15, 4833)
    second = money.correction(30, original, -15, 4833, prior_minutes=-15, prior_cents=first)

    assert (first, second) == (-1209, -1208)
    assert original + first + second == 0


@given(st.integers(1, 10_000), RATES, PERCENTAGES, st.lists(st.integers(1, 600), max_size=20))
def test_a_line_that_is_taken_back_whole_ends_at_nothing(minutes, rate, percentage, steps):
    original = money.cents(minutes, rate, percentage)
    taken, given_back, left = 0, 0, minutes
    for step in [*steps, 10_000]:
        delta = min(step, left)
        given_back += money.correction(
            minutes, original, -delta, rate, percentage,
            prior_minutes=-taken, prior_cents=given_back,
        )  # fmt: skip
        taken, left = taken + delta, left - delta

    assert original + given_back == 0


def test_amounts_are_written_exactly():
    assert money.decimal_text(-1209) == "-12,09"
    assert money.decimal_text(5, point=".") == "0.05"
    assert money.decimal_text(123_456_789) == "1234567,89"
    assert money.hours_text(75) == "1,25"
    assert money.hours_text(-3, point=".") == "-0.05"
    with pytest.raises(ValueError, match="not exact"):
        money.hours_text(5)
