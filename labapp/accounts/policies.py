"""Who may know and do what with organisations and the people who work for them."""

from sqlalchemy import ColumnElement, false, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind, Role

ROLES_OF = {
    OrganisationKind.SCHOOL: (
        Role.TEACHER, Role.INTERNAL_COACH, Role.SCHOOL_LEADER, Role.EXPERT_COACH,
    ),
    OrganisationKind.BOARD: (Role.BOARD_CONTROLLER, Role.EXPORTER),
    OrganisationKind.RESEARCH_INSTITUTION: (Role.RESEARCHER, Role.KNOWLEDGE_BROKER),
    OrganisationKind.PROGRAMME_OFFICE: (
        Role.KNOWLEDGE_BROKER, Role.EXPERT_COACH, Role.PROGRAMME_OFFICER, Role.AUDITOR,
        Role.EXPORTER, Role.ADMINISTRATOR,
    ),
}  # fmt: skip
SIGN_UP_ROLES = (Role.TEACHER, Role.INTERNAL_COACH, Role.SCHOOL_LEADER)  # what one may ask for
BY_ADMINISTRATOR_ONLY = frozenset(
    {Role.PROGRAMME_OFFICER, Role.AUDITOR, Role.EXPORTER, Role.ADMINISTRATOR}
)
BY_OFFICE_ONLY = frozenset({Role.SCHOOL_LEADER, Role.EXPERT_COACH})  # and by who holds it already


def manages_all(actor: Actor) -> bool:
    """Whether one looks after the people of every organisation."""
    return actor.is_administrator or actor.has_role(Role.PROGRAMME_OFFICER)


def can_manage(actor: Actor, organisation: Organisation) -> bool:
    """Whether one invites, confirms and ends for an organisation: its leader, or the office."""
    leads = actor.has_role(Role.SCHOOL_LEADER, organisation_id=organisation.id)
    return leads or manages_all(actor)


def can_give(actor: Actor, organisation: Organisation, role: Role) -> bool:
    """Whether one may give somebody a role at an organisation."""
    if role not in ROLES_OF[organisation.kind] or not can_manage(actor, organisation):
        return False
    if role in BY_ADMINISTRATOR_ONLY:
        return actor.is_administrator
    if role in BY_OFFICE_ONLY:
        return manages_all(actor) or actor.has_role(role, organisation_id=organisation.id)
    return True


def can_see_people(actor: Actor, organisation: Organisation) -> bool:
    """Whether one may know who works there: colleagues, and who looks after all."""
    return organisation.id in actor.organisation_ids or manages_all(actor)


def affiliations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The same for lists: `can_see_people`, and one's own."""
    if manages_all(actor):
        return true()
    if actor.user is None:
        return false()
    colleagues = Affiliation.organisation_id.in_(sorted(actor.organisation_ids))
    return colleagues | (Affiliation.user_id == actor.user.id)


def can_decide(actor: Actor, affiliation: Affiliation) -> bool:
    """Whether one may confirm or refuse a request; nobody decides about himself."""
    if affiliation.user_id == actor.id:
        return False
    return can_give(actor, affiliation.organisation, affiliation.role)


def can_end(actor: Actor, affiliation: Affiliation) -> bool:
    """Whether one may end an affiliation: one's own, or of people one looks after."""
    if affiliation.user_id == actor.id and not actor.is_system:
        return True
    if affiliation.role in BY_ADMINISTRATOR_ONLY:
        return actor.is_administrator
    return can_manage(actor, affiliation.organisation)
