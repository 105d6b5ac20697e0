"""What counts for somebody today: where one works, and the roles that hang on that."""

from sqlalchemy import ColumnElement, and_, or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus
from labapp.clock import today
from labapp.labs.lab_models import LIVE, LabMembership, LabRole


def may_count(actor: Actor) -> ColumnElement[bool]:
    """The roles of an actor that are asked or held: not those of a place that one left."""
    living = select(LabMembership.id).where(
        LabMembership.state.in_(LIVE),
        or_(
            LabMembership.organisation_id.is_(None),
            LabMembership.organisation_id.in_(sorted(actor.organisation_ids)),
        ),
    )
    return and_(LabRole.until_on.is_(None), LabRole.membership_id.in_(living))


def works_today() -> ColumnElement[bool]:
    """The affiliations that count today."""
    day = today()
    return and_(
        Affiliation.status == AffiliationStatus.CONFIRMED,
        Affiliation.from_on <= day,
        or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
    )
