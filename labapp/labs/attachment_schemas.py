"""Files as JSON."""

from marshmallow import Schema, fields, validate

from labapp.labs.attachments import LONGEST_TITLE

NAME = validate.Length(3, 80)


class AttachmentSchema(Schema):
    id = fields.Integer(required=True)
    object = fields.String(
        required=True, metadata={"description": "What it hangs on, such as `rounds:4`."}
    )
    title = fields.String(required=True)
    name = fields.String(required=True, attribute="file.name")
    media_type = fields.String(required=True, attribute="file.media_type")
    size = fields.Integer(required=True, attribute="file.size")
    sha256 = fields.String(required=True, attribute="file.sha256")
    created_at = fields.AwareDateTime(required=True)


class AttachmentsSchema(Schema):
    items = fields.List(fields.Nested(AttachmentSchema), required=True)


class AttachmentQuerySchema(Schema):
    """Of what: a contribution, round, finding, lab or question."""

    object = fields.String(required=True, validate=NAME)


class AttachmentInputSchema(Schema):
    """A file to add. `confirmed`: you were warned of data of pupils, and it may be kept."""

    object = fields.String(required=True, validate=NAME)
    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})
    title = fields.String(load_default="", validate=validate.Length(max=LONGEST_TITLE))
    confirmed = fields.Boolean(load_default=False)


class AddedSchema(Schema):
    """What was kept, and what you should know: that nobody could look through it."""

    attachment = fields.Nested(AttachmentSchema, required=True)
    notices = fields.List(fields.String(), required=True)
