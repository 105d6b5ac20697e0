"""Asking to take part in a lab, and inviting: what the other side then answers.

A rule of the programme that says no is told at once, with its source; who asks for an exception
waits for the office.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, User
from labapp.accounts.recovery import find_by_email
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import lab_events, lab_rights, policies, pupil_guard, rules, school_years
from labapp.labs.lab_models import (
    JoinPolicy,
    Lab,
    LabMembership,
    LabState,
    MembershipKind,
    MembershipState,
)
from labapp.labs.machine import lock, note_step
from labapp.labs.membership_rows import (
    add_row,
    agreement_columns,
    expiry,
    require_agreement,
    require_text,
)
from labapp.labs.rule_models import ProgrammeRule
from labapp.notifications import emitting

JOINABLE = (LabState.RECRUITING, LabState.ACTIVE, LabState.PAUSED)
INVITING = (LabState.PROPOSED, *JOINABLE)
MOST_WAITING = 200  # of invitations and requests of one lab


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How somebody would take part; `asks_exception` when a rule says no.

    `confirmed`: who wrote the motivation looked at what seemed to be about a pupil.
    """

    kind: MembershipKind
    motivation: str = ""
    asks_exception: bool = False
    confirmed: bool = False


def can_request(actor: Actor, lab: Lab) -> list[Organisation]:
    """Give the organisations for which one may ask to take part now."""
    if lab.state not in JOINABLE or lab.join_policy is not JoinPolicy.REQUEST:
        return []
    places = {a.organisation_id: a.organisation for a in actor.affiliations}
    taken = set(
        db.session.scalars(
            select(LabMembership.organisation_id).where(
                LabMembership.lab_id == lab.id,
                LabMembership.school_year == school_years.this_year(),
                LabMembership.state.in_(("invited", "requested", "active", "suspended")),
            )
        )
    )
    return [
        place
        for number, place in places.items()
        if number not in taken and lab_rights.speaks_for(actor, place)
    ]


def list_institutions() -> list[Organisation]:
    """Give the research institutions that can be invited, by name."""
    query = select(Organisation).where(Organisation.kind == OrganisationKind.RESEARCH_INSTITUTION)
    return [one for one in db.session.scalars(query.order_by(Organisation.name)) if one.is_open]


def request_membership(
    actor: Actor, lab: Lab, organisation: Organisation | None, wish: Wish, *, agrees: bool
) -> LabMembership:
    """Ask to take part for a branch or institution one speaks for; the leads answer."""
    place = _require_place(organisation)
    if not lab_rights.speaks_for(actor, place):
        raise ForbiddenError(_("Meedoen vraagt de schoolleider, of een onderzoeker van zijn plek."))
    _require_kind(place, wish.kind)
    require_text("motivation", wish.motivation)
    pupil_guard.check(wish.motivation, confirmed=wish.confirmed)
    require_agreement(lab, agrees=agrees)
    with transaction():
        lock(lab)
        if lab.state not in JOINABLE:
            raise ConflictError(_("Dit lab neemt nu geen deelnemers aan."))
        if lab.join_policy is not JoinPolicy.REQUEST:
            raise ConflictError(_("Aan dit lab doe je mee op uitnodiging."))
        row = _new_row(actor, place, wish, MembershipState.REQUESTED)
        for name, value in agreement_columns(actor, lab).items():
            setattr(row, name, value)
        _add(actor, lab, row, place, "request")
        emitting.emit(actor, lab_events.REQUESTED, row, lab_rights.leads_of(lab.id))
    return row


def invite_organisation(
    actor: Actor, lab: Lab, organisation: Organisation | None, wish: Wish
) -> LabMembership:
    """Invite a branch or institution; its leader, or one of its researchers, answers."""
    place = _require_place(organisation)
    _require_kind(place, wish.kind)
    require_text("motivation", wish.motivation, shortest=0)
    pupil_guard.check(wish.motivation, confirmed=wish.confirmed)
    with transaction():
        _require_inviting(actor, lab)
        row = _new_row(actor, place, wish, MembershipState.INVITED)
        _add(actor, lab, row, place, "invite")
        emitting.emit(actor, lab_events.INVITED, row, lab_rights.speakers_of(row))
    return row


def invite_person(actor: Actor, lab: Lab, email: str, *, motivation: str = "") -> LabMembership:
    """Invite one person, for no organisation, to read along; found by the exact address only."""
    user = find_by_email(email)
    if user is None or not user.active or user.confirmed_at is None:
        words = _("Met dit adres kunnen we niemand uitnodigen. Controleer het adres.")
        raise InvalidError(words, {"email": [words]})
    return invite_user(actor, lab, user, motivation=motivation)


def invite_user(actor: Actor, lab: Lab, user: User, *, motivation: str = "") -> LabMembership:
    """Invite a person who is known already, such as the asker of a question, to read along."""
    require_text("motivation", motivation, shortest=0)
    with transaction():
        _require_inviting(actor, lab)
        row = LabMembership(
            user_id=user.id,
            kind=MembershipKind.OBSERVER,
            school_year=school_years.this_year(),
            state=MembershipState.INVITED,
            motivation=motivation.strip(),
            requested_by_id=actor.id,
            **expiry(),
        )
        add_row(lab, row)
        emitting.emit(actor, lab_events.INVITED, row, [user.id])
        note_step(actor, row, "invite", "", row.state.value)
    return row


def begin_row(actor: Actor, lab: Lab, place: Organisation, kind: MembershipKind) -> LabMembership:
    """Add the row of who proposes a lab with its first partners, in the caller's transaction.

    An organisation that the actor speaks for takes part at once; another one is invited.
    """
    row = _new_row(actor, place, Wish(kind=kind), MembershipState.INVITED)
    speaks = lab_rights.speaks_for(actor, place)
    if speaks:
        row.state, row.from_on, row.expires_at = MembershipState.ACTIVE, today(), None
        for name, value in agreement_columns(actor, lab).items():
            setattr(row, name, value)
    _add(actor, lab, row, place, "join" if speaks else "invite")
    if not speaks:
        emitting.emit(actor, lab_events.INVITED, row, lab_rights.speakers_of(row))
    return row


def _new_row(
    actor: Actor, place: Organisation, wish: Wish, state: MembershipState
) -> LabMembership:
    return LabMembership(
        organisation=place,
        kind=wish.kind,
        school_year=school_years.this_year(),
        state=state,
        motivation=wish.motivation.strip(),
        requested_by_id=actor.id,
        asks_exception=wish.asks_exception,
        **expiry(),
    )


def _add(actor: Actor, lab: Lab, row: LabMembership, place: Organisation, action: str) -> None:
    """Add a row unless a rule says no; with the wish for an exception the office is told."""
    broken = rules.broken_rules(place, row.kind, row.school_year)
    if broken and not row.asks_exception:
        raise _refusal(actor, place, broken)
    row.asks_exception = bool(broken)
    add_row(lab, row)
    if broken:
        emitting.emit(actor, lab_events.EXCEPTION, row, lab_rights.officers())
    note_step(actor, row, action, "", row.state.value,
              changes={"kind": [None, row.kind.value]})  # fmt: skip


def _refusal(actor: Actor, place: Organisation, broken: Sequence[ProgrammeRule]) -> ConflictError:
    """Refuse with the rules; what a school does in other labs only its own people hear."""
    knows = policies.is_office(actor) or lab_rights.speaks_for(actor, place)
    if knows or not any(rule.excluded_kinds for rule in broken):
        return rules.refuse(broken)
    words = _(
        "Een programmaregel staat dit niet toe. %(place)s of het programmabureau kan zeggen welke.",
        place=place.name,
    )
    return ConflictError(words, problems=[{"code": "rule", "message": words}])


def _require_inviting(actor: Actor, lab: Lab) -> None:
    lock(lab)
    if not lab_rights.speaks_for_lab(actor, lab):
        raise ForbiddenError(_("Uitnodigen doen de trekkers van het lab."))
    if lab.state not in INVITING:
        raise ConflictError(_("Dit lab neemt nu geen deelnemers aan."))
    waiting = db.session.scalar(
        select(func.count())
        .select_from(LabMembership)
        .where(
            LabMembership.lab_id == lab.id,
            LabMembership.state == MembershipState.INVITED,
            LabMembership.expires_at > now(),
        )
    )
    if (waiting or 0) >= MOST_WAITING:
        raise ConflictError(_("Er wachten al veel uitnodigingen op antwoord."))


def _require_place(organisation: Organisation | None) -> Organisation:
    if organisation is None or organisation.kind not in lab_rights.KINDS_OF:
        words = _("Kies een school of onderzoeksinstelling uit de lijst.")
        raise InvalidError(words, {"organisation": [words]})
    if not organisation.is_open:
        words = _("Deze school is gesloten.")
        raise InvalidError(words, {"organisation": [words]})
    return organisation


def _require_kind(place: Organisation, kind: MembershipKind) -> None:
    if kind not in lab_rights.KINDS_OF[place.kind]:
        words = _("Dit soort deelname past niet bij deze deelnemer.")
        raise InvalidError(words, {"kind": [words]})


def can_invite(actor: Actor, lab: Lab) -> bool:
    """Whether one may invite now: to show the form."""
    return lab.state in INVITING and lab_rights.speaks_for_lab(actor, lab)
