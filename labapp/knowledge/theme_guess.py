"""Which themes a question is about, learnt from the questions that public cards answer."""

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import policies
from labapp.knowledge.models import Card
from labapp.search import labels

LABELS = "themes"


def guess_themes(text: str) -> dict[str, float]:
    """Give how well each theme suits a question, the best 1; nothing before anything was learnt."""
    return labels.guess(LABELS, text)


def learn_themes() -> bool:
    """Learn from the public cards, if they or the model changed; say whether they did.

    Raises UnavailableError when the model is out of order.
    """
    rows = db.session.execute(
        select(Card.also_asked, Card.themes)
        .where(policies.visible_to(Actor.visitor()))
        .order_by(Card.id)
    ).all()
    db.session.rollback()  # what follows may take seconds
    return labels.learn(LABELS, [labels.Group(tuple(asked), tuple(ours)) for asked, ours in rows])
