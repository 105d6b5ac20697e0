"""One way for all hours to be written: lock, read, check together, save, note in the trail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.hour_models import (
    Declaration,
    DeclarationState,
    EntryKind,
    HourEntry,
    new_entry_id,
)
from labapp.subsidy.hour_rights import can_write_for
from labapp.subsidy.hour_rows import change_rows, remove_rows
from labapp.subsidy.hour_steps import (
    Step,
    Way,
    category_of,
    most_minutes,
    require_known_people,
    require_tied,
    shown_by_attendance,
)
from labapp.subsidy.hour_trail import Brief, brief, record
from labapp.subsidy.surroundings import (
    EntryInput,
    Period,
    Surroundings,
    lock_people,
    look_around,
)
from labapp.subsidy.validation import Check, Problem, check


@dataclass
class Outcome:
    """What was saved, and what was left out when only the valid was asked for."""

    saved: list[HourEntry] = field(default_factory=list)
    problems: dict[int, list[Problem]] = field(default_factory=dict)


class EntriesInvalidError(InvalidError):
    """Hours that break rules: `problems` by place in the list, `fields` as words for a form."""

    def __init__(self, problems: dict[int, list[Problem]], *, single: bool) -> None:
        fields: dict[str, list[str]] = {}
        for place, found in problems.items():
            for problem in found:
                name = problem.field if single else f"{place}.{problem.field}"
                fields.setdefault(name, []).append(problem.words)
        super().__init__(_("Niet bewaard: er staat een fout in je uren."), fields)
        self.problems = problems


def write_steps(actor: Actor, steps: Sequence[Step], way: Way) -> Outcome:
    """Do the steps in the caller's transaction, which has to be a writing one."""
    entries = _read_entries(actor, [s.entry_id for s in steps if s.entry_id])
    known = [input_of(entry) for entry in entries.values()]
    wanted = [step.new for step in steps if step.new is not None]
    lock_people([e.user_id for e in (*known, *wanted)])
    entries = _read_entries(actor, list(entries))  # as they are now that nobody else writes
    around = look_around([*known, *wanted])
    for one in (*known, *wanted):
        if not can_write_for(actor, one.user_id, around.organisations.get(one.organisation_id)):
            raise NotFoundError(_("Voor deze persoon kun je geen uren invullen."))
    require_known_people(actor, wanted, around.affiliations)
    _require_unchanged(steps, entries)
    require_tied(steps, entries, way)
    problems = _check_all(actor, steps, around, way, entries)
    if problems and not way.only_valid:
        raise EntriesInvalidError(problems, single=len(steps) == 1)
    if way.dry_run:
        return Outcome([], problems)
    return Outcome(_save(actor, steps, around, way, entries, problems=problems), problems)


def _read_entries(actor: Actor, ids: Sequence[str]) -> dict[str, HourEntry]:
    if not ids:
        return {}
    query = select(HourEntry).where(HourEntry.id.in_(ids), policies.entries_visible_to(actor))
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    found = {entry.id: entry for entry in rows}
    if len(found) < len(set(ids)):
        raise NotFoundError(_("Deze uren bestaan niet, of je mag ze niet zien."))
    return found


def _require_unchanged(steps: Sequence[Step], entries: dict[str, HourEntry]) -> None:
    for step in steps:
        if step.entry_id is None:
            continue
        entry = entries[step.entry_id]
        if entry.declaration.state is not DeclarationState.OPEN:
            raise ConflictError(_("Deze uren zijn ondertekend en liggen vast."))
        if entry.kind is EntryKind.REVERSAL and step.new is not None:
            raise ConflictError(_("Een correctie kun je alleen weghalen en opnieuw maken."))
        if step.version is not None and step.version != entry.version:
            yours = {"minutes": step.new.minutes if step.new else 0}
            raise ConflictError(
                _("Iemand anders heeft deze uren intussen gewijzigd."),
                theirs={"minutes": entry.minutes, "description": entry.description},
                yours=yours,
            )


def _check_all(
    actor: Actor,
    steps: Sequence[Step],
    around: Surroundings,
    way: Way,
    entries: dict[str, HourEntry],
) -> dict[int, list[Problem]]:
    """Check each step as if those before it were saved and all that goes were gone."""
    for step in steps:
        if step.entry_id is not None:
            around.slots.pop(step.entry_id, None)
    problems: dict[int, list[Problem]] = {}
    refs, shown = _known_refs(steps), shown_by_attendance([*entries.values(), way.corrects])
    for place, step in enumerate(steps):
        if step.new is None:
            continue
        found = check(step.new, around, _how(actor, step, way, entries, shown))
        if step.entry_id is None and (step.new.user_id, step.new.source_ref) in refs:
            words = _("Deze uren zijn al eerder bewaard.")
            found.append(Problem("duplicate", words, "source_ref"))
        if found:
            problems[place] = found
            continue
        if step.new.source_ref:
            refs.add((step.new.user_id, step.new.source_ref))
        around.add(step.entry_id or f"new-{place}", step.new)
    return problems


def _how(
    actor: Actor, step: Step, way: Way, entries: dict[str, HourEntry], shown: dict[str, int]
) -> Check:
    entry = entries.get(step.entry_id or "")
    kind = EntryKind.REPLACEMENT if way.corrects else EntryKind.NORMAL
    return Check(
        source=entry.source if entry else way.source,
        kind=entry.kind if entry else kind,
        replaces=step.entry_id,
        category_id=entry.category_id if entry else category_of(way.corrects),
        most_minutes=most_minutes(entry or way.corrects, shown),
        may_repeat=way.may_repeat,
        may_be_late=step.new is not None and actor.id != step.new.user_id,
    )


def _known_refs(steps: Sequence[Step]) -> set[tuple[int, str | None]]:
    """Give those of the source references that are taken."""
    wanted = [s.new for s in steps if s.new and s.new.source_ref and s.entry_id is None]
    if not wanted:
        return set()
    rows = db.session.execute(
        select(HourEntry.user_id, HourEntry.source_ref).where(
            HourEntry.user_id.in_({e.user_id for e in wanted}),
            HourEntry.source_ref.in_({e.source_ref for e in wanted}),
        )
    )
    return {(row.user_id, row.source_ref) for row in rows}


def _save(
    actor: Actor,
    steps: Sequence[Step],
    around: Surroundings,
    way: Way,
    entries: dict[str, HourEntry],
    *,
    problems: dict[int, list[Problem]],
) -> list[HourEntry]:
    """Write the steps that hold; each declaration that they touch gets one event."""
    saved: list[HourEntry] = []
    noted: list[tuple[Declaration, str, Brief, Brief]] = []
    added, changed, gone = [], [], []
    for place, step in enumerate(steps):
        if place in problems:
            continue
        entry = entries.get(step.entry_id or "")
        if step.new is None:
            assert entry is not None
            gone.append(entry)
            noted.append((entry.declaration, entry.id, brief(entry), None))
            continue
        declaration = open_declaration(around, step.new.period)
        values = _columns(step.new, around, actor, entry)
        if entry is None:
            entry = _added(actor, step.new, way, values)
            entry.category, entry.declaration = around.categories[entry.category_id], declaration
            added.append(entry)
            noted.append((declaration, entry.id, None, brief(entry)))
        else:
            changed.append((entry, values, declaration, entry.declaration, brief(entry)))
        saved.append(entry)
    db.session.add_all(added)
    db.session.flush()
    change_rows([(entry, values, declaration) for entry, values, declaration, *_ in changed])
    remove_rows(gone)
    for entry, _values, declaration, old, before in changed:
        if old is not declaration:
            noted.append((old, entry.id, before, None))
        noted.append((declaration, entry.id, before if old is declaration else None, brief(entry)))
    record(actor, "hours.saved", noted)
    return saved


def _columns(
    new: EntryInput, around: Surroundings, actor: Actor, entry: HourEntry | None
) -> dict[str, Any]:
    """Give the columns of an entry; who made or changed it never approves it."""
    touched = entry.touched_by if entry else []
    by = [actor.id] if actor.id is not None and actor.id not in touched else []
    return {
        "organisation_id": new.organisation_id,
        "scheme_version_id": new.scheme_version_id,
        "category_id": new.category_id,
        "work_date": new.work_date,
        "minutes": around.minutes_of(new),
        "start_local": new.start_local,
        "end_local": new.end_local,
        "description": new.description.strip(),
        "evidence": new.evidence.strip(),
        "late_reason": _late_reason(new, actor, entry),
        "touched_by": [*touched, *by],
    }


def _late_reason(new: EntryInput, actor: Actor, entry: HourEntry | None) -> str:
    """Give why hours are late: only another says so, and it is not forgotten by a change."""
    given = new.late_reason.strip() if actor.id != new.user_id else ""
    return given or (entry.late_reason if entry else "")


def _added(actor: Actor, new: EntryInput, way: Way, values: dict[str, Any]) -> HourEntry:
    return HourEntry(
        id=new_entry_id(),
        user_id=new.user_id,
        source=way.source,
        source_ref=new.source_ref,
        kind=EntryKind.REPLACEMENT if way.corrects else EntryKind.NORMAL,
        corrects_id=way.corrects.id if way.corrects else None,
        created_by_id=actor.id,
        batch_id=way.batch_id,
        **values,
    )


def open_declaration(around: Surroundings, period: Period) -> Declaration:
    """Give the declaration that receives hours of a month; after an approved one the next."""
    known = around.declarations.setdefault(period, [])
    for one in known:
        if one.state is DeclarationState.OPEN:
            return one
    user_id, organisation_id, version_id, month = period
    made = Declaration(
        user_id=user_id,
        organisation_id=organisation_id,
        scheme_version_id=version_id,
        month=month,
        seq=known[-1].seq + 1 if known else 1,
        state=DeclarationState.OPEN,
    )
    db.session.add(made)
    known.append(made)
    return made


def input_of(entry: HourEntry) -> EntryInput:
    """Give an entry as it could have been written."""
    return EntryInput(
        user_id=entry.user_id,
        organisation_id=entry.organisation_id,
        scheme_version_id=entry.scheme_version_id,
        category_id=entry.category_id,
        work_date=entry.work_date,
        minutes=entry.minutes,
        start_local=entry.start_local,
        end_local=entry.end_local,
        description=entry.description,
        evidence=entry.evidence,
        source_ref=entry.source_ref,
        late_reason=entry.late_reason,
    )
