"""Who reads, writes, publishes and answers reviews; and the one rule of which reviews one reads."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, or_, select, true

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import policies as knowledge_policies
from labapp.knowledge.models import Card
from labapp.labs import conflicts, policies
from labapp.labs.finding_models import PUBLIC, Finding, FindingVersion
from labapp.labs.lab_models import Lab, ReviewPolicy
from labapp.labs.review_models import (
    Review,
    ReviewBasis,
    ReviewState,
    UseReport,
    UseReportState,
)
from labapp.labs.review_targets import Target, is_reviewed_side, load_target


def reviews_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The reviews that one may read: published ones of what one may read, one's own, as an editor
    all; and those in dispute for the side that was reviewed.
    """
    if actor.is_system or policies.is_broker(actor):
        return true()
    is_out = and_(Review.state == ReviewState.PUBLISHED, Review.is_hidden.is_(False))
    out = and_(is_out, _is_about_readable(actor))
    if actor.id is None:
        return out
    led = select(Lab.id).where(policies.labs_led_by(actor))
    written = _names(Card).where(Card.author_id == actor.id)
    mine = or_(Review.lab_id.in_(led), Review.about.in_(written))
    disputed = and_(Review.state == ReviewState.DISPUTED, Review.is_hidden.is_(False), mine)
    return or_(out, Review.reviewer_id == actor.id, disputed)


def _is_about_readable(actor: Actor) -> ColumnElement[bool]:
    is_out = exists().where(
        FindingVersion.finding_id == Finding.id,
        FindingVersion.state.in_(PUBLIC),
        FindingVersion.is_hidden.is_(False),
    )
    readable = knowledge_policies.visible_to(actor)
    return or_(
        Review.about.in_(_names(Finding).where(is_out.correlate(Finding))),
        Review.about.in_(_names(Card).where(readable)),
    )


def _names(model: Any) -> Any:
    """Give the names of the rows of a table as a query: `cards:5`."""
    return select(literal(f"{model.__tablename__}:") + cast(model.id, String))


def names_reviewers(actor: Actor) -> bool:
    """Whether one is told who reviewed: the people of the programme are, visitors are not."""
    return actor.is_system or bool(actor.affiliations)


def is_reviewer(actor: Actor, review: Review) -> bool:
    return actor.id is not None and actor.id == review.reviewer_id


def is_editor(actor: Actor, review: Review) -> bool:
    """Whether one decides on a review: an editor, not its writer, without an interest in it."""
    if actor.id is None or is_reviewer(actor, review) or not policies.is_broker(actor):
        return False
    target = load_target(review.target)
    return not is_reviewed_side(actor, target) and not conflicts.found_for(actor, target)


def answers_for_side(actor: Actor, review: Review) -> bool:
    return is_reviewed_side(actor, load_target(review.target))


def can_invite(actor: Actor, target: Target) -> bool:
    return (
        actor.id is not None
        and policies.is_broker(actor)
        and not is_reviewed_side(actor, target)
        and not conflicts.found_for(actor, target)
    )


def is_open_to_users(target: Target) -> bool:
    """Whether who used it may review without being asked: a lab chooses, a card has no lab."""
    return target.lab is None or target.lab.review_policy is ReviewPolicy.OPEN


def confirmed_use(actor: Actor, target: Target) -> UseReport | None:
    """Give the confirmed report of use that one wrote or confirmed, if there is one."""
    if actor.id is None or target.card is None:
        return None
    query = select(UseReport).where(
        UseReport.object == f"cards:{target.card.id}",
        UseReport.state == UseReportState.PUBLISHED,
        or_(UseReport.author_id == actor.id, UseReport.confirmed_by_id == actor.id),
    )
    return db.session.scalar(query.order_by(UseReport.id.desc()).limit(1))


def has_basis(review: Review) -> bool:
    """Whether a review still rests on something: an expert was asked, a user has a report."""
    if review.basis is ReviewBasis.EXPERT:
        return True
    target = load_target(review.target)
    if target.card is None or review.reviewer_id is None:
        return False
    used = exists().where(
        UseReport.object == f"cards:{target.card.id}",
        UseReport.state == UseReportState.PUBLISHED,
        or_(
            UseReport.author_id == review.reviewer_id,
            UseReport.confirmed_by_id == review.reviewer_id,
        ),
    )
    return bool(db.session.scalar(select(used)))
