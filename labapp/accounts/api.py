"""Organisations and oneself as JSON, under /api/v1."""

from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from labapp.accounts import schools
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind, Role, Sector
from labapp.resources import ID, Resources, refuses

KINDS = [kind.value for kind in OrganisationKind]


class OrganisationSchema(Schema):
    """A school branch, a board, an institution or the programme office."""

    id = fields.Integer(required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    name = fields.String(required=True)
    brin6 = fields.String(required=True, allow_none=True)
    sector = fields.Enum(Sector, by_value=True, required=True, allow_none=True)
    school_type = fields.String(required=True, allow_none=True)
    municipality = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    board_id = fields.Integer(required=True, allow_none=True)
    successor_id = fields.Integer(required=True, allow_none=True)
    closed_on = fields.Date(required=True, allow_none=True)


class OrganisationsSchema(Schema):
    items = fields.List(fields.Nested(OrganisationSchema), required=True)


class OrganisationSearchSchema(Schema):
    """What to look for."""

    q = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Name, municipality or BRIN; typing errors are forgiven."},
    )
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    closed = fields.Boolean(
        load_default=False, metadata={"description": "Also those that have closed."}
    )
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 50))


class AffiliationSchema(Schema):
    """Where one works today."""

    organisation_id = fields.Integer(required=True)
    organisation = fields.String(required=True, attribute="organisation.name")
    role = fields.Enum(Role, by_value=True, required=True)
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True, allow_none=True)


class MeSchema(Schema):
    """Who the token speaks for, and what it may do."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    preferred_sector = fields.Enum(Sector, by_value=True, required=True, allow_none=True)
    acting_for = fields.Nested(OrganisationSchema, required=True, allow_none=True)
    affiliations = fields.List(fields.Nested(AffiliationSchema), required=True)
    scopes = fields.List(fields.String(), required=True)


me = Resources("Me", __name__, url_prefix="/api/v1/me", description="Who the token speaks for.")
organisations = Resources(
    "Organisations",
    f"{__name__}.organisations",
    url_prefix="/api/v1/organisations",
    description="Schools, boards and institutions. Schools come from DUO's open data.",
)


@me.route("")
class Me(MethodView):
    @require_scope("profile:read")
    @me.response(200, MeSchema)
    def get(self) -> dict[str, Any]:
        """Read who you are, for whom you act, and what this token may do."""
        actor = current_actor()
        user = actor.require_user()
        affiliations: tuple[Affiliation, ...] = actor.affiliations
        return {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "preferred_sector": user.preferred_sector,
            "acting_for": actor.acting_for,
            "affiliations": affiliations,
            "scopes": sorted(actor.scopes or ()),
        }


@organisations.route("")
class Organisations(MethodView):
    @require_scope("organisations:read")
    @organisations.arguments(OrganisationSearchSchema, location="query")
    @organisations.response(200, OrganisationsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[Organisation]]:
        """Find organisations by name, municipality or BRIN, the best first."""
        kind = OrganisationKind(values["kind"]) if values["kind"] else None
        found = schools.search_organisations(
            values["q"], kind=kind, open_only=not values["closed"], limit=values["limit"]
        )
        return {"items": found}


@organisations.route(f"/<{ID}:organisation_id>")
class OneOrganisation(MethodView):
    @require_scope("organisations:read")
    @refuses(404)
    @organisations.response(200, OrganisationSchema)
    def get(self, organisation_id: int) -> Organisation:
        """Read one organisation."""
        return schools.get_organisation(organisation_id)


RESOURCES = (me, organisations)
