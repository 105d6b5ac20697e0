"""Whether a card helped with a question: for its writers, and as judgements for the benchmark."""

from collections.abc import Iterator

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import policies
from labapp.knowledge.models import Card
from labapp.knowledge.use_models import Feedback

LONGEST_QUERY = 300
LONGEST_COMMENT = 2000


def give_feedback(
    actor: Actor, card: Card, *, is_useful: bool, query: str = "", comment: str = ""
) -> Feedback:
    """Say whether a card was useful for a question; saying it again changes what was said."""
    user = actor.require_user()
    if not policies.can_see(actor, card):
        raise NotFoundError(_("Deze kaart bestaat niet, of je mag haar niet zien."))
    asked = " ".join(query.split())[:LONGEST_QUERY]
    with transaction() as session:
        given = session.scalar(
            select(Feedback).where(
                Feedback.card_id == card.id, Feedback.user_id == user.id, Feedback.query == asked
            )
        )
        if given is None:
            given = Feedback(card_id=card.id, user_id=user.id, query=asked)
            session.add(given)
        given.is_useful, given.comment = is_useful, comment.strip()[:LONGEST_COMMENT]
    return given


def given_by(actor: Actor, card: Card, query: str) -> Feedback | None:
    """Give what one said before of a card for this question."""
    if actor.id is None:
        return None
    asked = " ".join(query.split())[:LONGEST_QUERY]
    return db.session.scalar(
        select(Feedback).where(
            Feedback.card_id == card.id, Feedback.user_id == actor.id, Feedback.query == asked
        )
    )


def count_feedback(card: Card) -> tuple[int, int]:
    """Give how often a card was called useful, and how often not."""
    rows = db.session.execute(
        select(Feedback.is_useful, func.count())
        .where(Feedback.card_id == card.id)
        .group_by(Feedback.is_useful)
    ).all()
    counts = {bool(useful): int(number) for useful, number in rows}
    return counts.get(True, 0), counts.get(False, 0)


def list_judgements(actor: Actor) -> Iterator[tuple[str, str, int]]:
    """Give (question, external id, 1 or 0) for the benchmark, without who said it."""
    if not policies.can_see_analytics(actor):
        raise ForbiddenError(_("Alleen kennismakelaars en beheerders zien dit."))
    rows = db.session.execute(
        select(Feedback.query, Card.external_id, func.avg(Feedback.is_useful.cast(db.Integer)))
        .join(Card, Card.id == Feedback.card_id)
        .where(Feedback.query != "", policies.visible_to(actor))
        .group_by(Feedback.query, Card.external_id)
        .order_by(Feedback.query, Card.external_id)
    )
    for query, external_id, mean in rows:
        yield query, external_id, int(float(mean) > 1 / 2)
