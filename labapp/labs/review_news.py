"""Telling people what happened to a review: who wrote it, who edits, whose work it is about."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus, Role
from labapp.clock import today
from labapp.database import db
from labapp.labs import review_events as events
from labapp.labs.review_models import Review
from labapp.labs.review_states import ReviewAction
from labapp.labs.review_targets import load_target, reviewed_people
from labapp.notifications import emitting

A = ReviewAction


def tell_invited(actor: Actor, review: Review) -> None:
    emitting.emit(actor, events.INVITED, review, _reviewer(review), about=review.about)


def tell_reminder(review: Review, day: int) -> None:
    """Remind who has not answered, once for each day on which that is done."""
    until = review.expires_at.date().isoformat() if review.expires_at else ""
    emitting.emit(
        Actor.system(), events.REMINDED, review, _reviewer(review), about=review.about,
        key=f"{review.id}:{until}:{day}",
    )  # fmt: skip


def tell(actor: Actor, review: Review, action: ReviewAction) -> None:
    """Tell of a step that was taken, in the caller's transaction."""
    groups: Sequence[Callable[[Review], list[int]]]
    if action is A.WITHDRAW and actor.id != review.reviewer_id:
        code, groups = events.DECIDED, [_reviewer]
    elif action in _NEWS:
        code, groups = _NEWS[action]
    else:
        return
    people = {person for group in groups for person in group(review)}
    emitting.emit(actor, code, review, people, about=review.about)


def _reviewer(review: Review) -> list[int]:
    return [review.reviewer_id] if review.reviewer_id is not None else []


def _editor(review: Review) -> list[int]:
    return [review.invited_by_id] if review.invited_by_id is not None else []


def _editors(review: Review) -> list[int]:
    """Give who asked for a review, or all editors when nobody was asked."""
    return _editor(review) or list_editors()


def _makers(review: Review) -> list[int]:
    return reviewed_people(load_target(review.target))


def list_editors() -> list[int]:
    """Give the knowledge brokers of today, for what nobody was asked to look after."""
    day = today()
    query = select(Affiliation.user_id).where(
        Affiliation.role == Role.KNOWLEDGE_BROKER,
        Affiliation.status == AffiliationStatus.CONFIRMED,
        Affiliation.from_on <= day,
        or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
    )
    return list(db.session.scalars(query.distinct()))


_NEWS: Mapping[ReviewAction, tuple[str, Sequence[Callable[[Review], list[int]]]]] = {
    A.INVITE_AGAIN: (events.INVITED, (_reviewer,)),
    A.DECLINE: (events.ANSWERED, (_editor,)),
    A.EXPIRE: (events.ANSWERED, (_editor,)),
    A.WITHDRAW: (events.ANSWERED, (_editor,)),
    A.SUBMIT: (events.SUBMITTED, (_editors,)),
    A.RETURN: (events.RETURNED, (_reviewer,)),
    A.PUBLISH: (events.PUBLISHED, (_reviewer, _makers)),
    A.REPLY: (events.REPLIED, (_reviewer,)),
    A.DISPUTE: (events.DISPUTED, (_reviewer, _editors)),
    A.UPHOLD: (events.DECIDED, (_reviewer, _makers)),
}
