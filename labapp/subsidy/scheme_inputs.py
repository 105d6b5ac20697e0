"""What is entered of a scheme, as values; what is wrong with it, in words at each field."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from labapp.accounts.models import EURO, Role, Sector
from labapp.i18n import gettext as _
from labapp.subsidy.money import WHOLE
from labapp.subsidy.scheme_models import (
    CapScope,
    CapUnit,
    Evidence,
    OverCapPolicy,
    SchemeKind,
)

Faults = dict[str, list[str]]
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
CURRENCIES = (EURO, "USD")
GRANULARITIES = (3, 6, 15, 30, 60)
MOST_CENTS = 10**13  # a hundred thousand million: more is a slip of the pen
LONGEST_TEXT = 20_000
MOST_ROWS = 500
YEARS = range(2000, 2101)


class Input:
    """Values with the names of the columns that they become."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Give the values of a row that is there already."""
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: getattr(row, name) for name in names})

    def values(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class SchemeInput(Input):
    code: str
    name_nl: str
    name_en: str = ""
    pillar: str = ""
    is_fictional: bool = False


@dataclass(frozen=True, kw_only=True)
class VersionInput(Input):
    kind: SchemeKind
    school_year: int
    valid_from: date
    valid_to: date
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    currency: str = EURO
    ceiling_cents: int | None = None
    returns_recovered: bool = False
    granularity_minutes: int = 15
    max_day_minutes: int = 720
    entry_window_days: int = 60
    over_cap_policy: OverCapPolicy = OverCapPolicy.REJECT
    percentage_bp: int = WHOLE
    retention_years: int = 10
    small_appointments_count: bool = False
    track: str = ""
    excluded_tracks: list[str] = field(default_factory=list)
    statement: str = ""
    conditions: str = ""
    source_url: str = ""
    source_checked_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class CategoryInput(Input):
    code: str
    label_nl: str
    label_en: str = ""
    claimable: bool = True
    evidence: Evidence = Evidence.NONE
    is_open: bool = True


@dataclass(frozen=True, kw_only=True)
class RateInput(Input):
    """`category` is the code of an activity of the same version; None is all."""

    rate_cents: int
    valid_from: date
    valid_to: date
    category: str | None = None
    role: Role | None = None
    sector: Sector | None = None


@dataclass(frozen=True, kw_only=True)
class CapInput(Input):
    scope: CapScope
    unit: CapUnit
    value: int


@dataclass(frozen=True, kw_only=True)
class FixedAmountInput(Input):
    sector: Sector
    amount_cents: int
    min_minutes: int = 0
    min_participants: int = 0


def scheme_faults(values: SchemeInput) -> Faults:
    """Give what is wrong with the names of a scheme."""
    faults: Faults = defaultdict(list)
    if not CODE.fullmatch(values.code):
        faults["code"].append(_("Gebruik alleen letters, cijfers, - en _, hoogstens 40 tekens."))
    if not values.name_nl.strip():
        faults["name_nl"].append(_("Geef de regeling een naam."))
    _check_lengths(faults, {"name_nl": values.name_nl, "name_en": values.name_en}, 200)
    _check_lengths(faults, {"pillar": values.pillar}, 80)
    return faults


def version_faults(values: VersionInput) -> Faults:
    """Give what is wrong with the rules of a version."""
    faults: Faults = defaultdict(list)
    _check_days(faults, values)
    _check_numbers(faults, values)
    _check_tracks(faults, values)
    texts = {"statement": values.statement, "conditions": values.conditions}
    _check_lengths(faults, texts, LONGEST_TEXT)
    _check_lengths(faults, {"source_url": values.source_url}, 500)
    if values.source_url and not is_web_address(values.source_url):
        faults["source_url"].append(_("Geef een webadres dat met https:// of http:// begint."))
    if values.currency not in CURRENCIES:
        faults["currency"].append(_("Kies EUR of USD."))
    return faults


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in text


def category_faults(rows: Sequence[CategoryInput]) -> Faults:
    """Give what is wrong with the activities, by `categories.<row>.<field>`."""
    faults: Faults = defaultdict(list)
    seen: set[str] = set()
    for number, row in enumerate(rows):
        at = f"categories.{number}."
        if not CODE.fullmatch(row.code):
            words = _("Gebruik alleen letters, cijfers, - en _, hoogstens 40 tekens.")
            faults[at + "code"].append(words)
        if row.code in seen:
            faults[at + "code"].append(_("Deze code staat er twee keer."))
        if not row.label_nl.strip():
            faults[at + "label_nl"].append(_("Geef de activiteit een naam."))
        labels = {at + "label_nl": row.label_nl, at + "label_en": row.label_en}
        _check_lengths(faults, labels, 120)
        seen.add(row.code)
    return _with_count(faults, rows, "categories")


def rate_faults(rows: Sequence[RateInput], codes: set[str]) -> Faults:
    """Give what is wrong with the rates: values, and rates that exclude one another."""
    faults: Faults = defaultdict(list)
    for number, row in enumerate(rows):
        at = f"rates.{number}."
        if row.category is not None and row.category not in codes:
            faults[at + "category"].append(_("Deze activiteit is er niet."))
        _check_amount(faults, at + "rate_cents", row.rate_cents)
        if row.valid_from > row.valid_to:
            faults[at + "valid_to"].append(_("Het einde ligt voor het begin."))
        for other in range(number):
            if _overlap(row, rows[other]):
                faults[at + "valid_from"].append(
                    _(
                        "Dit tarief geldt in dezelfde dagen als tarief %(number)s voor dezelfde"
                        " activiteit, rol en sector.",
                        number=other + 1,
                    )
                )
    return _with_count(faults, rows, "rates")


def cap_faults(rows: Sequence[CapInput]) -> Faults:
    """Give what is wrong with the maxima."""
    faults: Faults = defaultdict(list)
    seen: set[tuple[CapScope, CapUnit]] = set()
    for number, row in enumerate(rows):
        _check_amount(faults, f"caps.{number}.value", row.value)
        if (row.scope, row.unit) in seen:
            faults[f"caps.{number}.scope"].append(_("Dit maximum staat er twee keer."))
        seen.add((row.scope, row.unit))
    return faults


def fixed_amount_faults(rows: Sequence[FixedAmountInput]) -> Faults:
    """Give what is wrong with the fixed amounts."""
    faults: Faults = defaultdict(list)
    seen: set[Sector] = set()
    for number, row in enumerate(rows):
        at = f"fixed_amounts.{number}."
        _check_amount(faults, at + "amount_cents", row.amount_cents)
        _check_range(faults, at + "min_minutes", row.min_minutes, 0, 100_000_000)
        _check_range(faults, at + "min_participants", row.min_participants, 0, 1_000_000)
        if row.sector in seen:
            faults[at + "sector"].append(_("Deze sector staat er twee keer."))
        seen.add(row.sector)
    return faults


def _check_days(faults: Faults, values: VersionInput) -> None:
    if values.school_year not in YEARS:
        faults["school_year"].append(_("Kies een schooljaar."))
    if values.valid_from > values.valid_to:
        faults["valid_to"].append(_("Het einde ligt voor het begin."))
    if values.opens_at and values.closes_at and values.opens_at >= values.closes_at:
        faults["closes_at"].append(_("Het loket sluit voordat het opengaat."))


def _check_numbers(faults: Faults, values: VersionInput) -> None:
    if values.granularity_minutes not in GRANULARITIES:
        faults["granularity_minutes"].append(
            _(
                "Kies 3, 6, 15, 30 of 60 minuten. Alleen die zijn precies te schrijven als uren met"
                " twee cijfers achter de komma; 5, 10 en 20 minuten niet."
            )
        )
    _check_range(faults, "max_day_minutes", values.max_day_minutes, 1, 1440)
    _check_range(faults, "entry_window_days", values.entry_window_days, 0, 3660)
    _check_range(faults, "percentage_bp", values.percentage_bp, 0, WHOLE)
    _check_range(faults, "retention_years", values.retention_years, 1, 100)
    if values.ceiling_cents is not None:
        _check_amount(faults, "ceiling_cents", values.ceiling_cents)


def _check_tracks(faults: Faults, values: VersionInput) -> None:
    words = _("Gebruik alleen letters, cijfers, - en _, hoogstens 40 tekens.")
    if values.track and not CODE.fullmatch(values.track):
        faults["track"].append(words)
    if len(values.excluded_tracks) > 50 or not all(map(CODE.fullmatch, values.excluded_tracks)):  # noqa: PLR2004
        faults["excluded_tracks"].append(words)
    if values.track and values.track in values.excluded_tracks:
        faults["excluded_tracks"].append(_("Een traject sluit zichzelf niet uit."))


def _check_range(faults: Faults, name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        faults[name].append(
            _("Vul een getal in van %(least)s tot en met %(most)s.", least=least, most=most)
        )


def _check_amount(faults: Faults, name: str, value: int) -> None:
    if value < 0:
        faults[name].append(_("Dit kan niet minder dan nul zijn."))
    elif value > MOST_CENTS:
        faults[name].append(_("Dit is te veel. Kijk de nullen na."))


def _check_lengths(faults: Faults, texts: dict[str, str], longest: int) -> None:
    for name, text in texts.items():
        if len(text) > longest:
            faults[name].append(_("Gebruik hoogstens %(longest)s tekens.", longest=longest))


def _with_count(faults: Faults, rows: Sequence[Any], name: str) -> Faults:
    if len(rows) > MOST_ROWS:
        faults[name].append(_("Dit zijn er te veel: hoogstens %(most)s.", most=MOST_ROWS))
    return faults


def _overlap(one: RateInput, other: RateInput) -> bool:
    same = (one.category, one.role, one.sector) == (other.category, other.role, other.sector)
    return same and one.valid_from <= other.valid_to and other.valid_from <= one.valid_to
