"""Meetings and sessions of a lab: planned with people of the lab, and confirmed once held."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, User
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import activity_hours, policies, round_events, round_rights, round_texts
from labapp.labs.activity_hours import Choice
from labapp.labs.activity_states import MACHINE, ActivityAction, holds
from labapp.labs.lab_models import Lab, LabMembership, LabRole, MembershipState
from labapp.labs.machine import lock
from labapp.labs.round_models import (
    Activity,
    ActivityKind,
    ActivityPerson,
    ActivityState,
    Round,
)
from labapp.notifications import emitting

LONGEST = {"title": 160, "place": 160}
LEAST, MOST, STEP = 15, 720, 5  # minutes
EARLIEST, LATEST = timedelta(days=366), timedelta(days=730)
IN_CALENDAR = timedelta(days=92)
WHEN_AND_WHERE = ("held_on", "starts_at", "minutes", "place")


@dataclass(frozen=True, kw_only=True)
class ActivityInput:
    """What a meeting is; `people` are ids of people of the lab."""

    title: str
    held_on: date
    starts_at: time
    minutes: int
    kind: ActivityKind = ActivityKind.MEETING
    round_id: int | None = None
    place: str = ""
    notes: str = ""
    people: frozenset[int] = frozenset()


def get_activity(actor: Actor, activity_id: int) -> Activity:
    """Give a meeting of a lab that one works in."""
    query = select(Activity).where(
        Activity.id == activity_id, policies.in_own_lab(actor, Activity.lab_id)
    )
    found = db.session.scalar(query.options(joinedload(Activity.lab), joinedload(Activity.round)))
    if found is None:
        raise NotFoundError(_("Deze bijeenkomst bestaat niet, of je mag haar niet zien."))
    return found


def list_activities(
    actor: Actor, lab: Lab, *, round_id: int | None = None, limit: int = 200
) -> list[Activity]:
    """Give the meetings of a lab that one works in, or of one round, the last day first."""
    query = (
        select(Activity)
        .where(Activity.lab_id == lab.id, policies.in_own_lab(actor, Activity.lab_id))
        .options(selectinload(Activity.people), joinedload(Activity.round))
        .order_by(Activity.held_on.desc(), Activity.starts_at.desc(), Activity.id.desc())
        .limit(limit)
    )
    if round_id is not None:
        query = query.where(Activity.round_id == round_id)
    return list(db.session.scalars(query))


def list_own(actor: Actor) -> list[Activity]:
    """Give the meetings that one takes part in, of the labs that one works in, for a calendar.

    From three months ago on, the first day first; one that was called off says so.
    """
    mine = Activity.people.any(ActivityPerson.user_id == actor.id)
    query = select(Activity).where(
        mine,
        policies.in_own_lab(actor, Activity.lab_id),
        Activity.held_on >= today() - IN_CALENDAR,
    )
    return list(db.session.scalars(query.order_by(Activity.held_on, Activity.id)))


def list_people(lab: Lab) -> list[LabRole]:
    """Give one role of today of each person of a lab, by name; organisations come along."""
    query = (
        select(LabRole)
        .join(LabRole.membership)
        .join(LabRole.user)
        .outerjoin(LabMembership.organisation)
        .where(
            LabRole.lab_id == lab.id,
            LabRole.user_id.in_(policies.members_of(lab.id)),
            policies.role_is_current(),
            LabMembership.state == MembershipState.ACTIVE,
            or_(Organisation.id.is_not(None), LabMembership.user_id.is_not(None)),
        )
        .options(
            contains_eager(LabRole.user),
            contains_eager(LabRole.membership).contains_eager(LabMembership.organisation),
        )
        .order_by(User.family_name, User.given_name, LabRole.id)
    )
    found: dict[int, LabRole] = {}
    for role in db.session.scalars(query):
        if organisation_of(role) is not None:
            found.setdefault(role.user_id, role)
    return list(found.values())


def organisation_of(role: LabRole) -> Organisation | None:
    """Give for whom somebody takes part: who does so in person, for where he or she works."""
    if role.membership.organisation is not None:
        return role.membership.organisation
    held = [one for one in role.user.affiliations if one.is_active_on(today())]
    return held[0].organisation if held else None


def plan_activity(
    actor: Actor, lab: Lab, values: ActivityInput, *, confirmed: bool = False
) -> Activity:
    """Plan a meeting, or note one that was held, and tell whom it is for."""
    texts = _texts(values, confirmed)
    with transaction() as session:
        lock(lab)
        round_rights.require_work(actor, lab)
        round_rights.require_running(lab)
        _require_sense(lab, values)
        activity = Activity(lab_id=lab.id, created_by_id=actor.id, **{**_columns(values), **texts})
        session.add(activity)
        session.flush()
        added = _set_people(lab, activity, values.people)
        session.flush()
        emitting.emit(actor, round_events.ACTIVITY_PLANNED, activity, added, about=lab)
        audit.record(
            actor.id, "activities.planned", activity, on_behalf_of=actor.acting_for_id,
            changes={"people": [None, len(added)]},
        )  # fmt: skip
    return activity


def change_activity(
    actor: Actor,
    activity: Activity,
    values: ActivityInput,
    *,
    version: int,
    confirmed: bool = False,
) -> Activity:
    """Change a meeting that is planned; people are told of another time or place."""
    new: Mapping[str, Any] = {**_columns(values), **_texts(values, confirmed)}
    with transaction() as session:
        lock(activity)
        if not holds(actor, activity):
            raise ForbiddenError(_("Dit doen wie de bijeenkomst plande en de trekkers."))
        round_rights.require_running(activity.lab)
        round_texts.require_same(activity, version, new)
        if activity.state is not ActivityState.PLANNED:
            raise ConflictError(_("Deze bijeenkomst is al bevestigd of afgezegd."))
        _require_sense(activity.lab, values)
        changed = [name for name, value in new.items() if getattr(activity, name) != value]
        before = {person.user_id for person in activity.people}
        for name in changed:
            setattr(activity, name, new[name])
        added = _set_people(activity.lab, activity, values.people)
        session.flush()
        if set(changed) & set(WHEN_AND_WHERE):
            kept = before & {person.user_id for person in activity.people}
            emitting.emit(actor, round_events.ACTIVITY_MOVED, activity, kept, about=activity.lab)
        emitting.emit(actor, round_events.ACTIVITY_PLANNED, activity, added, about=activity.lab)
        audit.record(
            actor.id, "activities.changed", activity, on_behalf_of=actor.acting_for_id,
            changes={"fields": [None, changed], "people": [None, len(activity.people)]},
        )  # fmt: skip
    return activity


def perform(
    actor: Actor,
    activity: Activity,
    action: ActivityAction,
    *,
    version: int,
    reason: str = "",
    present: Mapping[int, int | None] | None = None,
    hours: Mapping[int, Choice | None] | None = None,
) -> Activity:
    """Cancel a meeting, or confirm who was there: hours are then proposed to them.

    `present` gives minutes by person, None for the whole meeting. `hours` says for an organisation
    under which scheme and activity; None for no hours, without it the usual one. Confirmed again,
    who was forgotten is added; nobody is taken off.
    """
    with transaction() as session:
        lock(activity)
        MACHINE.check(actor, activity, action, version=version, reason=reason)
        round_rights.require_running(activity.lab)
        if action is ActivityAction.CANCEL:
            MACHINE.perform(actor, activity, action, version=version, reason=reason)
            people = [person.user_id for person in activity.people]
            emitting.emit(
                actor, round_events.ACTIVITY_CANCELLED, activity, people, about=activity.lab
            )
            return activity
        came = _note_presence(activity, present or {})
        values = {} if activity.confirmed_at else {
            "confirmed_by_id": actor.id, "confirmed_at": now()
        }  # fmt: skip
        MACHINE.perform(actor, activity, action, version=version, reason=reason, values=values)
        activity_hours.propose(actor, activity, came, hours or {})
        session.flush()
        told = [person.user_id for person in came if person.has_proposal]
        emitting.emit(actor, round_events.ACTIVITY_HOURS, activity, told, about=activity.lab)
    return activity


def _note_presence(activity: Activity, present: Mapping[int, int | None]) -> list[ActivityPerson]:
    """Note who was there; give who was not known to have been."""
    words = _("Vink aan wie er was.")
    for minutes in present.values():
        if minutes is not None and not 0 < minutes <= MOST:
            raise InvalidError(words, {"present": [_("Vul minuten in, hoogstens 720.")]})
    known = {person.user_id for person in activity.people}
    missing = set(present) - known
    if missing:
        _add_people(activity.lab, activity, missing)
    came = []
    for person in activity.people:
        if person.was_there:
            continue
        person.was_there = person.user_id in present
        if person.was_there:
            person.minutes = present[person.user_id]
            came.append(person)
    if not came:
        raise InvalidError(words, {"present": [words]})
    return came


def _set_people(lab: Lab, activity: Activity, wanted: Collection[int]) -> set[int]:
    """Make these the people of a meeting; give who is new."""
    for person in list(activity.people):
        if person.user_id not in wanted:
            activity.people.remove(person)
    added = set(wanted) - {person.user_id for person in activity.people}
    _add_people(lab, activity, added)
    return added


def _add_people(lab: Lab, activity: Activity, user_ids: Collection[int]) -> None:
    roles = {role.user_id: role for role in list_people(lab)} if user_ids else {}
    for user_id in sorted(user_ids):
        place = organisation_of(roles[user_id]) if user_id in roles else None
        if place is None:
            words = _("Kies mensen uit het lab.")
            raise InvalidError(words, {"people": [words]})
        activity.people.append(ActivityPerson(user_id=user_id, organisation_id=place.id))


def _texts(values: ActivityInput, confirmed: bool) -> dict[str, str]:
    texts = {name: getattr(values, name) for name in ("title", "place", "notes")}
    cleaned = round_texts.clean(texts, confirmed=confirmed, longest=LONGEST)
    round_texts.require_title(cleaned["title"])
    return cleaned


def _columns(values: ActivityInput) -> dict[str, Any]:
    names = ("kind", "round_id", "held_on", "starts_at", "minutes")
    return {name: getattr(values, name) for name in names}


def _require_sense(lab: Lab, values: ActivityInput) -> None:
    fields: dict[str, list[str]] = {}
    if not today() - EARLIEST <= values.held_on <= today() + LATEST:
        fields["held_on"] = [_("Kies een dag van het afgelopen jaar of de komende twee jaar.")]
    if not LEAST <= values.minutes <= MOST or values.minutes % STEP:
        fields["minutes"] = [_("Kies 15 tot 720 minuten, in stappen van 5.")]
    if values.round_id is not None:
        of_lab = select(Round.id).where(Round.id == values.round_id, Round.lab_id == lab.id)
        if db.session.scalar(of_lab) is None:
            fields["round_id"] = [_("Kies een ronde van dit lab.")]
    if not values.people:
        fields["people"] = [_("Kies wie er komt.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
