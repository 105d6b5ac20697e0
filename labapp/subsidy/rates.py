"""Which rate counts for an hour: exactly one, or an error in words. Never 0 by default.

The most specific rate that is in force on the day wins: of the activity and the role, else of the
activity, else of the role, else the general one. At each of these a rate for the sector of the
school goes before one for all sectors.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from labapp.accounts.models import Role, Sector
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy.scheme_models import Rate, SchemeVersion

MISSING = "rate_missing"
DOUBLE = "rate_double"
Key = tuple[int | None, Role | None, Sector | None]


class RateError(InvalidError):
    """No rate, or two that say different things; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, {"rate": [message]})
        self.code = code


class RateTable:
    """The rates of a version, for looking up many hours."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[Key, list[Rate]] = defaultdict(list)
        for rate in rates:
            self._rates[rate.category_id, rate.role, rate.sector].append(rate)

    def resolve(
        self, *, category_id: int, role: Role | None, sector: Sector | None, day: date
    ) -> Rate:
        """Give the one rate for an activity, role, sector and day."""
        words = {"day": f"{day:%d-%m-%Y}"}
        for key in _most_specific_first(category_id, role, sector):
            known = self._rates.get(key, ())
            found = [rate for rate in known if rate.valid_from <= day <= rate.valid_to]
            if len(found) > 1:
                raise RateError(
                    DOUBLE, _("Op %(day)s gelden er twee tarieven voor deze activiteit.", **words)
                )
            if found:
                return found[0]
        raise RateError(
            MISSING, _("Op %(day)s is er geen tarief voor deze activiteit en rol.", **words)
        )


def resolve(
    version: SchemeVersion,
    *,
    category_id: int,
    role: Role | None,
    sector: Sector | None,
    day: date,
) -> Rate:
    """Give the one rate of a version for an activity, role, sector and day, or raise RateError.

    For many hours at once make one `RateTable(version.rates)`.
    """
    return RateTable(version.rates).resolve(
        category_id=category_id, role=role, sector=sector, day=day
    )


def _most_specific_first(
    category_id: int, role: Role | None, sector: Sector | None
) -> Iterator[Key]:
    categories: tuple[int | None, ...] = (category_id, None)
    roles: tuple[Role | None, ...] = (role, None) if role else (None,)
    sectors: tuple[Sector | None, ...] = (sector, None) if sector else (None,)
    for category in categories:
        for each in roles:
            for one in sectors:
                yield category, each, one
