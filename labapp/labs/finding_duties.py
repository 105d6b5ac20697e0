"""What waits for a person in findings: to sign, to set right, to decide on."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, exists, select

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.labs import finding_rights as rights
from labapp.labs import policies
from labapp.labs.finding_models import Finding, FindingVersion, Retraction, Signature, VersionState
from labapp.labs.lab_models import Lab, LabMembership, LabRole, LabRoleKind, MembershipState
from labapp.notifications import addresses
from labapp.notifications.duties import Duty, register


def list_finding_duties(actor: Actor) -> list[Duty]:
    """Give what waits for somebody: as a lead, as a writer, as an editor."""
    if actor.id is None:
        return []
    return [*_to_sign(actor), *_to_set_right(actor), *_to_retract(actor), *_to_edit(actor)]


def _led(actor: Actor) -> ColumnElement[bool]:
    """The findings of labs that one leads, on the side of the role at hand."""
    return exists().where(
        LabRole.lab_id == Finding.lab_id,
        LabRole.user_id == actor.id,
        LabRole.kind == LabRoleKind.LEAD,
        policies.role_is_current(),
        LabMembership.id == LabRole.membership_id,
        LabMembership.state == MembershipState.ACTIVE,
    )


def _to_sign(actor: Actor) -> Iterator[Duty]:
    query = (
        select(Finding, FindingVersion)
        .join(FindingVersion, FindingVersion.finding_id == Finding.id)
        .where(FindingVersion.state == VersionState.SIGNING, _led(actor))
        .order_by(FindingVersion.id)
    )
    for finding, made in db.session.execute(query).all():
        side = policies.lead_side(actor, finding.lab)
        signed = exists().where(
            Signature.finding_version_id == made.id,
            Signature.side == side,
            Signature.voided_at.is_(None),
        )
        if side is not None and not db.session.scalar(select(signed)):
            yield Duty(
                _("Lees en onderteken ‘%(title)s’", title=made.content["title"]),
                addresses.path("finding_steps.show_signing", finding_id=finding.id),
                since=made.signing_since,
                icon="signature",
                object=name_of(finding),
            )


def _to_set_right(actor: Actor) -> Iterator[Duty]:
    query = (
        select(Finding, FindingVersion)
        .join(FindingVersion, FindingVersion.finding_id == Finding.id)
        .where(
            FindingVersion.state == VersionState.CHANGES_REQUESTED,
            FindingVersion.author_id == actor.id,
        )
        .order_by(FindingVersion.id)
    )
    for finding, made in db.session.execute(query).all():
        if rights.can_write(actor, made):
            yield Duty(
                _("Pas ‘%(title)s’ aan", title=made.content["title"]),
                addresses.path("finding_writing.show", finding_id=finding.id),
                since=made.saved_at,
                icon="pencil-line",
                object=name_of(finding),
            )


def _to_retract(actor: Actor) -> Iterator[Duty]:
    query = (
        select(Finding, Retraction)
        .join(Retraction, Retraction.finding_id == Finding.id)
        .where(Retraction.done_at.is_(None), _led(actor))
        .order_by(Retraction.id)
    )
    for finding, asked in db.session.execute(query).all():
        if policies.lead_side(actor, finding.lab) not in (None, asked.asked_side):
            yield Duty(
                _("De andere trekker wil ‘%(title)s’ intrekken. Wat vind jij?",
                  title=finding.title),
                addresses.path("finding_steps.show_retraction", finding_id=finding.id),
                since=asked.asked_at,
                icon="archive",
                object=name_of(finding),
            )  # fmt: skip


def _to_edit(actor: Actor) -> Iterator[Duty]:
    """What lies with the editors; who has an interest does not see it as a duty."""
    if not policies.is_broker(actor):
        return
    query = (
        select(FindingVersion)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .join(Lab, Lab.id == Finding.lab_id)
        .where(FindingVersion.state == VersionState.EDITORIAL)
        .order_by(FindingVersion.saved_at, FindingVersion.id)
    )
    for made in db.session.scalars(query).all():
        if not rights.conflicts(actor, made):
            yield Duty(
                _("Beslis over publicatie van ‘%(title)s’", title=made.content["title"]),
                addresses.path("findings.show_finding", finding_id=made.finding_id),
                since=made.saved_at,
                icon="book-open-check",
                object=f"findings:{made.finding_id}",
            )


register("labs.findings", list_finding_duties)
