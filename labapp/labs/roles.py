"""Who does what in a lab: given, taken on, laid down.

A lead counts once that person accepts. Nobody leads on both sides. Who hands over asks a successor
first: the last lead of a side stays until that person accepted. A role ends by itself with the work
at the organisation it hangs on.
"""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.accounts.recovery import find_by_email
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import lab_events, lab_rights, policies
from labapp.labs.lab_models import (
    LabMembership,
    LabRole,
    LabRoleKind,
    MembershipKind,
    MembershipState,
    Side,
)
from labapp.labs.living import may_count
from labapp.labs.machine import lock, note_step
from labapp.labs.membership_rows import end_role
from labapp.notifications import emitting

K = LabRoleKind
KINDS_OF = {
    MembershipKind.CO_CREATING: (K.LEAD, K.TEACHER, K.COACH, K.OBSERVER),
    MembershipKind.PARTICIPATING: (K.LEAD, K.TEACHER, K.COACH, K.OBSERVER),
    MembershipKind.RESEARCH: (K.LEAD, K.RESEARCHER, K.OBSERVER),
    MembershipKind.OBSERVER: (K.OBSERVER,),
}


def get_role(actor: Actor, role_id: int) -> LabRole:
    """Give a role that one holds, gives, or speaks for."""
    role = db.session.scalar(
        select(LabRole).where(LabRole.id == role_id).options(joinedload(LabRole.membership))
    )
    if role is None or not (role.user_id == actor.id or _may_manage(actor, role)):
        raise NotFoundError(_("Deze rol bestaat niet, of je mag haar niet zien."))
    return role


def give_role(actor: Actor, membership: LabMembership, email: str, kind: LabRoleKind) -> LabRole:
    """Give somebody who works there a role, by the exact address; a lead is asked first."""
    lab = membership.lab
    if not can_give(actor, membership, kind):
        raise ForbiddenError(_("Rollen geeft een trekker, of wie namens de deelnemer beslist."))
    with transaction() as session:
        lock(lab)
        lock(membership)
        if membership.state is not MembershipState.ACTIVE or not lab_rights.is_under_way(lab):
            raise ConflictError(_("Rollen geeft een lab aan wie nu meedoet."))
        user = _require_user(membership, email)
        _require_kind(membership, user, kind)
        is_self = user.id == actor.id
        role = LabRole(
            lab_id=lab.id,
            membership_id=membership.id,
            user_id=user.id,
            kind=kind,
            side=membership.side,
            accepted_at=now() if kind is not K.LEAD or is_self else None,
            given_by_id=actor.id,
        )
        session.add(role)
        session.flush()
        code = lab_events.LEAD_ASKED if kind is K.LEAD else lab_events.ROLE_GIVEN
        emitting.emit(actor, code, lab, [user.id])
        note_step(actor, role, "give", "", kind.value, changes={"user_id": [None, user.id]})
    return role


def accept_role(actor: Actor, role: LabRole) -> None:
    """Take a leadership on; from now it counts."""
    _require_own(actor, role)
    with transaction():
        lock(role.membership.lab)
        lock(role)
        if role.until_on is not None:
            raise ConflictError(_("Deze vraag geldt niet meer."))
        if role.accepted_at is not None:
            raise ConflictError(_("Je hebt dit al aangenomen."))
        _require_one_side(role.user_id, role.lab_id, role.side)
        role.accepted_at = now()
        db.session.flush()
        others = lab_rights.leads_of(role.lab_id)
        emitting.emit(actor, lab_events.LEAD_ACCEPTED, role.membership.lab, others)
        note_step(actor, role, "accept", role.kind.value, role.kind.value)


def end_own_role(actor: Actor, role: LabRole) -> None:
    """Lay a role down, or say no to one that was asked; the last lead stays until there is one."""
    _require_own(actor, role)
    _end(actor, role, "leave")


def end_role_of(actor: Actor, role: LabRole) -> None:
    """Take a role from somebody: by a lead of that side, or who speaks for the organisation."""
    if not _may_manage(actor, role):
        raise ForbiddenError(_("Rollen geeft een trekker, of wie namens de deelnemer beslist."))
    _end(actor, role, "end")


def list_own_waiting(actor: Actor) -> list[LabRole]:
    """Give the leaderships that wait for this person's yes or no."""
    query = (
        select(LabRole)
        .where(
            LabRole.user_id == actor.id,
            LabRole.accepted_at.is_(None),
            may_count(actor),
        )
        .options(joinedload(LabRole.membership).joinedload(LabMembership.lab))
        .order_by(LabRole.id)
    )
    return list(db.session.scalars(query)) if actor.id is not None else []


def _end(actor: Actor, role: LabRole, action: str) -> None:
    with transaction():
        lock(role.membership.lab)  # two leads who leave at once: the second sees that
        lock(role)
        if role.until_on is not None and role.until_on <= today():
            raise ConflictError(_("Deze rol was al voorbij."))
        if lab_rights.is_last_lead(role):
            raise ConflictError(
                _(
                    "Aan deze kant is er dan geen trekker meer. Laat eerst een opvolger het"
                    " trekkerschap aannemen."
                )
            )
        end_role(role)
        db.session.flush()
        note_step(actor, role, action, role.kind.value, "ended")


def _require_own(actor: Actor, role: LabRole) -> None:
    if actor.id is None or role.user_id != actor.id:
        raise ForbiddenError(_("Dat doet alleen wie de rol heeft."))


def _may_manage(actor: Actor, role: LabRole) -> bool:
    return lab_rights.can_give_roles(actor, role.membership)


def can_give(actor: Actor, membership: LabMembership, kind: LabRoleKind) -> bool:
    """A lead is named by a lead of that side; by the party itself while its side has none."""
    if not lab_rights.can_give_roles(actor, membership):
        return False
    has_lead = bool(lab_rights.leads_of(membership.lab_id, membership.side))
    is_lead = policies.is_lead(actor, membership.lab, membership.side)
    return kind is not K.LEAD or is_lead or not has_lead


def _require_user(membership: LabMembership, email: str) -> User:
    user = find_by_email(email)
    place = membership.organisation_id
    if user is None or place is None or not lab_rights.works_at(user, place):
        words = _("Met dit adres werkt hier niemand. Controleer het adres.")
        raise InvalidError(words, {"email": [words]})
    return user


def _require_kind(membership: LabMembership, user: User, kind: LabRoleKind) -> None:
    if kind not in KINDS_OF[membership.kind]:
        words = _("Deze rol past niet bij dit soort deelname.")
        raise InvalidError(words, {"role": [words]})
    known = db.session.scalar(
        select(LabRole.id).where(
            LabRole.membership_id == membership.id,
            LabRole.user_id == user.id,
            LabRole.kind == kind,
            (LabRole.until_on.is_(None)) | (LabRole.until_on > today()),
        )
    )
    if known is not None:
        raise ConflictError(_("Deze persoon heeft die rol al, of is er al voor gevraagd."))
    if kind is K.LEAD:
        _require_one_side(user.id, membership.lab_id, membership.side)


def _require_one_side(user_id: int, lab_id: int, side: Side) -> None:
    other = Side.RESEARCH if side is Side.PRACTICE else Side.PRACTICE
    if user_id in lab_rights.leads_of(lab_id, other):
        raise ConflictError(_("Niemand is trekker van beide kanten."))
