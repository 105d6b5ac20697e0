"""What is asked of hours in one go, and what holds a correction to what it corrects.

What takes hours back and what comes in their place are signed and approved on one declaration, so
that neither ever stands without the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation
from labapp.database import db
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy.hour_models import EntryKind, EntrySource, HourEntry, HourProposal
from labapp.subsidy.scheme_models import Evidence
from labapp.subsidy.surroundings import EntryInput, Period


@dataclass(frozen=True)
class Step:
    """`new` alone is added, with `entry_id` it takes that entry's place; without `new` it goes.

    `version` is that of the entry as it was read.
    """

    new: EntryInput | None = None
    entry_id: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Way:
    """How a list of steps comes in."""

    source: EntrySource = EntrySource.MANUAL
    may_repeat: bool = False
    only_valid: bool = False
    dry_run: bool = False  # say what is wrong, and save nothing
    batch_id: int | None = None
    corrects: HourEntry | None = None  # what is added stands in the place of this entry


def category_of(entry: HourEntry | None) -> int | None:
    return entry.category_id if entry else None


def shown_by_attendance(entries: Iterable[HourEntry | None]) -> dict[str, int]:
    """Give the minutes that attendance proposed for hours that it has to show."""
    wanted = [one.id for one in entries if one and one.category.evidence is Evidence.SESSION]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(HourProposal.entry_id, HourProposal.minutes).where(HourProposal.entry_id.in_(wanted))
    )
    return {str(entry_id): minutes for entry_id, minutes in rows}


def most_minutes(entry: HourEntry | None, shown: Mapping[str, int]) -> int | None:
    """Give how long hours of a session may be made: as proposed, or as what they replace."""
    if entry is None or entry.category.evidence is not Evidence.SESSION:
        return None
    original = entry.corrects if entry.kind is EntryKind.REPLACEMENT else entry
    return shown.get(entry.id, original.minutes if original else entry.minutes)


def period_of(entry: HourEntry) -> Period:
    """Give to whose declaration of which month an entry belongs."""
    month = entry.work_date.replace(day=1)
    return entry.user_id, entry.organisation_id, entry.scheme_version_id, month


def require_known_people(
    actor: Actor, wanted: Iterable[EntryInput], affiliations: Iterable[Affiliation]
) -> None:
    """Refuse hours of people who never worked at the branch: nothing is told about them."""
    if actor.is_system:
        return
    known = {(a.user_id, a.organisation_id) for a in affiliations}
    for one in wanted:
        if one.user_id != actor.id and (one.user_id, one.organisation_id) not in known:
            raise NotFoundError(_("Voor deze persoon kun je geen uren invullen."))


def require_tied(steps: Sequence[Step], entries: Mapping[str, HourEntry], way: Way) -> None:
    """Refuse to give hours to another person, and to part a correction from its other half."""
    for step in steps:
        entry = entries.get(step.entry_id or "")
        if step.new is None:
            continue
        if entry is not None and step.new.user_id != entry.user_id:
            raise NotFoundError(_("Voor deze persoon kun je geen uren invullen."))
        if entry is not None and entry.kind is EntryKind.REPLACEMENT:
            _require_same_month(step.new, entry)
        if entry is None and way.corrects is not None:
            _require_same_month(step.new, way.corrects)
    _require_both_halves(steps, entries)


def _require_same_month(new: EntryInput, entry: HourEntry) -> None:
    if new.period != period_of(entry):
        words = _("Wat in de plaats komt hoort in dezelfde maand, vestiging en regeling.")
        raise InvalidError(words, {"work_date": [words]})


def _require_both_halves(steps: Sequence[Step], entries: Mapping[str, HourEntry]) -> None:
    """Let hours that come in the place of others go with what takes those back."""
    gone = {step.entry_id for step in steps if step.new is None}
    freed = [
        entry for entry in entries.values() if entry.id in gone and entry.kind is EntryKind.REVERSAL
    ]
    if not freed:
        return
    left = select(HourEntry.id).where(
        HourEntry.corrects_id.in_({entry.corrects_id for entry in freed}),
        HourEntry.declaration_id.in_({entry.declaration_id for entry in freed}),
        HourEntry.kind == EntryKind.REPLACEMENT,
        HourEntry.id.not_in(gone),
    )
    if db.session.scalar(left.limit(1)) is not None:
        raise ConflictError(_("Haal ook weg wat in de plaats kwam: samen zijn ze een correctie."))
