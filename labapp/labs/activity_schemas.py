"""Meetings as they go over the line."""

from marshmallow import Schema, fields, validate

from labapp.labs.activity_states import ActivityAction
from labapp.labs.round_models import ActivityKind, ActivityState
from labapp.labs.round_schemas import MOST, RoundReasonSchema, changing, confirmed, one_of, whole


class ActivityQuerySchema(Schema):
    lab_id = fields.Integer(required=True, validate=validate.Range(1, MOST))
    round_id = fields.Integer(load_default=None, validate=validate.Range(1, MOST))


class ActivityChangeSchema(Schema):
    title = fields.String(required=True)
    kind = one_of(ActivityKind, load_default=ActivityKind.MEETING)
    round_id = whole(allow_none=True)
    held_on = fields.Date(required=True)
    starts_at = fields.Time(required=True, metadata={"description": "By the clock of the place."})
    minutes = whole(15, 720, required=True)
    place = fields.String()
    notes = fields.String()
    people = fields.List(whole(), required=True, metadata={"description": "Ids of people."})
    pupil_data_checked = confirmed()


class NewActivitySchema(ActivityChangeSchema):
    lab_id = whole(required=True)


class ActivityPersonSchema(Schema):
    """Who takes part; `without_hours` says why there is no proposal of hours."""

    user_id = fields.Integer(required=True)
    name = fields.String(required=True, attribute="user.name")
    organisation_id = fields.Integer(required=True)
    was_there = fields.Boolean(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)
    has_proposal = fields.Boolean(required=True)
    without_hours = fields.String(required=True)


class ActivitySchema(Schema):
    """A meeting or session of a lab; confirmed once held, hours are proposed to who was there."""

    id = fields.Integer(required=True)
    lab_id = fields.Integer(required=True)
    round_id = fields.Integer(required=True, allow_none=True)
    title = fields.String(required=True)
    kind = one_of(ActivityKind, required=True)
    held_on = fields.Date(required=True)
    starts_at = fields.Time(required=True, allow_none=True)
    minutes = fields.Integer(required=True)
    place = fields.String(required=True)
    notes = fields.String(required=True)
    state = one_of(ActivityState, required=True)
    confirmed_at = fields.DateTime(required=True, allow_none=True)
    people = fields.List(fields.Nested(ActivityPersonSchema), required=True)
    version = fields.Integer(required=True)


class ActivitiesSchema(Schema):
    items = fields.List(fields.Nested(ActivitySchema), required=True)


class ActivityPresenceSchema(Schema):
    user_id = whole(required=True)
    minutes = whole(1, 720, allow_none=True, load_default=None)


class ActivityHoursSchema(Schema):
    """Under which scheme and activity the people of an organisation write hours; null is none."""

    organisation_id = whole(required=True)
    version_id = whole(allow_none=True, load_default=None)
    category_id = whole(allow_none=True, load_default=None)


class ActivityStepSchema(RoundReasonSchema):
    action = one_of(ActivityAction, required=True)
    present = fields.List(fields.Nested(ActivityPresenceSchema), load_default=list)
    hours = fields.List(
        fields.Nested(ActivityHoursSchema),
        load_default=list,
        metadata={
            "description": "An organisation that is left out: the only activity there is, or the"
            " one that the lab chose last; without either this is refused."
        },
    )


ActivityPatchSchema = changing(ActivityChangeSchema, "ActivityPatchSchema")
