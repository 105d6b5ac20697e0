"""Files of claims, declarations and dossiers over JSON; each is kept, and can be fetched again."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.resources import ID, Resources, refuses
from labapp.rest import idempotent
from labapp.subsidy import overviews
from labapp.subsidy.claim_models import ExportRecord
from labapp.subsidy.export_views import instance, send_record
from labapp.subsidy.exports import claims, declarations, dossier, records
from labapp.subsidy.overview_schemas import (
    ClaimExportInputSchema,
    ClaimExportSchema,
    DeclarationExportInputSchema,
    DossierInputSchema,
    ExportRecordSchema,
    ExportRecordsQuerySchema,
    ExportRecordsSchema,
    as_items,
)

resources = Resources(
    "SubsidyExports",
    __name__,
    url_prefix="/api/v1/subsidy/exports",
    description="Claims and dossiers as files; a right of its own.",
)
PLACE = {"Location": {"schema": {"type": "string"}}}
BYTES = {"type": "string", "format": "binary"}


@resources.route("")
class Exports(MethodView):
    @require_scope("exports:read")
    @resources.arguments(ExportRecordsQuerySchema, location="query")
    @resources.response(200, ExportRecordsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, list[ExportRecord]]:
        """List what was exported of your boards, newest first."""
        actor = current_actor()
        overviews.visible_to(actor)
        found = records.list_records(
            actor, values.get("subject"), limit=values["per_page"], before=values.get("before")
        )
        return as_items(found)

    @require_scope("exports:read")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(ClaimExportInputSchema, example={"claim_id": 1, "kinds": ["lines_csv"]})
    @resources.response(201, ClaimExportSchema, headers=PLACE)
    def post(self, values: dict[str, Any]) -> Any:
        """Export a claim as it was submitted: a zip with a manifest, and each file apart.

        The same claim gives the same bytes; `matches_earlier` is false where it did not.
        """
        made = claims.export_claim(current_actor(), values["claim_id"], instance(), values["kinds"])
        return made, _place(made.zip)


@resources.route("/declarations")
class DeclarationExports(MethodView):
    @require_scope("exports:read")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(DeclarationExportInputSchema, example={"declaration_id": 1})
    @resources.response(201, ClaimExportSchema, headers=PLACE)
    def post(self, values: dict[str, int]) -> Any:
        """Export a signed declaration as PDF."""
        made = declarations.export_declaration(
            current_actor(), values["declaration_id"], instance()
        )
        return made, _place(made.zip)


@resources.route("/dossiers")
class Dossiers(MethodView):
    @require_scope("exports:read")
    @idempotent(lambda: current_actor().id)
    @refuses(404)
    @resources.arguments(DossierInputSchema, example={"branch_id": 1, "school_year": 2026})
    @resources.response(201, ExportRecordSchema, headers=PLACE)
    def post(self, values: dict[str, int]) -> Any:
        """Export the sample dossier of a branch and school year."""
        record = dossier.export_dossier(
            current_actor(), values["branch_id"], values["school_year"], instance()
        )
        return record, _place(record)


@resources.route(f"/<{ID}:record_id>")
class OneExport(MethodView):
    @require_scope("exports:read")
    @refuses(404)
    @resources.response(200, ExportRecordSchema)
    def get(self, record_id: int) -> ExportRecord:
        """Read who exported what, when, and its hash."""
        return records.get_record(current_actor(), record_id)


@resources.route(f"/<{ID}:record_id>/file")
class ExportFile(MethodView):
    @require_scope("exports:read")
    @refuses(404, 409)
    @resources.response(200, BYTES, content_type="application/octet-stream")
    def get(self, record_id: int) -> Any:
        """Fetch the bytes as they were; this too is recorded."""
        actor = current_actor()
        record = records.get_record(actor, record_id)
        return send_record(record, records.take_again(actor, instance(), record))


def _place(record: ExportRecord) -> dict[str, str]:
    return {"Location": url_for("SubsidyExports.ExportFile", record_id=record.id)}
