"""Who writes, leads and edits a finding; and what keeps an editor from deciding on it."""

from sqlalchemy import or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.finding_models import (
    Finding,
    FindingContributor,
    FindingVersion,
    Retraction,
    Signature,
)
from labapp.labs.lab_models import Lab, LabMembership, LabRole, LabRoleKind, LabState

WRITERS = (LabRoleKind.LEAD, LabRoleKind.RESEARCHER, LabRoleKind.TEACHER, LabRoleKind.COACH)
STILL = (LabState.ARCHIVED, LabState.REJECTED, LabState.WITHDRAWN)


def can_write(actor: Actor, made: FindingVersion) -> bool:
    """Whether one writes at a text: everybody with a role in the lab, but who only observes."""
    return can_write_for(actor, made.finding)


def can_write_for(actor: Actor, thing: Finding) -> bool:
    return works_along(actor, thing.lab)


def works_along(actor: Actor, lab: Lab) -> bool:
    """Whether one has a role in a lab that goes on, and not only to observe."""
    if actor.id is None or lab.state in STILL:
        return False
    roles = policies.members_of(lab.id, None, *WRITERS).where(LabRole.user_id == actor.id)
    return db.session.scalar(roles.limit(1)) is not None


def is_author(actor: Actor, made: FindingVersion) -> bool:
    """Whether one began a text, and still works in the lab."""
    return actor.id is not None and actor.id == made.author_id and can_write(actor, made)


def is_lead(actor: Actor, made: FindingVersion) -> bool:
    return policies.is_lead(actor, made.finding.lab)


def looks_after(actor: Actor, made: FindingVersion) -> bool:
    """Whether one decides about a text: its author and the leads, also those who came later."""
    return is_author(actor, made) or is_lead(actor, made)


def is_editor(actor: Actor, made: FindingVersion) -> bool:
    """Whether one may decide on publication: an editor without an interest in it."""
    return policies.is_broker(actor) and not conflicts(actor, made)


def can_correct(actor: Actor, made: FindingVersion) -> bool:
    return looks_after(actor, made) or is_editor(actor, made)


def can_retract(actor: Actor, made: FindingVersion) -> bool:
    """Whether one may take a finding back now: the office, or the second of both leads."""
    if policies.is_office(actor):
        return True
    asked = retraction_of(made.finding_id)
    side = policies.lead_side(actor, made.finding.lab)
    return asked is not None and side is not None and asked.asked_side is not side


def retraction_of(finding_id: int) -> Retraction | None:
    """Give the retraction of a finding, asked for or done."""
    return db.session.scalar(select(Retraction).where(Retraction.finding_id == finding_id))


def conflicts(actor: Actor, made: FindingVersion) -> list[str]:
    """Give in words what interest an editor has in a finding, as far as the platform knows."""
    if actor.is_system or actor.id is None:
        return []
    found = []
    if _has_a_hand_in(actor.id, made):
        found.append(_("Je schreef of werkte mee aan deze bevinding."))
    taking_part = select(LabRole.id).where(
        LabRole.lab_id == made.finding.lab_id, LabRole.user_id == actor.id
    )
    if db.session.scalar(taking_part.limit(1)) is not None:
        found.append(_("Je hebt of had een rol in dit lab."))
    if _works_with(actor, made.finding.lab_id):
        found.append(_("Je werkt bij een organisatie of bestuur dat meedoet aan dit lab."))
    return found


def _has_a_hand_in(user_id: int, made: FindingVersion) -> bool:
    versions = select(FindingVersion.id).where(FindingVersion.finding_id == made.finding_id)
    wrote = versions.where(
        or_(FindingVersion.author_id == user_id, FindingVersion.saved_by_id == user_id)
    )
    named = select(FindingContributor.id).where(
        FindingContributor.finding_version_id.in_(versions), FindingContributor.user_id == user_id
    )
    signed = select(Signature.id).where(
        Signature.finding_version_id.in_(versions), Signature.user_id == user_id
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (wrote, named, signed))


def _works_with(actor: Actor, lab_id: int) -> bool:
    """Whether one works at an organisation of the lab, its board, or another of that board."""
    own = sorted(actor.organisation_ids)
    boards = {a.organisation.board_id for a in actor.affiliations if a.organisation.board_id}
    near = or_(
        Organisation.id.in_(own),
        Organisation.board_id.in_(own),
        Organisation.id.in_(sorted(boards)),
        Organisation.board_id.in_(sorted(boards)),
    )
    query = (
        select(LabMembership.id)
        .join(Organisation, Organisation.id == LabMembership.organisation_id)
        .where(LabMembership.lab_id == lab_id, near)
        .limit(1)
    )
    return db.session.scalar(query) is not None
