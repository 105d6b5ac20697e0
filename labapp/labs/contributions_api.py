"""Contributions as JSON: read, changed, judged, marked."""

from typing import Any

from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import contribution_marks, contributions, thread_page
from labapp.labs.thread_models import Contribution
from labapp.labs.thread_schemas import (
    ContributionChangeSchema,
    ContributionSchema,
    ContributionStepSchema,
    MarksSchema,
    PostedSchema,
    TextsSchema,
)
from labapp.labs.threads_api import answer_of, shown
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, require_match, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
ONE = f"<{ID}:contribution_id>"

resources = Resources(
    "Contributions",
    __name__,
    url_prefix="/api/v1/contributions",
    description="What people say in conversations.",
)


def _me() -> int | None:
    return current_actor().id


def _get(contribution_id: int) -> Contribution:
    return contributions.get_contribution(current_actor(), contribution_id)


def _answer(one: Contribution) -> tuple[dict[str, Any], dict[str, str]]:
    return shown(thread_page.line_of(current_actor(), one)), etag(one.version)


@resources.route(f"/{ONE}")
class OneContribution(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, ContributionSchema, headers=TAG)
    def get(self, contribution_id: int) -> Any:
        """Read a contribution."""
        one = _get(contribution_id)
        return unchanged(one.version) or _answer(one)

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.arguments(ContributionChangeSchema, example={"body": "Beter gezegd."})
    @resources.response(200, PostedSchema, headers=TAG)
    def put(self, values: dict[str, Any], contribution_id: int) -> Any:
        """Change your own words; after a day the old ones stay to be read."""
        one = _get(contribution_id)
        version = matched_version(one.version)
        posted = contributions.edit_contribution(current_actor(), one, version, values["words"])
        return answer_of(posted)


@resources.route(f"/{ONE}/steps")
class ContributionSteps(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.arguments(
        ContributionStepSchema, example={"action": "hide", "reason": "Hier staat een naam."}
    )
    @resources.response(200, ContributionSchema, headers=TAG)
    def post(self, values: dict[str, Any], contribution_id: int) -> Any:
        """Place what waited, hide, put back or remove a contribution."""
        one = _get(contribution_id)
        version = matched_version(one.version)
        contributions.perform(current_actor(), one, version=version, **values)
        return _answer(one)


@resources.route(f"/{ONE}/marks")
class ContributionMarks(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409, 412)
    @resources.arguments(MarksSchema, example={"is_useful": True})
    @resources.response(200, ContributionSchema, headers=TAG)
    def put(self, values: dict[str, bool], contribution_id: int) -> Any:
        """Call it a useful answer, ask researchers to look, or take that back."""
        actor, one = current_actor(), _get(contribution_id)
        require_match(one.version)
        if "is_useful" in values:
            contribution_marks.mark_useful(actor, one, is_on=values["is_useful"])
        if "for_researchers" in values:
            is_on = values["for_researchers"]
            contribution_marks.flag_for_researchers(actor, one, is_on=is_on)
        return _answer(one)


@resources.route(f"/{ONE}/texts")
class ContributionTexts(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, TextsSchema)
    def get(self, contribution_id: int) -> Any:
        """Read what a contribution said before, the newest first."""
        actor = current_actor()
        return {"items": contributions.list_texts(actor, _get(contribution_id))}
