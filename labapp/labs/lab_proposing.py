"""Proposing a lab: what it is about, and who leads it from practice and from research."""

from dataclasses import asdict, dataclass

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, User
from labapp.accounts.recovery import find_by_email
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import documents, joining, lab_events, lab_rights, pupil_guard
from labapp.labs.lab_fields import (
    LabSwitches,
    LabTexts,
    all_text,
    require_right,
    switch_faults,
    text_faults,
)
from labapp.labs.lab_models import Lab, LabMembership, LabRole, LabRoleKind, MembershipKind
from labapp.labs.machine import note_step
from labapp.notifications import emitting


@dataclass(frozen=True)
class Named:
    """A lead who was named, and the place that takes part through them."""

    user: User
    place: Organisation
    kind: MembershipKind


def propose_lab(
    actor: Actor,
    texts: LabTexts,
    switches: LabSwitches,
    *,
    practice_email: str,
    research_email: str,
    confirmed: bool = False,
) -> Lab:
    """Propose a lab with a lead on each side, found by the exact address of somebody here.

    Their school and institution are invited, unless who proposes speaks for them; a lead counts
    once that person accepts.
    """
    if not lab_rights.can_propose(actor):
        raise ForbiddenError(_("Een lab stelt een schoolleider of een onderzoeker voor."))
    faults = {**text_faults(texts), **switch_faults(switches)}
    practice = _find(actor, practice_email, OrganisationKind.SCHOOL, "practice_email", faults)
    research = _find(
        actor, research_email, OrganisationKind.RESEARCH_INSTITUTION, "research_email", faults
    )
    if practice and research and practice.user.id == research.user.id:
        faults["research_email"] = [_("Noem voor elke kant iemand anders.")]
    require_right(faults)
    pupil_guard.check(all_text(texts), confirmed=confirmed)
    assert practice is not None
    assert research is not None
    with transaction() as session:
        lab = Lab(**{**asdict(texts), **asdict(switches)})
        lab.title, lab.goal = texts.title.strip(), texts.goal.strip()
        lab.agreement = texts.agreement.strip()
        lab.proposed_by_id, lab.proposed_for_id = actor.id, actor.acting_for_id
        session.add(lab)
        session.flush()
        for named in (practice, research):
            _name_lead(actor, joining.begin_row(actor, lab, named.place, named.kind), named.user)
        documents.put_lab(lab)
        emitting.emit(actor, lab_events.PROPOSED, lab, lab_rights.officers())
        note_step(actor, lab, "propose", "", lab.state.value)
    return lab


def _find(
    actor: Actor, email: str, kind: OrganisationKind, name: str, faults: dict[str, list[str]]
) -> Named | None:
    """Give who has an address and works at a place of a kind; else note what is wrong."""
    user = find_by_email(email) if email.strip() else None
    is_school = kind is OrganisationKind.SCHOOL
    places = [] if user is None or user.confirmed_at is None or not user.active else [
        a.organisation for a in user.affiliations_on(today()) if a.organisation.kind is kind
    ]  # fmt: skip
    if user is None or not places:
        faults[name] = [
            _("Met dit adres vinden we niemand die bij een school werkt. Controleer het adres.")
            if is_school
            else _(
                "Met dit adres vinden we niemand die bij een onderzoeksinstelling werkt."
                " Controleer het adres."
            )
        ]
        return None
    place = next((one for one in places if one.id == actor.acting_for_id), places[0])
    return Named(user, place, MembershipKind.CO_CREATING if is_school else MembershipKind.RESEARCH)


def _name_lead(actor: Actor, membership: LabMembership, user: User) -> None:
    """Name a lead, who counts from accepting on; who names oneself accepts by that."""
    is_self = user.id == actor.id
    role = LabRole(
        lab_id=membership.lab_id,
        membership_id=membership.id,
        user_id=user.id,
        kind=LabRoleKind.LEAD,
        side=membership.side,
        accepted_at=now() if is_self else None,
        given_by_id=actor.id,
    )
    db.session.add(role)
    db.session.flush()
    if not is_self:
        emitting.emit(actor, lab_events.LEAD_ASKED, membership.lab, [user.id])
