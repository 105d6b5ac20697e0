"""Labs as they go over the line."""

from marshmallow import Schema, fields, validate

from labapp.knowledge import vocabulary
from labapp.labs.lab_fields import (
    FEWEST_DAYS,
    LONGEST_AGREEMENT,
    LONGEST_GOAL,
    LONGEST_TITLE,
    MOST_DAYS,
)
from labapp.labs.lab_models import (
    JoinPolicy,
    LabState,
    LabVisibility,
    MemberListVisibility,
    MembershipKind,
    PostingPolicy,
    ReviewPolicy,
)
from labapp.labs.lab_states import LabAction
from labapp.labs.membership_rows import LONGEST_TEXT
from labapp.rest import PageSchema
from labapp.subsidy.scheme_schemas import changing, choice, text

LONGEST_EMAIL = 254


class LabQuerySchema(PageSchema):
    """Which labs: by words, theme, sector, state, or those one takes part in."""

    q = fields.String(load_default="", validate=validate.Length(max=200))
    theme = fields.String(load_default="", validate=validate.Length(max=64))
    sector = fields.String(load_default="", validate=validate.OneOf(["", *vocabulary.SECTORS]))
    state = choice(LabState, load_default=None)
    mine = fields.Boolean(load_default=False)


class LabSwitchesSchema(Schema):
    """Who reads, joins, writes and reviews: each a switch of its own."""

    visibility = choice(LabVisibility)
    member_list = choice(MemberListVisibility)
    join_policy = choice(JoinPolicy)
    posting_policy = choice(PostingPolicy)
    review_policy = choice(ReviewPolicy)
    pre_moderates_guests = fields.Boolean()
    silent_approval_days = fields.Integer(
        allow_none=True, strict=True, validate=validate.Range(FEWEST_DAYS, MOST_DAYS)
    )


class LabTextsSchema(LabSwitchesSchema):
    """What a lab is about, and what those who take part agree to."""

    theme = fields.String(required=True, validate=validate.Length(1, 64))
    title = fields.String(required=True, validate=validate.Length(1, LONGEST_TITLE))
    goal = fields.String(required=True, validate=validate.Length(1, LONGEST_GOAL))
    sectors = fields.List(fields.String(validate=validate.OneOf(vocabulary.SECTORS)))
    agreement = text(LONGEST_AGREEMENT)


class ConfirmingSchema(Schema):
    """`pupil_data_checked`: you looked at what seemed to be about a pupil, and keep it."""

    pupil_data_checked = fields.Boolean(load_default=False)


class NewLabSchema(LabTextsSchema, ConfirmingSchema):
    """A lab to propose, with a lead on each side by the exact address of somebody here."""

    practice_email = fields.String(required=True, validate=validate.Length(1, LONGEST_EMAIL))
    research_email = fields.String(required=True, validate=validate.Length(1, LONGEST_EMAIL))


LabPatchSchema = changing(
    type("LabChangeSchema", (LabTextsSchema, ConfirmingSchema), {}), "LabPatchSchema"
)


class LabSchema(Schema):
    """A lab. What is in it is read apart, by who may."""

    id = fields.Integer(required=True)
    theme = fields.String(required=True)
    title = fields.String(required=True)
    goal = fields.String(required=True)
    sectors = fields.List(fields.String(), required=True)
    state = choice(LabState, required=True)
    visibility = choice(LabVisibility, required=True)
    member_list = choice(MemberListVisibility, required=True)
    join_policy = choice(JoinPolicy, required=True)
    posting_policy = choice(PostingPolicy, required=True)
    review_policy = choice(ReviewPolicy, required=True)
    pre_moderates_guests = fields.Boolean(required=True)
    silent_approval_days = fields.Integer(required=True, allow_none=True)
    agreement_number = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class LabPossibleSchema(Schema):
    """A step that you can take now, and what is missing first."""

    action = choice(LabAction, required=True)
    missing = fields.List(fields.String(), required=True)
    asks_reason = fields.Boolean(required=True)
    is_shared = fields.Boolean(
        required=True, metadata={"description": "A lead of the other side must take it too."}
    )


class LabDetailSchema(LabSchema):
    """A lab with what you can do: `agreement` is null for who may not read the lab."""

    agreement = fields.String(required=True, allow_none=True)
    steps = fields.List(fields.Nested(LabPossibleSchema), required=True)


class LabRowSchema(Schema):
    """A lab in a list."""

    lab = fields.Nested(LabSchema, required=True)
    schools = fields.Integer(required=True)
    institutions = fields.Integer(required=True)
    is_mine = fields.Boolean(required=True)


class LabsSchema(Schema):
    items = fields.List(fields.Nested(LabRowSchema), required=True)
    total = fields.Integer(required=True)


class LabStepSchema(Schema):
    """A step to take. One that both leads take is kept as a proposal until the other takes it."""

    action = choice(LabAction, required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))


class LabStepAnswerSchema(Schema):
    taken = fields.Boolean(
        required=True, metadata={"description": "False: proposed to the other side."}
    )
    lab = fields.Nested(LabSchema, required=True)


class LookIntoSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class LabAccessSchema(Schema):
    """You may read the lab until this moment; its leads were told."""

    until_at = fields.AwareDateTime(required=True)


class LabShareSchema(Schema):
    practice = fields.Integer(required=True)
    research = fields.Integer(required=True)
    neither = fields.Integer(required=True)
    of_practice = fields.Float(required=True, allow_none=True)


class LateSchema(Schema):
    name = fields.String(required=True)
    title = fields.String(required=True)
    since = fields.Date(required=True)


class LabBoardSchema(Schema):
    """How practice and research share in a lab, and what was not checked for long."""

    reply_hours = fields.Float(
        required=True, allow_none=True, metadata={"description": "Median; null without answers."}
    )
    answered = fields.Integer(required=True)
    unanswered = fields.Integer(required=True)
    requests = fields.Integer(required=True)
    open_tasks = fields.Integer(required=True)
    late_tasks = fields.Integer(required=True)
    orphaned_tasks = fields.Integer(required=True)
    to_agree = fields.Integer(required=True)
    open_duties = fields.Integer(required=True)
    contributions = fields.Nested(LabShareSchema, required=True)
    signatures = fields.Nested(LabShareSchema, required=True)
    steps = fields.Nested(LabShareSchema, required=True)
    questions = fields.Integer(required=True)
    questions_in_rounds = fields.Integer(required=True)
    not_checked = fields.List(fields.Nested(LateSchema), required=True)


class RuleQuerySchema(Schema):
    school_year = fields.Integer(load_default=None, validate=validate.Range(2000, 2200))


class ProgrammeRuleSchema(Schema):
    """What does not go together for a branch in a school year (2026 is 2026/27)."""

    id = fields.Integer(required=True)
    code = fields.String(required=True)
    school_year = fields.Integer(required=True)
    kind = choice(MembershipKind, required=True)
    excluded_tracks = fields.List(fields.String(), required=True)
    excluded_kinds = fields.List(fields.String(), required=True)
    message_nl = fields.String(required=True)
    message_en = fields.String(required=True)
    source_url = fields.String(required=True)
    source_checked_on = fields.Date(required=True, allow_none=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)


class ProgrammeRulesSchema(Schema):
    items = fields.List(fields.Nested(ProgrammeRuleSchema), required=True)
