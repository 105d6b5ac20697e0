"""Whether a declaration can be signed: every hour still holds, each has a rate, the month is over.

When hours were written the rules held; since then an appointment may have ended or a rate gone.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from labapp.accounts.models import Affiliation
from labapp.database import db
from labapp.errors import ConflictError, InvalidError
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.subsidy.appointments import role_on
from labapp.subsidy.hour_models import Declaration, EntryKind, HourEntry
from labapp.subsidy.hour_writing import input_of
from labapp.subsidy.rates import RateError, RateTable
from labapp.subsidy.scheme_models import SchemeKind
from labapp.subsidy.surroundings import Slot, Surroundings, look_around
from labapp.subsidy.validation import Check, check
from labapp.subsidy.wall_clock import today_at

# Rules of the moment of writing: they say nothing about hours that stand.
OF_WRITING = {"too_old", "duplicate", "period_submitted", "category_closed"}


def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def can_be_signed_from(declaration: Declaration) -> date:
    """Give the day from which a declaration can be signed: the last of its month."""
    return last_day(declaration.month)


def is_due(declaration: Declaration) -> bool:
    """Whether the month is over, or it is its last day, on the clock of the branch."""
    today = today_at(declaration.organisation.time_zone)
    return today >= can_be_signed_from(declaration)


def require_signable(declaration: Declaration, affiliations: Sequence[Affiliation]) -> None:
    """Refuse to sign what is empty, early, no longer valid or without a rate."""
    if not declaration.entries:
        raise ConflictError(_("Er staan geen uren op deze urenstaat."))
    if not is_due(declaration):
        day = dag(can_be_signed_from(declaration))
        raise ConflictError(_("Ondertekenen kan vanaf de laatste dag: %(day)s.", day=day))
    faults = {**_rule_faults(declaration), **_rate_faults(declaration, affiliations)}
    if faults:
        raise InvalidError(_("Niet ondertekend: er klopt iets niet in deze uren."), faults)


def _rule_faults(declaration: Declaration) -> dict[str, list[str]]:
    entries = [e for e in declaration.entries if e.kind is not EntryKind.REVERSAL]
    around = look_around([input_of(entry) for entry in entries])
    faults: dict[str, list[str]] = {}
    for entry in entries:
        how = Check(
            source=entry.source, kind=entry.kind, replaces=entry.id, category_id=entry.category_id
        )
        found = check(input_of(entry), around, how)
        words = [p.words for p in found if p.code not in OF_WRITING]
        if words:
            faults[f"{dag(entry.work_date)}"] = words
    return faults


def _rate_faults(
    declaration: Declaration, affiliations: Sequence[Affiliation]
) -> dict[str, list[str]]:
    """Give the days whose hours have no rate, or two; a `fixed` scheme needs none."""
    version, branch = declaration.scheme_version, declaration.organisation
    if version.kind is SchemeKind.FIXED:
        return {}
    table, faults = RateTable(version.rates), {}
    for entry in declaration.entries:
        if not entry.category.claimable:
            continue
        role = role_on(affiliations, declaration.user_id, branch.id, entry.work_date)
        try:
            table.resolve(
                category_id=entry.category_id, role=role, sector=branch.sector, day=entry.work_date
            )
        except RateError as error:
            faults[f"{dag(entry.work_date)}"] = [str(error)]
    return faults


def require_free(declaration: Declaration) -> None:
    """Refuse to open what other hours hang on: their correction, or the room that it made."""
    ids = {entry.id for entry in declaration.entries}
    corrected = select(HourEntry.id).where(HourEntry.corrects_id.in_(ids))
    if db.session.scalar(corrected.limit(1)) is not None:
        raise ConflictError(
            _("Uren van deze urenstaat zijn gecorrigeerd. Corrigeer ze met een tegenboeking.")
        )
    reversals = [entry for entry in declaration.entries if entry.kind is EntryKind.REVERSAL]
    around = look_around([input_of(entry) for entry in reversals])
    others = {key: slot for key, slot in around.slots.items() if key not in ids}
    for entry in reversals:
        if not _fits_without(entry, others, around):
            raise ConflictError(
                _("De tijd die deze correctie vrijmaakte is inmiddels aan andere uren besteed.")
            )


def _fits_without(entry: HourEntry, others: dict[str, Slot], around: Surroundings) -> bool:
    """Whether the hours that an entry takes back still fit beside all others of that day."""
    rest = [slot for slot in others.values() if slot.minutes > 0 or slot.is_approved]
    of_day = sum(slot.minutes for slot in rest if slot.day == entry.work_date)
    if of_day > around.versions[entry.scheme_version_id].max_day_minutes:
        return False
    taken = {slot.id: slot.minutes for slot in rest if slot.minutes > 0}
    for slot in rest:
        if slot.corrects_id in taken:
            taken[slot.corrects_id] += slot.minutes
    here = others.get(entry.corrects_id or "")
    return (
        here is None
        or here.span is None
        or not any(
            slot.span.overlaps(here.span)
            for slot in rest
            if slot.span and slot.id != here.id and taken.get(slot.id, 0) > 0
        )
    )
