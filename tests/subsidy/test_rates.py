from datetime import date

import pytest

from labapp.accounts.models import Role, Sector
from labapp.errors import InvalidError
from labapp.subsidy import rates
from tests.subsidy.factories import CategoryFactory, RateFactory, VersionFactory

AUTUMN = {"valid_from": date(2026, 8, 1), "valid_to": date(2026, 12, 31)}
SPRING = {"valid_from": date(2027, 1, 1), "valid_to": date(2027, 7, 31)}
DAY = date(2026, 11, 18)


@pytest.fixture
def scheme(in_november):
    return VersionFactory()


@pytest.fixture
def category(scheme):
    return CategoryFactory(scheme_version=scheme)


def found(scheme, category, role=Role.TEACHER, sector=Sector.PO, day=DAY):
    return rates.resolve(
        scheme, category_id=category.id, role=role, sector=sector, day=day
    ).rate_cents


def rate(scheme, cents, **values):
    RateFactory(scheme_version=scheme, rate_cents=cents, **values)


def test_the_most_specific_rate_wins(scheme, category):
    steps = [
        (1, {}),
        (2, {"sector": Sector.PO}),
        (3, {"role": Role.TEACHER}),
        (4, {"role": Role.TEACHER, "sector": Sector.PO}),
        (5, {"category_id": category.id}),
        (6, {"category_id": category.id, "sector": Sector.PO}),
        (7, {"category_id": category.id, "role": Role.TEACHER}),
        (8, {"category_id": category.id, "role": Role.TEACHER, "sector": Sector.PO}),
    ]
    for cents, key in steps:
        rate(scheme, cents, **key)
        assert found(scheme, category) == cents


def test_a_rate_for_another_activity_role_or_sector_does_not_count(scheme, category):
    other = CategoryFactory(scheme_version=scheme)
    rate(scheme, 1, category_id=other.id)
    rate(scheme, 2, role=Role.SCHOOL_LEADER)
    rate(scheme, 3, sector=Sector.VO)

    with pytest.raises(rates.RateError) as refused:
        found(scheme, category)

    assert refused.value.code == "rate_missing"
    assert "18-11-2026" in refused.value.fields["rate"][0]
    assert isinstance(refused.value, InvalidError)


def test_who_has_no_role_or_sector_gets_the_general_rate(scheme, category):
    rate(scheme, 2, role=Role.TEACHER)
    rate(scheme, 3, sector=Sector.PO)
    rate(scheme, 1)

    assert found(scheme, category, role=None, sector=None) == 1


def test_the_rate_changes_at_midnight_between_two_years(scheme, category):
    rate(scheme, 4800, **AUTUMN)
    rate(scheme, 5000, **SPRING)

    assert found(scheme, category, day=date(2026, 12, 31)) == 4800
    assert found(scheme, category, day=date(2027, 1, 1)) == 5000


def test_a_day_without_a_rate_is_an_error_and_not_nought(scheme, category):
    rate(scheme, 4800, **AUTUMN)

    with pytest.raises(rates.RateError):
        found(scheme, category, day=date(2027, 1, 1))


def test_two_rates_for_one_hour_are_an_error_and_not_the_first(scheme, category):
    rate(scheme, 4800)
    rate(scheme, 4800, **AUTUMN)

    with pytest.raises(rates.RateError) as refused:
        found(scheme, category)

    assert refused.value.code == "rate_double"
    assert found(scheme, category, day=date(2027, 1, 1)) == 4800


def test_two_general_rates_do_not_harm_where_a_specific_one_counts(scheme, category):
    rate(scheme, 1)
    rate(scheme, 2)
    rate(scheme, 3, category_id=category.id)

    assert found(scheme, category) == 3
