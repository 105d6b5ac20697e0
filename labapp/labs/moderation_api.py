"""Moderation as JSON: reporting, the queue, one case."""

from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import cases, moderation
from labapp.labs.case_states import CaseAction
from labapp.labs.cases import CaseView
from labapp.labs.moderation import LONGEST
from labapp.labs.thread_models import CaseDecision, CaseState, ReportReason
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import PageSchema, etag, idempotent, matched_version, page_links

TAG = {"ETag": {"schema": {"type": "string"}}}
ONE = f"<{ID}:case_id>"

resources = Resources(
    "Moderation",
    __name__,
    url_prefix="/api/v1/cases",
    description="What was reported, and what was decided of it.",
)


class CaseSchema(Schema):
    """A case as you see it. Who reported it is told to nobody.

    With `must_take` you decide, and read the text when you have taken the case.
    """

    id = fields.Integer(required=True, attribute="case.id")
    object = fields.String(required=True, attribute="case.object")
    state = fields.Enum(CaseState, by_value=True, required=True, attribute="case.state")
    decision = fields.Enum(
        CaseDecision, by_value=True, required=True, allow_none=True, attribute="case.decision"
    )
    is_hidden = fields.Boolean(required=True)
    text = fields.String(required=True, allow_none=True)
    reasons = fields.Method(
        "reasons_of", required=True, metadata={"type": "array", "items": {"type": "string"}}
    )
    reason = fields.String(required=True, allow_none=True)
    must_take = fields.Boolean(required=True)
    actions = fields.List(fields.Enum(CaseAction, by_value=True), required=True)
    created_at = fields.AwareDateTime(required=True, attribute="case.created_at")
    version = fields.Integer(required=True, attribute="case.version")

    def reasons_of(self, seen: CaseView) -> list[str]:
        return [one.reason.value for one in seen.reports]


class CasesSchema(Schema):
    items = fields.List(fields.Nested(CaseSchema), required=True)
    total = fields.Integer(required=True)


class ReportInputSchema(Schema):
    """What you report, and why. `confirmed`: you were warned of data of pupils."""

    object = fields.String(required=True, validate=validate.Length(3, 80))
    reason = fields.Enum(ReportReason, by_value=True, required=True)
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    confirmed = fields.Boolean(load_default=False)


class CaseStepSchema(Schema):
    action = fields.Enum(CaseAction, by_value=True, required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    confirmed = fields.Boolean(load_default=False)


def _me() -> int | None:
    return current_actor().id


@resources.route("")
class AllCases(MethodView):
    @require_scope("labs:read")
    @resources.arguments(PageSchema, location="query")
    @resources.response(200, CasesSchema, headers={"Link": {"schema": {"type": "string"}}})
    def get(self, query: dict[str, int]) -> Any:
        """List what waits for your decision: data of pupils first, then what waits longest."""
        found, total = cases.list_queue(current_actor(), **query)
        return {"items": found, "total": total}, page_links(**query, total=total)

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 404, 409)
    @resources.arguments(ReportInputSchema, example={"object": "questions:4", "reason": "rude"})
    @resources.response(201, CaseSchema, headers=TAG)
    def post(self, values: dict[str, Any]) -> Any:
        """Report something that you read; data of pupils are out of sight at once."""
        values["name"] = values.pop("object")
        case = moderation.report(current_actor(), **values)
        return cases.get_case(current_actor(), case.id), 201, etag(case.version)


@resources.route(f"/{ONE}")
class OneCase(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.response(200, CaseSchema, headers=TAG)
    def get(self, case_id: int) -> Any:
        """Read a case: as who judges it, wrote it, or reported it."""
        seen = cases.get_case(current_actor(), case_id)
        return seen, etag(seen.case.version)


@resources.route(f"/{ONE}/take")
class TakenCase(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 404, 409)
    @resources.response(200, CaseSchema, headers=TAG)
    def post(self, case_id: int) -> Any:
        """Take a case for half an hour: nobody else decides, and you read what was reported."""
        actor = current_actor()
        case = cases.get_case(actor, case_id).case
        moderation.take(actor, case)
        return cases.view_of(actor, case), etag(case.version)


@resources.route(f"/{ONE}/steps")
class CaseSteps(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(403, 404, 409, 422)
    @resources.arguments(CaseStepSchema, example={"action": "hide", "reason": "Een naam."})
    @resources.response(200, CaseSchema, headers=TAG)
    def post(self, values: dict[str, Any], case_id: int) -> Any:
        """Decide, appeal, or have the last word."""
        actor = current_actor()
        case = cases.get_case(actor, case_id).case
        version = matched_version(case.version)
        moderation.perform(actor, case, version=version, **values)
        seen = cases.view_of(actor, case)
        return seen, etag(case.version)
