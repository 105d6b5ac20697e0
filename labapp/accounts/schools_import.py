"""Taking over schools from DUO's files: new, renamed, moved, merged and closed; never removed."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import insert, select

from labapp import audit
from labapp.accounts import policies
from labapp.accounts.actors import Actor
from labapp.accounts.models import (
    Organisation,
    OrganisationHistory,
    OrganisationKind,
    Sector,
)
from labapp.accounts.schools import fold, search_name
from labapp.accounts.schools_files import Contents, Problem, School
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _

CHUNK = 1000
SAME_NAME = 85  # likeness of two names at one postcode, of 100
FIELDS = {
    "renamed": ("name",),
    "moved": ("municipality", "postcode"),
    "changed": ("school_type", "sector"),
}
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did, or would do."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0  # part of `updated`
    missing: int = 0  # open, and not in a file that was not said to be complete
    errors: list[Problem] = field(default_factory=list)
    batch: str = ""


@dataclass
class Plan:
    """What differs between the files and the database."""

    new: list[School] = field(default_factory=list)
    changed: list[tuple[Organisation, School]] = field(default_factory=list)
    gone: list[Organisation] = field(default_factory=list)
    unchanged: int = 0
    known_sectors: set[Sector] = field(default_factory=set)


def import_schools(
    actor: Actor,
    contents: Contents,
    *,
    complete: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Take over schools, all or none; the same files again change nothing.

    `complete` says that the files hold every open school of their sectors: those that are not in
    them are closed today. Errors in the files: nothing is imported.
    """
    if not policies.manages_all(actor):
        raise ForbiddenError(_("Alleen het programmabureau importeert scholen."))
    if contents.problems:
        return Report(errors=contents.problems)
    if dry_run:
        return _report(_make_plan(contents), complete=complete)
    with transaction():
        plan = _make_plan(contents)
        report = _report(plan, complete=complete)
        if report.created or report.updated:
            report.batch = f"schools-{secrets.token_hex(4)}"
            _carry_out(plan, complete=complete, progress=progress or (lambda _done, _total: None))
            counts = {name: [None, getattr(report, name)] for name in ("created", "updated")}
            audit.record(
                actor.id, "schools.imported", report.batch, changes=counts,
                on_behalf_of=actor.acting_for_id,
            )  # fmt: skip
    return report


def _make_plan(contents: Contents) -> Plan:
    plan = Plan()
    query = select(Organisation).where(Organisation.kind == OrganisationKind.SCHOOL)
    known = {school.brin6: school for school in db.session.scalars(query)}
    plan.known_sectors = {school.sector for school in known.values() if school.sector}
    for brin6, school in contents.schools.items():
        old = known.get(brin6)
        if old is None:
            plan.new.append(school)
        elif old.closed_on is not None or _values(old) != _new_values(school):
            plan.changed.append((old, school))
        else:
            plan.unchanged += 1
    sectors = contents.sectors
    plan.gone = [
        old
        for brin6, old in known.items()
        if brin6 not in contents.schools and old.sector in sectors and old.closed_on is None
    ]
    return plan


def _report(plan: Plan, *, complete: bool) -> Report:
    closed = len(plan.gone) if complete else 0
    return Report(
        created=len(plan.new),
        updated=len(plan.changed) + closed,
        unchanged=plan.unchanged,
        closed=closed,
        missing=len(plan.gone) - closed,
    )


def _carry_out(plan: Plan, *, complete: bool, progress: Progress) -> None:
    session, total, done = db.session, len(plan.new) + len(plan.changed), 0
    for start in range(0, len(plan.new), CHUNK):
        part = plan.new[start : start + CHUNK]
        session.execute(insert(Organisation), [_row(school) for school in part])
        done += len(part)
        progress(done, total)
    for old, school in plan.changed:
        _change(old, school)
    session.flush()
    _note_opened([s.brin6 for s in plan.new if s.sector in plan.known_sectors])
    if complete:
        _close(plan)
    progress(total, total)


def _row(school: School) -> dict[str, Any]:
    return {
        "kind": OrganisationKind.SCHOOL,
        "brin6": school.brin6,
        "search_name": search_name(school.name, school.municipality),
        **_new_values(school),
    }


def _change(old: Organisation, school: School) -> None:
    new = _new_values(school)
    if old.closed_on is not None:
        _note(old.id, "reopened", {"closed_on": old.closed_on.isoformat()}, {})
        old.closed_on = old.successor_id = None
    for event, names in FIELDS.items():
        changed = [name for name in names if getattr(old, name) != new[name]]
        if changed:
            before = {name: _plain(getattr(old, name)) for name in changed}
            _note(old.id, event, before, {name: _plain(new[name]) for name in changed})
    for name, value in new.items():
        setattr(old, name, value)
    old.search_name = search_name(school.name, school.municipality)


def _close(plan: Plan) -> None:
    """Close what is gone; who came at its place, if that is plain, is its successor."""
    day = today()
    neighbours = _open_schools_by_place(plan)
    fresh = {school.brin6 for school in plan.new}
    for old in plan.gone:
        old.closed_on = day
        successor = _successor(old, neighbours[(old.postcode, old.sector)], fresh)
        if successor is None:
            _note(old.id, "closed", {"name": old.name}, {})
            continue
        old.successor_id = successor.id
        _note(old.id, "merged", {"name": old.name}, {"name": successor.name})


def _successor(
    old: Organisation, neighbours: list[Organisation], fresh: set[str]
) -> Organisation | None:
    """Give the one school at the same postcode that is new there or bears the same name."""
    likely = [
        school
        for school in neighbours
        if school.brin6 in fresh or fuzz.ratio(fold(school.name), fold(old.name)) >= SAME_NAME
    ]
    return likely[0] if len(likely) == 1 else None


def _open_schools_by_place(
    plan: Plan,
) -> dict[tuple[str | None, Sector | None], list[Organisation]]:
    gone = {old.id for old in plan.gone}
    places: dict[tuple[str | None, Sector | None], list[Organisation]] = defaultdict(list)
    query = select(Organisation).where(
        Organisation.kind == OrganisationKind.SCHOOL,
        Organisation.closed_on.is_(None),
        Organisation.postcode.is_not(None),
    )
    for school in db.session.scalars(query):
        if school.id not in gone:
            places[(school.postcode, school.sector)].append(school)
    return places


def _note_opened(brins: list[str]) -> None:
    for start in range(0, len(brins), CHUNK):
        part = brins[start : start + CHUNK]
        query = select(Organisation.id, Organisation.name).where(Organisation.brin6.in_(part))
        for number, name in db.session.execute(query):
            _note(number, "opened", {}, {"name": name})


def _note(organisation_id: int, event: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    db.session.add(
        OrganisationHistory(
            organisation_id=organisation_id,
            changed_on=today(),
            event=event,
            before=before,
            after=after,
        )
    )


def _values(old: Organisation) -> dict[str, Any]:
    names = [name for group in FIELDS.values() for name in group]
    return {name: getattr(old, name) for name in names}


def _new_values(school: School) -> dict[str, Any]:
    return {
        "name": school.name,
        "municipality": school.municipality or None,
        "postcode": school.postcode or None,
        "school_type": school.kind or None,
        "sector": school.sector,
    }


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)
