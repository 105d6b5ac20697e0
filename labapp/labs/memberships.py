"""Taking part in a lab: who does, and the steps from a request or invitation to the end.

Nobody is added by the lab alone, and nobody adds themselves: one side asks, the other answers. For
a school that is its leader, for a research institution one of its researchers.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import lab_events, lab_rights, policies, school_years
from labapp.labs.lab_models import (
    LIVE,
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    MembershipKind,
    MembershipState,
)
from labapp.labs.machine import lock, note_step
from labapp.labs.membership_rows import (
    agreement_columns,
    copy_roles,
    copy_row,
    end_roles,
    require_agreement,
    require_text,
)
from labapp.labs.membership_states import MACHINE, MembershipAction
from labapp.notifications import emitting

A = MembershipAction
SILENT = frozenset({A.EXPIRE, A.CANCEL, A.WITHDRAW})  # nobody waits to hear of it


def get_membership(actor: Actor, membership_id: int) -> LabMembership:
    """Give a row with what was written to and fro: for both sides, and the office."""
    found = db.session.scalar(
        select(LabMembership)
        .where(LabMembership.id == membership_id, lab_rights.memberships_visible_to(actor))
        .options(joinedload(LabMembership.lab), joinedload(LabMembership.organisation))
    )
    if found is None:
        raise NotFoundError(_("Deze deelname bestaat niet, of je mag haar niet zien."))
    return found


def list_memberships(actor: Actor, lab: Lab) -> list[LabMembership]:
    """Give who takes part, was invited or asked, with their people, for who may see that.

    Others see who takes part only when the lab shows it.
    """
    query = (
        select(LabMembership)
        .where(LabMembership.lab_id == lab.id, LabMembership.state.in_(LIVE))
        .options(
            joinedload(LabMembership.organisation),
            joinedload(LabMembership.user),
            selectinload(LabMembership.roles).joinedload(LabRole.user),
        )
        .order_by(LabMembership.kind, LabMembership.id)
    )
    if not policies.can_see_members(actor, lab):
        query = query.where(lab_rights.memberships_visible_to(actor))
    elif not (policies.is_member(actor, lab) or policies.is_office(actor)):
        is_shown = LabMembership.state == MembershipState.ACTIVE
        query = query.where(is_shown | lab_rights.memberships_visible_to(actor))
    return list(db.session.scalars(query))


def can_open(actor: Actor, row: LabMembership) -> bool:
    """Whether one may read what was written to and fro about a row."""
    if policies.is_office(actor) or lab_rights.speaks_for_party(actor, row):
        return True
    is_own = actor.id is not None and row.requested_by_id == actor.id
    return is_own or policies.is_lead(actor, row.lab)


def list_earlier(actor: Actor, lab: Lab) -> list[LabMembership]:
    """Give what ended or never began, the newest first, for the leads and the office."""
    query = (
        select(LabMembership)
        .where(
            LabMembership.lab_id == lab.id,
            LabMembership.state.not_in(LIVE),
            lab_rights.memberships_visible_to(actor),
        )
        .options(joinedload(LabMembership.organisation), joinedload(LabMembership.user))
        .order_by(LabMembership.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(query))


def perform(
    actor: Actor,
    membership: LabMembership,
    action: MembershipAction,
    *,
    version: int | None,
    reason: str = "",
    agrees: bool = False,
) -> LabMembership:
    """Take a step; give the row that holds now: another one after a change of kind.

    Who takes part agrees to the text of the lab: by `agrees` when accepting an invitation, and when
    asking to take part.
    """
    require_text("reason", reason, shortest=0)
    with transaction():
        lock(membership.lab)  # two who leave at once: the second sees that the first is gone
        values = _columns(actor, membership, action, agrees=agrees)
        kind = membership.asked_kind
        MACHINE.perform(
            actor, membership, action, version=version, reason=reason,
            values={**values, **({"reason": reason.strip()} if reason.strip() else {})},
        )  # fmt: skip
        current = membership
        if action is A.CHANGE_KIND and kind is not None:
            current = _other_kind(actor, membership, kind)
        elif action is A.ACCEPT and membership.user_id is not None:
            _give_own_role(membership)
        elif action is A.END:
            end_roles(membership)
        if action not in SILENT:
            _tell(actor, membership)
    return current


def _columns(
    actor: Actor, membership: LabMembership, action: MembershipAction, *, agrees: bool
) -> dict[str, Any]:
    """Give what changes with the state."""
    if action is A.ACCEPT:
        if MACHINE.is_allowed(actor, membership, action):
            require_agreement(membership.lab, agrees=agrees)
        return {"from_on": today(), "expires_at": None, "decided_by_id": actor.id,
                **agreement_columns(actor, membership.lab)}  # fmt: skip
    if action is A.ADMIT:
        return {"from_on": today(), "expires_at": None, "decided_by_id": actor.id}
    if action is A.LAPSE:
        return {"until_on": school_years.first_day(membership.school_year + 1)}
    if action in (A.END, A.CHANGE_KIND):
        last = max(membership.from_on or today(), today())
        return {"until_on": last, "asked_kind": None, "decided_by_id": actor.id}
    if action in (A.DECLINE, A.REFUSE, A.CANCEL, A.WITHDRAW, A.EXPIRE):
        return {"decided_by_id": actor.id, "expires_at": None}
    return {}


def _other_kind(actor: Actor, old: LabMembership, kind: MembershipKind) -> LabMembership:
    """Let the people of a row that ended go on under another kind."""
    row = copy_row(old, kind=kind, school_year=old.school_year)
    copy_roles(old, row)
    note_step(actor, row, "begin", "", row.state.value,
              changes={"kind": [old.kind.value, kind.value]})  # fmt: skip
    return row


def _give_own_role(membership: LabMembership) -> None:
    """Give who takes part for no organisation the role that goes with it."""
    assert membership.user_id is not None
    db.session.add(
        LabRole(
            lab_id=membership.lab_id,
            membership=membership,
            user_id=membership.user_id,
            kind=LabRoleKind.OBSERVER,
            side=membership.side,
            accepted_at=now(),
        )
    )
    db.session.flush()


def _tell(actor: Actor, membership: LabMembership) -> None:
    people = {*lab_rights.speakers_of(membership), *lab_rights.leads_of(membership.lab_id)}
    if membership.requested_by_id is not None:
        people.add(membership.requested_by_id)
    state = membership.state.value
    emitting.emit(actor, lab_events.STEPPED_IN, membership, people, values={"state": state})
