"""Work of labs that nobody waits for: what expires, the school year, the archive."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError
from labapp.jobs import services as jobs
from labapp.labs import lab_events, lab_rights, labs, memberships, rules, school_years
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabState,
    MembershipState,
    Side,
)
from labapp.labs.lab_states import KEPT_OPEN, LabAction
from labapp.labs.machine import lock, note_step
from labapp.labs.membership_rows import copy_roles, copy_row, end_role, end_roles
from labapp.labs.membership_states import MembershipAction
from labapp.notifications import emitting

WAITING = (MembershipState.INVITED, MembershipState.REQUESTED)
TAKING_PART = (MembershipState.ACTIVE, MembershipState.SUSPENDED)
AT_WORK = (LabState.ACTIVE, LabState.PAUSED, LabState.CONCLUDING)
log = structlog.get_logger()


@jobs.handler("labs.daily", every=timedelta(hours=6))
def keep_up(_payload: dict[str, Any]) -> None:
    """Do what the day asks; each row in a transaction of its own, so doing it again is well."""
    expire_unanswered()
    turn_school_year()
    end_roles_of_leavers()
    archive_closed()


def expire_unanswered() -> int:
    """Let go of invitations and requests that nobody answered in thirty days, or last year."""
    rule = LabMembership.state.in_(WAITING) & or_(
        LabMembership.expires_at <= now(), LabMembership.school_year < school_years.this_year()
    )
    return _each(rule, _expire)


def turn_school_year() -> int:
    """End what was of an earlier school year; who said so goes on, if no rule says no."""
    rule = LabMembership.state.in_(TAKING_PART) & (
        LabMembership.school_year < school_years.this_year()
    )
    return _each(rule, _turn)


def end_roles_of_leavers() -> int:
    """End the roles of who no longer works where the role hangs on; tell whom that leaves alone."""
    day = today()
    works = exists().where(
        Affiliation.user_id == LabRole.user_id,
        Affiliation.organisation_id == LabMembership.organisation_id,
        Affiliation.status == AffiliationStatus.CONFIRMED,
        or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
    )
    query = (
        select(LabRole.id)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            or_(LabRole.until_on.is_(None), LabRole.until_on > day),
            LabMembership.organisation_id.is_not(None),
            ~works,
        )
        .order_by(LabRole.id)
    )
    ids = list(db.session.scalars(query))
    for role_id in ids:
        with transaction() as session:
            role = session.get_one(LabRole, role_id)
            lock(role)
            if role.until_on is None or role.until_on > day:
                end_role(role)
                session.flush()
                _tell_when_alone(role.membership.lab)
                note_step(Actor.system(), role, "lapse", role.kind.value, "ended")
    return len(ids)


def archive_closed() -> int:
    """Put labs in the archive a year after they were closed: read only, still found."""
    query = select(Lab.id).where(Lab.state == LabState.CLOSED, Lab.closed_at <= now() - KEPT_OPEN)
    ids = list(db.session.scalars(query.order_by(Lab.id)))
    for lab_id in ids:
        lab = db.session.get_one(Lab, lab_id)
        labs.perform(Actor.system(), lab, LabAction.ARCHIVE, version=None)
    return len(ids)


def _each(rule: ColumnElement[bool], work: Callable[[LabMembership], None]) -> int:
    """Do something with each row that a rule finds; another process may have been there before."""
    ids = list(db.session.scalars(select(LabMembership.id).where(rule).order_by(LabMembership.id)))
    for row_id in ids:
        try:
            with transaction() as session:
                work(session.get_one(LabMembership, row_id))
        except ConflictError as error:
            log.info("labs.row_was_answered", row=row_id, reason=str(error))
    return len(ids)


def _expire(row: LabMembership) -> None:
    system = Actor.system()
    memberships.perform(system, row, MembershipAction.EXPIRE, version=None)
    people = {*lab_rights.speakers_of(row), *lab_rights.leads_of(row.lab_id)}
    if row.requested_by_id is not None:
        people.add(row.requested_by_id)
    emitting.emit(system, lab_events.STEPPED_IN, row, people, values={"state": row.state.value})


def _turn(row: LabMembership) -> None:
    """End a row with its year, and begin the next where somebody said so and the lab goes on."""
    year, system = school_years.this_year(), Actor.system()
    goes_on = (
        row.renewed_at is not None
        and row.state is MembershipState.ACTIVE
        and row.school_year == year - 1
        and row.lab.state in lab_rights.LED
    )
    broken = rules.broken_rules(row.organisation, row.kind, year, leaving=row) if goes_on else []
    reason = " ".join(rules.message(rule) for rule in broken)
    memberships.perform(system, row, MembershipAction.LAPSE, version=None, reason=reason)
    if goes_on and not broken:
        new = copy_row(row, kind=row.kind, school_year=year)
        copy_roles(row, new)
        note_step(system, new, "begin", "", new.state.value)
    else:
        end_roles(row)
        _tell_when_alone(row.lab)


def _tell_when_alone(lab: Lab) -> None:
    """Tell the office of a lab at work that lacks a lead on a side."""
    if lab.state in AT_WORK and not all(lab_rights.leads_of(lab.id, side) for side in Side):
        emitting.emit(
            Actor.system(), lab_events.WITHOUT_LEAD, lab, lab_rights.officers(),
            key=f"{lab.id}:{today().isoformat()}",
        )  # fmt: skip
