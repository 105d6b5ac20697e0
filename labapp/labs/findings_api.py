"""Findings as JSON: the harvestable list, reading, writing, steps, versions, citing."""

from typing import Any

from flask import Response, abort, make_response
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.knowledge import collections
from labapp.knowledge.cards_api import cited
from labapp.knowledge.use_models import Collection
from labapp.knowledge.use_schemas import CollectionSchema
from labapp.labs import (
    corrections,
    finding_citations,
    finding_steps,
    finding_writing,
    findings,
    rounds,
)
from labapp.labs import finding_json as shown
from labapp.labs.finding_content import changed_fields
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_schemas import (
    ContributorsSchema,
    FindingCitationQuerySchema,
    FindingDetailSchema,
    FindingDiffQuerySchema,
    FindingDiffSchema,
    FindingDraftSchema,
    FindingQuerySchema,
    FindingsSchema,
    FindingStepSchema,
    FindingTombstoneProblemSchema,
    FindingTombstoneSchema,
    FindingVersionsSchema,
    StartFindingSchema,
    WholeFindingVersionSchema,
)
from labapp.labs.finding_states import FindingAction
from labapp.labs.finding_views import is_gone
from labapp.resources import ID, PROBLEM, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged
from labapp.web import answer

TAG = {"ETag": {"schema": {"type": "string"}, "description": "Names this state of the version."}}
ONE = f"<{ID}:finding_id>"

resources = Resources(
    "Findings", __name__, url_prefix="/api/v1/findings", description="What labs found."
)
gone = resources.alt_response(
    410, schema=FindingTombstoneProblemSchema, content_type=PROBLEM, description="It was retracted."
)


def _me() -> int | None:
    return current_actor().id


def _get(finding_id: int) -> Finding:
    """Give a finding that one may see; for a retracted one answer 410 with its tombstone."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        left = shown.tombstone(finding, findings.list_versions(actor, finding))
        text = left["text"]
        body = {"tombstone": FindingTombstoneSchema().dump(left)}
        abort(make_response(*answer(410, text, body)))
    return finding


def _whole(finding: Finding, made: FindingVersion) -> tuple[dict[str, Any], dict[str, str]]:
    return shown.detail(current_actor(), finding, made), etag(made.version)


@resources.route("")
class AllFindings(MethodView):
    @require_scope("labs:read", visitors=True)
    @resources.arguments(FindingQuerySchema, location="query")
    @resources.response(200, FindingsSchema, headers={"Link": {"schema": {"type": "string"}}})
    def get(self, query: dict[str, Any]) -> Any:
        """List what is out, the newest first, with its whole text."""
        actor = current_actor()
        found, total = findings.list_published(actor, **query)
        items = [shown.detail(actor, finding, made, is_list=True) for finding, made in found]
        body = {"items": items, "total": total}
        return body, page_links(query["page"], query["per_page"], total)

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(404, 409)
    @resources.arguments(StartFindingSchema)
    @resources.response(201, FindingDetailSchema, headers=TAG)
    def post(self, values: dict[str, Any]) -> Any:
        """Begin the finding of a round."""
        actor = current_actor()
        one = rounds.get_round(actor, values["round_id"])
        finding = finding_writing.start_finding(actor, one, values["title"])
        return _whole(finding, findings.acted_on(actor, finding))


@resources.route(f"/{ONE}")
class OneFinding(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, FindingDetailSchema, headers=TAG)
    @gone
    def get(self, finding_id: int) -> Any:
        """Read a finding: the version that is out, or to its lab the one being written."""
        finding = _get(finding_id)
        return _whole(finding, findings.shown_version(current_actor(), finding))


@resources.route(f"/{ONE}/draft")
class FindingDraft(MethodView):
    @require_scope("labs:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, WholeFindingVersionSchema, headers=TAG)
    @gone
    def get(self, finding_id: int) -> Any:
        """Read the version on which steps are taken: being written, or else out."""
        actor = current_actor()
        made = findings.acted_on(actor, _get(finding_id))
        return unchanged(made.version) or (shown.whole(actor, made), etag(made.version))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(FindingDraftSchema)
    @resources.response(200, WholeFindingVersionSchema, headers=TAG)
    @gone
    def put(self, values: dict[str, Any], finding_id: int) -> Any:
        """Save fields over the draft that you read; signatures on another text become void."""
        actor = current_actor()
        made = findings.acted_on(actor, _get(finding_id))
        finding_writing.save_draft(
            actor, made, values["content"], values.get("contributors"),
            version=matched_version(made.version), confirmed=values["confirmed"],
        )  # fmt: skip
        return shown.whole(actor, made), etag(made.version)


@resources.route(f"/{ONE}/steps")
class FindingSteps(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(FindingStepSchema)
    @resources.response(200, WholeFindingVersionSchema, headers=TAG)
    @gone
    def post(self, values: dict[str, Any], finding_id: int) -> Any:
        """Take a step: submit, sign, publish, correct, retract and so on."""
        actor = current_actor()
        made = findings.acted_on(actor, _get(finding_id), values.pop("number", None))
        action, reason = FindingAction(values.pop("action")), values.pop("reason")
        version = matched_version(made.version)
        finding_steps.perform(actor, made, action, version=version, reason=reason, **values)
        return shown.whole(actor, made), etag(made.version)


@resources.route(f"/{ONE}/contributors")
class FindingPeople(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ContributorsSchema)
    @resources.response(200, WholeFindingVersionSchema, headers=TAG)
    @gone
    def put(self, values: dict[str, Any], finding_id: int) -> Any:
        """Set right who contributed to what is out."""
        actor = current_actor()
        made = findings.shown_version(actor, _get(finding_id))
        version = matched_version(made.version)
        corrections.change_contributors(actor, made, values["contributors"], version=version)
        return shown.whole(actor, made), etag(made.version)


@resources.route(f"/{ONE}/use")
class FindingUse(MethodView):
    @require_scope("collections:write")
    @refuses(404, 409)
    @resources.response(200, CollectionSchema)
    @gone
    def post(self, finding_id: int) -> Collection:
        """Use a finding in your cycle: its card lands in the collection of your team."""
        finding = _get(finding_id)
        return collections.use_card(current_actor(), findings.card_of(finding))


@resources.route(f"/{ONE}/versions")
class FindingVersions(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, FindingVersionsSchema)
    @gone
    def get(self, finding_id: int) -> dict[str, list[FindingVersion]]:
        """List the versions that you may read, the newest first."""
        return {"items": findings.list_versions(current_actor(), _get(finding_id))}


@resources.route(f"/{ONE}/versions/<{ID}:number>")
class FindingText(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, WholeFindingVersionSchema, headers=TAG)
    @gone
    def get(self, finding_id: int, number: int) -> Any:
        """Read one version whole."""
        actor = current_actor()
        made = findings.get_version(actor, _get(finding_id), number)
        return shown.whole(actor, made), etag(made.version)


@resources.route(f"/{ONE}/versions/<{ID}:number>/diff")
class FindingDifferences(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(FindingDiffQuerySchema, location="query")
    @resources.response(200, FindingDiffSchema)
    @gone
    def get(self, query: dict[str, Any], finding_id: int, number: int) -> dict[str, Any]:
        """See what changed, field by field, since another version (the one before)."""
        actor, finding = current_actor(), _get(finding_id)
        new = content_of(findings.get_version(actor, finding, number))
        against = query.get("against") or number - 1
        old = content_of(findings.get_version(actor, finding, against)) if against else {}
        changes = changed_fields(old, new).items()
        return {
            "old": against or None,
            "new": number,
            "changes": [{"field": name, "old": pair[0], "new": pair[1]} for name, pair in changes],
        }


@resources.route(f"/{ONE}/citation")
class FindingCitation(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(FindingCitationQuerySchema, location="query")
    @resources.response(200, {"type": "string"}, content_type="text/plain")
    @resources.alt_response(
        200, schema={"type": "string"}, content_type="application/x-bibtex", success=True
    )
    @resources.alt_response(
        200, schema={"type": "string"}, content_type="application/x-research-info-systems",
        success=True,
    )  # fmt: skip
    @resources.alt_response(
        200, schema={"type": "array", "items": {"type": "object"}},
        content_type="application/vnd.citationstyles.csl+json", success=True,
    )  # fmt: skip
    @gone
    def get(self, query: dict[str, Any], finding_id: int) -> Response:
        """Cite a finding: always the latest, or with `number` that version."""
        actor, finding = current_actor(), _get(finding_id)
        number = query.get("number")
        made = (
            findings.get_version(actor, finding, number)
            if number
            else findings.shown_version(actor, finding)
        )
        item = finding_citations.item_of(finding, made, is_fixed=bool(number))
        text, kind = cited(item, query["format"], made.content.get("language", "nl"))
        return Response(text, mimetype=kind)
