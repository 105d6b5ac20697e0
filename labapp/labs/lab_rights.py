"""Who decides what about labs and about taking part in them."""

from sqlalchemy import ColumnElement, and_, or_, select, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import (
    Affiliation,
    AffiliationStatus,
    Organisation,
    OrganisationKind,
    Role,
    User,
)
from labapp.clock import today
from labapp.database import db
from labapp.labs import policies
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    MembershipKind,
    MembershipState,
    Side,
)

# Who speaks for an organisation in a lab: for a school its leader, never the lab.
SPEAKERS = {
    OrganisationKind.SCHOOL: Role.SCHOOL_LEADER,
    OrganisationKind.RESEARCH_INSTITUTION: Role.RESEARCHER,
}
KINDS_OF = {
    OrganisationKind.SCHOOL: (
        MembershipKind.CO_CREATING, MembershipKind.PARTICIPATING, MembershipKind.OBSERVER,
    ),
    OrganisationKind.RESEARCH_INSTITUTION: (MembershipKind.RESEARCH, MembershipKind.OBSERVER),
}  # fmt: skip
PROPOSED_BY = (Role.SCHOOL_LEADER, Role.RESEARCHER)
SETTLED = (LabState.CLOSED, LabState.ARCHIVED, LabState.REJECTED, LabState.WITHDRAWN)
LED = (LabState.RECRUITING, LabState.ACTIVE, LabState.PAUSED, LabState.CONCLUDING)


def can_propose(actor: Actor) -> bool:
    """Whether one may propose a lab, for the organisation that one acts for."""
    place = actor.acting_for_id
    return place is not None and actor.has_role(*PROPOSED_BY, organisation_id=place)


def can_change(actor: Actor, lab: Lab) -> bool:
    """Whether one writes its texts and sets its switches: its leads; before it began who proposed.

    What is over is not changed.
    """
    return lab.state not in SETTLED and speaks_for_lab(actor, lab)


def can_set(actor: Actor, lab: Lab) -> bool:
    """Whether the settings of a lab are there for somebody: to change, or to assign its broker."""
    return can_change(actor, lab) or policies.is_office(actor)


def speaks_for_lab(actor: Actor, lab: Lab) -> bool:
    """Whether one invites and admits for a lab: its leads; before it began who proposed it."""
    is_proposer = actor.id is not None and lab.proposed_by_id == actor.id
    return (lab.state is LabState.PROPOSED and is_proposer) or policies.is_lead(actor, lab)


def speaks_for(actor: Actor, organisation: Organisation) -> bool:
    """Whether one says yes and no for an organisation in labs."""
    role = SPEAKERS.get(organisation.kind)
    return role is not None and actor.has_role(role, organisation_id=organisation.id)


def speaks_for_party(actor: Actor, membership: LabMembership) -> bool:
    """Whether one says yes and no for who takes part: an organisation, or oneself."""
    if membership.organisation is not None:
        return speaks_for(actor, membership.organisation)
    return actor.id is not None and membership.user_id == actor.id


def is_under_way(lab: Lab) -> bool:
    """Whether people still come and go: it is proposed, or it has begun and is not over."""
    return lab.state is LabState.PROPOSED or lab.state in LED


def can_give_roles(actor: Actor, membership: LabMembership) -> bool:
    """Whether one says who of an organisation works in the lab: its speaker, or a lead."""
    if membership.organisation_id is None:
        return False
    return speaks_for_party(actor, membership) or policies.is_lead(
        actor, membership.lab, membership.side
    )


def memberships_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The rows of taking part that one may read, with what was written to and fro.

    That is for the leads, for who takes part or asked to, and for the office.
    """
    if policies.is_office(actor):
        return true()
    places = [a.organisation_id for a in actor.affiliations if speaks_for(actor, a.organisation)]
    return or_(
        LabMembership.lab_id.in_(select(Lab.id).where(policies.labs_led_by(actor))),
        LabMembership.organisation_id.in_(sorted(set(places))),
        *([LabMembership.user_id == actor.id, requested_by(actor)] if actor.id is not None else []),
    )


def requested_by(actor: Actor) -> ColumnElement[bool]:
    """The rows that one asked for, while one works there or in the lab."""
    own = LabMembership.organisation_id.in_(sorted(actor.organisation_ids))
    labs = select(Lab.id).where(policies.labs_worked_in_by(actor))
    return and_(LabMembership.requested_by_id == actor.id, or_(own, LabMembership.lab_id.in_(labs)))


def speakers_of(membership: LabMembership) -> list[int]:
    """Give the ids of who says yes and no for who takes part."""
    if membership.organisation is None:
        return [membership.user_id] if membership.user_id is not None else []
    role = SPEAKERS.get(membership.organisation.kind)
    if role is None:
        return []
    return _holders(role, membership.organisation_id)


def officers() -> list[int]:
    """Give the ids of the programme office."""
    return _holders(Role.PROGRAMME_OFFICER, None)


def leaders_at(organisation_id: int) -> list[int]:
    """Give the ids of the school leaders of a branch."""
    return _holders(Role.SCHOOL_LEADER, organisation_id)


def leads_of(lab_id: int, side: Side | None = None) -> list[int]:
    """Give the ids of the leads of today."""
    return list(db.session.scalars(policies.members_of(lab_id, side, LabRoleKind.LEAD)))


def people_of(lab_id: int) -> list[int]:
    """Give the ids of everybody with a role in a lab today."""
    return list(db.session.scalars(policies.members_of(lab_id).distinct()))


def is_last_lead(role: LabRole) -> bool:
    """Whether a side would be without a lead when this role ends."""
    if role.kind is not LabRoleKind.LEAD or role.accepted_at is None:
        return False
    lab = role.membership.lab
    leads = leads_of(lab.id, role.side)
    return lab.state in LED and role.user_id in leads and set(leads) == {role.user_id}


def leaves_side_alone(membership: LabMembership) -> bool:
    """Whether a side would be without a lead when this membership ends or is suspended."""
    if membership.state is not MembershipState.ACTIVE or membership.lab.state not in LED:
        return False
    own = set(
        db.session.scalars(
            policies.members_of(membership.lab_id, membership.side, LabRoleKind.LEAD).where(
                LabRole.membership_id == membership.id
            )
        )
    )
    return bool(own) and set(leads_of(membership.lab_id, membership.side)) <= own


def works_at(user: User, organisation_id: int) -> bool:
    """Whether somebody works at an organisation today."""
    return any(a.organisation_id == organisation_id for a in user.affiliations_on(today()))


def _holders(role: Role, organisation_id: int | None) -> list[int]:
    day = today()
    query = (
        select(Affiliation.user_id)
        .join(User, User.id == Affiliation.user_id)
        .where(
            Affiliation.role == role,
            Affiliation.status == AffiliationStatus.CONFIRMED,
            Affiliation.from_on <= day,
            Affiliation.until_on.is_(None) | (Affiliation.until_on > day),
            User.active,
        )
        .distinct()
    )
    if organisation_id is not None:
        query = query.where(Affiliation.organisation_id == organisation_id)
    return list(db.session.scalars(query))
