"""The lists of hours and subsidy in a scenario file (`labapp seed PATH.yaml`).

    schemes: [...]             # as in `scheme_files`
    participations:
      - {organisation: 99ZA00, scheme: PROEF, activity_plan: ..., from_on: ..., to_on: ...}
    grants:
      - {organisation: 99ZA00, scheme: PROEF, decision_number: X 1, decided_on: 2026-09-01,
         amount_cents: 100, min_minutes: 0, min_participants: 0,
         instalments: [{due_on: 2026-10-01, cents: 100}]}
    hours:                     # one row for each person, branch and month
      - person: leraar@example.nl
        organisation: 99ZA00   # key in this file, BRIN or board number
        scheme: PROEF
        month: 2026-09
        state: approved        # open (unless said), submitted or approved
        signed_on: 2026-10-01  # the first of the next month unless said
        approved_by: leider@example.nl
        approved_on: 2026-10-05   # the third of the next month unless said
        entries:
          - {day: 2026-09-02, category: sessie, minutes: 90, start: "14:00", end: "15:30",
             description: ..., evidence: ..., entered_on: 2026-09-03}

`version` (of the scheme) is 1 unless said. Hours go through the same services as those of people,
each on the day on which it was written, signed or approved: what the rules refuse is refused here
too. Because that is done in people's names, a list of hours is only for trials: LABAPP_DEMO=1 (with
LABAPP_CLOCK for another day than today). A month that is there already is left as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from labapp import clock, strict_yaml
from labapp.accounts import scenarios
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, User
from labapp.accounts.scenarios import World
from labapp.database import db
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import declarations, grants, hours, participations, scheme_files
from labapp.subsidy.grants import GrantInput
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntrySource
from labapp.subsidy.participations import ParticipationInput
from labapp.subsidy.scenario_rows import FileEntry, FileGrant, FileMonth, FileParticipation
from labapp.subsidy.scheme_models import (
    Grant,
    Participation,
    Scheme,
    SchemeVersion,
)

MONTH = "%Y-%m"
ENTERED, SIGNED, APPROVED = time(18), time(20), time(21)
APPROVED_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Step:
    """Something that is done at a moment; of one moment in the order of the file."""

    at: datetime
    order: int
    do: Callable[[], None]


def load_schemes(rows: list[Any], _world: World) -> int:
    return scheme_files.import_rows(Actor.system(), rows).created


def load_participations(rows: list[Any], world: World) -> int:
    """Let branches take part; those that do already stay as they are."""
    made = 0
    for number, raw in enumerate(rows):
        row = strict_yaml.read(FileParticipation, raw, f"participations[{number}]")
        version, branch = _version(row.scheme, row.version), world.organisation(row.organisation)
        if _is_there(Participation, version, branch):
            continue
        values = ParticipationInput(
            from_on=row.from_on or version.valid_from,
            to_on=row.to_on or version.valid_to,
            activity_plan=row.activity_plan,
        )
        participations.create_participation(Actor.system(), version, branch, values)
        made += 1
    return made


def load_grants(rows: list[Any], world: World) -> int:
    """Register grants; those that are there already stay as they are."""
    made = 0
    for number, raw in enumerate(rows):
        row = strict_yaml.read(FileGrant, raw, f"grants[{number}]")
        version, branch = _version(row.scheme, row.version), world.organisation(row.organisation)
        if _is_there(Grant, version, branch):
            continue
        if world.until_today and row.decided_on > clock.today():
            continue
        values = GrantInput(
            decision_number=row.decision_number,
            decided_on=row.decided_on,
            amount_cents=row.amount_cents,
            from_on=row.from_on or version.valid_from,
            to_on=row.to_on or version.valid_to,
            min_minutes=row.min_minutes,
            min_participants=row.min_participants,
            instalments=row.instalments,
        )
        grants.create_grant(Actor.system(), version, branch, values)
        made += 1
    return made


def load_hours(rows: list[Any], world: World) -> int:
    """Write, sign and approve hours, each on its own day; give how many months were new."""
    if rows and not world.is_trial:
        raise InvalidError(
            "Hours of a scenario are signed in people's names: that is for trials, LABAPP_DEMO=1."
        )
    wanted: list[Step] = []
    months = 0
    for number, raw in enumerate(rows):
        row = strict_yaml.read(FileMonth, raw, f"hours[{number}]")
        found = _steps(row, f"hours[{number}]", world, len(wanted))
        months += bool(found)
        wanted += found
    now = clock.now()
    late = [step for step in wanted if step.at > now]
    if late and not world.until_today:
        raise InvalidError(f"The scenario has hours of {late[0].at:%Y-%m-%d}: a day to come.")
    for step in sorted((s for s in wanted if s.at <= now), key=lambda s: (s.at, s.order)):
        with clock.at(step.at):
            step.do()
    return months


def _steps(row: FileMonth, path: str, world: World, order: int) -> list[Step]:
    branch, version = world.organisation(row.organisation), _version(row.scheme, row.version)
    month, person = _month(row.month, path), _person(row.person)
    key = (person.id, branch.id, version.id, month)
    if _declaration(*key) is not None:
        return []
    steps = [
        Step(
            _at(entry.entered_on or entry.day, ENTERED),
            order + number,
            _writing(entry, f"{path}.entries[{number}]", key),
        )
        for number, entry in enumerate(row.entries)
    ]
    after = (month + timedelta(days=32)).replace(day=1)
    if row.state is not DeclarationState.OPEN:
        signed = _at(row.signed_on or after, SIGNED)
        steps.append(Step(signed, order + len(steps), lambda: _sign(key)))
    if row.state is DeclarationState.APPROVED:
        if row.approved_by is None:
            raise strict_yaml.wrong(f"{path}.approved_by", _("dit ontbreekt"))
        approver = _person(row.approved_by).id
        day = row.approved_on or max(after, row.signed_on or after) + APPROVED_AFTER
        approve = Step(_at(day, APPROVED), order + len(steps), lambda: _approve(key, approver))
        steps.append(approve)
    return steps


def _writing(entry: FileEntry, path: str, key: tuple[int, int, int, date]) -> Callable[[], None]:
    user_id, branch_id, version_id, month = key
    if entry.day.replace(day=1) != month:
        raise strict_yaml.wrong(f"{path}.day", _("geen dag van die maand"))
    version = db.session.get_one(SchemeVersion, version_id)
    category = next((c for c in version.categories if c.code == entry.category), None)
    if category is None:
        raise strict_yaml.wrong(f"{path}.category", _("geen activiteit van de regeling"))
    new = hours.EntryInput(
        user_id=user_id,
        organisation_id=branch_id,
        scheme_version_id=version_id,
        category_id=category.id,
        work_date=entry.day,
        minutes=entry.minutes,
        start_local=_clock_time(entry.start, f"{path}.start"),
        end_local=_clock_time(entry.end, f"{path}.end"),
        description=entry.description,
        evidence=entry.evidence,
        late_reason=entry.late_reason,
    )

    def write() -> None:
        hours.add_entry(_actor(user_id), new, source=EntrySource.GRID, may_repeat=True)

    return write


def _sign(key: tuple[int, int, int, date]) -> None:
    sheet = _declaration(*key)
    if sheet is not None:
        declarations.submit(_actor(key[0]), sheet, sheet.version)


def _approve(key: tuple[int, int, int, date], approver: int) -> None:
    sheet = _declaration(*key)
    if sheet is not None:
        declarations.approve(_actor(approver), sheet, sheet.version)


def _version(code: str, number: int) -> SchemeVersion:
    found = db.session.scalar(
        select(SchemeVersion)
        .join(SchemeVersion.scheme)
        .where(Scheme.code == code, SchemeVersion.number == number)
    )
    if found is None:
        raise InvalidError(f"The scenario names a scheme that is not there: {code} {number}.")
    return found


def _person(email: str) -> User:
    found: User | None = db.session.scalar(select(User).where(User.email == email.lower()))
    if found is None:
        raise InvalidError(f"The scenario names a person who is not there: {email}.")
    return found


def _actor(user_id: int) -> Actor:
    return Actor.of(db.session.get_one(User, user_id))


def _declaration(user_id: int, branch_id: int, version_id: int, month: date) -> Declaration | None:
    return db.session.scalar(
        select(Declaration).where(
            Declaration.user_id == user_id,
            Declaration.organisation_id == branch_id,
            Declaration.scheme_version_id == version_id,
            Declaration.month == month,
        )
    )


def _is_there(model: Any, version: SchemeVersion, branch: Organisation) -> bool:
    known = select(func.count(model.id)).where(
        model.scheme_version_id == version.id, model.organisation_id == branch.id
    )
    return bool(db.session.scalar(known))


def _month(text: str, path: str) -> date:
    try:
        return datetime.strptime(text, MONTH).replace(tzinfo=clock.LOCAL_ZONE).date()
    except ValueError as error:
        raise strict_yaml.wrong(f"{path}.month", _("schrijf een maand als 2026-09")) from error


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, clock.LOCAL_ZONE)


def _clock_time(text: str | None, path: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError as error:
        raise strict_yaml.wrong(path, _('schrijf een tijd als "14:00"')) from error


for _name, _loader in (
    ("schemes", load_schemes),
    ("participations", load_participations),
    ("grants", load_grants),
    ("hours", load_hours),
):
    scenarios.register(_name, _loader)
