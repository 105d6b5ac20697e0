"""Who took part in a claim before: the rule that keeps people apart, per object and on persons.

It looks at who did something, not at roles of today, and knows no exception (spec/subsidy.md 3.3).
"""

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.subsidy.claim_models import Allocation, Assessment, Claim, ClaimSnapshot, Decision
from labapp.subsidy.hour_models import Declaration, HourEntry


def submitters(claim: Claim) -> set[int]:
    """Give who submitted the claim, each time."""
    found = {claim.submitted_by_id} if claim.submitted_by_id else set()
    contents = select(ClaimSnapshot.content).where(ClaimSnapshot.claim_id == claim.id)
    for content in db.session.scalars(contents):
        found.add(content.get("submitted_by", {}).get("user_id"))
    return {user_id for user_id in found if user_id is not None}


def owners_and_approvers(claim: Claim) -> set[int]:
    """Give whose hours were ever in the claim, and who approved them."""
    rows = db.session.execute(
        select(Declaration.user_id, Declaration.approved_by_id)
        .join(HourEntry, HourEntry.declaration_id == Declaration.id)
        .join(Allocation, Allocation.entry_id == HourEntry.id)
        .where(Allocation.claim_id == claim.id)
        .distinct()
    )
    return {user_id for row in rows for user_id in row if user_id is not None}


def assessors(claim: Claim) -> set[int]:
    return set(
        db.session.scalars(select(Assessment.assessed_by_id).where(Assessment.claim_id == claim.id))
    )


def deciders(claim_ids: set[int]) -> set[int]:
    return set(
        db.session.scalars(select(Decision.decided_by_id).where(Decision.claim_id.in_(claim_ids)))
    )


def require_assessor(actor: Actor, claim: Claim) -> None:
    """Refuse who submitted the claim, or whose hours or approvals are in it."""
    _refuse(
        actor,
        submitters(claim) | owners_and_approvers(claim),
        _("Je hebt zelf aan deze claim meegewerkt. Een ander beoordeelt haar."),
    )


def require_decider(actor: Actor, claim: Claim) -> None:
    """Refuse who did anything for this claim before."""
    _refuse(
        actor,
        submitters(claim) | owners_and_approvers(claim) | assessors(claim),
        _("Je hebt eerder aan deze claim meegewerkt. Een ander beslist."),
    )


def require_payer(actor: Actor, claims: list[Claim]) -> None:
    """Refuse who decided about one of the claims, or submitted one."""
    before = deciders({claim.id for claim in claims})
    for claim in claims:
        before |= submitters(claim)
    _refuse(
        actor, before,
        _("Je hebt over een van deze claims beslist of er een ingediend. Een ander betaalt."),
    )  # fmt: skip


def may_assess(actor: Actor, claim: Claim) -> bool:
    return actor.id not in submitters(claim) | owners_and_approvers(claim)


def may_decide(actor: Actor, claim: Claim) -> bool:
    return may_assess(actor, claim) and actor.id not in assessors(claim)


def _refuse(actor: Actor, before: set[int], message: str) -> None:
    if actor.require_user().id in before:
        raise ForbiddenError(message)
