"""Claims as JSON: assemble, submit, return, assess, decide."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged
from labapp.subsidy import assessments, claims, snapshots, submission
from labapp.subsidy.assessments import Ruling
from labapp.subsidy.claim_lines import Line, person_key
from labapp.subsidy.claim_models import Claim, ClaimLine
from labapp.subsidy.claim_schemas import (
    AssessmentSchema,
    ClaimChangeSchema,
    ClaimNoteSchema,
    ClaimQuerySchema,
    ClaimReasonSchema,
    ClaimSchema,
    ClaimsSchema,
    LinesSchema,
    NewClaimSchema,
    NewDecisionSchema,
    PlanSchema,
    SignatureSchema,
)

resources = Resources(
    "Claims",
    __name__,
    url_prefix="/api/v1/subsidy/claims",
    description="What boards ask for approved hours, and what is decided about it.",
)
TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
once = idempotent(lambda: current_actor().id)


def answer(claim_id: int) -> Any:
    """Give a claim as it is now, with its tag."""
    claim = claims.get_claim(current_actor(), claim_id)
    return claim, etag(claim.version)


def asked(claim_id: int) -> tuple[Claim, int]:
    """Give a claim and the version that the caller read."""
    claim = claims.get_claim(current_actor(), claim_id)
    return claim, matched_version(claim.version)


@resources.route("")
class AllClaims(MethodView):
    @require_scope("claims:read")
    @resources.arguments(ClaimQuerySchema, location="query")
    @resources.response(200, ClaimsSchema, headers={"Link": {"schema": {"type": "string"}}})
    def get(self, query: dict[str, Any]) -> Any:
        """List the claims that you may see, the newest first."""
        state = query.get("state")
        found = claims.list_claims(
            current_actor(),
            states=[state] if state else [],
            version_id=query.get("scheme_version"),
            branch_id=query.get("branch"),
            board_id=query.get("board"),
            page=query["page"],
            per_page=query["per_page"],
        )
        return found, page_links(query["page"], query["per_page"], found.total)

    @require_scope("claims:write")
    @once
    @refuses(404, 409)
    @resources.arguments(NewClaimSchema)
    @resources.response(201, ClaimSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Assemble a draft for a branch: nothing is reserved yet."""
        version_id = values.pop("scheme_version_id")
        claim = claims.assemble(current_actor(), version_id=version_id, **values)
        place = url_for("Claims.OneClaim", claim_id=claim.id)
        return claim, etag(claim.version) | {"Location": place}


@resources.route(f"/<{ID}:claim_id>")
class OneClaim(MethodView):
    @require_scope("claims:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, ClaimSchema, headers=TAG)
    def get(self, claim_id: int) -> Any:
        """Read a claim."""
        claim = claims.get_claim(current_actor(), claim_id)
        return unchanged(claim.version) or (claim, etag(claim.version))

    @require_scope("claims:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ClaimChangeSchema)
    @resources.response(200, ClaimSchema, headers=TAG)
    def patch(self, values: dict[str, Any], claim_id: int) -> Any:
        """Change a draft or a returned claim: what is left out, the instalment, the note."""
        claim, version = asked(claim_id)
        claims.change_claim(current_actor(), claim, version=version, **values)
        return answer(claim_id)

    @require_scope("claims:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, claim_id: int) -> None:
        """Throw away a draft."""
        claim, version = asked(claim_id)
        claims.remove_draft(current_actor(), claim, version=version)


@resources.route(f"/<{ID}:claim_id>/preview")
class ClaimPreview(MethodView):
    @require_scope("claims:read")
    @refuses(404, 409)
    @resources.response(200, PlanSchema)
    def get(self, claim_id: int) -> dict[str, Any]:
        """See what a draft would ask now, and what stands in its way."""
        actor = current_actor()
        plan = claims.preview(actor, claims.get_claim(actor, claim_id))
        return {
            "entries": [entry.id for entry in plan.entries],
            "left_out": [entry.id for entry in plan.left_out],
            "lines": [as_line(line) for line in plan.lines],
            "total_cents": plan.total_cents,
            "total_minutes": plan.total_minutes,
            "problems": [problem.as_json() for problem in plan.problems],
        }


@resources.route(f"/<{ID}:claim_id>/lines")
class ClaimLines(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.response(200, LinesSchema)
    def get(self, claim_id: int) -> dict[str, Any]:
        """Read the lines of a claim as it was last submitted."""
        claim = claims.get_claim(current_actor(), claim_id)
        found = snapshots.lines_of(claim.snapshot) if claim.snapshot else []
        return {"items": [as_line(line) for line in found]}


@resources.route(f"/<{ID}:claim_id>/submission")
class ClaimSubmission(MethodView):
    @require_scope("claims:write")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(SignatureSchema)
    @resources.response(200, ClaimSchema, headers=TAG)
    def post(self, _values: dict[str, Any], claim_id: int) -> Any:
        """Sign and submit; 409 names all that stands in the way, with what is left."""
        claim, version = asked(claim_id)
        submission.submit(current_actor(), claim, version=version)
        return answer(claim_id)


@resources.route(f"/<{ID}:claim_id>/withdrawal")
class ClaimWithdrawal(MethodView):
    @require_scope("claims:write")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(200, ClaimSchema, headers=TAG)
    def post(self, claim_id: int) -> Any:
        """Take back a claim that is not assessed yet; its hours come free."""
        claim, version = asked(claim_id)
        submission.withdraw(current_actor(), claim, version=version)
        return answer(claim_id)


@resources.route(f"/<{ID}:claim_id>/corrections")
class ClaimCorrections(MethodView):
    @require_scope("claims:write")
    @once
    @refuses(404, 409)
    @resources.arguments(ClaimNoteSchema, required=False)
    @resources.response(201, ClaimSchema, headers=MADE)
    def post(self, values: dict[str, Any], claim_id: int) -> Any:
        """Assemble a draft that corrects a decided claim, with the reversals approved since."""
        actor = current_actor()
        made = claims.correct(actor, claims.get_claim(actor, claim_id), **values)
        place = url_for("Claims.OneClaim", claim_id=made.id)
        return made, etag(made.version) | {"Location": place}


@resources.route(f"/<{ID}:claim_id>/return")
class ClaimReturn(MethodView):
    @require_scope("claims:assess")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(ClaimReasonSchema)
    @resources.response(200, ClaimSchema, headers=TAG)
    def post(self, values: dict[str, str], claim_id: int) -> Any:
        """Ask the board to complete a claim within fourteen days; it keeps its reservation."""
        claim, version = asked(claim_id)
        assessments.return_claim(current_actor(), claim, values["reason"], version=version)
        return answer(claim_id)


@resources.route(f"/<{ID}:claim_id>/assessment")
class ClaimAssessment(MethodView):
    @require_scope("claims:assess")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(AssessmentSchema)
    @resources.response(200, ClaimSchema, headers=TAG)
    def post(self, values: dict[str, Any], claim_id: int) -> Any:
        """Propose what to take off the lines; another person decides."""
        claim, version = asked(claim_id)
        proposed, text = values["reductions"], values["text"]
        assessments.assess(current_actor(), claim, proposed, text, version=version)
        return answer(claim_id)


@resources.route(f"/<{ID}:claim_id>/decision")
class ClaimDecision(MethodView):
    @require_scope("claims:assess")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(NewDecisionSchema)
    @resources.response(200, ClaimSchema, headers=TAG)
    def post(self, values: dict[str, Any], claim_id: int) -> Any:
        """Grant, grant in part or reject; not by who took part before."""
        claim, version = asked(claim_id)
        assessments.decide(current_actor(), claim, Ruling(**values), version=version)
        return answer(claim_id)


def as_line(line: Line | ClaimLine) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in snapshots.LINE_FIELDS}
    return {**values, "person_id": person_key(line.user_id)}
