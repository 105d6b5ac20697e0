"""The register of sites: which branch takes part in a round, with what consent, from when to when.

A branch has to take part in the lab, and its own school leader says yes or no.
"""

import enum
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus, Organisation, Role
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import policies, round_events, round_rights, round_tasks, round_texts
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRoleKind,
    MembershipKind,
    MembershipState,
)
from labapp.labs.machine import lock, require_version
from labapp.labs.round_models import ConsentState, Round, RoundPhase, RoundSite
from labapp.labs.site_states import MACHINE, ConsentAction
from labapp.notifications import emitting

KINDS = (MembershipKind.CO_CREATING, MembershipKind.PARTICIPATING)


class SiteMove(enum.Enum):
    """What happens at a site once its school consented."""

    START = "start"
    FINISH = "finish"
    STOP = "stop"


def get_site(actor: Actor, site_id: int) -> RoundSite:
    """Give a site of a round in a lab that one works in."""
    query = (
        select(RoundSite)
        .join(Round, Round.id == RoundSite.round_id)
        .where(RoundSite.id == site_id, policies.in_own_lab(actor, Round.lab_id))
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFoundError(_("Deze plek bestaat niet, of je mag haar niet zien."))
    return found


def list_branches(lab: Lab) -> list[Organisation]:
    """Give the branches that take part in a lab now."""
    query = (
        select(Organisation)
        .join(LabMembership, LabMembership.organisation_id == Organisation.id)
        .where(
            LabMembership.lab_id == lab.id,
            LabMembership.state == MembershipState.ACTIVE,
            LabMembership.kind.in_(KINDS),
        )
        .order_by(Organisation.name, Organisation.id)
        .distinct()
    )
    return list(db.session.scalars(query))


def list_sites(one: Round) -> list[RoundSite]:
    """Give the sites of a round that one may read."""
    query = (
        select(RoundSite)
        .where(RoundSite.round_id == one.id)
        .options(joinedload(RoundSite.organisation))
        .order_by(RoundSite.id)
    )
    return list(db.session.scalars(query))


def add_site(actor: Actor, one: Round, organisation_id: int) -> RoundSite:
    """Ask a branch of the lab to take part in a round; its school leader answers."""
    with transaction() as session:
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        membership = session.scalar(
            select(LabMembership)
            .where(
                LabMembership.lab_id == one.lab_id,
                LabMembership.organisation_id == organisation_id,
                LabMembership.state == MembershipState.ACTIVE,
                LabMembership.kind.in_(KINDS),
            )
            .order_by(LabMembership.id.desc())
            .limit(1)
        )
        if membership is None:
            words = _("Kies een school die nu meedoet in het lab.")
            raise InvalidError(words, {"organisation_id": [words]})
        if any(site.organisation_id == organisation_id for site in one.sites):
            words = _("Deze school staat al bij de ronde.")
            raise InvalidError(words, {"organisation_id": [words]})
        site = RoundSite(round=one, organisation_id=organisation_id, kind=membership.kind)
        session.add(site)
        session.flush()
        emitting.emit(actor, round_events.SITE_ASKED, one, leaders_of(organisation_id))
        audit.record(
            actor.id, "round_sites.added", site, on_behalf_of=actor.acting_for_id,
            changes={"organisation_id": [None, organisation_id]},
        )  # fmt: skip
    return site


def remove_site(actor: Actor, site: RoundSite, *, version: int) -> None:
    """Take a school off the list that gave no consent; where work began it stays."""
    with transaction() as session:
        lock(site.round)
        lock(site)
        round_rights.require_lead(actor, site.round.lab)
        round_rights.require_open(site.round)
        require_version(site, version)
        if site.consent in (ConsentState.GIVEN, ConsentState.WITHDRAWN) or site.started_on:
            raise ConflictError(_("Deze school deed al mee. Laat haar stoppen, met een reden."))
        audit.record(
            actor.id, "round_sites.removed", site, on_behalf_of=actor.acting_for_id,
            changes={"organisation_id": [site.organisation_id, None]},
        )  # fmt: skip
        session.delete(site)


def perform(
    actor: Actor, site: RoundSite, action: ConsentAction, *, version: int, reason: str = ""
) -> None:
    """Answer for one's branch, or ask it once more."""
    one = site.round
    round_texts.clean({"reason": reason}, confirmed=True)
    with transaction() as session:
        lock(one)
        MACHINE.check(actor, site, action, version=version, reason=reason)
        round_rights.require_open(one)
        values: dict[str, Any] = {"consent_note": reason.strip()}
        if action is ConsentAction.ASK:
            values |= {"consent_by_id": None, "consent_at": None}
            values |= {"stopped_on": None, "stop_reason": "", "started_on": None}
        else:
            values |= {"consent_by_id": actor.id, "consent_at": now()}
        if action is ConsentAction.WITHDRAW and not (site.finished_on or site.stopped_on):
            values |= {"stopped_on": today(), "stop_reason": reason.strip()}
        MACHINE.perform(actor, site, action, version=version, reason=reason, values=values)
        if action is ConsentAction.ASK:
            emitting.emit(actor, round_events.SITE_ASKED, one, leaders_of(site.organisation_id))
        else:
            if action is not ConsentAction.GIVE:
                round_tasks.cancel_data_tasks(site)
            leads = session.scalars(policies.members_of(one.lab_id, None, LabRoleKind.LEAD))
            emitting.emit(
                actor, round_events.SITE_ANSWERED, one, leads, values={"answer": action.value}
            )


def move_site(
    actor: Actor, site: RoundSite, move: SiteMove, *, on: date, version: int, reason: str = ""
) -> None:
    """Note that the work at a school began, is done, or stopped and why."""
    one = site.round
    text = round_texts.clean({"reason": reason}, confirmed=True)["reason"]
    with transaction() as session:
        lock(one)
        lock(site)
        if not can_move(actor, site):
            raise ForbiddenError(_("Dit doen de trekkers en de schoolleider van deze school."))
        round_rights.require_open(one)
        require_version(site, version)
        _require_order(site, move, on)
        if move is SiteMove.START:
            site.started_on = on
        elif move is SiteMove.FINISH:
            site.finished_on = on
        else:
            if not text:
                raise InvalidError(_("Schrijf op waarom."), {"reason": [_("Schrijf op waarom.")]})
            site.stopped_on, site.stop_reason = on, text
        session.flush()
        if move is SiteMove.STOP:
            round_tasks.cancel_data_tasks(site)
        audit.record(
            actor.id, f"round_sites.{move.value}", site, on_behalf_of=actor.acting_for_id,
            changes={"on": [None, on]}, reason=text or None,
        )  # fmt: skip


def can_move(actor: Actor, site: RoundSite) -> bool:
    """Whether one notes what happens at a site: a lead, or the school leader of that branch."""
    own = round_rights.leads_branch(actor, site.organisation_id)
    return own or policies.is_lead(actor, site.round.lab)


def moves_of(site: RoundSite) -> list[SiteMove]:
    """Give what can be noted of a site now."""
    if site.consent is not ConsentState.GIVEN or site.finished_on or site.stopped_on:
        return []
    if site.started_on is None:
        begins = site.round.phase is RoundPhase.DETERMINE
        return [SiteMove.START, SiteMove.STOP] if begins else [SiteMove.STOP]
    return [SiteMove.FINISH, SiteMove.STOP]


def leaders_of(organisation_id: int) -> list[int]:
    """Give the ids of the school leaders of a branch today."""
    day = today()
    query = select(Affiliation).where(
        Affiliation.organisation_id == organisation_id,
        Affiliation.role == Role.SCHOOL_LEADER,
        Affiliation.status == AffiliationStatus.CONFIRMED,
    )
    return [one.user_id for one in db.session.scalars(query) if one.is_active_on(day)]


def _require_order(site: RoundSite, move: SiteMove, on: date) -> None:
    if move not in moves_of(site):
        if move is SiteMove.START and site.round.phase is not RoundPhase.DETERMINE:
            raise ConflictError(_("Scholen beginnen in de fase Beproeven."))
        raise ConflictError(_("Dat kan nu niet bij deze school."))
    if on > today() or (site.started_on is not None and on < site.started_on):
        words = _("Kies een dag die geweest is, niet voor het begin.")
        raise InvalidError(words, {"on": [words]})
