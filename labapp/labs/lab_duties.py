"""What waits for a person about labs and taking part: as office, lead, speaker, or oneself."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.labs import lab_rights, policies, roles, school_years
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRoleKind,
    LabState,
    LeadProposal,
    MembershipState,
    Side,
)
from labapp.notifications import addresses
from labapp.notifications.duties import Duty, register

MOST = 50  # of one sort in one list
M = MembershipState


def list_lab_duties(actor: Actor) -> list[Duty]:
    """Give what somebody still has to answer, in a number of statements that does not grow."""
    if actor.id is None:
        return []
    found = [*_asked_to_lead(actor), *_to_answer(actor)]
    if actor.affiliations:
        found += [*_proposed_by_other_side(actor), *_to_admit(actor)]
    if policies.is_office(actor):
        found += [*_for_office(), *_exceptions(), *_without_lead()]
    return found


def _asked_to_lead(actor: Actor) -> Iterator[Duty]:
    for role in roles.list_own_waiting(actor):
        yield Duty(
            _("Word je trekker van ‘%(title)s’?", title=role.membership.lab.title),
            addresses.path("labs.show", lab_id=role.lab_id),
            since=role.created_at,
            icon="user-round-check",
            object=name_of(role.membership.lab),
        )


def _to_answer(actor: Actor) -> Iterator[Duty]:
    """Invitations, other agreements, wishes of the lab, and next year: for who takes part."""
    places = sorted(
        {a.organisation_id for a in actor.affiliations
         if lab_rights.speaks_for(actor, a.organisation)}
    )  # fmt: skip
    mine = or_(LabMembership.organisation_id.in_(places), LabMembership.user_id == actor.id)
    is_current = LabMembership.school_year == school_years.this_year()
    asks = or_(
        LabMembership.state == M.INVITED,
        and_(
            LabMembership.state == M.ACTIVE,
            or_(
                Lab.agreement_number != LabMembership.agreement_number,
                LabMembership.agreement_number.is_(None),
                and_(LabMembership.asked_kind.is_not(None), LabMembership.asked_kind_by_lab),
                and_(LabMembership.renewed_at.is_(None), is_current),
            ),
        ),
    )
    for row in _rows(mine, asks, Lab.state.in_((LabState.PROPOSED, *lab_rights.LED))):
        words = _words_for_party(row)
        if words:
            yield _duty(row, words)


def _words_for_party(row: LabMembership) -> str:
    values = {"party": row.party, "title": row.lab.title}
    if row.state is M.INVITED:
        return _("%(party)s is uitgenodigd voor ‘%(title)s’", **values)
    if row.lab.agreement and row.agreement_number != row.lab.agreement_number:
        return _("Ben je voor %(party)s akkoord met de afspraken van ‘%(title)s’?", **values)
    if row.asked_kind is not None and row.asked_kind_by_lab:
        return _("‘%(title)s’ vraagt %(party)s anders mee te doen", **values)
    if row.renewed_at is None and school_years.renewal_is_open(row.school_year):
        return _("Gaat %(party)s volgend schooljaar door in ‘%(title)s’?", **values)
    return ""


def _to_admit(actor: Actor) -> Iterator[Duty]:
    """Requests, and wishes to take part in another way, for the leads of a lab."""
    led = policies.labs_led_by(actor)
    asks = or_(
        LabMembership.state == M.REQUESTED,
        and_(LabMembership.asked_kind.is_not(None), LabMembership.asked_kind_by_lab.is_(False),
             LabMembership.state == M.ACTIVE),
    )  # fmt: skip
    for row in _rows(led, asks):
        values = {"party": row.party, "title": row.lab.title}
        if row.state is M.REQUESTED:
            yield _duty(row, _("%(party)s wil meedoen aan ‘%(title)s’", **values))
        else:
            yield _duty(row, _("%(party)s wil anders meedoen aan ‘%(title)s’", **values))


def _proposed_by_other_side(actor: Actor) -> Iterator[Duty]:
    led = list(db.session.scalars(select(Lab).where(policies.labs_led_by(actor))))
    by_name = {name_of(lab): lab for lab in led}
    query = select(LeadProposal).where(LeadProposal.object.in_(sorted(by_name)))
    for proposal in db.session.scalars(query.order_by(LeadProposal.id)):
        lab = by_name[proposal.object]
        if proposal.user_id != actor.id and policies.lead_side(actor, lab) is not proposal.side:
            yield Duty(
                _("De andere trekker stelt iets voor in ‘%(title)s’", title=lab.title),
                addresses.path("labs.show", lab_id=lab.id),
                since=proposal.created_at,
                icon="handshake",
                object=proposal.object,
            )


def _for_office() -> Iterator[Duty]:
    query = select(Lab).where(Lab.state.in_((LabState.PROPOSED, LabState.CONCLUDING)))
    for lab in db.session.scalars(query.order_by(Lab.id).limit(MOST)):
        is_new = lab.state is LabState.PROPOSED
        yield Duty(
            _("Beoordeel het voorgestelde lab ‘%(title)s’", title=lab.title)
            if is_new
            else _("Sluit ‘%(title)s’ af", title=lab.title),
            addresses.path("labs.show", lab_id=lab.id),
            since=lab.created_at if is_new else None,
            icon="clipboard-check",
            object=name_of(lab),
        )


def _exceptions() -> Iterator[Duty]:
    waiting = and_(
        LabMembership.asks_exception,
        LabMembership.override_reason == "",
        LabMembership.state.in_((M.INVITED, M.REQUESTED)),
    )
    for row in _rows(waiting):
        yield _duty(
            row,
            _(
                "%(party)s vraagt een uitzondering voor ‘%(title)s’",
                party=row.party,
                title=row.lab.title,
            ),
        )


def _without_lead() -> Iterator[Duty]:
    running = (LabState.ACTIVE, LabState.CONCLUDING)
    for side in Side:
        leads = policies.members_of(Lab.id, side, LabRoleKind.LEAD).correlate(Lab).exists()
        query = select(Lab).where(Lab.state.in_(running), ~leads)
        for lab in db.session.scalars(query.order_by(Lab.id).limit(MOST)):
            yield Duty(
                _("‘%(title)s’ heeft een trekker nodig", title=lab.title),
                addresses.path("memberships.list_all", lab_id=lab.id),
                icon="user-round-x",
                object=name_of(lab),
            )


def _rows(*conditions: ColumnElement[bool]) -> list[LabMembership]:
    query = (
        select(LabMembership)
        .join(Lab, Lab.id == LabMembership.lab_id)
        .where(*conditions)
        .options(
            joinedload(LabMembership.lab),
            joinedload(LabMembership.organisation),
            joinedload(LabMembership.user),
        )
        .order_by(LabMembership.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))


def _duty(row: LabMembership, words: str) -> Duty:
    return Duty(
        words,
        addresses.path("memberships.show", membership_id=row.id),
        since=row.created_at,
        due_on=row.expires_at.date() if row.expires_at else None,
        icon="mail-question-mark",
        object=name_of(row),
    )


register("labs.lab", list_lab_duties)
