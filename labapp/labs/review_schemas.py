"""Reviews as they go over the line."""

from typing import Any

from marshmallow import Schema, fields, validate

from labapp.labs.conflicts import DECLARED
from labapp.labs.review_models import ReviewBasis, ReviewState
from labapp.labs.review_states import DECLINE_WORDS, OWN_STEPS, ReviewAction
from labapp.labs.reviews import LONGEST, LONGEST_REASON
from labapp.labs.round_schemas import confirmed, one_of
from labapp.labs.rubric import HIGHEST, LOWEST

ABOUT = validate.Regexp(r"(findings|cards):[1-9][0-9]{0,8}\Z")
STEPS = [action.value for action in ReviewAction if action not in OWN_STEPS]


def _about(**options: Any) -> fields.String:
    told = {"description": "`findings:2` or `cards:5`."}
    return fields.String(validate=ABOUT, metadata=told, **options)


def _score() -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(LOWEST, HIGHEST)
    )


class ReviewQuerySchema(Schema):
    about = _about(required=True)


class DeclaredSchema(Schema):
    """One answer for each question of conflicts of interest: true is a conflict."""

    close = fields.Boolean()
    works_along = fields.Boolean()
    gains = fields.Boolean()
    otherwise = fields.Boolean()


class NewReviewSchema(Schema):
    """With an `email`: ask this person (editors). Without: begin your own after confirmed use."""

    about = _about(required=True)
    email = fields.Email(load_default="")
    declared = fields.Nested(DeclaredSchema, load_default=dict)


class ReviewStepSchema(Schema):
    action = fields.String(required=True, validate=validate.OneOf(STEPS))
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    impact = _score()
    scalability = _score()
    certainty = _score()
    strengths = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    concerns = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    declared = fields.Nested(DeclaredSchema, load_default=dict)
    decline_reason = fields.String(load_default="", validate=validate.OneOf(["", *DECLINE_WORDS]))
    pupil_data_checked = confirmed()


class ReviewSchema(Schema):
    """A review. Visitors are not told who wrote it; scores are null until three are published."""

    id = fields.Integer(required=True)
    about = fields.String(required=True)
    target = fields.String(required=True, metadata={"description": "The version it is of."})
    basis = one_of(ReviewBasis, required=True)
    state = one_of(ReviewState, required=True)
    reviewer = fields.String(required=True)
    impact = fields.Integer(required=True, allow_none=True)
    scalability = fields.Integer(required=True, allow_none=True)
    certainty = fields.Integer(required=True, allow_none=True)
    strengths = fields.String(required=True)
    concerns = fields.String(required=True)
    reply = fields.String(required=True)
    expires_at = fields.DateTime(required=True, allow_none=True)
    published_at = fields.DateTime(required=True, allow_none=True)
    actions = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class ReviewSpreadSchema(Schema):
    score = fields.String(required=True)
    basis = one_of(ReviewBasis, required=True, allow_none=True)
    count = fields.Integer(required=True)
    median = fields.Float(required=True)
    lowest = fields.Integer(required=True)
    highest = fields.Integer(required=True)


class ReviewsSchema(Schema):
    """Those that count now, those of earlier texts, and the spread once there are three."""

    items = fields.List(fields.Nested(ReviewSchema), required=True)
    earlier = fields.List(fields.Nested(ReviewSchema), required=True)
    spread = fields.List(fields.Nested(ReviewSpreadSchema), required=True)


class ReviewAnchorSchema(Schema):
    score = fields.Integer(required=True)
    text = fields.String(required=True)
    example = fields.String(required=True)


class ReviewQuestionSchema(Schema):
    name = fields.String(required=True)
    title = fields.String(required=True)
    asks = fields.String(required=True)
    anchors = fields.List(fields.Nested(ReviewAnchorSchema), required=True)


class ReviewDeclarationSchema(Schema):
    name = fields.String(required=True, validate=validate.OneOf(list(DECLARED)))
    asks = fields.String(required=True)


class ReviewRubricSchema(Schema):
    questions = fields.List(fields.Nested(ReviewQuestionSchema), required=True)
    declarations = fields.List(fields.Nested(ReviewDeclarationSchema), required=True)
