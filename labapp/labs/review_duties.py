"""What waits for a person in reviews: to answer, to write, to publish, to decide."""

from collections.abc import Iterator

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs import review_rights as rights
from labapp.labs.review_models import Review, ReviewState
from labapp.labs.review_targets import titles_of
from labapp.notifications import addresses
from labapp.notifications.duties import Duty, register

MOST = 50
S = ReviewState


def list_review_duties(actor: Actor) -> list[Duty]:
    """Give what somebody still has to do, as a reviewer and as an editor."""
    if actor.id is None:
        return []
    found = [*_of_reviewer(actor)]
    if policies.is_broker(actor):
        found += _of_editor(actor)
    return found


def _of_reviewer(actor: Actor) -> Iterator[Duty]:
    query = select(Review).where(
        Review.reviewer_id == actor.id, Review.state.in_((S.INVITED, S.ACCEPTED))
    )
    rows = list(db.session.scalars(query.order_by(Review.id).limit(MOST)))
    titles = titles_of({review.about for review in rows})
    for review in rows:
        title = titles.get(review.about, "")
        is_new = review.state is S.INVITED
        yield _duty(
            review,
            _("Wil je ‘%(title)s’ beoordelen?", title=title)
            if is_new
            else _("Schrijf je beoordeling van ‘%(title)s’", title=title),
            "mail-question-mark" if is_new else "pencil-line",
        )


def _of_editor(actor: Actor) -> Iterator[Duty]:
    """What asks for a decision; who has an interest does not see it as a duty."""
    query = select(Review).where(Review.state.in_((S.SUBMITTED, S.DISPUTED)))
    rows = list(db.session.scalars(query.order_by(Review.id).limit(MOST)))
    titles = titles_of({review.about for review in rows})
    for review in rows:
        if rights.is_editor(actor, review):
            title = titles.get(review.about, "")
            words = (
                _("Lees en publiceer de beoordeling van ‘%(title)s’", title=title)
                if review.state is S.SUBMITTED
                else _("Beslis over het bezwaar tegen de beoordeling van ‘%(title)s’", title=title)
            )
            yield _duty(review, words, "book-open-check")


def _duty(review: Review, words: str, icon: str) -> Duty:
    return Duty(
        words,
        addresses.path("lab_reviews.show", review_id=review.id),
        since=review.submitted_at or review.invited_at,
        due_on=review.expires_at.date() if review.expires_at else None,
        icon=icon,
        object=name_of(review),
    )


register("labs.reviews", list_review_duties)
