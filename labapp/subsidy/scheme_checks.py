"""What is missing before a version can be in force, and what somebody should look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from labapp.accounts.models import OrganisationKind, Role, Sector
from labapp.accounts.policies import ROLES_OF
from labapp.accounts.words import ROLES
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.subsidy.rates import DOUBLE, RateError, RateTable
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    Participation,
    SchemeKind,
    SchemeVersion,
    VersionStatus,
)

ROLES_OF_SCHOOL = ROLES_OF[OrganisationKind.SCHOOL]
ONE_DAY = timedelta(days=1)
LEGAL_YEARS = 7  # Awb 4:69
STARTS, ENDS = (8, 1), (7, 31)  # of a school year


@dataclass(frozen=True)
class Finding:
    """`part` says where it can be mended: version, categories, rates, caps or fixed_amounts."""

    code: str
    words: str
    part: str
    is_blocking: bool = True


def check(version: SchemeVersion) -> list[Finding]:
    """Give what was found, what blocks first."""
    found = [finding for each in CHECKS for finding in each(version)]
    return sorted(found, key=lambda finding: not finding.is_blocking)


def _source(version: SchemeVersion) -> Iterator[Finding]:
    if not version.source_url and not version.scheme.is_fictional:
        words = _("Noem de bron: het webadres waar de voorwaarden staan.")
        yield Finding("source_missing", words, "version")
    if version.source_url and version.source_checked_on is None:
        words = _("Er staat niet bij wanneer de bron is nagekeken.")
        yield Finding("source_not_checked", words, "version", is_blocking=False)
    if not version.statement.strip():
        words = _("Schrijf de verklaring die iemand bij zijn uren ondertekent.")
        yield Finding("statement_missing", words, "version")
    if version.retention_years < LEGAL_YEARS:
        words = _("De bewaartermijn is korter dan de zeven jaar van de Awb.")
        yield Finding("retention_short", words, "version", is_blocking=False)


def _year(version: SchemeVersion) -> Iterator[Finding]:
    begin = date(version.school_year, *STARTS)
    end = date(version.school_year + 1, *ENDS)
    if version.valid_to < begin or version.valid_from > end:
        words = _("De regeling geldt niet in het schooljaar dat erbij staat.")
        yield Finding("other_year", words, "version")
    elif version.valid_from < begin or version.valid_to > end:
        words = _("De regeling geldt ook buiten het schooljaar dat erbij staat.")
        yield Finding("beyond_year", words, "version", is_blocking=False)
    if version.opens_at is None or version.closes_at is None:
        words = _("Er is geen loket: claims kunnen altijd worden ingediend.")
        yield Finding("window_open", words, "version", is_blocking=False)


def _alone(version: SchemeVersion) -> Iterator[Finding]:
    """Two versions of a scheme that are in force on one day would make each hour ambiguous."""
    other = db.session.scalar(
        select(SchemeVersion).where(
            SchemeVersion.scheme_id == version.scheme_id,
            SchemeVersion.id != version.id,
            SchemeVersion.status == VersionStatus.ACTIVE,
            SchemeVersion.valid_from <= version.valid_to,
            SchemeVersion.valid_to >= version.valid_from,
        )
    )
    if other is not None:
        words = _(
            "Versie %(number)s is in werking in dezelfde dagen. Sluit die eerst af.",
            number=other.number,
        )
        yield Finding("overlaps", words, "version")


def _categories(version: SchemeVersion) -> Iterator[Finding]:
    if not any(category.is_open for category in version.categories):
        words = _("Er is geen activiteit waarop iemand uren kan schrijven.")
        yield Finding("categories_missing", words, "categories")
    elif version.kind is SchemeKind.HOURLY and not any(c.claimable for c in version.categories):
        words = _("Er is geen activiteit die vergoed wordt.")
        yield Finding("nothing_claimable", words, "categories")
    if any(not category.label_en for category in version.categories):
        words = _("Niet elke activiteit heeft een Engelse naam.")
        yield Finding("english_missing", words, "categories", is_blocking=False)


def _rates(version: SchemeVersion) -> Iterator[Finding]:
    if version.kind is SchemeKind.FIXED:
        if version.rates:
            words = _("Een regeling met een vast bedrag rekent niet met tarieven.")
            yield Finding("rates_unused", words, "rates", is_blocking=False)
        return
    if version.percentage_bp == 0:
        words = _("Het percentage is nul: elke claim wordt nul euro.")
        yield Finding("percentage_zero", words, "version")
    if any(rate.rate_cents == 0 for rate in version.rates):
        words = _("Een tarief is nul euro.")
        yield Finding("rate_zero", words, "rates", is_blocking=False)
    for category in version.categories:
        if category.claimable:
            yield from _rates_of(version, category)


def _rates_of(version: SchemeVersion, category: ActivityCategory) -> Iterator[Finding]:
    """Who has a rate has one on every day; who never has one is named; somebody has one."""
    table, days = RateTable(version.rates), _days_of_change(version)
    without: set[Role] = set()
    somebody = False
    for role in ROLES_OF_SCHOOL:
        for sector in Sector:
            missing = []
            for day in days:
                try:
                    table.resolve(category_id=category.id, role=role, sector=sector, day=day)
                except RateError as error:
                    if error.code == DOUBLE:
                        yield Finding(DOUBLE, _of(category, str(error)), "rates")
                        return
                    missing.append(day)
            if len(missing) == len(days):
                without.add(role)
                continue
            somebody = True
            if missing:
                words = _(
                    "vanaf %(day)s is er geen tarief voor %(role)s.",
                    day=f"{missing[0]:%d-%m-%Y}",
                    role=str(ROLES[role]).lower(),
                )
                yield Finding("rate_missing", _of(category, words), "rates")
                return
    if not somebody:
        yield Finding("rate_missing", _of(category, _("er is geen tarief.")), "rates")
    elif without:
        names = ", ".join(str(ROLES[role]).lower() for role in ROLES_OF_SCHOOL if role in without)
        words = _("niet altijd een tarief voor %(roles)s.", roles=names)
        yield Finding("rate_partial", _of(category, words), "rates", is_blocking=False)


def _of(category: ActivityCategory, words: str) -> str:
    return f"{category.label_nl}: {words}"


def _days_of_change(version: SchemeVersion) -> list[date]:
    days = {version.valid_from}
    for rate in version.rates:
        days.update((rate.valid_from, rate.valid_to + ONE_DAY))
    return sorted(day for day in days if version.is_valid_on(day))


def _amounts(version: SchemeVersion) -> Iterator[Finding]:
    if version.kind is SchemeKind.FIXED and not version.fixed_amounts:
        words = _("Zeg voor minstens één sector welk bedrag een vestiging krijgt.")
        yield Finding("amounts_missing", words, "fixed_amounts")
    if version.kind is SchemeKind.HOURLY and version.fixed_amounts:
        words = _("Een regeling per uur kent geen vaste bedragen.")
        yield Finding("amounts_unused", words, "fixed_amounts", is_blocking=False)
    if version.ceiling_cents is None:
        words = _("Er is geen plafond.")
        yield Finding("ceiling_missing", words, "version", is_blocking=False)
    if any(cap.value == 0 for cap in version.caps):
        words = _("Een maximum is nul: niemand kan dan iets claimen.")
        yield Finding("cap_zero", words, "caps", is_blocking=False)


def shut_out(one: SchemeVersion, other: SchemeVersion) -> bool:
    """Whether a branch does not combine two tracks in a year; either may name the other's."""
    named = one.track in other.excluded_tracks if one.track else False
    return named or (other.track in one.excluded_tracks if other.track else False)


def _clashes(version: SchemeVersion) -> Iterator[Finding]:
    """Branches that took part before the tracks were said to exclude one another."""
    here = aliased(Participation)
    counts = db.session.execute(
        select(Participation.scheme_version_id, func.count())
        .join(here, here.organisation_id == Participation.organisation_id)
        .where(here.scheme_version_id == version.id, Participation.scheme_version_id != version.id)
        .group_by(Participation.scheme_version_id)
    )
    for other_id, count in [(int(row[0]), int(row[1])) for row in counts]:
        other = db.session.get_one(SchemeVersion, other_id)
        if other.school_year == version.school_year and shut_out(version, other):
            words = _(
                "%(count)s vestigingen doen ook mee aan %(name)s. Dat mag niet samengaan.",
                count=count,
                name=other.scheme.name_nl,
            )
            yield Finding("tracks_clash", words, "version", is_blocking=False)


def _tracks(version: SchemeVersion) -> Iterator[Finding]:
    """A track that is shut out but that no scheme has is probably a slip of the pen."""
    if not version.excluded_tracks:
        return
    known = set(db.session.scalars(select(SchemeVersion.track).distinct()))
    strange = [track for track in version.excluded_tracks if track not in known]
    if strange:
        words = _("Geen regeling heeft het traject %(tracks)s.", tracks=", ".join(strange))
        yield Finding("track_unknown", words, "version", is_blocking=False)


CHECKS: tuple[Callable[[SchemeVersion], Iterator[Finding]], ...] = (
    _source, _year, _alone, _categories, _rates, _amounts, _tracks, _clashes,
)  # fmt: skip
