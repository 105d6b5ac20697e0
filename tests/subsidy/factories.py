"""A small world of schools, a board, an office and two schemes."""

from datetime import date

from factory import LazyFunction, SelfAttribute, Sequence, SubFactory

from labapp.accounts.models import Sector
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    FixedAmount,
    Rate,
    Scheme,
    SchemeKind,
    SchemeVersion,
    VersionStatus,
)
from tests.factories import Factory

YEAR = 2026


class SchemeFactory(Factory):
    class Meta:
        model = Scheme

    code = Sequence(lambda n: f"TEST{n}")
    name_nl = "Proefregeling"
    name_en = "Trial scheme"
    is_fictional = True


class VersionFactory(Factory):
    """An active hourly version of school year 2026-2027."""

    class Meta:
        model = SchemeVersion

    scheme = SubFactory(SchemeFactory)
    kind = SchemeKind.HOURLY
    status = VersionStatus.ACTIVE
    school_year = YEAR
    valid_from = date(YEAR, 8, 1)
    valid_to = date(YEAR + 1, 7, 31)
    excluded_tracks = LazyFunction(list)
    statement = "Ik verklaar dat ik deze uren heb besteed."


class CategoryFactory(Factory):
    class Meta:
        model = ActivityCategory

    scheme_version = SubFactory(VersionFactory)
    code = Sequence(lambda n: f"cat{n}")
    label_nl = Sequence(lambda n: f"Activiteit {n}")
    position = Sequence(lambda n: n)


class RateFactory(Factory):
    class Meta:
        model = Rate

    class Params:
        scheme_version = SubFactory(VersionFactory)

    scheme_version_id = SelfAttribute("scheme_version.id")
    rate_cents = 4850
    valid_from = date(YEAR, 8, 1)
    valid_to = date(YEAR + 1, 7, 31)


class FixedAmountFactory(Factory):
    class Meta:
        model = FixedAmount

    class Params:
        scheme_version = SubFactory(VersionFactory, kind=SchemeKind.FIXED)

    scheme_version_id = SelfAttribute("scheme_version.id")
    sector = Sector.PO
    amount_cents = 1_000_000
    min_minutes = 6_000
    min_participants = 2
