"""Rounds and meetings as they go over the line."""

from copy import copy
from enum import Enum
from typing import Any

from marshmallow import Schema, fields, missing, validate

from labapp.labs.lab_models import MembershipKind, Side
from labapp.labs.plan_answers import KEYS
from labapp.labs.privacy_sheet_states import SheetAction
from labapp.labs.round_models import (
    ConsentState,
    RoundDecision,
    RoundPhase,
    SheetState,
    TaskState,
)
from labapp.labs.round_states import RoundAction
from labapp.labs.site_states import ConsentAction
from labapp.labs.sites import SiteMove
from labapp.labs.task_states import TaskAction

MOST = 2**31 - 1
CONFIRMED = {"description": "You looked at what seemed to be about a pupil, and save it anyway."}


def whole(least: int = 1, most: int = MOST, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


def one_of(kind: type[Enum], **options: Any) -> Any:
    return fields.Enum(kind, by_value=True, **options)


def confirmed() -> fields.Boolean:
    return fields.Boolean(load_default=False, metadata=CONFIRMED)


class RoundQuerySchema(Schema):
    lab_id = fields.Integer(required=True, validate=validate.Range(1, MOST))


class RoundTextsSchema(Schema):
    """What you leave out stays."""

    title = fields.String()
    aim = fields.String()
    known_already = fields.String()
    diagnosis = fields.String()
    design = fields.String()
    result_data = fields.String()
    known_checked = fields.Boolean(
        metadata={"description": "The knowledge base and earlier findings were searched."}
    )
    pupil_data_checked = confirmed()


class NewRoundSchema(Schema):
    lab_id = whole(required=True)
    title = fields.String(required=True)
    aim = fields.String(load_default="")
    question_ids = fields.List(
        whole(), required=True, metadata={"description": "Questions that the lab adopted."}
    )
    pupil_data_checked = confirmed()


class RoundProposalSchema(Schema):
    """A step that one side proposed and the other did not answer yet."""

    action = fields.String(required=True)
    side = one_of(Side, required=True)
    reason = fields.String(required=True)


class RoundSchema(Schema):
    """A round of research in a lab, by the five phases (5D)."""

    id = fields.Integer(required=True)
    lab_id = fields.Integer(required=True)
    title = fields.String(required=True)
    aim = fields.String(required=True)
    phase = one_of(RoundPhase, required=True)
    phase_since = fields.DateTime(required=True)
    known_already = fields.String(required=True)
    known_checked_at = fields.DateTime(required=True, allow_none=True)
    diagnosis = fields.String(required=True)
    design = fields.String(required=True)
    result_data = fields.String(required=True)
    decision = one_of(RoundDecision, required=True, allow_none=True)
    decision_reason = fields.String(required=True)
    review_due_on = fields.Date(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    question_ids = fields.List(fields.Integer(), required=True)
    plan_changed = fields.List(
        fields.String(validate=validate.OneOf(KEYS)),
        required=True,
        metadata={"description": "Parts of the plan that became different after the start."},
    )
    version = fields.Integer(required=True)


class OneRoundSchema(RoundSchema):
    proposal = fields.Nested(RoundProposalSchema, required=True, allow_none=True)
    actions = fields.List(
        one_of(RoundAction), required=True, metadata={"description": "What you can do now."}
    )


class RoundsSchema(Schema):
    items = fields.List(fields.Nested(RoundSchema), required=True)


class RoundReasonSchema(Schema):
    reason = fields.String(load_default="")


class RoundStepSchema(RoundReasonSchema):
    """The first lead proposes a step, the lead of the other side takes it."""

    action = one_of(RoundAction, required=True)


class RoundDecisionSchema(Schema):
    decision = one_of(RoundDecision, required=True)
    reason = fields.String(required=True)
    review_due_on = fields.Date(required=True)
    pupil_data_checked = confirmed()


class RoundQuestionSchema(Schema):
    question_id = whole(required=True)


class RoundPlanAnswersSchema(Schema):
    question = fields.String()
    design = fields.String()
    schools = fields.String()
    instruments = fields.String()
    analysis = fields.String()
    stopping = fields.String()


class RoundPlanInputSchema(Schema):
    """What you leave out stays; a plan that is frozen needs a justification."""

    answers = fields.Nested(RoundPlanAnswersSchema, required=True)
    justification = fields.String(load_default="")
    pupil_data_checked = confirmed()


class RoundPlanSchema(Schema):
    number = fields.Integer(required=True)
    answers = fields.Nested(RoundPlanAnswersSchema, required=True)
    frozen_at = fields.DateTime(required=True, allow_none=True)
    content_hash = fields.String(
        required=True, metadata={"description": "SHA-256 of the answers as canonical JSON."}
    )
    changed_keys = fields.List(fields.String(), required=True)
    justification = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class RoundPlansSchema(Schema):
    """Every version of the plan, the first first."""

    items = fields.List(fields.Nested(RoundPlanSchema), required=True)


class PrivacySheetInputSchema(Schema):
    """What you leave out stays."""

    purpose = fields.String()
    data_list = fields.String()
    legal_ground = fields.String()
    retention = fields.String()
    who_sees = fields.String()
    pupil_data_checked = confirmed()


class PrivacySheetSchema(Schema):
    purpose = fields.String(required=True)
    data_list = fields.String(required=True)
    legal_ground = fields.String(required=True)
    retention = fields.String(required=True)
    who_sees = fields.String(required=True)
    state = one_of(SheetState, required=True)
    note = fields.String(required=True)
    approved_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class PrivacySheetStepSchema(RoundReasonSchema):
    action = one_of(SheetAction, required=True)


class RoundSiteInputSchema(Schema):
    organisation_id = whole(required=True)


class RoundSiteSchema(Schema):
    """A branch where the round takes place."""

    id = fields.Integer(required=True)
    round_id = fields.Integer(required=True)
    organisation_id = fields.Integer(required=True)
    organisation = fields.String(required=True, attribute="organisation.name")
    kind = one_of(MembershipKind, required=True)


class RoundSiteDetailsSchema(RoundSiteSchema):
    """With its consent and days: for the people of the lab."""

    consent = one_of(ConsentState)
    consent_note = fields.String()
    started_on = fields.Date(allow_none=True)
    finished_on = fields.Date(allow_none=True)
    stopped_on = fields.Date(allow_none=True)
    stop_reason = fields.String()
    version = fields.Integer()


class RoundSitesSchema(Schema):
    items = fields.List(fields.Nested(RoundSiteDetailsSchema), required=True)


class RoundSiteStepSchema(RoundReasonSchema):
    action = one_of(ConsentAction, required=True)


class RoundSiteMoveSchema(RoundReasonSchema):
    move = one_of(SiteMove, required=True)
    on = fields.Date(required=True)


class RoundTaskInputSchema(Schema):
    title = fields.String(required=True)
    organisation_id = whole(allow_none=True)
    owner_id = whole(allow_none=True)
    due_on = fields.Date(allow_none=True)
    collects_data = fields.Boolean()
    pupil_data_checked = confirmed()


class RoundTaskSchema(Schema):
    id = fields.Integer(required=True)
    round_id = fields.Integer(required=True)
    title = fields.String(required=True)
    organisation_id = fields.Integer(required=True, allow_none=True)
    owner_id = fields.Integer(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    collects_data = fields.Boolean(required=True)
    state = one_of(TaskState, required=True)
    done_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class RoundTasksSchema(Schema):
    items = fields.List(fields.Nested(RoundTaskSchema), required=True)


class RoundTaskStepSchema(RoundReasonSchema):
    action = one_of(TaskAction, required=True)


def changing(schema: type[Schema], name: str) -> type[Schema]:
    """Give the schema of a change: the same fields, each of which may be left out."""
    kept = {key: copy(one) for key, one in schema._declared_fields.items()}  # noqa: SLF001  # no other way
    for key, one in kept.items():
        one.required = False
        if key != "pupil_data_checked":
            one.load_default = missing
    return type(name, (schema,), {"__doc__": "What you leave out stays.", **kept})


RoundTaskPatchSchema = changing(RoundTaskInputSchema, "RoundTaskPatchSchema")
