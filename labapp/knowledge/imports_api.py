"""Importing cards over JSON: a file, what it would do, what it did, and undoing it."""

import json
from datetime import date
from typing import Any

from flask import abort, make_response, url_for
from flask.views import MethodView
from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, validate

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.i18n import gettext as _
from labapp.knowledge import batches, importing
from labapp.knowledge.import_plans import ImportReport
from labapp.knowledge.uploads import saved
from labapp.knowledge.use_models import ImportBatch
from labapp.resources import PROBLEM, ProblemSchema, Resources, refuses
from labapp.rest import idempotent
from labapp.web import answer

resources = Resources(
    "Imports", __name__, url_prefix="/api/v1/imports", description="Bring cards in from files."
)


def mapping(text: str) -> None:
    """Refuse a mapping that is no JSON object."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("Dit is geen JSON.")) from error
    if not isinstance(value, dict):
        raise ValidationError(_("Geef de koppeling als JSON-object."))


class ImportSchema(Schema):
    """A file of cards. Several files (`wwc`, `markdown`) come as one .zip."""

    file = Upload(required=True)
    format = fields.String(required=True, validate=validate.OneOf(sorted(importing.READERS)))
    language = fields.String(load_default="nl", validate=validate.OneOf(["nl", "en"]))
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Say what it would do, and do nothing."}
    )
    mapping = fields.String(
        load_default="",
        validate=mapping,
        metadata={"description": "JSON: which column of a table is which field."},
    )
    dated_on = fields.Date(
        load_default=None, metadata={"description": "The day of the export, for its ratings."}
    )


class FaultSchema(Schema):
    row = fields.Integer(required=True, metadata={"description": "0: the whole file."})
    column = fields.String(required=True)
    message = fields.String(required=True)


class ReportSchema(Schema):
    """What an import did or, as a dry run, would do. With errors it does nothing."""

    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    drafts = fields.Integer(metadata={"description": "How many of these still wait for a writer."})
    errors = fields.List(fields.Nested(FaultSchema), required=True)
    notes = fields.List(fields.String())
    batch = fields.String(required=True, metadata={"description": "By this code it is undone."})


class ImportProblemSchema(ProblemSchema):
    """A refusal of a file, with each fault in it."""

    faults = fields.List(fields.Nested(FaultSchema))


class BatchSchema(Schema):
    """An import that was done."""

    code = fields.String(required=True)
    format = fields.String(required=True)
    origin = fields.String(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    undone_at = fields.AwareDateTime(allow_none=True)


class BatchesSchema(Schema):
    items = fields.List(fields.Nested(BatchSchema), required=True)


@resources.route("")
class Imports(MethodView):
    @require_scope("cards:import")
    @resources.response(200, BatchesSchema)
    def get(self) -> dict[str, list[ImportBatch]]:
        """List the last fifty imports."""
        return {"items": batches.list_batches(current_actor())}

    @require_scope("cards:import")
    @idempotent(lambda: current_actor().id)
    @resources.arguments(ImportSchema, location="multipart")
    @resources.response(201, ReportSchema, headers={"Location": {"schema": {"type": "string"}}})
    @resources.alt_response(
        200, schema=ReportSchema, success=True, description="Nothing was new, or a dry run."
    )
    @resources.alt_response(
        422, schema=ImportProblemSchema, content_type=PROBLEM, description="Nothing was imported."
    )
    def post(self, values: dict[str, Any]) -> Any:
        """Import a file whole or not at all; the second time nothing is new."""
        report = _import(**values)
        if report.errors and not values["dry_run"]:
            words = _("Er is niets ingevoerd, want het bestand heeft fouten.")
            faults = FaultSchema(many=True).dump(report.errors)
            abort(make_response(*answer(422, words, {"faults": faults})))
        if not report.batch:
            return report, 200
        return report, 201, {"Location": url_for("Imports.OneImport", code=report.batch)}


@resources.route("/<string(maxlength=40):code>")
class OneImport(MethodView):
    @require_scope("cards:import")
    @refuses(404)
    @resources.response(200, BatchSchema)
    def get(self, code: str) -> ImportBatch:
        """Read what an import did."""
        return batches.get_batch(current_actor(), code)


@resources.route("/<string(maxlength=40):code>/undo")
class Undoing(MethodView):
    @require_scope("cards:import")
    @refuses(404, 409)
    @resources.response(200, BatchSchema)
    def post(self, code: str) -> ImportBatch:
        """Put back what an import updated and take away what it created, all or nothing."""
        return batches.undo_batch(current_actor(), code)


def _import(
    *,
    file: Any,
    format: str,  # noqa: A002
    language: str,
    dry_run: bool,
    mapping: str,
    dated_on: date | None,
) -> ImportReport:
    with saved(file.stream, format, file.filename or "") as path:
        return importing.import_path(
            current_actor(),
            path,
            format=format,
            language=language,
            mapping=json.loads(mapping) if mapping else None,
            dated_on=dated_on,
            dry_run=dry_run,
            origin=file.filename or format,
        )
