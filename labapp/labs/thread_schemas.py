"""Conversations and contributions as JSON."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from labapp.accounts.models import Role
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.contribution_words import LONGEST, LONGEST_QUOTE, Words
from labapp.labs.lab_models import Side
from labapp.labs.thread_models import ContributionKind, ContributionState, ThreadState
from labapp.labs.thread_states import ThreadAction
from labapp.labs.threads import LONGEST_CONCLUSION, LONGEST_TITLE
from labapp.rest import PageSchema
from labapp.web import LARGEST_ID

ID = validate.Range(1, LARGEST_ID)
MOST_TYPED = 200_000  # more than fits, so that the refusal can say by how much


class SpeakerSchema(Schema):
    """Who said it, as it was then: in what role, for which organisation, on which side."""

    name = fields.String(required=True, allow_none=True, attribute="author.name")
    role = fields.Enum(Role, by_value=True, required=True, allow_none=True)
    organisation_id = fields.Integer(required=True, allow_none=True, attribute="acting_for_id")
    organisation = fields.String(required=True, allow_none=True, attribute="acting_for.name")
    side = fields.Enum(Side, by_value=True, required=True, allow_none=True)


class ContributionSchema(Schema):
    """A contribution. Without its words when it was hidden or removed: its place stays."""

    id = fields.Integer(required=True)
    thread_id = fields.Integer(required=True)
    state = fields.Enum(ContributionState, by_value=True, required=True)
    kind = fields.Enum(ContributionKind, by_value=True, required=True, allow_none=True)
    body = fields.String(required=True, allow_none=True, metadata={"description": "Markdown."})
    html = fields.String(required=True, allow_none=True, metadata={"description": "Safe HTML."})
    said_by = fields.Nested(SpeakerSchema, required=True, allow_none=True)
    reply_to_id = fields.Integer(required=True, allow_none=True)
    quote = fields.String(required=True, allow_none=True)
    is_useful = fields.Boolean(required=True)
    for_researchers = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    edited_at = fields.AwareDateTime(required=True, allow_none=True)
    actions = fields.List(
        fields.Enum(ContributionAction, by_value=True),
        required=True,
        metadata={"description": "The steps that you can take with it now."},
    )
    version = fields.Integer(required=True)


class ContributionsSchema(Schema):
    items = fields.List(fields.Nested(ContributionSchema), required=True)


class PostedSchema(Schema):
    """What was kept, and what you should know: names with @ that reach nobody."""

    contribution = fields.Nested(ContributionSchema, required=True)
    notices = fields.List(fields.String(), required=True)


class ThreadSchema(Schema):
    """A conversation about a lab, question, round or finding (`subject`, such as `labs:3`)."""

    id = fields.Integer(required=True)
    subject = fields.String(required=True)
    lab_id = fields.Integer(required=True, allow_none=True)
    question_id = fields.Integer(required=True, allow_none=True)
    title = fields.String(required=True)
    state = fields.Enum(ThreadState, by_value=True, required=True)
    conclusion = fields.String(required=True, metadata={"description": "Markdown; or empty."})
    contribution_count = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    last_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class ThreadItemSchema(ThreadSchema):
    unread = fields.Integer(required=True, metadata={"description": "What you did not read."})


class ThreadsSchema(Schema):
    items = fields.List(fields.Nested(ThreadItemSchema), required=True)


class ThreadQuerySchema(PageSchema):
    """Which conversations: those of a lab, or the one about something."""

    per_page = fields.Integer(load_default=30, validate=validate.Equal(30))
    lab_id = fields.Integer(load_default=None, validate=ID)
    subject = fields.String(load_default=None, validate=validate.Length(3, 80))


class ContributionChangeSchema(Schema):
    """What you write. `confirmed`: you were warned of data of pupils, and it may be kept."""

    body = fields.String(
        required=True,
        validate=validate.Length(1, MOST_TYPED),
        metadata={"description": f"Markdown, at most {LONGEST} signs."},
    )
    kind = fields.Enum(ContributionKind, by_value=True, load_default=ContributionKind.EXPERIENCE)
    confirmed = fields.Boolean(load_default=False)

    @post_load
    def make_words(self, values: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        """Give the words together, and what else was sent beside them."""
        names = ("body", "kind", "reply_to_id", "quote", "confirmed")
        words = Words(**{name: values.pop(name) for name in names if name in values})
        return {**values, "words": words}


class ContributionInputSchema(ContributionChangeSchema):
    reply_to_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    quote = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_QUOTE),
        metadata={"description": "Literally from what you answer."},
    )


class ThreadInputSchema(ContributionChangeSchema):
    """The first words of a conversation; about a lab it has a title too."""

    subject = fields.String(required=True, validate=validate.Length(3, 80))
    title = fields.String(load_default="", validate=validate.Length(max=LONGEST_TITLE))


class ThreadStepSchema(Schema):
    """A step with a conversation; to close it the reason is its conclusion."""

    action = fields.Enum(ThreadAction, by_value=True, required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_CONCLUSION))
    confirmed = fields.Boolean(load_default=False)


class ContributionStepSchema(Schema):
    action = fields.Enum(ContributionAction, by_value=True, required=True)
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_CONCLUSION),
        metadata={"description": "To hide it: the author reads it."},
    )


class MarksSchema(Schema):
    """Which marks change; the rest stay."""

    is_useful = fields.Boolean()
    for_researchers = fields.Boolean()


class TextSchema(Schema):
    body = fields.String(required=True)
    written_at = fields.AwareDateTime(required=True)


class TextsSchema(Schema):
    items = fields.List(fields.Nested(TextSchema), required=True)


class PeopleQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=80))


class PersonSchema(Schema):
    name = fields.String(required=True)


class PeopleSchema(Schema):
    items = fields.List(fields.Nested(PersonSchema), required=True)
