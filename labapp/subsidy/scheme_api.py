"""Schemes and their versions as JSON."""

from dataclasses import replace
from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, require_match
from labapp.subsidy import rates, scheme_checks, scheme_copies, scheme_parts, schemes
from labapp.subsidy.scheme_inputs import (
    CapInput,
    CategoryInput,
    FixedAmountInput,
    RateInput,
    SchemeInput,
    VersionInput,
)
from labapp.subsidy.scheme_locks import is_used, require_office
from labapp.subsidy.scheme_models import Scheme, SchemeVersion, VersionStatus
from labapp.subsidy.scheme_parts import LISTED
from labapp.subsidy.scheme_schemas import (
    CapsSchema,
    FixedAmountsSchema,
    RateQuerySchema,
    RateSchema,
    RatesSchema,
    RulesChangeSchema,
    RulesSchema,
    SchemeCategoriesSchema,
    SchemeChangeSchema,
    SchemeCopySchema,
    SchemeFindingsSchema,
    SchemeNamesSchema,
    SchemeSchema,
    SchemesSchema,
    SchemeStatusSchema,
    SchemeVersionQuerySchema,
    SchemeVersionSchema,
    SchemeVersionsSchema,
)

resources = Resources(
    "Schemes",
    __name__,
    url_prefix="/api/v1/subsidy/schemes",
    description="What may be claimed, at which rate. Entered by the programme office.",
)
TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
VERSION = f"/versions/<{ID}:version_id>"
STEPS = {
    VersionStatus.ACTIVE: schemes.activate,
    VersionStatus.CLOSED: schemes.close,
    VersionStatus.ARCHIVED: schemes.archive,
}
EXAMPLE = {
    "kind": "hourly",
    "school_year": 2026,
    "valid_from": "2026-08-01",
    "valid_to": "2027-07-31",
    "statement": "Ik verklaar dat deze uren kloppen.",
}


@resources.route("")
class Schemes(MethodView):
    @require_scope("schemes:read")
    @resources.response(200, SchemesSchema)
    def get(self) -> dict[str, Any]:
        """List the schemes with the versions that you may see."""
        return {"items": [_scheme(scheme) for scheme in schemes.list_schemes(current_actor())]}

    @require_scope("schemes:write")
    @idempotent(lambda: current_actor().id)
    @resources.arguments(SchemeNamesSchema, example={"code": "PROEF", "name_nl": "Proef"})
    @resources.response(201, SchemeSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Enter a scheme; what it says stands in its versions."""
        made = schemes.create_scheme(current_actor(), SchemeInput(**values))
        place = url_for("Schemes.OneScheme", scheme_id=made.id)
        return _scheme(made), etag(made.version) | {"Location": place}


@resources.route(f"/<{ID}:scheme_id>")
class OneScheme(MethodView):
    @require_scope("schemes:read")
    @refuses(404)
    @resources.response(200, SchemeSchema, headers=TAG)
    def get(self, scheme_id: int) -> Any:
        """Read one scheme."""
        found = schemes.get_scheme(current_actor(), scheme_id)
        return _scheme(found), etag(found.version)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(SchemeChangeSchema)
    @resources.response(200, SchemeSchema, headers=TAG)
    def patch(self, values: dict[str, Any], scheme_id: int) -> Any:
        """Change names; the code stays once a version was in force."""
        found = schemes.get_scheme(current_actor(), scheme_id)
        require_office(current_actor())
        version = require_match(found.version)
        names = replace(SchemeInput.of(found), **values)
        schemes.change_scheme(current_actor(), found, names, expected=version)
        return _scheme(found), etag(found.version)


@resources.route(f"/<{ID}:scheme_id>/versions")
class NewSchemeVersion(MethodView):
    @require_scope("schemes:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404)
    @resources.arguments(RulesSchema, example=EXAMPLE)
    @resources.response(201, SchemeVersionSchema, headers=MADE)
    def post(self, values: dict[str, Any], scheme_id: int) -> Any:
        """Start a version, as a draft."""
        found = schemes.get_scheme(current_actor(), scheme_id)
        return _made(schemes.create_version(current_actor(), found, VersionInput(**values)))


@resources.route("/versions")
class SchemeVersions(MethodView):
    @require_scope("schemes:read")
    @resources.arguments(SchemeVersionQuerySchema, location="query")
    @resources.response(200, SchemeVersionsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[SchemeVersion]]:
        """List the versions that you may see, of a day or in force."""
        return {"items": schemes.list_versions(current_actor(), **values)}


@resources.route(VERSION)
class OneSchemeVersion(MethodView):
    @require_scope("schemes:read")
    @refuses(404)
    @resources.response(200, SchemeVersionSchema, headers=TAG)
    def get(self, version_id: int) -> Any:
        """Read a version with its activities, rates, maxima and fixed amounts."""
        found = schemes.get_version(current_actor(), version_id)
        return _answer(found)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RulesChangeSchema, example={"entry_window_days": 30})
    @resources.response(200, SchemeVersionSchema, headers=TAG)
    def patch(self, values: dict[str, Any], version_id: int) -> Any:
        """Change rules; once a claim used them only the window and the exclusions."""
        found = _to_change(version_id)
        rules = replace(VersionInput.of(found), **values)
        schemes.change_version(current_actor(), found, rules, expected=require_match(found.version))
        return _answer(found)

    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, version_id: int) -> None:
        """Throw a draft away."""
        found = _to_change(version_id)
        schemes.discard(current_actor(), found, expected=require_match(found.version))


@resources.route(f"{VERSION}/status")
class SchemeVersionStatus(MethodView):
    @require_scope("schemes:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(SchemeStatusSchema, example={"status": "active"})
    @resources.response(200, SchemeVersionSchema, headers=TAG)
    def put(self, values: dict[str, Any], version_id: int) -> Any:
        """Put a draft in force, close its school year, or archive it; 422 says what is missing."""
        found = _to_change(version_id)
        if values["status"] not in STEPS:
            words = _("Een versie wordt niet weer een concept.")
            raise InvalidError(words, {"status": [words]})
        step = STEPS[values["status"]]
        step(current_actor(), found, expected=require_match(found.version))
        return _answer(found)


@resources.route(f"{VERSION}/copies")
class SchemeVersionCopies(MethodView):
    @require_scope("schemes:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404)
    @resources.arguments(SchemeCopySchema)
    @resources.response(201, SchemeVersionSchema, headers=MADE)
    def post(self, values: dict[str, int], version_id: int) -> Any:
        """Start a next version with everything that this one says."""
        found = _to_change(version_id)
        return _made(scheme_copies.copy_version(current_actor(), found, **values))


@resources.route(f"{VERSION}/checks")
class SchemeVersionChecks(MethodView):
    @require_scope("schemes:read")
    @refuses(404)
    @resources.response(200, SchemeFindingsSchema)
    def get(self, version_id: int) -> dict[str, Any]:
        """List what is missing before a version can be in force, and what to look at."""
        return {"items": scheme_checks.check(schemes.get_version(current_actor(), version_id))}


@resources.route(f"{VERSION}/rate")
class ResolvedRate(MethodView):
    @require_scope("schemes:read")
    @refuses(404)
    @resources.arguments(RateQuerySchema, location="query")
    @resources.response(200, RateSchema)
    def get(self, values: dict[str, Any], version_id: int) -> Any:
        """Read which rate counts for an hour; 422 when there is none or there are two."""
        found = schemes.get_version(current_actor(), version_id)
        codes = {row.code: row.id for row in found.categories}
        code = values.pop("category")
        if code not in codes:
            words = _("Deze activiteit is er niet.")
            raise InvalidError(words, {"category": [words]})
        rate = rates.resolve(found, category_id=codes[code], **values)
        return scheme_parts.rate_inputs(found)[found.rates.index(rate)]


def _add_part(name: str, schema: Any, kind: Any, save: Any, words: str) -> None:
    """Add the resource of a list that belongs to a version and is saved whole."""

    class Part(MethodView):
        @require_scope("schemes:read")
        @refuses(404)
        @resources.response(200, schema, headers=TAG)
        def get(self, version_id: int) -> Any:
            found = schemes.get_version(current_actor(), version_id)
            return {"items": LISTED[name](found)}, etag(found.version)

        @require_scope("schemes:write")
        @asks("If-Match")
        @refuses(404, 409)
        @resources.arguments(schema)
        @resources.response(200, schema, headers=TAG)
        def put(self, values: dict[str, Any], version_id: int) -> Any:
            found = _to_change(version_id)
            expected = require_match(found.version)
            rows = [kind(**row) for row in values["items"]]
            save(current_actor(), found, rows, expected=expected)
            return {"items": LISTED[name](found)}, etag(found.version)

    Part.__name__ = Part.__qualname__ = "Scheme" + "".join(word.title() for word in name.split("_"))
    Part.get.__doc__ = f"List the {words} of a version."
    Part.put.__doc__ = f"Make these the {words} of a version; If-Match is the tag of the version."
    resources.route(f"{VERSION}/{name}")(Part)


for _part in (
    ("categories", SchemeCategoriesSchema, CategoryInput, scheme_parts.set_categories,
     "activities"),
    ("rates", RatesSchema, RateInput, scheme_parts.set_rates, "rates"),
    ("caps", CapsSchema, CapInput, scheme_parts.set_caps, "maxima"),
    ("fixed_amounts", FixedAmountsSchema, FixedAmountInput, scheme_parts.set_fixed_amounts,
     "fixed amounts"),
):  # fmt: skip
    _add_part(*_part)


def _to_change(version_id: int) -> SchemeVersion:
    found = schemes.get_version(current_actor(), version_id)
    require_office(current_actor())
    return found


def _scheme(scheme: Scheme) -> dict[str, Any]:
    visible = [v for v in schemes.list_versions(current_actor()) if v.scheme_id == scheme.id]
    return {**SchemeInput.of(scheme).values(), "id": scheme.id, "versions": visible}


def _version(found: SchemeVersion) -> dict[str, Any]:
    return {
        **VersionInput.of(found).values(),
        **{name: listed(found) for name, listed in LISTED.items()},
        "id": found.id, "scheme_id": found.scheme_id, "number": found.number,
        "status": found.status, "is_used": is_used(found),
    }  # fmt: skip


def _answer(found: SchemeVersion) -> Any:
    return _version(found), etag(found.version)


def _made(found: SchemeVersion) -> Any:
    place = url_for("Schemes.OneSchemeVersion", version_id=found.id)
    return _version(found), etag(found.version) | {"Location": place}
