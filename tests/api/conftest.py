"""Calling the API as somebody, with a token of theirs."""

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.knowledge import cards
from labapp.knowledge.models import CardStatus, Visibility
from labapp.knowledge.schemas import ContentSchema
from tests.factories import CardFactory

CONTENT = {
    "title": "Hardop lezen in de brugklas",
    "question": "Helpt hardop lezen?",
    "answer": "Hardop lezen met een maatje helpt zwakke lezers vaak vooruit.",
    "body": "## Wat is het?\n\nLeerlingen lezen om beurten.",
    "sectors": ["vo"],
    "themes": ["reading"],
    "sources": [{"key": "bron", "title": "Een boek over lezen", "year": 2019}],
}


@pytest.fixture
def token():
    """Make a token of a user: `token(teacher, "cards:read")`; without scopes one with all."""

    def make(user, *scopes):
        text = tokens.create_token(
            Actor.of(user), name="Test", scopes=scopes or tuple(tokens.SCOPES), days=1
        )[1]
        return {"Authorization": f"Bearer {text}"}

    return make


@pytest.fixture
def call(app, token):
    """Call the API: `call(teacher, "GET", "/cards")`; None is a visitor."""

    def calling(user, method, path, *, headers=None, scopes=(), **options):
        given = token(user, *scopes) if user else {}
        client = app.test_client()
        return client.open(
            f"/api/v1{path}",
            method=method,
            headers={**given, **(headers or {})},
            buffered=True,
            **options,
        )

    return calling


@pytest.fixture
def published(knowledge_broker):
    """Give a card that went the whole way: in the search, with a version."""

    def make(author=None, **content):
        card = CardFactory.build(
            status=CardStatus.DRAFT, version_number=0, author_id=author.id if author else None
        )
        if author:
            card.organisation_id = Actor.of(author).acting_for_id
        cards.publish(
            Actor.of(knowledge_broker),
            card,
            ContentSchema().load({**CONTENT, **content}),
            author_id=card.author_id,
        )
        return card

    return make


@pytest.fixture
def secret(published, teacher):
    """A card of the teacher's school alone."""
    return published(
        teacher,
        title="Geheim plan van de Regenboog",
        answer="Alleen voor ons team: het regenboogrooster.",
        visibility=Visibility.ORGANISATION.value,
    )
