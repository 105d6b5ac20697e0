"""Valid objects with as little said as possible."""

from factory import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.alchemy import SQLAlchemyModelFactory

from labapp.accounts.models import (
    Affiliation,
    Organisation,
    OrganisationKind,
    Role,
    Sector,
    User,
)
from labapp.clock import now
from labapp.database import db
from labapp.knowledge.models import Card, CardStatus


class Factory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session
        sqlalchemy_session_persistence = "commit"


class OrganisationFactory(Factory):
    class Meta:
        model = Organisation

    kind = OrganisationKind.SCHOOL
    name = Sequence(lambda n: f"School {n}")
    brin6 = Sequence(lambda n: f"{n % 100:02}AB{n // 100 % 100:02}")
    sector = Sector.PO
    municipality = "Utrecht"


class UserFactory(Factory):
    class Meta:
        model = User

    given_name = "Noor"
    particle = "van"
    family_name = Sequence(lambda n: f"Dijk{n}")
    email = Sequence(lambda n: f"person{n}@example.org")
    confirmed_at = LazyFunction(now)


class AffiliationFactory(Factory):
    class Meta:
        model = Affiliation

    user = SubFactory(UserFactory)
    organisation = SubFactory(OrganisationFactory)
    role = Role.TEACHER


class CardFactory(Factory):
    """A published, public card; `status=CardStatus.DRAFT` for one that is not."""

    class Meta:
        model = Card

    external_id = Sequence(lambda n: f"card-{n}")
    title = Sequence(lambda n: f"Kaart {n}")
    question = "Wat helpt?"
    answer = "Dit helpt vaak."
    body = "## Wat is het?\n\nEen aanpak."
    status = CardStatus.PUBLISHED
    published_at = LazyAttribute(
        lambda card: None if card.status in (CardStatus.DRAFT, CardStatus.IN_REVIEW) else now()
    )
    version_number = 1
