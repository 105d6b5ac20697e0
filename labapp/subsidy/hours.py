"""Writing hours: adding, changing and taking away what is not signed for yet.

Everything goes through `write`: one transaction that waits for who writes hours of the same
people, checks the result as a whole and saves all of it or nothing.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.hour_corrections import reverse
from labapp.subsidy.hour_models import (
    Declaration,
    DeclarationState,
    EntrySource,
    HourEntry,
)
from labapp.subsidy.hour_steps import Step, Way
from labapp.subsidy.hour_writing import EntriesInvalidError, Outcome, input_of, write_steps
from labapp.subsidy.surroundings import EntryInput

__all__ = ["EntriesInvalidError", "EntryInput", "Step", "Way", "input_of", "reverse"]


def write(actor: Actor, steps: Sequence[Step], way: Way) -> Outcome:
    """Do all steps or, unless `way.only_valid`, none; a refusal has the problems by step."""
    if not actor.may("hours:write"):
        raise ForbiddenError(_("Dit token mag geen uren schrijven."))
    with transaction():
        return write_steps(actor, steps, way)


def add_entry(
    actor: Actor,
    new: EntryInput,
    *,
    source: EntrySource = EntrySource.MANUAL,
    may_repeat: bool = False,
) -> HourEntry:
    """Write hours down in the open declaration of their month."""
    return add_entries(actor, [new], source=source, may_repeat=may_repeat)[0]


def add_entries(
    actor: Actor,
    entries: Sequence[EntryInput],
    *,
    source: EntrySource = EntrySource.MANUAL,
    may_repeat: bool = False,
    batch_id: int | None = None,
) -> list[HourEntry]:
    """Write a list of hours, all or nothing; the problems are told by place in the list."""
    way = Way(source=source, may_repeat=may_repeat, batch_id=batch_id)
    return write(actor, [Step(new=new) for new in entries], way).saved


def change_entry(actor: Actor, entry: HourEntry, new: EntryInput, version: int) -> HourEntry:
    """Write an open entry anew; who read an older version than the saved one is refused."""
    step = Step(new=new, entry_id=entry.id, version=version)
    return write(actor, [step], Way(source=entry.source)).saved[0]


def remove_entry(actor: Actor, entry: HourEntry, version: int) -> None:
    """Take an open entry away; of a correction both halves go."""
    with transaction() as session:
        steps = [Step(entry_id=entry.id, version=version)]
        if entry.corrects_id is not None:
            same = (
                select(HourEntry)
                .join(HourEntry.declaration)
                .where(
                    HourEntry.corrects_id == entry.corrects_id,
                    HourEntry.id != entry.id,
                    Declaration.state == DeclarationState.OPEN,
                )
            )
            steps += [Step(entry_id=e.id, version=e.version) for e in session.scalars(same)]
        write(actor, steps, Way(source=entry.source))


def get_entry(actor: Actor, entry_id: str) -> HourEntry:
    """Give an entry that one may see."""
    found = db.session.scalar(
        select(HourEntry)
        .where(HourEntry.id == entry_id, policies.entries_visible_to(actor))
        .options(joinedload(HourEntry.declaration), joinedload(HourEntry.organisation))
    )
    if found is None:
        raise NotFoundError(_("Deze uren bestaan niet, of je mag ze niet zien."))
    return found


def list_entries(
    actor: Actor,
    *,
    user_id: int | None = None,
    organisation_id: int | None = None,
    scheme_version_id: int | None = None,
    first: date | None = None,
    last: date | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[HourEntry]:
    """Give the hours that one may see, the newest day first."""
    wanted: list[ColumnElement[bool]] = [policies.entries_visible_to(actor)]
    if user_id is not None:
        wanted.append(HourEntry.user_id == user_id)
    if organisation_id is not None:
        wanted.append(HourEntry.organisation_id == organisation_id)
    if scheme_version_id is not None:
        wanted.append(HourEntry.scheme_version_id == scheme_version_id)
    if first is not None:
        wanted.append(HourEntry.work_date >= first)
    if last is not None:
        wanted.append(HourEntry.work_date <= last)
    query = select(HourEntry).where(*wanted).options(joinedload(HourEntry.declaration))
    ordered = query.order_by(HourEntry.work_date.desc(), HourEntry.id.desc())
    return list(db.session.scalars(ordered.limit(limit).offset(offset)))
