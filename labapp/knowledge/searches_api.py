"""Around searching, as JSON: suggestions, the vocabulary, and searches that people follow."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import finding, saved_searches, vocabulary
from labapp.knowledge.cards_api import query_of
from labapp.knowledge.limits import limited
from labapp.knowledge.search_page import clean
from labapp.knowledge.use_models import SavedSearch
from labapp.knowledge.use_schemas import (
    FrequencySchema,
    NewSavedSearchSchema,
    SavedSearchesSchema,
    SavedSearchSchema,
    SuggestionsQuerySchema,
    SuggestionsSchema,
    ThemesSchema,
    VocabularySchema,
)
from labapp.resources import ID, Resources, refuses
from labapp.rest import idempotent

resources = Resources(
    "Searches",
    __name__,
    url_prefix="/api/v1",
    description="Suggestions, the controlled words, and searches to follow.",
)


@resources.route("/suggestions")
class Suggestions(MethodView):
    @require_scope("cards:read", visitors=True)
    @limited
    @resources.arguments(SuggestionsQuerySchema, location="query")
    @resources.response(200, SuggestionsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[str]]:
        """Give titles and words that begin so, out of what you may see."""
        prefix = clean(values["q"])
        found = finding.suggest(current_actor(), prefix, values["limit"]) if prefix else []
        return {"items": found}


@resources.route("/themes")
class Themes(MethodView):
    @require_scope("cards:read", visitors=True)
    @resources.response(200, ThemesSchema)
    def get(self) -> dict[str, list[dict[str, str]]]:
        """List the themes in both languages."""
        return {"items": list(vocabulary.themes().values())}


@resources.route("/vocabulary")
class Vocabulary(MethodView):
    @require_scope("cards:read", visitors=True)
    @resources.response(200, VocabularySchema)
    def get(self) -> dict[str, list[dict[str, Any]]]:
        """List the sectors, subjects, kinds and outcomes in both languages."""
        tables = {
            "sectors": vocabulary.sectors(),
            "subjects": vocabulary.subjects(),
            "kinds": vocabulary.kinds(),
            "outcomes": vocabulary.outcomes(),
        }
        return {
            name: [{"slug": slug, **row} for slug, row in table.items()]
            for name, table in tables.items()
        }


@resources.route("/saved-searches")
class SavedSearches(MethodView):
    @require_scope("collections:read")
    @resources.response(200, SavedSearchesSchema)
    def get(self) -> dict[str, list[SavedSearch]]:
        """List the searches that you follow."""
        return {"items": saved_searches.list_saved_searches(current_actor())}

    @require_scope("collections:write")
    @idempotent(lambda: current_actor().id)
    @resources.arguments(
        NewSavedSearchSchema, example={"name": "Lezen", "search": {"q": "begrijpend lezen"}}
    )
    @resources.response(
        201, SavedSearchSchema, headers={"Location": {"schema": {"type": "string"}}}
    )
    def post(self, values: dict[str, Any]) -> Any:
        """Follow a search: a digest of what is new in it comes by mail."""
        saved = saved_searches.save_search(
            current_actor(), values["name"], query_of(values["search"]), values["frequency"]
        )
        return saved, {"Location": url_for("Searches.OneSavedSearch", search_id=saved.id)}


@resources.route(f"/saved-searches/<{ID}:search_id>")
class OneSavedSearch(MethodView):
    @require_scope("collections:read")
    @refuses(404)
    @resources.response(200, SavedSearchSchema)
    def get(self, search_id: int) -> SavedSearch:
        """Read a search that you follow."""
        return saved_searches.get_saved_search(current_actor(), search_id)

    @require_scope("collections:write")
    @refuses(404)
    @resources.arguments(FrequencySchema)
    @resources.response(200, SavedSearchSchema)
    def patch(self, values: dict[str, Any], search_id: int) -> SavedSearch:
        """Choose how often the digest comes, or never."""
        saved = saved_searches.get_saved_search(current_actor(), search_id)
        saved_searches.set_frequency(current_actor(), saved, values["frequency"])
        return saved

    @require_scope("collections:write")
    @refuses(404)
    @resources.response(204)
    def delete(self, search_id: int) -> None:
        """Follow a search no more."""
        saved = saved_searches.get_saved_search(current_actor(), search_id)
        saved_searches.remove_saved_search(current_actor(), saved)
