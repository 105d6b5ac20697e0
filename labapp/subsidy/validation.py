"""The one place where hours are checked (spec/subsidy.md 3.4): form, grid, proposal, API, import.

All that is wrong is told together, in the order of the specification. Each rule gives words or
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import starmap

from labapp.clock import now
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.subsidy.appointments import active_on
from labapp.subsidy.durations import write_hours
from labapp.subsidy.hour_models import DeclarationState, EntryKind, EntrySource
from labapp.subsidy.scheme_models import Evidence, SchemeVersion, VersionStatus
from labapp.subsidy.surroundings import EntryInput, Slot, Surroundings, counts_for
from labapp.subsidy.wall_clock import exists, today_at

QUARTER = 15
SAME_WITHIN = timedelta(seconds=10)
LONGEST = {"description": 500, "evidence": 500, "late_reason": 300, "source_ref": 120}


@dataclass(frozen=True)
class Problem:
    """What is wrong with an entry: a code for programs, words for people, and at which field."""

    code: str
    words: str
    field: str


@dataclass(frozen=True)
class Check:
    """How an entry comes in, as far as the rules ask."""

    source: EntrySource = EntrySource.MANUAL
    kind: EntryKind = EntryKind.NORMAL
    replaces: str | None = None  # the entry that it is a change of
    category_id: int | None = None  # of what it changes or corrects: that activity it may keep
    most_minutes: int | None = None  # what attendance shows, where it has to
    may_repeat: bool = False  # whoever sent it can tell a repeat from a second time
    may_be_late: bool = False  # somebody who answers for it gave the reason


def check(new: EntryInput, around: Surroundings, how: Check) -> list[Problem]:
    """Give everything that is wrong with an entry, in the order of the rules."""
    found = [*_on_the_day(new, around, how)]
    found += _of_the_length(new, around)
    found += _beside_others(new, around, how)
    found += _of_the_activity(new, around, how)
    return list(starmap(Problem, found))


Found = Iterator[tuple[str, str, str]]


def _on_the_day(new: EntryInput, around: Surroundings, how: Check) -> Found:
    day, version = new.work_date, around.versions[new.scheme_version_id]
    if not active_on(around.affiliations, new.user_id, new.organisation_id, day):
        words = _("Er is op deze dag geen aanstelling bij deze vestiging.")
        yield "appointment_missing", words, "work_date"
    if outside := _outside(new, around, version, how):
        yield "outside_scheme", outside, "work_date"
    today = today_at(around.zone(new.organisation_id))
    if day > today:
        yield "future_date", _("Deze dag is nog niet geweest."), "work_date"
    is_late = (today - day).days > version.entry_window_days and how.kind is EntryKind.NORMAL
    if is_late and not (how.may_be_late and new.late_reason.strip()):
        words = _(
            "Uren kun je tot %(days)s dagen terug invullen. Vraag de coach van je school.",
            days=version.entry_window_days,
        )
        yield "too_old", words, "work_date"


def _outside(
    new: EntryInput, around: Surroundings, version: SchemeVersion, how: Check
) -> str | None:
    day = new.work_date
    if not version.is_valid_on(day):
        return _(
            "Deze dag valt buiten de regeling, die loopt van %(first)s t/m %(last)s.",
            first=dag(version.valid_from),
            last=dag(version.valid_to),
        )
    allowed = {VersionStatus.ACTIVE}
    if how.kind is not EntryKind.NORMAL:
        allowed.add(VersionStatus.CLOSED)  # corrections only
    if version.status not in allowed:
        return _("Deze regeling is niet open voor uren.")
    taking_part = around.participations.get((version.id, new.organisation_id))
    if taking_part and not taking_part.from_on <= day <= taking_part.to_on:
        return _("De vestiging doet op deze dag niet mee aan de regeling.")
    return None


def _of_the_length(new: EntryInput, around: Surroundings) -> Found:
    minutes = around.minutes_of(new)
    step = around.versions[new.scheme_version_id].granularity_minutes
    span = around.span(new)
    if (minutes or 0) % step or (span and span.seconds % 60):
        yield "granularity", step_words(step), "minutes"
    if minutes is not None and minutes <= 0:
        yield "not_positive", _("Vul meer dan 0 uur in."), "minutes"
    if minutes is None and new.start_local is None:
        yield "not_positive", _("Vul uren in, of een begin en een eind."), "minutes"
    if (new.start_local is None) != (new.end_local is None):
        words = _("Vul begin en eind allebei in, of geen van beide.")
        yield "times_incomplete", words, "end_local" if new.start_local else "start_local"
    if new.start_local is None or new.end_local is None:
        return
    if span is None:
        words = _("Het eind moet na het begin liggen, op dezelfde dag.")
        yield "crosses_midnight", words, "end_local"
    zone = around.zone(new.organisation_id)
    for name, clock in (("start_local", new.start_local), ("end_local", new.end_local)):
        if not exists(new.work_date, clock, zone):
            words = _("Deze tijd bestaat niet: die nacht ging de klok vooruit.")
            yield "nonexistent_local_time", words, name
    if span and minutes is not None and minutes != span.minutes:
        yield "times_differ", _("De uren passen niet bij begin en eind."), "minutes"


def step_words(step: int) -> str:
    """Say in which steps hours are written."""
    if step == QUARTER:
        return _("Vul hele kwartieren in, bijvoorbeeld 1,25 of 1,5.")
    return _("Vul uren in stappen van %(minutes)s minuten in.", minutes=step)


def _others(new: EntryInput, around: Surroundings, how: Check) -> list[Slot]:
    return [slot for slot in around.of_person(new.user_id) if slot.id != how.replaces]


def _beside_others(new: EntryInput, around: Surroundings, how: Check) -> Found:
    others, span = _others(new, around, how), around.span(new)
    for other in others:
        meets = span and other.span and span.overlaps(other.span)
        if meets and not around.is_reversed(other, new.period):
            words = _("Op deze tijd staan al uren, hier of op een andere school.")
            yield "overlap", words, "start_local"
            break
    version = around.versions[new.scheme_version_id]
    already = sum(
        slot.minutes
        for slot in others
        if slot.day == new.work_date and counts_for(slot, new.period)
    )
    if already + (around.minutes_of(new) or 0) > version.max_day_minutes:
        words = _(
            "Samen met wat er al staat wordt dit meer dan %(most)s uur op één dag.",
            most=write_hours(version.max_day_minutes),
        )
        yield "day_max", words, "minutes"


def _of_the_activity(new: EntryInput, around: Surroundings, how: Check) -> Found:
    category = around.categories[new.category_id]
    is_kept = new.category_id == how.category_id
    if not category.is_open and not is_kept:
        yield "category_closed", _("Op deze activiteit kun je niet meer boeken."), "category_id"
    if category.evidence is Evidence.DOCUMENT and not new.evidence.strip():
        words = _("Noem het document dat deze uren laat zien.")
        yield "evidence_missing", words, "evidence"
    from_session = how.source is EntrySource.SESSION and new.source_ref and not how.replaces
    if category.evidence is Evidence.SESSION and not from_session and not is_kept:
        words = _("Uren voor deze activiteit komen uit de aanwezigheid bij een sessie.")
        yield "evidence_missing", words, "category_id"
    most = how.most_minutes if is_kept else None
    if most is not None and (around.minutes_of(new) or 0) > most:
        words = _("De aanwezigheid laat hoogstens %(hours)s uur zien.", hours=write_hours(most))
        yield "evidence_missing", words, "minutes"
    if around.state_of(new.period) is DeclarationState.SUBMITTED:
        words = _("De urenstaat van deze maand is ondertekend. Trek hem eerst in.")
        yield "period_submitted", words, "work_date"
    if _is_repeat(new, around, how):
        words = _("Precies deze uren zijn zojuist al bewaard.")
        yield "duplicate", words, "minutes"
    for name, longest in LONGEST.items():
        if len(getattr(new, name) or "") > longest:
            yield "too_long", _("Gebruik hoogstens %(most)s tekens.", most=longest), name


def _is_repeat(new: EntryInput, around: Surroundings, how: Check) -> bool:
    """Whether the same was saved a moment ago: a double tap, or an answer that got lost."""
    if how.may_repeat or new.source_ref or how.replaces or how.kind is not EntryKind.NORMAL:
        return False
    minutes, text = around.minutes_of(new), new.description.strip()
    same = (new.work_date, new.category_id, minutes, text, around.span(new))
    return any(
        (slot.day, slot.category_id, slot.minutes, slot.description, slot.span) == same
        and now() - slot.created_at < SAME_WITHIN
        for slot in _others(new, around, how)
    )
