"""Work on reviews that nobody waits for: reminding, and letting go of what was not answered."""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError
from labapp.jobs import services as jobs
from labapp.labs import review_news, reviews
from labapp.labs.review_models import Review
from labapp.labs.review_states import HOLDS, REMINDED_ON, WAITING, ReviewAction

log = structlog.get_logger()


@jobs.handler("labs.reviews", every=timedelta(hours=6))
def look_after_reviews(_payload: dict[str, Any]) -> None:
    """Expire, then remind; doing it again, late or twice, changes nothing."""
    expire_unanswered()
    remind()


def expire_unanswered() -> int:
    """Let go of what was not answered or written in 21 days; the editor is told."""
    query = select(Review.id).where(Review.state.in_(WAITING), Review.expires_at <= now())
    count = 0
    for number in db.session.scalars(query.order_by(Review.id)).all():
        try:
            with transaction() as session:
                review = session.get_one(Review, number)
                reviews.perform(Actor.system(), review, ReviewAction.EXPIRE, version=None)
            count += 1
        except ConflictError as error:  # answered a moment ago
            log.info("labs.review_was_answered", review=number, reason=str(error))
    return count


def remind() -> None:
    """Remind who has not answered after 7 and after 14 days, of the last of them that passed."""
    first = timedelta(days=REMINDED_ON[0])
    query = select(Review).where(
        Review.state.in_(WAITING),
        Review.expires_at > now(),
        Review.expires_at <= now() + HOLDS - first,
    )
    with transaction():
        for review in db.session.scalars(query.order_by(Review.id)):
            waited = now() - (review.expires_at - HOLDS) if review.expires_at else timedelta()
            review_news.tell_reminder(review, max(d for d in REMINDED_ON if d <= waited.days))
