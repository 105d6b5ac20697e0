"""Reports of use as JSON: of a card, one, writing and steps."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.actors import Actor
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import cards
from labapp.labs import use_report_rights as rights
from labapp.labs import use_reports
from labapp.labs.review_models import UseReport
from labapp.labs.use_report_schemas import (
    NewUseReportSchema,
    UseReportPatchSchema,
    UseReportQuerySchema,
    UseReportSchema,
    UseReportsSchema,
    UseReportStepSchema,
)
from labapp.labs.use_reports import UseReportInput
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:report_id>"
KEPT = (
    "id", "object", "did", "changed", "group", "outcome", "has_failed", "names_school", "state",
    "reply", "confirmed_at", "version",
)  # fmt: skip

resources = Resources(
    "UseReports", __name__, url_prefix="/api/v1/use-reports",
    description="What schools did with a card, confirmed by their leader.",
)  # fmt: skip


def _one(actor: Actor, report: UseReport) -> dict[str, Any]:
    knows_school = rights.knows_school(actor, report)
    works_on = rights.is_author(actor, report) or rights.is_leader(actor, report)
    return {
        **{name: getattr(report, name) for name in KEPT},
        "place": rights.place_words(report, with_name=knows_school),
        "return_note": report.return_note if works_on else "",
        "actions": [action.value for action in use_reports.actions(actor, report)],
    }


@resources.route("")
class UseReports(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(UseReportQuerySchema, location="query")
    @resources.response(200, UseReportsSchema, headers={"Link": {"schema": {"type": "string"}}})
    def get(self, query: dict[str, Any]) -> Any:
        """List the confirmed reports of a card, the newest first."""
        actor = current_actor()
        card = cards.get_card(actor, query.pop("card_id"))
        found, total = use_reports.list_of_card(actor, card, **query)
        body = {"items": [_one(actor, report) for report in found], "total": total}
        return body, page_links(query["page"], query["per_page"], total)

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(NewUseReportSchema)
    @resources.response(201, UseReportSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Write a report as a draft, for the school for which you act."""
        actor = current_actor()
        card = cards.get_card(actor, values.pop("card_id"))
        is_confirmed = values.pop("pupil_data_checked")
        made = use_reports.start_report(
            actor, card, UseReportInput(**values), confirmed=is_confirmed
        )
        place = url_for("UseReports.OneUseReport", report_id=made.id)
        return _one(actor, made), etag(made.version) | {"Location": place}


@resources.route(f"/{ONE}")
class OneUseReport(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, UseReportSchema, headers=TAG)
    def get(self, report_id: int) -> Any:
        """Read one report."""
        actor = current_actor()
        found = use_reports.get_report(actor, report_id)
        return unchanged(found.version) or (_one(actor, found), etag(found.version))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(UseReportPatchSchema)
    @resources.response(200, UseReportSchema, headers=TAG)
    def patch(self, values: dict[str, Any], report_id: int) -> Any:
        """Change a draft, or a report that was given back."""
        actor = current_actor()
        found = use_reports.get_report(actor, report_id)
        is_confirmed = values.pop("pupil_data_checked", False)
        kept = {name: getattr(found, name) for name in UseReportInput.__dataclass_fields__}
        use_reports.save_report(
            actor, found, UseReportInput(**{**kept, **values}),
            version=matched_version(found.version), confirmed=is_confirmed,
        )  # fmt: skip
        return _one(actor, found), etag(found.version)


@resources.route(f"/{ONE}/steps")
class UseReportSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(UseReportStepSchema)
    @resources.response(200, UseReportSchema, headers=TAG)
    def post(self, values: dict[str, Any], report_id: int) -> Any:
        """Hand in, confirm, give back, reply to or withdraw a report."""
        actor = current_actor()
        found = use_reports.get_report(actor, report_id)
        use_reports.perform(
            actor, found, values["action"], version=matched_version(found.version),
            reason=values["reason"], confirmed=values["pupil_data_checked"],
        )  # fmt: skip
        return _one(actor, found), etag(found.version)
