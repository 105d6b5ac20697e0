"""Hours, proposals and declarations as JSON."""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, post_load, validate

from labapp.resources import LARGEST_JSON, ProblemSchema
from labapp.rest import PageSchema
from labapp.subsidy.declaration_snapshots import number_of
from labapp.subsidy.durations import parse_minutes
from labapp.subsidy.hour_models import DeclarationState, ProposalStatus
from labapp.web import LARGEST_ID

MOST = 1000
ID = validate.Range(1, LARGEST_ID)
TIME = {"example": "09:30"}


def _id(**extra: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=ID, **extra)


class HourChangeSchema(Schema):
    """What changes of hours; the rest stays. Say `minutes`, or `hours` as people write them."""

    category_id = _id()
    work_date = fields.Date()
    minutes = fields.Integer(strict=True, allow_none=True, validate=validate.Range(-1440, 100_000))
    hours = fields.String(metadata={"description": "Such as 1,5 or 1:30 or 90m."})
    start_local = fields.Time(format="%H:%M", allow_none=True, metadata=TIME)
    end_local = fields.Time(format="%H:%M", allow_none=True, metadata=TIME)
    description = fields.String(validate=validate.Length(max=500))
    evidence = fields.String(validate=validate.Length(max=500))

    @post_load
    def read_hours(self, values: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        """Let `hours` stand in for `minutes`."""
        text = values.pop("hours", None)
        return values if text is None else values | {"minutes": parse_minutes(text)}


class HourInputSchema(HourChangeSchema):
    """Hours to write. Without `minutes` and `hours` the two times say the length."""

    user_id = _id(metadata={"description": "Whose hours; yours without it."})
    organisation_id = _id(required=True, metadata={"description": "The branch."})
    scheme_version_id = _id(required=True)
    category_id = _id(required=True)
    work_date = fields.Date(required=True)
    source_ref = fields.String(
        allow_none=True,
        validate=validate.Length(1, 120),
        metadata={"description": "Your own name of these hours: each is written once."},
    )
    late_reason = fields.String(
        validate=validate.Length(max=300),
        metadata={"description": "Why so late; only of who writes hours of another."},
    )


class HourListInputSchema(Schema):
    """A list of hours, all or none."""

    items = fields.List(
        fields.Nested(HourInputSchema), required=True, validate=validate.Length(1, MOST)
    )


class HourEntrySchema(Schema):
    """Hours that are written. What is signed for is frozen."""

    id = fields.String(required=True)
    user_id = fields.Integer(required=True)
    organisation_id = fields.Integer(required=True)
    scheme_version_id = fields.Integer(required=True)
    category_id = fields.Integer(required=True)
    category = fields.String(attribute="category.code")
    work_date = fields.Date(required=True)
    minutes = fields.Integer(required=True, metadata={"description": "Negative in a reversal."})
    start_local = fields.Time(format="%H:%M", allow_none=True)
    end_local = fields.Time(format="%H:%M", allow_none=True)
    description = fields.String(required=True)
    evidence = fields.String(required=True)
    source = fields.String(attribute="source.value", required=True)
    source_ref = fields.String(allow_none=True)
    kind = fields.String(attribute="kind.value", required=True)
    corrects_id = fields.String(allow_none=True)
    late_reason = fields.String()
    declaration_id = fields.Integer(required=True)
    state = fields.String(attribute="declaration.state.value", required=True)
    created_at = fields.AwareDateTime(required=True)
    created_by_id = fields.Integer(allow_none=True)
    version = fields.Integer(required=True)


class HourPageSchema(Schema):
    items = fields.List(fields.Nested(HourEntrySchema), required=True)


class HourQuerySchema(PageSchema):
    """Which hours: of whom, where, under which scheme, from and to which day."""

    user_id = fields.Integer(validate=ID)
    organisation_id = fields.Integer(validate=ID)
    scheme_version_id = fields.Integer(validate=ID)
    first = fields.Date()
    last = fields.Date()


class HourReversalSchema(Schema):
    """Take approved hours back, in part or whole, and perhaps put others in their place."""

    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(1, 1440))
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    replacement = fields.Nested(HourInputSchema)


class HourImportInputSchema(Schema):
    """A table of hours, CSV or XLSX."""

    file = Upload(required=True, metadata={"maxLength": LARGEST_JSON})
    dry_run = fields.Boolean(load_default=False)


class HourFaultSchema(Schema):
    row = fields.Integer(required=True, metadata={"description": "0: the whole file."})
    column = fields.String(required=True)
    message = fields.String(required=True)


class HourReportSchema(Schema):
    """What an import did or, as a dry run, would do."""

    created = fields.Integer(required=True)
    known = fields.Integer(required=True)
    faults = fields.List(fields.Nested(HourFaultSchema), required=True)


class HourRuleSchema(Schema):
    """A rule that hours break: `code` is for programs."""

    index = fields.Integer(required=True, metadata={"description": "Place in the list, from 0."})
    code = fields.String(required=True)
    field = fields.String(required=True)
    message = fields.String(required=True)


class HourProblemSchema(ProblemSchema):
    """A refusal of hours, with each rule that is broken, or each fault in a file."""

    problems = fields.List(fields.Nested(HourRuleSchema))
    faults = fields.List(fields.Nested(HourFaultSchema))


class HourProposalInputSchema(Schema):
    """Hours to propose to somebody; `source_ref` names what they come from."""

    user_id = _id(required=True)
    organisation_id = _id(required=True)
    scheme_version_id = _id(required=True)
    category_id = _id(required=True)
    work_date = fields.Date(required=True)
    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(1, 1440))
    source_ref = fields.String(required=True, validate=validate.Length(1, 120))
    description = fields.String(load_default="", validate=validate.Length(max=500))
    start_local = fields.Time(format="%H:%M", load_default=None, allow_none=True, metadata=TIME)
    end_local = fields.Time(format="%H:%M", load_default=None, allow_none=True, metadata=TIME)


class HourProposalsInputSchema(Schema):
    items = fields.List(
        fields.Nested(HourProposalInputSchema), required=True, validate=validate.Length(1, MOST)
    )


class HourProposalSchema(HourProposalInputSchema):
    """Proposed hours; they count for nothing until the person takes them over."""

    id = fields.Integer(dump_only=True)
    status = fields.Enum(ProposalStatus, by_value=True, dump_only=True)
    entry_id = fields.String(dump_only=True, allow_none=True)


class HourProposalsSchema(Schema):
    items = fields.List(fields.Nested(HourProposalSchema), required=True)


class HourProposalAnswerSchema(Schema):
    """Which proposals."""

    ids = fields.List(_id(), required=True, validate=validate.Length(1, MOST))


class DeclarationSchema(Schema):
    """The hours of a person at a branch under a scheme in a month (urenstaat)."""

    id = fields.Integer(required=True)
    number = fields.Function(number_of, required=True)
    user_id = fields.Integer(required=True)
    organisation_id = fields.Integer(required=True)
    scheme_version_id = fields.Integer(required=True)
    month = fields.Date(required=True, metadata={"description": "Its first day."})
    seq = fields.Integer(required=True, metadata={"description": "2 and on: supplementary."})
    state = fields.String(attribute="state.value", required=True)
    statement = fields.String(metadata={"description": "The words that were signed."})
    snapshot_sha256 = fields.String(allow_none=True)
    signed_at = fields.AwareDateTime(allow_none=True)
    signed_by_id = fields.Integer(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    approved_by_id = fields.Integer(allow_none=True)
    reason = fields.String()
    version = fields.Integer(required=True)


class DeclarationDetailSchema(DeclarationSchema):
    """With its hours and, once it was signed, the snapshot that the hash is of."""

    entries = fields.List(fields.Nested(HourEntrySchema), required=True)
    snapshot = fields.Dict(allow_none=True)


class DeclarationsSchema(Schema):
    items = fields.List(fields.Nested(DeclarationSchema), required=True)


class DeclarationQuerySchema(PageSchema):
    state = fields.Enum(DeclarationState, by_value=True)
    user_id = fields.Integer(validate=ID)
    organisation_id = fields.Integer(validate=ID)
    scheme_version_id = fields.Integer(validate=ID)
    month = fields.Date()


class DeclarationReasonSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class DeclarationChoiceSchema(Schema):
    """A declaration, and the version that was looked at."""

    id = _id(required=True)
    version = _id(required=True)


class DeclarationChoicesSchema(Schema):
    """Which declarations to approve, all or none."""

    items = fields.List(
        fields.Nested(DeclarationChoiceSchema), required=True, validate=validate.Length(1, 500)
    )
