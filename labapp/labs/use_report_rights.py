"""Who reads, writes, confirms and answers reports of use; and the one rule of which one reads."""

from sqlalchemy import ColumnElement, String, and_, cast, literal, or_, select, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, Role
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.knowledge import policies as knowledge_policies
from labapp.knowledge.models import Card
from labapp.labs import lab_rights, policies
from labapp.labs.finding_models import Finding
from labapp.labs.review_models import UseReport, UseReportState

S = UseReportState


def use_reports_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The reports that one may read: confirmed ones of cards one may read, one's own, and as the
    leader of a school all that were handed in there.
    """
    if actor.is_system:
        return true()
    names = select(literal("cards:") + cast(Card.id, String)).where(
        knowledge_policies.visible_to(actor)
    )
    is_out = and_(UseReport.state == S.PUBLISHED, UseReport.is_hidden.is_(False))
    out = and_(is_out, UseReport.object.in_(names))
    if actor.id is None:
        return out
    led = [a.organisation_id for a in actor.affiliations if a.role is Role.SCHOOL_LEADER]
    handed_in = and_(UseReport.organisation_id.in_(led), UseReport.state != S.DRAFT)
    return or_(out, UseReport.author_id == actor.id, handed_in)


def school_of(actor: Actor) -> Organisation | None:
    """Give the school for which one would report: that for which one acts."""
    place = actor.acting_for
    if actor.id is None or place is None or place.kind is not OrganisationKind.SCHOOL:
        return None
    return place if place.id in actor.organisation_ids else None


def is_author(actor: Actor, report: UseReport) -> bool:
    """Whether one wrote it, and still works at the school."""
    is_own = actor.id is not None and actor.id == report.author_id
    return is_own and report.organisation_id in actor.organisation_ids


def is_leader(actor: Actor, report: UseReport) -> bool:
    return actor.has_role(Role.SCHOOL_LEADER, organisation_id=report.organisation_id)


def card_of(report: UseReport) -> Card | None:
    return db.session.get(Card, int(report.object.partition(":")[2]))


def finding_of(card: Card) -> Finding | None:
    return db.session.scalar(select(Finding).where(Finding.card_id == card.id))


def makers_of(report: UseReport) -> list[int]:
    """Give who made what was used: the leads of the lab, or the author of the card."""
    card = card_of(report)
    if card is None:
        return []
    finding = finding_of(card)
    if finding is not None:
        return lab_rights.leads_of(finding.lab_id)
    return [card.author_id] if card.author_id is not None else []


def is_maker(actor: Actor, report: UseReport) -> bool:
    card = card_of(report)
    if card is None or actor.id is None:
        return False
    finding = finding_of(card)
    if finding is not None:
        return policies.is_lead(actor, finding.lab)
    return card.author_id == actor.id


def knows_school(actor: Actor, report: UseReport) -> bool:
    """Whether one is told the school by name: where it wants that, and who works there."""
    return (
        report.names_school
        or report.organisation_id in actor.organisation_ids
        or (actor.id is not None and actor.id == report.author_id)
    )


def place_words(report: UseReport, *, with_name: bool) -> str:
    """Give where it was used: the school, or no more than its municipality."""
    if with_name:
        return report.organisation.name
    if report.organisation.municipality:
        return _("Een school in %(place)s", place=report.organisation.municipality)
    return _("Een school")
