"""Reviews as JSON: of a finding or card with their spread, asking, beginning, steps, the rubric."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.actors import Actor
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import reviews, rubric
from labapp.labs.conflicts import DECLARED
from labapp.labs.review_models import Review
from labapp.labs.review_page import ReviewPage
from labapp.labs.review_schemas import (
    NewReviewSchema,
    ReviewQuerySchema,
    ReviewRubricSchema,
    ReviewSchema,
    ReviewsSchema,
    ReviewStepSchema,
)
from labapp.labs.review_scores import reviews_of
from labapp.labs.review_states import ReviewAction
from labapp.labs.review_targets import get_target
from labapp.labs.reviews import ReviewInput
from labapp.labs.rubric import SCORES
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:review_id>"

resources = Resources(
    "Reviews", __name__, url_prefix="/api/v1/reviews",
    description="What users and experts say of findings and cards.",
)  # fmt: skip


def _one(actor: Actor, review: Review, *, shows_scores: bool | None = None) -> dict[str, Any]:
    page_of = ReviewPage(actor, review)
    with_scores = page_of.shows_scores if shows_scores is None else shows_scores
    kept = ("id", "about", "target", "basis", "state", "strengths", "concerns", "reply",
            "expires_at", "published_at", "version")  # fmt: skip
    return {
        **{name: getattr(review, name) for name in kept},
        **{name: getattr(review, name) if with_scores else None for name in SCORES},
        "reviewer": page_of.reviewer,
        "actions": [] if actor.id is None else [action.value for action in page_of.actions],
    }


@resources.route("")
class Reviews(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(ReviewQuerySchema, location="query")
    @resources.response(200, ReviewsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the published reviews of what is out now of a finding or card."""
        actor = current_actor()
        found = reviews_of(actor, get_target(actor, query["about"]))
        shows = found.shows_scores
        return {
            "items": [_one(actor, one, shows_scores=shows) for one in found.now],
            "earlier": [_one(actor, one, shows_scores=False) for one in found.before],
            "spread": found.spreads(),
        }

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(NewReviewSchema)
    @resources.response(201, ReviewSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Ask somebody for a review, or begin one of what your school used."""
        actor = current_actor()
        if values["email"]:
            made = reviews.invite(actor, values["about"], values["email"])
        else:
            made = reviews.start(actor, values["about"], values["declared"])
        place = url_for("Reviews.OneReview", review_id=made.id)
        return _one(actor, made), etag(made.version) | {"Location": place}


@resources.route("/rubric")
class Rubric(MethodView):
    @require_scope("labs:read", visitors=True)
    @resources.response(200, ReviewRubricSchema)
    def get(self) -> dict[str, Any]:
        """Read how a reviewer scores and what one declares, in the language asked for."""
        declarations = [{"name": name, "asks": str(words)} for name, words in DECLARED.items()]
        return {"questions": rubric.questions(), "declarations": declarations}


@resources.route(f"/{ONE}")
class OneReview(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, ReviewSchema, headers=TAG)
    def get(self, review_id: int) -> Any:
        """Read one review."""
        actor = current_actor()
        found = reviews.get_review(actor, review_id)
        return unchanged(found.version) or (_one(actor, found), etag(found.version))


@resources.route(f"/{ONE}/steps")
class ReviewSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ReviewStepSchema)
    @resources.response(200, ReviewSchema, headers=TAG)
    def post(self, values: dict[str, Any], review_id: int) -> Any:
        """Answer, hand in, publish, reply to or withdraw a review."""
        actor = current_actor()
        found = reviews.get_review(actor, review_id)
        action, reason = ReviewAction(values.pop("action")), values.pop("reason")
        is_confirmed = values.pop("pupil_data_checked")
        reviews.perform(
            actor, found, action, version=matched_version(found.version), reason=reason,
            given=ReviewInput(**values, confirmed=is_confirmed),
        )  # fmt: skip
        return _one(actor, found), etag(found.version)
