"""Meetings as JSON: planned, changed, cancelled, and confirmed with the hours that follow."""

from dataclasses import fields
from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import activities, policies, rounds
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_schemas import (
    ActivitiesSchema,
    ActivityPatchSchema,
    ActivityQuerySchema,
    ActivitySchema,
    ActivityStepSchema,
    NewActivitySchema,
)
from labapp.labs.lab_models import Lab
from labapp.labs.round_models import Activity
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:activity_id>"

resources = Resources(
    "Activities",
    __name__,
    url_prefix="/api/v1/activities",
    description="Meetings and sessions of a lab, from which hours are proposed.",
)


def _lab(lab_id: int) -> Lab:
    """Give a lab that one works in."""
    actor = current_actor()
    lab = rounds.get_lab_of_rounds(actor, lab_id)
    if not policies.works_in(actor, lab):
        raise NotFoundError(_("De bijeenkomsten zijn er alleen voor de mensen van het lab."))
    return lab


def _get(activity_id: int) -> Activity:
    return activities.get_activity(current_actor(), activity_id)


@resources.route("")
class Activities(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.arguments(ActivityQuerySchema, location="query")
    @resources.response(200, ActivitiesSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the latest 200 meetings of a lab or a round, the last day first."""
        lab = _lab(query["lab_id"])
        found = activities.list_activities(current_actor(), lab, round_id=query["round_id"])
        return {"items": found}

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(NewActivitySchema)
    @resources.response(201, ActivitySchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Plan a meeting, or note one that was held."""
        lab = _lab(values.pop("lab_id"))
        is_confirmed = values.pop("pupil_data_checked")
        made = activities.plan_activity(
            current_actor(), lab, _input(values), confirmed=is_confirmed
        )
        place = url_for("Activities.OneActivity", activity_id=made.id)
        return made, etag(made.version) | {"Location": place}


@resources.route(f"/{ONE}")
class OneActivity(MethodView):
    @require_scope("labs:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, ActivitySchema, headers=TAG)
    def get(self, activity_id: int) -> Any:
        """Read one meeting."""
        found = _get(activity_id)
        return unchanged(found.version) or (found, etag(found.version))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ActivityPatchSchema)
    @resources.response(200, ActivitySchema, headers=TAG)
    def patch(self, values: dict[str, Any], activity_id: int) -> Any:
        """Change a meeting that is planned."""
        found = _get(activity_id)
        is_confirmed = values.pop("pupil_data_checked")
        kept = {one.name: getattr(found, one.name) for one in fields(ActivityInput)}
        kept["people"] = [person.user_id for person in found.people]
        activities.change_activity(
            current_actor(), found, _input({**kept, **values}),
            version=matched_version(found.version), confirmed=is_confirmed,
        )  # fmt: skip
        return found, etag(found.version)


@resources.route(f"/{ONE}/steps")
class ActivitySteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ActivityStepSchema)
    @resources.response(200, ActivitySchema, headers=TAG)
    def post(self, values: dict[str, Any], activity_id: int) -> Any:
        """Cancel a meeting, or confirm who was there: hours are then proposed to them."""
        found = _get(activity_id)
        hours = {
            one["organisation_id"]: (one["version_id"], one["category_id"])
            if one["version_id"] and one["category_id"]
            else None
            for one in values["hours"]
        }
        activities.perform(
            current_actor(),
            found,
            values["action"],
            version=matched_version(found.version),
            reason=values["reason"],
            present={one["user_id"]: one["minutes"] for one in values["present"]},
            hours=hours,
        )
        return found, etag(found.version)


def _input(values: dict[str, Any]) -> ActivityInput:
    return ActivityInput(**{**values, "people": frozenset(values["people"])})
