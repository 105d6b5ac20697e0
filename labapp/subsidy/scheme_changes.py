"""What a change of a version would break: hours, deelnames and verleningen that rest on it."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import func, select

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.scheme_inputs import Faults, VersionInput
from labapp.subsidy.scheme_models import Grant, Participation, SchemeVersion, VersionStatus

SETTLED = ("kind", "currency", "school_year")  # once a version is in force


def change_faults(version: SchemeVersion, values: VersionInput) -> Faults:
    """Give what cannot change any more, and what would fall outside the new days."""
    faults: Faults = defaultdict(list)
    if version.status is not VersionStatus.DRAFT:
        for name in SETTLED:
            if getattr(values, name) != getattr(version, name):
                words = _("Dit verandert niet meer: de regeling is in werking. Maak een nieuwe.")
                faults[name].append(words)
    first, last = _used_days(version)
    if first is not None and first < values.valid_from and version.valid_from != values.valid_from:
        words = _("Er zijn uren, deelnames of verleningen vanaf %(day)s.", day=f"{first:%d-%m-%Y}")
        faults["valid_from"].append(words)
    if last is not None and last > values.valid_to and version.valid_to != values.valid_to:
        words = _("Er zijn uren, deelnames of verleningen tot en met %(day)s.",
                  day=f"{last:%d-%m-%Y}")  # fmt: skip
        faults["valid_to"].append(words)
    return faults


def _used_days(version: SchemeVersion) -> tuple[date | None, date | None]:
    """Give the first and the last day that something rests on."""
    firsts: list[date] = []
    lasts: list[date] = []
    columns: tuple[tuple[Any, Any], ...] = (
        (HourEntry.work_date, HourEntry.work_date),
        (Participation.from_on, Participation.to_on),
        (Grant.from_on, Grant.to_on),
    )
    for begin, end in columns:
        row = db.session.execute(
            select(func.min(begin), func.max(end)).where(
                begin.class_.scheme_version_id == version.id
            )
        ).one()
        if row[0] is not None:
            firsts.append(row[0])
            lasts.append(row[1])
    return min(firsts, default=None), max(lasts, default=None)
