"""The versions of a card as JSON: what was published when, and what changed."""

from typing import Any

from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import card_lists
from labapp.knowledge import content as contents
from labapp.knowledge.api_schemas import (
    DiffQuerySchema,
    DiffSchema,
    VersionsSchema,
    WholeVersionSchema,
)
from labapp.knowledge.cards_api import gone
from labapp.knowledge.gone_api import read_card
from labapp.knowledge.models import CardVersion
from labapp.resources import ID, Resources, refuses

resources = Resources(
    "Versions", __name__, url_prefix="/api/v1/cards", description="What was published before."
)


@resources.route(f"/<{ID}:card_id>/versions")
class Versions(MethodView):
    @require_scope("cards:read", visitors=True)
    @refuses(404)
    @resources.response(200, VersionsSchema)
    @gone
    def get(self, card_id: int) -> dict[str, list[CardVersion]]:
        """List the published versions of a card, the newest first."""
        return {"items": card_lists.list_versions(current_actor(), read_card(card_id))}


@resources.route(f"/<{ID}:card_id>/versions/<{ID}:number>")
class Version(MethodView):
    @require_scope("cards:read", visitors=True)
    @refuses(404)
    @resources.response(200, WholeVersionSchema)
    @gone
    def get(self, card_id: int, number: int) -> CardVersion:
        """Read a card as it was published then."""
        return card_lists.get_version(current_actor(), read_card(card_id), number)


@resources.route(f"/<{ID}:card_id>/versions/<{ID}:number>/diff")
class Differences(MethodView):
    @require_scope("cards:read", visitors=True)
    @refuses(404)
    @resources.arguments(DiffQuerySchema, location="query")
    @resources.response(200, DiffSchema)
    @gone
    def get(self, values: dict[str, Any], card_id: int, number: int) -> dict[str, Any]:
        """See what changed, field by field, since another version (the one before)."""
        card, actor = read_card(card_id), current_actor()
        new = card_lists.get_version(actor, card, number).content
        against = values["against"] or number - 1
        old = card_lists.get_version(actor, card, against).content if against else {}
        return {
            "old": against,
            "new": number,
            "changes": [
                {"field": name, "old": pair[0], "new": pair[1]}
                for name, pair in contents.changed_fields(old, new).items()
            ],
        }
