"""Collections as JSON: cards that people keep together, alone or with their team."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import cards, collections
from labapp.knowledge.cards_api import CARD_TAG
from labapp.knowledge.use_models import CollectionItem
from labapp.knowledge.use_schemas import (
    CollectionChangeSchema,
    CollectionItemSchema,
    CollectionItemsSchema,
    CollectionSchema,
    CollectionsSchema,
)
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, require_match, unchanged

resources = Resources(
    "Collections",
    __name__,
    url_prefix="/api/v1/collections",
    description="Cards kept together, alone or with the team.",
)


@resources.route("")
class AllCollections(MethodView):
    @require_scope("collections:read")
    @resources.response(200, CollectionsSchema)
    def get(self) -> dict[str, Any]:
        """List your collections and those of your teams."""
        actor = current_actor()
        found = collections.list_collections(actor)
        counts = collections.count_items(actor, found)
        return {"items": [(collection, counts.get(collection.id, 0)) for collection in found]}

    @require_scope("collections:write")
    @idempotent(lambda: current_actor().id)
    @resources.arguments(CollectionSchema, example={"name": "Lezen in groep 6"})
    @resources.response(
        201, CollectionSchema, headers={**CARD_TAG, "Location": {"schema": {"type": "string"}}}
    )
    def post(self, values: dict[str, Any]) -> Any:
        """Start a collection: private, or with `for_team` of the organisation you act for."""
        collection = collections.create_collection(current_actor(), **values)
        place = url_for("Collections.OneCollection", collection_id=collection.id)
        return collection, etag(collection.version) | {"Location": place}


@resources.route(f"/<{ID}:collection_id>")
class OneCollection(MethodView):
    @require_scope("collections:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, CollectionSchema, headers=CARD_TAG)
    def get(self, collection_id: int) -> Any:
        """Read the name and description of a collection."""
        collection = collections.get_collection(current_actor(), collection_id)
        return unchanged(collection.version) or (collection, etag(collection.version))

    @require_scope("collections:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(CollectionChangeSchema)
    @resources.response(200, CollectionSchema, headers=CARD_TAG)
    def patch(self, values: dict[str, str], collection_id: int) -> Any:
        """Change the name or the description of a collection."""
        collection = collections.get_collection(current_actor(), collection_id)
        require_match(collection.version)
        kept = {"name": collection.name, "description": collection.description}
        collections.change_collection(current_actor(), collection, **{**kept, **values})
        return collection, etag(collection.version)

    @require_scope("collections:write")
    @asks("If-Match")
    @refuses(404)
    @resources.response(204)
    def delete(self, collection_id: int) -> None:
        """Remove a collection; the cards themselves stay."""
        collection = collections.get_collection(current_actor(), collection_id)
        require_match(collection.version)
        collections.remove_collection(current_actor(), collection)


@resources.route(f"/<{ID}:collection_id>/items")
class Items(MethodView):
    @require_scope("collections:read")
    @refuses(404)
    @resources.response(200, CollectionItemsSchema)
    def get(self, collection_id: int) -> dict[str, list[CollectionItem]]:
        """List the cards of a collection, without those that were withdrawn."""
        actor = current_actor()
        collection = collections.get_collection(actor, collection_id)
        return {"items": collections.list_items(actor, collection)}


@resources.route(f"/<{ID}:collection_id>/items/<{ID}:card_id>")
class Item(MethodView):
    @require_scope("collections:write")
    @refuses(404, 409)
    @resources.arguments(CollectionItemSchema, required=False)
    @resources.response(204)
    def put(self, values: dict[str, str], collection_id: int, card_id: int) -> None:
        """Keep a card in a collection, with a note on why; again changes the note."""
        actor = current_actor()
        collection = collections.get_collection(actor, collection_id)
        card = cards.get_card(actor, card_id)
        collections.keep_card(actor, card, collection)
        collections.note_on_card(actor, collection, card, values["note"])

    @require_scope("collections:write")
    @refuses(404)
    @resources.response(204)
    def delete(self, collection_id: int, card_id: int) -> None:
        """Take a card out of a collection; taking it out again changes nothing."""
        actor = current_actor()
        collection = collections.get_collection(actor, collection_id)
        collections.drop_card(actor, cards.get_card(actor, card_id), collection)
