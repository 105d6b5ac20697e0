"""Correcting hours that are approved: never the row itself, but one that takes it back."""

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy.hour_models import DeclarationState, EntryKind, EntrySource, HourEntry
from labapp.subsidy.hour_rights import can_write_for
from labapp.subsidy.hour_steps import Step, Way
from labapp.subsidy.hour_trail import brief, record
from labapp.subsidy.hour_writing import input_of, open_declaration, write_steps
from labapp.subsidy.scheme_models import VersionStatus
from labapp.subsidy.surroundings import EntryInput, Surroundings, lock_people, look_around
from labapp.subsidy.validation import step_words

CORRECTABLE = (VersionStatus.ACTIVE, VersionStatus.CLOSED)
LONGEST_REASON = 500


def reverse(
    actor: Actor,
    entry: HourEntry,
    minutes: int,
    reason: str,
    replacement: EntryInput | None = None,
) -> list[HourEntry]:
    """Take (part of) approved hours back in a supplementary declaration, perhaps for others.

    Of several corrections the minutes together are never more than the entry had.
    """
    if not actor.may("hours:write"):
        raise ForbiddenError(_("Dit token mag geen uren schrijven."))
    entry_id = entry.id
    with transaction() as session:
        original = session.get_one(HourEntry, entry_id)
        lock_people([original.user_id])
        session.refresh(original.declaration)
        around = look_around([input_of(original), *([replacement] if replacement else [])])
        branch = around.organisations.get(original.organisation_id)
        if not can_write_for(actor, original.user_id, branch):
            raise NotFoundError(_("Voor deze persoon kun je geen uren invullen."))
        _require_correctable(original, around)
        _require_sense(original, minutes, reason)
        made = _take_back(actor, original, minutes, reason.strip(), around)
        if replacement is None:
            return [made]
        if replacement.user_id != original.user_id:
            raise NotFoundError(_("Voor deze persoon kun je geen uren invullen."))
        way = Way(source=EntrySource.MANUAL, may_repeat=True, corrects=original)
        return [made, *write_steps(actor, [Step(new=replacement)], way).saved]


def left_of(entry: HourEntry) -> int:
    """Give the minutes of an entry that were not taken back yet."""
    taken = db.session.scalar(
        select(func.coalesce(func.sum(HourEntry.minutes), 0)).where(
            HourEntry.corrects_id == entry.id, HourEntry.kind == EntryKind.REVERSAL
        )
    )
    return entry.minutes + int(taken or 0)


def _require_correctable(entry: HourEntry, around: Surroundings) -> None:
    if entry.kind is EntryKind.REVERSAL:
        raise ConflictError(_("Een correctie kun je niet nog eens terugnemen."))
    if entry.declaration.state is not DeclarationState.APPROVED:
        raise ConflictError(_("Deze uren zijn nog niet goedgekeurd: wijzig ze zelf."))
    if around.state_of(input_of(entry).period) is DeclarationState.SUBMITTED:
        raise ConflictError(
            _("De aanvullende urenstaat van deze maand is ondertekend. Trek hem eerst in.")
        )
    if around.versions[entry.scheme_version_id].status not in CORRECTABLE:
        raise ConflictError(_("Deze regeling is niet meer open voor correcties."))


def _require_sense(entry: HourEntry, minutes: int, reason: str) -> None:
    step, fields = entry.scheme_version.granularity_minutes, {}
    if minutes <= 0 or minutes % step:
        fields["minutes"] = [step_words(step)]
    elif minutes > left_of(entry):
        fields["minutes"] = [_("Zo veel is er van deze uren niet meer over.")]
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        fields["reason"] = [_("Geef een reden van hoogstens 500 tekens.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)


def _take_back(
    actor: Actor, entry: HourEntry, minutes: int, reason: str, around: Surroundings
) -> HourEntry:
    made = HourEntry(
        user_id=entry.user_id,
        organisation_id=entry.organisation_id,
        scheme_version_id=entry.scheme_version_id,
        category_id=entry.category_id,
        declaration=open_declaration(around, input_of(entry).period),
        work_date=entry.work_date,
        minutes=-minutes,
        description=reason,
        source=EntrySource.MANUAL,
        kind=EntryKind.REVERSAL,
        corrects_id=entry.id,
        created_by_id=actor.id,
        touched_by=[actor.id] if actor.id else [],
    )
    db.session.add(made)
    db.session.flush()
    record(actor, "hours.reversed", [(made.declaration, made.id, None, brief(made))], reason=None)
    return made
