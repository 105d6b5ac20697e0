"""Reports of use as they go over the line."""

from typing import Any

from marshmallow import Schema, fields, validate

from labapp.labs.review_models import UseReportState
from labapp.labs.round_schemas import MOST, changing, confirmed, one_of, whole
from labapp.labs.use_report_states import UseReportAction
from labapp.labs.use_reports import LONGEST, LONGEST_GROUP, LONGEST_REASON
from labapp.rest import PageSchema


def _text(longest: int = LONGEST, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=longest), **options)


class UseReportQuerySchema(PageSchema):
    card_id = fields.Integer(required=True, validate=validate.Range(1, MOST))


class UseReportChangeSchema(Schema):
    did = _text(required=True)
    changed = _text()
    group = _text(LONGEST_GROUP)
    outcome = _text(required=True)
    has_failed = fields.Boolean()
    names_school = fields.Boolean()
    pupil_data_checked = confirmed()


class NewUseReportSchema(UseReportChangeSchema):
    card_id = whole(required=True)


class UseReportStepSchema(Schema):
    action = one_of(UseReportAction, required=True)
    reason = _text(LONGEST_REASON, load_default="")
    pupil_data_checked = confirmed()


class UseReportSchema(Schema):
    """What a school did with a card. `place` is its municipality unless it wants to be named."""

    id = fields.Integer(required=True)
    object = fields.String(required=True, metadata={"description": "`cards:5`"})
    place = fields.String(required=True)
    did = fields.String(required=True)
    changed = fields.String(required=True)
    group = fields.String(required=True)
    outcome = fields.String(required=True)
    has_failed = fields.Boolean(required=True)
    names_school = fields.Boolean(required=True)
    state = one_of(UseReportState, required=True)
    return_note = fields.String(required=True)
    reply = fields.String(required=True)
    confirmed_at = fields.DateTime(required=True, allow_none=True)
    actions = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class UseReportsSchema(Schema):
    items = fields.List(fields.Nested(UseReportSchema), required=True)
    total = fields.Integer(required=True)


UseReportPatchSchema = changing(UseReportChangeSchema, "UseReportPatchSchema")
