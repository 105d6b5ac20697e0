"""Cards as they are in life: written, reviewed, published and findable."""

import pytest

from labapp.accounts.actors import Actor
from labapp.knowledge import cards
from labapp.knowledge import content as contents
from labapp.knowledge.models import Card, Visibility

SOURCE = {
    "key": "hattie-2007",
    "kind": "article",
    "authors": [{"family": "Hattie", "given": "John", "particle": ""}],
    "title": "The Power of Feedback",
    "year": 2007,
    "container": "Review of Educational Research",
    "doi": "10.3102/003465430298487",
}
RATING = {
    "outcome": "attainment",
    "scale": "maanden",
    "value": "+6",
    "months": 6.0,
    "conversion": "eef_menukaart_nl",
    "range_low": 2.0,
    "range_high": 8.0,
    "studies": 435,
    "source": "hattie-2007",
    "dated_on": "2020-01-01",
}


def content_for(**extra):
    """Content that may be published."""
    whole = contents.empty_content() | {
        "title": "Feedback",
        "question": "Welke feedback helpt?",
        "answer": "Feedback op de taak helpt leerlingen vooruit.",
        "body": "## Wat is het?\n\nInformatie over **werk**.\n\n## Kosten\n\nWeinig.",
        "sectors": ["po"],
        "themes": ["feedback"],
        "evidence_strength": 4,
        "evidence_reasons": ["Veel studies."],
        "cost": 1,
        "for_whom": "Alle leerlingen.",
        "steps": [{"kind": "do", "text": "Zeg de volgende stap."}],
        "keywords": ["feedback"],
        "ratings": [RATING],
        "sources": [SOURCE],
    }
    return whole | extra


@pytest.fixture
def publish():
    """Publish a card: `publish(title="Lezen", author=teacher, organisation=school)`."""
    serial = iter(range(1, 1000))

    def make(author=None, organisation=None, **extra):
        content = content_for(**extra)
        card = Card(
            external_id=f"kaart-{next(serial)}",
            title=content["title"],
            visibility=Visibility(content["visibility"]),
            author=author,
            organisation=organisation,
            version_number=0,
        )
        cards.publish(Actor.system(), card, content, author_id=author.id if author else None)
        return card

    return make


@pytest.fixture
def draft_of():
    """Start a card as somebody, complete enough to be submitted."""

    def make(user, **extra):
        return cards.start_card(Actor.of(user), content_for(**extra))

    return make


@pytest.fixture
def submitted(draft_of):
    """A card that somebody wrote and handed in."""

    def make(user, **extra):
        card = draft_of(user, **extra)
        cards.submit_draft(Actor.of(user), cards.get_draft(Actor.of(user), card.id))
        return card

    return make
