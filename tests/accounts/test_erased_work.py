"""Erasing a person who worked on the knowledge base: the work stays, the name goes."""

from sqlalchemy import func, select

from labapp.accounts import privacy
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge.models import Card, CardVersion
from labapp.knowledge.use_models import (
    Collection,
    CollectionItem,
    Feedback,
    PastSearch,
    SavedSearch,
)
from labapp.rest import IdempotentRequest
from tests.factories import CardFactory


def test_what_is_only_theirs_goes_and_what_others_build_on_stays_nameless(teacher, school):
    name = teacher.name
    card = CardFactory(author=teacher, reviewer=name)
    version = CardVersion(
        card_id=card.id, number=1, content={"reviewer": name, "title": "x"}, author_id=teacher.id,
        reviewer_id=teacher.id,
    )  # fmt: skip
    private = Collection(name="van mij", owner_id=teacher.id)
    private.items.append(CollectionItem(card_id=card.id, position=1, added_by_id=teacher.id))
    team = Collection(name="van ons", owner_id=teacher.id, organisation_id=school.id)
    db.session.add_all([
        version, private, team,
        Feedback(card_id=card.id, user_id=teacher.id, is_useful=True, comment="van Noor"),
        SavedSearch(user_id=teacher.id, name="x", parameters={"q": "x"}),
        PastSearch(user_id=teacher.id, parameters={"q": "y"}),
        IdempotentRequest(user_id=teacher.id, key="k", request_hash="h"),
    ])  # fmt: skip
    db.session.commit()
    data = privacy.export_data(Actor.of(teacher))["knowledge"]
    assert data["cards_written"] == [{"id": card.external_id, "title": card.title}]
    assert {c["name"] for c in data["collections"]} == {"van mij", "van ons"}
    assert data["feedback"][0]["comment"] == "van Noor"

    privacy.erase_user(Actor.system(), teacher.id)

    kept = db.session.scalar(select(Card))
    assert (kept.reviewer, kept.author.name) == ("Verwijderd persoon", "Verwijderd persoon")
    assert name not in str(db.session.scalar(select(CardVersion.content)))
    assert db.session.scalars(select(Collection.name)).all() == ["van ons"]
    feedback = db.session.scalar(select(Feedback))
    assert (feedback.user_id, feedback.comment, feedback.is_useful) == (None, "", True)
    for model in (SavedSearch, PastSearch, IdempotentRequest, CollectionItem):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
