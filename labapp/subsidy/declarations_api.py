"""Declarations (urenstaten) as JSON: signed, withdrawn, approved, given back, opened again."""

from typing import Any

from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged
from labapp.subsidy import declaration_lists, declarations
from labapp.subsidy.hour_models import Declaration
from labapp.subsidy.hour_schemas import (
    DeclarationChoicesSchema,
    DeclarationDetailSchema,
    DeclarationQuerySchema,
    DeclarationReasonSchema,
    DeclarationSchema,
    DeclarationsSchema,
)

TAG = {"ETag": {"schema": {"type": "string"}}}
ONE = f"<{ID}:declaration_id>"

resources = Resources(
    "Declarations",
    __name__,
    url_prefix="/api/v1/subsidy/declarations",
    description="Hours of a month that a person signs for and another approves.",
)


def _me() -> int | None:
    return current_actor().id


def _get(declaration_id: int) -> Declaration:
    return declarations.get_declaration(current_actor(), declaration_id)


def _shown(one: Declaration) -> tuple[Declaration, dict[str, str]]:
    return one, etag(one.version)


@resources.route("")
class AllDeclarations(MethodView):
    @require_scope("hours:read")
    @resources.arguments(DeclarationQuerySchema, location="query")
    @resources.response(200, DeclarationsSchema, headers={"Link": {"schema": {"type": "string"}}})
    def get(self, query: dict[str, Any]) -> Any:
        """List the declarations that you may see, the newest month first."""
        page, size = query.pop("page"), query.pop("per_page")
        found, total = declaration_lists.list_declarations(
            current_actor(), **query, limit=size, offset=(page - 1) * size
        )
        return {"items": found}, page_links(page, size, total)


@resources.route("/approve")
class ApprovedDeclarations(MethodView):
    @require_scope("hours:approve")
    @idempotent(_me)
    @refuses(404, 409)
    @resources.arguments(DeclarationChoicesSchema)
    @resources.response(200, DeclarationsSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Approve several declarations, all or none."""
        wanted = [(one["id"], one["version"]) for one in values["items"]]
        return {"items": declarations.approve_many(current_actor(), wanted)}


@resources.route(f"/{ONE}")
class OneDeclaration(MethodView):
    @require_scope("hours:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, DeclarationDetailSchema, headers=TAG)
    def get(self, declaration_id: int) -> Any:
        """Read a declaration with its hours."""
        one = _get(declaration_id)
        return unchanged(one.version) or _shown(one)


@resources.route(f"/{ONE}/submit")
class Submitting(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.response(200, DeclarationSchema, headers=TAG)
    def post(self, declaration_id: int) -> Any:
        """Sign your own declaration: `statement` of the scheme is what you declare."""
        one = _get(declaration_id)
        return _shown(declarations.submit(current_actor(), one, matched_version(one.version)))


@resources.route(f"/{ONE}/withdraw")
class Withdrawing(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(200, DeclarationSchema, headers=TAG)
    def post(self, declaration_id: int) -> Any:
        """Take your signature back, before the declaration was approved."""
        one = _get(declaration_id)
        return _shown(declarations.withdraw(current_actor(), one, matched_version(one.version)))


@resources.route(f"/{ONE}/approve")
class Approving(MethodView):
    @require_scope("hours:approve")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(200, DeclarationSchema, headers=TAG)
    def post(self, declaration_id: int) -> Any:
        """Approve the declaration of somebody else, none of whose hours you wrote."""
        one = _get(declaration_id)
        return _shown(declarations.approve(current_actor(), one, matched_version(one.version)))


@resources.route(f"/{ONE}/reject")
class Rejecting(MethodView):
    @require_scope("hours:approve")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(DeclarationReasonSchema)
    @resources.response(200, DeclarationSchema, headers=TAG)
    def post(self, values: dict[str, Any], declaration_id: int) -> Any:
        """Give a signed declaration back, with the reason."""
        one = _get(declaration_id)
        version = matched_version(one.version)
        return _shown(declarations.reject(current_actor(), one, version, values["reason"]))


@resources.route(f"/{ONE}/reopen")
class Reopening(MethodView):
    @require_scope("hours:approve")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(DeclarationReasonSchema)
    @resources.response(200, DeclarationSchema, headers=TAG)
    def post(self, values: dict[str, Any], declaration_id: int) -> Any:
        """Open an approved declaration whose hours are in no claim."""
        one = _get(declaration_id)
        version = matched_version(one.version)
        return _shown(declarations.reopen(current_actor(), one, version, values["reason"]))
