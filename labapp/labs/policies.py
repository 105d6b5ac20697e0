"""Who may read what of the labs: one rule for pages, lists, search, feeds, mails and files.

To see a lab is to know that it is there; to read it is to read what is in it. Each rule stands
three times: of one object (`can_`), of rows (`..._visible_to`), and as keys that the search
compares (`audience_of_` and `audiences_of`). A test holds the three to the same answer.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Role
from labapp.clock import now, today
from labapp.database import db
from labapp.labs.lab_models import (
    Lab,
    LabAccess,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    LabVisibility,
    MembershipState,
    Side,
)
from labapp.labs.living import may_count, works_today

OFFICE = (Role.PROGRAMME_OFFICER,)
BROKERS = (Role.KNOWLEDGE_BROKER, Role.PROGRAMME_OFFICER)
NOT_BEGUN = (LabState.PROPOSED, LabState.REJECTED, LabState.WITHDRAWN)


def is_office(actor: Actor) -> bool:
    return actor.is_system or actor.has_role(*OFFICE)


def is_broker(actor: Actor) -> bool:
    """Whether one helps askers on: knowledge brokers, and the office for them."""
    return actor.is_system or actor.has_role(*BROKERS)


def role_is_current() -> ColumnElement[bool]:
    """The roles that count today: accepted, begun, not ended."""
    day = today()
    return and_(
        LabRole.accepted_at.is_not(None),
        LabRole.from_on <= day,
        or_(LabRole.until_on.is_(None), LabRole.until_on > day),
    )


def _roles_of(actor: Actor, *kinds: LabRoleKind) -> Select[Side]:
    """The roles that one has today, through a membership that is active, as their sides.

    For an organisation it counts only while one works there.
    """
    query = (
        select(LabRole.side)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            LabRole.user_id == actor.id,
            role_is_current(),
            LabMembership.state == MembershipState.ACTIVE,
            or_(
                LabMembership.organisation_id.is_(None),
                LabMembership.organisation_id.in_(sorted(actor.organisation_ids)),
            ),
        )
    )
    return query.where(LabRole.kind.in_(kinds)) if kinds else query


def _has_role(actor: Actor, *kinds: LabRoleKind) -> ColumnElement[bool]:
    """The labs in which one has a role of today."""
    return _roles_of(actor, *kinds).where(LabRole.lab_id == Lab.id).correlate(Lab).exists()


def members_of(
    lab_id: int | InstrumentedAttribute[int], side: Side | None = None, *kinds: LabRoleKind
) -> Select[int]:
    """Give the ids of who has a role in a lab today, as a query: to mail, mention, propose.

    Somebody who no longer works at the organisation is left out.
    """
    works = (
        exists()
        .where(
            Affiliation.user_id == LabRole.user_id,
            Affiliation.organisation_id == LabMembership.organisation_id,
            works_today(),
        )
        .correlate(LabRole, LabMembership)
    )
    query = (
        select(LabRole.user_id)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            LabRole.lab_id == lab_id,
            role_is_current(),
            LabMembership.state == MembershipState.ACTIVE,
            or_(LabMembership.organisation_id.is_(None), works),
        )
    )
    if side is not None:
        query = query.where(LabRole.side == side)
    if kinds:
        query = query.where(LabRole.kind.in_(kinds))
    return query


def leaders_of(lab_id: int) -> Select[int]:
    """Give the ids of who leads a branch that takes part in a lab today, as a query."""
    branches = select(LabMembership.organisation_id).where(
        LabMembership.lab_id == lab_id, LabMembership.state == MembershipState.ACTIVE
    )
    return select(Affiliation.user_id).where(
        Affiliation.organisation_id.in_(branches),
        Affiliation.role == Role.SCHOOL_LEADER,
        works_today(),
    )


def _is_led_member(actor: Actor, *states: MembershipState) -> ColumnElement[bool]:
    """The labs in which a branch takes part of which one is the school leader."""
    branches = sorted(
        {a.organisation_id for a in actor.affiliations if a.role is Role.SCHOOL_LEADER}
    )
    if not branches:
        return false()
    return exists().where(
        LabMembership.lab_id == Lab.id,
        LabMembership.organisation_id.in_(branches),
        LabMembership.state.in_(states),
    )


def _has_access(actor: Actor) -> ColumnElement[bool]:
    """The labs into which one of the office may look now, with the reason given."""
    return exists().where(
        LabAccess.lab_id == Lab.id, LabAccess.user_id == actor.id, LabAccess.until_at > now()
    )


def _open_to(actor: Actor) -> ColumnElement[bool]:
    """The labs that are open to who does not take part."""
    known = {LabVisibility.PUBLIC} | ({LabVisibility.PROGRAMME} if actor.affiliations else set())
    return and_(Lab.state.not_in(NOT_BEGUN), Lab.is_hidden.is_(False), Lab.visibility.in_(known))


def labs_led_by(actor: Actor) -> ColumnElement[bool]:
    """The labs of which one is a lead today, on either side."""
    return _has_role(actor, LabRoleKind.LEAD) if actor.id is not None else false()


def labs_looked_after_by(actor: Actor) -> ColumnElement[bool]:
    """The labs of which one is the broker that was assigned, while one is a broker."""
    if actor.id is None or not is_broker(actor):
        return false()
    return Lab.steward_id == actor.id


def labs_worked_in_by(actor: Actor) -> ColumnElement[bool]:
    """The labs that one works in or looks after: who reads drafts, and what is not for guests."""
    if actor.is_system:
        return true()
    if actor.id is None:
        return false()
    return or_(
        _has_role(actor),
        _is_led_member(actor, MembershipState.ACTIVE),
        labs_looked_after_by(actor),
        # who approves privacy sheets, while that person works anywhere
        Lab.privacy_person_id == actor.id if actor.affiliations else false(),
        and_(Lab.state.in_(NOT_BEGUN), Lab.proposed_by_id == actor.id),
        _has_access(actor),
    )


def labs_readable_by(actor: Actor) -> ColumnElement[bool]:
    """The labs of which one may read what is in them: open ones, and those one works in."""
    return or_(_open_to(actor), labs_worked_in_by(actor))


def labs_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The labs that one may know of: those one reads, is named or invited for, or decides on."""
    if is_office(actor):
        return true()
    ways = [labs_readable_by(actor)]
    if actor.id is not None:
        named = exists().where(
            LabRole.lab_id == Lab.id, LabRole.user_id == actor.id, may_count(actor)
        )
        invited = exists().where(
            LabMembership.lab_id == Lab.id,
            LabMembership.user_id == actor.id,
            LabMembership.state == MembershipState.INVITED,
        )
        asked = _is_led_member(actor, MembershipState.INVITED, MembershipState.REQUESTED)
        ways += [named, invited, asked]
    return or_(*ways)


def _holds(rule: ColumnElement[bool], lab: Lab) -> bool:
    return db.session.scalar(select(Lab.id).where(Lab.id == lab.id, rule)) is not None


def can_see(actor: Actor, lab: Lab) -> bool:
    """Whether one may know that a lab is there: its title, goal and state."""
    return _holds(labs_visible_to(actor), lab)


def works_in(actor: Actor, lab: Lab) -> bool:
    """Whether one may read what is for the people of the lab only: drafts, privacy sheets."""
    return _holds(labs_worked_in_by(actor), lab)


def can_read(actor: Actor, lab: Lab) -> bool:
    """Whether one may read what is in a lab: discussion, rounds, drafts, files."""
    return _holds(labs_readable_by(actor), lab)


def is_member(actor: Actor, lab: Lab) -> bool:
    """Whether one has a role in a lab today."""
    return actor.id is not None and _holds(_has_role(actor), lab)


def takes_part(actor: Actor, lab: Lab) -> bool:
    """Whether one does part of the work of a lab today: any role but that of observer."""
    kinds = tuple(kind for kind in LabRoleKind if kind is not LabRoleKind.OBSERVER)
    return actor.id is not None and _holds(_has_role(actor, *kinds), lab)


def is_lead(actor: Actor, lab: Lab, side: Side | None = None) -> bool:
    """Whether one leads a lab today, on a side or on either."""
    return actor.id is not None and lead_side(actor, lab) in ((side,) if side else tuple(Side))


def lead_side(actor: Actor, lab: Lab) -> Side | None:
    """Give the side on which one leads a lab; nobody leads on both."""
    if actor.id is None:
        return None
    query = _roles_of(actor, LabRoleKind.LEAD).where(LabRole.lab_id == lab.id)
    return db.session.scalar(query.order_by(LabRole.id).limit(1))


def talks_in(actor: Actor, lab: Lab) -> bool:
    """Whether one speaks in a lab as one of its people: by part of its work, as leader of a branch
    in it, as its broker. Who only looks in, such as the office with a reason, is a guest.
    """
    if actor.id is None:
        return False
    leads_branch = _is_led_member(actor, MembershipState.ACTIVE)
    return is_steward(actor, lab) or takes_part(actor, lab) or _holds(leads_branch, lab)


def side_of(actor: Actor, lab: Lab) -> Side | None:
    """Give the side on which one stands in a lab; None for a guest."""
    if actor.id is None:
        return None
    own = members_of(lab.id).with_only_columns(LabRole.side).where(LabRole.user_id == actor.id)
    side = db.session.scalar(own.order_by(LabRole.id).limit(1))
    if side is None and _holds(_is_led_member(actor, MembershipState.ACTIVE), lab):
        return Side.PRACTICE
    return side


def is_steward(actor: Actor, lab: Lab) -> bool:
    """Whether one is the broker who was assigned to a lab."""
    return actor.id is not None and lab.steward_id == actor.id and is_broker(actor)


def can_see_members(actor: Actor, lab: Lab) -> bool:
    """Whether one may read who takes part, persons by name."""
    if lab.member_list.value == "readers" and can_read(actor, lab):
        return True
    return is_member(actor, lab) or is_steward(actor, lab) or is_office(actor)


def readable_lab_ids(actor: Actor) -> Any:
    """Give the ids of the labs that one may read, as a subquery: the start of every list."""
    return select(Lab.id).where(labs_readable_by(actor))


def in_readable_lab(actor: Actor, column: Any) -> ColumnElement[bool]:
    """The rows whose lab one may read."""
    return _in_labs(actor, column, labs_readable_by(actor))


def in_own_lab(actor: Actor, column: Any) -> ColumnElement[bool]:
    """The rows of the labs that one works in."""
    return _in_labs(actor, column, labs_worked_in_by(actor))


def _in_labs(actor: Actor, column: Any, rule: ColumnElement[bool]) -> ColumnElement[bool]:
    of_labs = column.in_(select(Lab.id).where(rule))
    return cast("ColumnElement[bool]", column.is_not(None) if actor.is_system else of_labs)
