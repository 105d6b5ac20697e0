"""School years: 2026 runs from 1 August 2026 until 31 July 2027."""

from datetime import date

from labapp.clock import today
from labapp.subsidy.overviews import FIRST_MONTH, school_year_of

__all__ = ["first_day", "last_day", "renewal_is_open", "school_year_of", "this_year", "words"]
RENEWAL_MONTH = 5  # from 1 May on one says whether one goes on


def this_year() -> int:
    """Give the school year of today."""
    return school_year_of(today())


def first_day(school_year: int) -> date:
    return date(school_year, FIRST_MONTH, 1)


def last_day(school_year: int) -> date:
    return date(school_year + 1, FIRST_MONTH - 1, 31)


def renewal_is_open(school_year: int) -> bool:
    """Whether one can say that one goes on after this school year."""
    return today() >= date(school_year + 1, RENEWAL_MONTH, 1)


def words(school_year: int) -> str:
    """Give a school year as people write it: 2026/27."""
    return f"{school_year}/{(school_year + 1) % 100:02}"
