"""What keeps somebody from reviewing: what the platform knows, and what they declare themselves."""

from collections.abc import Mapping

from sqlalchemy import or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus, Organisation
from labapp.clock import today
from labapp.database import db
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge.models import CardVersion
from labapp.labs.finding_models import FindingContributor, FindingVersion, Signature
from labapp.labs.lab_models import LabMembership, LabRole, MembershipState
from labapp.labs.policies import role_is_current
from labapp.labs.review_targets import Target

DECLARED = {
    "close": _l("Ben je familie, partner of een goede vriend van iemand die meewerkte?"),
    "works_along": _l("Werk je nu samen met iemand die meewerkte, of geef je leiding aan elkaar?"),
    "gains": _l("Heb jij, je school of je instelling er geld of voordeel bij hoe het uitvalt?"),
    "otherwise": _l("Is er iets anders waardoor je niet vrij kunt oordelen?"),
}


def found_for(actor: Actor, target: Target) -> list[str]:
    """Give in words what the platform knows that stands between somebody and a fair review."""
    if actor.id is None:
        return []
    makers = _makers(target)
    found = []
    if actor.id in makers:
        found.append(_("Je schreef of werkte er zelf aan mee."))
    if _has_signed(actor.id, target):
        found.append(_("Je tekende deze bevinding."))
    if _was_in_lab(actor.id, target):
        found.append(_("Je hebt of had een rol in het lab dat dit maakte."))
    places = _places(target, makers)
    if actor.organisation_ids & places:
        found.append(_("Het komt van de school of instelling waar je werkt."))
    elif _boards_of(actor.organisation_ids) & _boards_of(places):
        found.append(_("Het komt van een school of instelling van hetzelfde bestuur."))
    if actor.id not in makers and _is_partner(actor.id, target, makers):
        found.append(_("Je werkt nu samen met iemand die eraan meewerkte."))
    return found


def require_declared(answers: Mapping[str, bool]) -> dict[str, bool]:
    """Give the answers when each question was answered with no; refuse what is missing or a yes."""
    fields = {}
    for name in DECLARED:
        if name not in answers:
            fields[name] = [_("Geef antwoord op deze vraag.")]
        elif answers[name]:
            fields[name] = [
                _("Dan kun je dit niet beoordelen. Wijs de uitnodiging af met als reden belang.")
            ]
    if fields:
        raise InvalidError(_("Een beoordeling vraagt dat je er vrij in bent."), fields)
    return {name: bool(answers[name]) for name in DECLARED}


def _makers(target: Target) -> set[int]:
    """Give the ids of who wrote at any version of it, or is named as a contributor."""
    ids: set[int | None] = set()
    if target.finding is not None:
        versions = FindingVersion.finding_id == target.finding.id
        rows = db.session.execute(
            select(FindingVersion.author_id, FindingVersion.saved_by_id).where(versions)
        )
        ids |= {number for row in rows for number in row}
        named = select(FindingContributor.user_id).where(
            FindingContributor.finding_version_id.in_(select(FindingVersion.id).where(versions))
        )
        ids |= set(db.session.scalars(named))
    elif target.card is not None:
        authors = select(CardVersion.author_id).where(CardVersion.card_id == target.card.id)
        ids |= {target.card.author_id, *db.session.scalars(authors)}
    return {number for number in ids if number is not None}


def _has_signed(user_id: int, target: Target) -> bool:
    if target.finding is None:
        return False
    versions = select(FindingVersion.id).where(FindingVersion.finding_id == target.finding.id)
    query = select(Signature.id).where(
        Signature.finding_version_id.in_(versions), Signature.user_id == user_id
    )
    return db.session.scalar(query.limit(1)) is not None


def _was_in_lab(user_id: int, target: Target) -> bool:
    if target.lab is None:
        return False
    query = select(LabRole.id).where(LabRole.lab_id == target.lab.id, LabRole.user_id == user_id)
    return db.session.scalar(query.limit(1)) is not None


def _places(target: Target, makers: set[int]) -> frozenset[int]:
    """Give the schools and institutions that made it: of the lab, the card, and of its makers."""
    day = today()
    places: set[int | None] = set(
        db.session.scalars(
            select(Affiliation.organisation_id).where(
                Affiliation.user_id.in_(sorted(makers)),
                Affiliation.status == AffiliationStatus.CONFIRMED,
                Affiliation.from_on <= day,
                or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
            )
        )
    )
    if target.lab is not None:
        took_part = select(LabMembership.organisation_id).where(
            LabMembership.lab_id == target.lab.id, LabMembership.from_on.is_not(None)
        )
        places |= set(db.session.scalars(took_part))
    elif target.card is not None:
        places.add(target.card.organisation_id)
    return frozenset(number for number in places if number is not None)


def _boards_of(places: frozenset[int]) -> set[int]:
    """Give the boards of organisations; a board is its own."""
    query = select(Organisation.id, Organisation.board_id).where(
        Organisation.id.in_(sorted(places))
    )
    return {number for row in db.session.execute(query) for number in row if number is not None}


def _is_partner(user_id: int, target: Target, makers: set[int]) -> bool:
    """Whether one works today in a lab, another than that of the target, with one of its makers."""
    mine = (
        select(LabRole.lab_id)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            LabRole.user_id == user_id,
            role_is_current(),
            LabMembership.state == MembershipState.ACTIVE,
        )
    )
    query = select(LabRole.id).where(
        LabRole.lab_id.in_(mine), LabRole.user_id.in_(sorted(makers)), role_is_current()
    )
    if target.lab is not None:
        query = query.where(LabRole.lab_id != target.lab.id)
    return db.session.scalar(query.limit(1)) is not None
