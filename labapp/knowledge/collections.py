"""Cards that people keep together, alone or with their team."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from labapp import audit, links
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import policies
from labapp.knowledge.models import Card
from labapp.knowledge.use_models import Collection, CollectionItem

FIRST_NAME = "Bewaard"
CYCLE_NAME = "In onze cyclus"
LONGEST_NAME = 120


def list_collections(actor: Actor) -> list[Collection]:
    """Give the collections one may see: one's own, and those of one's teams."""
    return list(
        db.session.scalars(
            select(Collection)
            .where(policies.collections_visible_to(actor))
            .options(joinedload(Collection.organisation), joinedload(Collection.owner))
            .order_by(Collection.organisation_id.is_not(None), Collection.name, Collection.id)
        )
    )


def count_items(actor: Actor, collections: list[Collection]) -> dict[int, int]:
    """Give how many cards one may see there are in each collection."""
    rows = db.session.execute(
        select(CollectionItem.collection_id, func.count())
        .join(Card, Card.id == CollectionItem.card_id)
        .where(
            CollectionItem.collection_id.in_([c.id for c in collections]),
            policies.visible_to(actor),
        )
        .group_by(CollectionItem.collection_id)
    )
    return {number: int(count) for number, count in rows}


def get_collection(actor: Actor, collection_id: int) -> Collection:
    collection = db.session.get(Collection, collection_id)
    if collection is None or not policies.can_see_collection(actor, collection):
        raise NotFoundError(_("Deze verzameling bestaat niet, of je mag haar niet zien."))
    return collection


def list_items(actor: Actor, collection: Collection) -> list[CollectionItem]:
    """Give what is kept, without the cards that one may not see or that were withdrawn."""
    return list(
        db.session.scalars(
            select(CollectionItem)
            .join(CollectionItem.card)
            .where(CollectionItem.collection_id == collection.id, policies.visible_to(actor))
            .options(
                joinedload(CollectionItem.card).selectinload(Card.ratings),
                joinedload(CollectionItem.card).selectinload(Card.sources),
            )
            .order_by(CollectionItem.position, CollectionItem.id)
        )
    )


def kept_card_ids(actor: Actor, card_ids: list[int]) -> set[int]:
    """Give those of the cards that are in a collection of one's own: the filled bookmarks."""
    if actor.id is None or not card_ids:
        return set()
    return set(
        db.session.scalars(
            select(CollectionItem.card_id)
            .join(CollectionItem.collection)
            .where(Collection.owner_id == actor.id, CollectionItem.card_id.in_(card_ids))
        )
    )


def create_collection(
    actor: Actor, name: str, *, description: str = "", for_team: bool = False
) -> Collection:
    """Start a collection, private or of the organisation one acts for."""
    user = actor.require_user()
    if not actor.may("collections:write"):
        raise ForbiddenError(_("Dit token mag geen verzamelingen wijzigen."))
    if for_team and actor.acting_for is None:
        raise ForbiddenError(_("Je handelt voor geen organisatie."))
    with transaction() as session:
        collection = Collection(
            name=_checked_name(name),
            description=description.strip(),
            owner=user,
            organisation=actor.acting_for if for_team else None,
        )
        session.add(collection)
        audit.record(actor.id, "collection.created", collection, on_behalf_of=actor.acting_for_id)
    return collection


def change_collection(actor: Actor, collection: Collection, *, name: str, description: str) -> None:
    with transaction():
        if not policies.can_edit_collection(actor, collection):
            raise ForbiddenError(_("Je kunt deze verzameling niet wijzigen."))
        collection.name, collection.description = _checked_name(name), description.strip()
        audit.record(actor.id, "collection.changed", collection, on_behalf_of=actor.acting_for_id)


def remove_collection(actor: Actor, collection: Collection) -> None:
    with transaction() as session:
        if not policies.can_remove_collection(actor, collection):
            raise ForbiddenError(_("Alleen de eigenaar kan deze verzameling verwijderen."))
        audit.record(actor.id, "collection.removed", collection, on_behalf_of=actor.acting_for_id)
        session.delete(collection)


def keep_card(actor: Actor, card: Card, collection: Collection | None = None) -> Collection:
    """Put a card in a collection, or in one's first; keeping twice changes nothing."""
    user = actor.require_user()
    if not policies.can_see(actor, card):
        raise NotFoundError(_("Deze kaart bestaat niet, of je mag haar niet zien."))
    with transaction() as session:
        if not card.is_published:
            raise ConflictError(_("Alleen een gepubliceerde kaart kun je bewaren."))
        target = collection or _first_collection(actor)
        if not policies.can_edit_collection(actor, target):
            raise ForbiddenError(_("Je kunt deze verzameling niet wijzigen."))
        known = select(CollectionItem.id).where(
            CollectionItem.collection_id == target.id, CollectionItem.card_id == card.id
        )
        if session.scalar(known) is None:
            last = session.scalar(
                select(func.max(CollectionItem.position)).where(
                    CollectionItem.collection_id == target.id
                )
            )
            session.add(
                CollectionItem(
                    collection_id=target.id,
                    card_id=card.id,
                    position=(last or 0) + 1,
                    added_by_id=user.id,
                )
            )
            audit.record(actor.id, "card.kept", card, on_behalf_of=actor.acting_for_id)
    return target


def use_card(actor: Actor, card: Card) -> Collection:
    """Put a card in what the team of one's organisation works with; the link says it is applied.

    `labapp.links` has `cards:5 applied_in collections:8`, and the note says what it was made from.
    """
    user = actor.require_user()
    if actor.acting_for is None:
        raise ForbiddenError(_("Je handelt voor geen organisatie."))
    with transaction() as session:
        own = select(Organisation.id).where(Organisation.id == actor.acting_for.id)
        session.scalar(own.with_for_update())  # two colleagues at once make one collection
        target = session.scalar(
            select(Collection)
            .where(Collection.organisation_id == actor.acting_for.id, Collection.name == CYCLE_NAME)
            .order_by(Collection.id)
            .limit(1)
        )
        target = target or create_collection(actor, CYCLE_NAME, for_team=True)
        keep_card(actor, card, target)
        links.connect(name_of(card), links.LinkKind.APPLIED_IN, name_of(target), actor_id=user.id)
    return target


def people_with(card_id: int) -> set[int]:
    """Give the ids of who keeps a card: who put it there, and whose the collection is."""
    rows = db.session.execute(
        select(CollectionItem.added_by_id, Collection.owner_id)
        .join(CollectionItem.collection)
        .where(CollectionItem.card_id == card_id)
    )
    return {number for row in rows for number in row}


def drop_card(actor: Actor, card: Card, collection: Collection | None = None) -> None:
    """Take a card out of a collection, or out of all of one's own."""
    with transaction() as session:
        if collection is not None and not policies.can_edit_collection(actor, collection):
            raise ForbiddenError(_("Je kunt deze verzameling niet wijzigen."))
        query = (
            select(CollectionItem)
            .join(CollectionItem.collection)
            .where(CollectionItem.card_id == card.id)
            .options(selectinload(CollectionItem.collection))
        )
        mine = Collection.owner_id == actor.require_user().id
        here = Collection.id == collection.id if collection is not None else mine
        for item in session.scalars(query.where(here)):
            session.delete(item)
        audit.record(actor.id, "card.dropped", card, on_behalf_of=actor.acting_for_id)


def note_on_card(actor: Actor, collection: Collection, card: Card, note: str) -> None:
    """Write down in a collection why a card is kept."""
    with transaction() as session:
        if not policies.can_edit_collection(actor, collection):
            raise ForbiddenError(_("Je kunt deze verzameling niet wijzigen."))
        item = session.scalar(
            select(CollectionItem).where(
                CollectionItem.collection_id == collection.id, CollectionItem.card_id == card.id
            )
        )
        if item is None:
            raise NotFoundError(_("Deze kaart staat niet in de verzameling."))
        item.note = note.strip()


def move_card(actor: Actor, collection: Collection, card: Card, step: int) -> None:
    """Move a card some places down (or, below zero, up) among the cards that one sees."""
    with transaction():
        if not policies.can_edit_collection(actor, collection):
            raise ForbiddenError(_("Je kunt deze verzameling niet wijzigen."))
        items = list_items(actor, collection)
        place = next((i for i, item in enumerate(items) if item.card_id == card.id), None)
        if place is None:
            raise NotFoundError(_("Deze kaart staat niet in de verzameling."))
        other = items[max(0, min(len(items) - 1, place + step))]
        mine = items[place]
        mine.position, other.position = other.position, mine.position


def _first_collection(actor: Actor) -> Collection:
    """Give one's oldest private collection; make it where there is none yet."""
    first = db.session.scalar(
        select(Collection)
        .where(Collection.owner_id == actor.id, Collection.organisation_id.is_(None))
        .order_by(Collection.id)
        .limit(1)
    )
    return first or create_collection(actor, _(FIRST_NAME))


def _checked_name(name: str) -> str:
    words = " ".join(name.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise InvalidError(
            _("Geef de verzameling een naam."),
            {"name": [_("Geef een naam van 1 tot 120 tekens.")]},
        )
    return words
