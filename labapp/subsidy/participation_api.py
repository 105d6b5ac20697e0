"""Participations and grants as JSON."""

from dataclasses import fields, replace
from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts import schools
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.accounts.models import Organisation
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, require_match, unchanged
from labapp.subsidy import grants, participations, schemes
from labapp.subsidy.grants import GrantInput, Instalment
from labapp.subsidy.participation_schemas import (
    BranchQuerySchema,
    GrantPatchSchema,
    GrantSchema,
    GrantsSchema,
    NewGrantSchema,
    NewParticipationSchema,
    ParticipationPatchSchema,
    ParticipationSchema,
    ParticipationsSchema,
)
from labapp.subsidy.participations import ParticipationInput
from labapp.subsidy.scheme_api import MADE, TAG
from labapp.subsidy.scheme_locks import require_office
from labapp.subsidy.scheme_models import Grant, Participation

participation_resources = Resources(
    "Participations",
    f"{__name__}.participations",
    url_prefix="/api/v1/subsidy/participations",
    description="Which branch takes part in which track; some tracks exclude one another.",
)
grant_resources = Resources(
    "Grants",
    f"{__name__}.grants",
    url_prefix="/api/v1/subsidy/grants",
    description="The registration of external decisions (verleningen).",
)


@participation_resources.route("")
class Participations(MethodView):
    @require_scope("schemes:read")
    @participation_resources.arguments(BranchQuerySchema, location="query")
    @participation_resources.response(200, ParticipationsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[Participation]]:
        """List what your branches take part in; the office sees all."""
        return {"items": participations.list_participations(current_actor(), **values)}

    @require_scope("schemes:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @participation_resources.arguments(NewParticipationSchema)
    @participation_resources.response(201, ParticipationSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Let a branch take part; 422 when a track that it has shuts this one out."""
        version = schemes.get_version(current_actor(), values.pop("version_id"))
        branch = _branch(values.pop("organisation_id"))
        made = participations.create_participation(
            current_actor(), version, branch, ParticipationInput(**values)
        )
        place = url_for("Participations.OneParticipation", participation_id=made.id)
        return made, etag(made.version) | {"Location": place}


@participation_resources.route(f"/<{ID}:participation_id>")
class OneParticipation(MethodView):
    @require_scope("schemes:read")
    @asks("If-None-Match")
    @refuses(404)
    @participation_resources.response(200, ParticipationSchema, headers=TAG)
    def get(self, participation_id: int) -> Any:
        """Read one participation."""
        found = participations.get_participation(current_actor(), participation_id)
        return unchanged(found.version) or (found, etag(found.version))

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @participation_resources.arguments(ParticipationPatchSchema)
    @participation_resources.response(200, ParticipationSchema, headers=TAG)
    def patch(self, values: dict[str, Any], participation_id: int) -> Any:
        """Change the days or the plan; ending early is an earlier last day."""
        found = participations.get_participation(current_actor(), participation_id)
        require_office(current_actor())
        expected = require_match(found.version)
        changed = replace(ParticipationInput.of(found), **values)
        participations.change_participation(current_actor(), found, changed, expected=expected)
        return found, etag(found.version)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @participation_resources.response(204)
    def delete(self, participation_id: int) -> None:
        """Take a participation back that nothing was built on."""
        found = participations.get_participation(current_actor(), participation_id)
        require_office(current_actor())
        expected = require_match(found.version)
        participations.remove_participation(current_actor(), found, expected=expected)


@grant_resources.route("")
class Grants(MethodView):
    @require_scope("schemes:read")
    @grant_resources.arguments(BranchQuerySchema, location="query")
    @grant_resources.response(200, GrantsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, Any]:
        """List the grants of your branches; the office sees all."""
        found = grants.list_grants(current_actor(), **values)
        claimed = grants.claimed_by_grant([grant.id for grant in found])
        return {"items": [_grant(grant, claimed.get(grant.id, 0)) for grant in found]}

    @require_scope("schemes:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @grant_resources.arguments(NewGrantSchema)
    @grant_resources.response(201, GrantSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Register the external decision for a branch."""
        version = schemes.get_version(current_actor(), values.pop("version_id"))
        branch = _branch(values.pop("organisation_id"))
        made = grants.create_grant(current_actor(), version, branch, GrantInput(**_read(values)))
        place = url_for("Grants.OneGrant", grant_id=made.id)
        return _grant(made, 0), etag(made.version) | {"Location": place}


@grant_resources.route(f"/<{ID}:grant_id>")
class OneGrant(MethodView):
    @require_scope("schemes:read")
    @refuses(404)
    @grant_resources.response(200, GrantSchema, headers=TAG)
    def get(self, grant_id: int) -> Any:
        """Read a grant and what was claimed under it."""
        found = grants.read_grant(current_actor(), grant_id)
        return _grant(found, grants.claimed_cents(found)), etag(found.version)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @grant_resources.arguments(GrantPatchSchema)
    @grant_resources.response(200, GrantSchema, headers=TAG)
    def patch(self, values: dict[str, Any], grant_id: int) -> Any:
        """Register a later decision; what was claimed already stays."""
        found = grants.read_grant(current_actor(), grant_id)
        require_office(current_actor())
        expected = require_match(found.version)
        changed = replace(GrantInput.of(found), **_read(values))
        grants.change_grant(current_actor(), found, changed, expected=expected)
        return _grant(found, grants.claimed_cents(found)), etag(found.version)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @grant_resources.response(204)
    def delete(self, grant_id: int) -> None:
        """Take back a grant that no claim was made under."""
        found = grants.read_grant(current_actor(), grant_id)
        require_office(current_actor())
        grants.remove_grant(current_actor(), found, expected=require_match(found.version))


def _branch(organisation_id: int) -> Organisation | None:
    return schools.get_school(organisation_id)


def _read(values: dict[str, Any]) -> dict[str, Any]:
    if "instalments" not in values:
        return values
    return {**values, "instalments": [Instalment(**one) for one in values["instalments"]]}


def _grant(grant: Grant, claimed: int) -> dict[str, Any]:
    values = GrantInput.of(grant)
    return {
        **{one.name: getattr(values, one.name) for one in fields(values)},
        "id": grant.id, "scheme_version_id": grant.scheme_version_id,
        "organisation_id": grant.organisation_id, "organisation": grant.organisation,
        "claimed_cents": claimed,
    }  # fmt: skip
