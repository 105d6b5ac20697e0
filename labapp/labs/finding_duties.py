"""What waits for a person in findings: to sign, to set right, to decide on."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import ngettext
from labapp.labs import finding_rights as rights
from labapp.labs import policies
from labapp.labs.finding_models import Finding, FindingVersion, Retraction, Signature, VersionState
from labapp.labs.lab_models import LabMembership, LabRole, LabRoleKind, MembershipState
from labapp.notifications import addresses
from labapp.notifications.duties import Duty, register


def list_finding_duties(actor: Actor) -> list[Duty]:
    """Give what waits for somebody: as a lead, as a writer, as an editor."""
    if actor.id is None:
        return []
    return [*_to_sign(actor), *_to_set_right(actor), *_to_retract(actor), *_to_edit(actor)]


def _led(actor: Actor, query: Select[Any]) -> Select[Any]:
    """Keep the findings of labs that one leads, with the side on which one does (LabRole)."""
    return (
        query.join(LabRole, LabRole.lab_id == Finding.lab_id)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            LabRole.user_id == actor.id,
            LabRole.kind == LabRoleKind.LEAD,
            policies.role_is_current(),
            LabMembership.state == MembershipState.ACTIVE,
            or_(
                LabMembership.organisation_id.is_(None),
                LabMembership.organisation_id.in_(sorted(actor.organisation_ids)),
            ),
        )
    )


def _to_sign(actor: Actor) -> Iterator[Duty]:
    signed = exists().where(
        Signature.finding_version_id == FindingVersion.id,
        Signature.side == LabRole.side,
        Signature.voided_at.is_(None),
    )
    query = (
        select(FindingVersion)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .where(FindingVersion.state == VersionState.SIGNING, ~signed)
        .order_by(FindingVersion.id)
    )
    for made in db.session.scalars(_led(actor, query)).unique():
        yield Duty(
            _("Lees en onderteken ‘%(title)s’", title=made.content["title"]),
            addresses.path("finding_steps.show_signing", finding_id=made.finding_id),
            since=made.signing_since,
            icon="signature",
            object=f"findings:{made.finding_id}",
        )


def _to_set_right(actor: Actor) -> Iterator[Duty]:
    query = (
        select(FindingVersion)
        .where(
            FindingVersion.state == VersionState.CHANGES_REQUESTED,
            FindingVersion.author_id == actor.id,
        )
        .order_by(FindingVersion.id)
    )
    for made in db.session.scalars(query).all():
        if rights.can_write(actor, made):
            yield Duty(
                _("Pas ‘%(title)s’ aan", title=made.content["title"]),
                addresses.path("finding_writing.show", finding_id=made.finding_id),
                since=made.saved_at,
                icon="pencil-line",
                object=f"findings:{made.finding_id}",
            )


def _to_retract(actor: Actor) -> Iterator[Duty]:
    query = (
        select(Retraction)
        .join(Finding, Finding.id == Retraction.finding_id)
        .where(Retraction.done_at.is_(None), Retraction.asked_side != LabRole.side)
        .order_by(Retraction.id)
    )
    for asked in db.session.scalars(_led(actor, query)).unique():
        yield Duty(
            _("De andere trekker wil ‘%(title)s’ intrekken. Wat vind jij?", title=asked.title),
            addresses.path("finding_steps.show_retraction", finding_id=asked.finding_id),
            since=asked.asked_at,
            icon="archive",
            object=f"findings:{asked.finding_id}",
        )


def _to_edit(actor: Actor) -> Iterator[Duty]:
    """What lies with the editors, in one line: the queue says who may decide on which."""
    if not policies.is_broker(actor):
        return
    waiting = select(func.count(), func.min(FindingVersion.saved_at)).where(
        FindingVersion.state == VersionState.EDITORIAL
    )
    number, since = db.session.execute(waiting).one()
    if number:
        words = ngettext(
            "%(num)s bevinding wacht op een redacteur",
            "%(num)s bevindingen wachten op een redacteur",
            number,
        )
        yield Duty(
            words, addresses.path("findings.list_waiting"), since=since, icon="book-open-check"
        )


register("labs.findings", list_finding_duties)
