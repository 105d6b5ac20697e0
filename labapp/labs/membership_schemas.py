"""Taking part in labs as it goes over the line."""

from marshmallow import Schema, fields, validate

from labapp.labs.lab_models import LabRoleKind, MembershipKind, MembershipState, Side
from labapp.labs.lab_schemas import LONGEST_EMAIL, ConfirmingSchema
from labapp.labs.membership_rows import LONGEST_TEXT
from labapp.labs.membership_states import MembershipAction
from labapp.subsidy.scheme_schemas import choice, text, whole

ASKING = ("request", "invitation")
ROLE_ACTIONS = ("accept", "leave", "end")


class NewMembershipSchema(ConfirmingSchema):
    """Ask to take part for an organisation you speak for, or invite one as a lead."""

    way = fields.String(required=True, validate=validate.OneOf(ASKING))
    organisation_id = whole(1, required=True)
    kind = choice(MembershipKind, required=True)
    motivation = text(LONGEST_TEXT, load_default="")
    agrees = fields.Boolean(load_default=False)
    asks_exception = fields.Boolean(load_default=False)


class NewPersonSchema(Schema):
    """Invite one person to read along, by the exact address."""

    email = fields.String(required=True, validate=validate.Length(1, LONGEST_EMAIL))


class LabRoleSchema(Schema):
    """What somebody does in a lab; a lead counts once it was accepted."""

    id = fields.Integer(required=True)
    name = fields.String(required=True, attribute="user.name")
    kind = choice(LabRoleKind, required=True)
    side = choice(Side, required=True)
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True, allow_none=True)
    accepted_at = fields.AwareDateTime(required=True, allow_none=True)


class MemberSchema(Schema):
    """Who takes part in a lab."""

    id = fields.Integer(required=True)
    party = fields.String(required=True)
    organisation_id = fields.Integer(required=True, allow_none=True)
    kind = choice(MembershipKind, required=True)
    side = choice(Side, required=True)
    school_year = fields.Integer(required=True)
    state = choice(MembershipState, required=True)


class MembersSchema(Schema):
    items = fields.List(fields.Nested(MemberSchema), required=True)


class MembershipSchema(MemberSchema):
    """Taking part, with what was written to and fro; for both sides and the office."""

    lab_id = fields.Integer(required=True)
    motivation = fields.String(required=True)
    reason = fields.String(required=True)
    asks_exception = fields.Boolean(required=True)
    override_reason = fields.String(required=True)
    agreement_number = fields.Integer(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    from_on = fields.Date(required=True, allow_none=True)
    until_on = fields.Date(required=True, allow_none=True)
    asked_kind = choice(MembershipKind, required=True, allow_none=True)
    renewed_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class MembershipStepSchema(Schema):
    """A step to take; accepting an invitation agrees to the text of the lab."""

    action = choice(MembershipAction, required=True)
    reason = text(LONGEST_TEXT, load_default="")
    agrees = fields.Boolean(load_default=False)


class AgreementSchema(Schema):
    """The number of the text that you read and agree to."""

    number = whole(1, required=True)


class KindSchema(Schema):
    kind = choice(MembershipKind, required=True)


class OverrideSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class NewRoleSchema(NewPersonSchema):
    """A role for somebody who works there."""

    kind = choice(LabRoleKind, required=True)


class RoleStepSchema(Schema):
    action = fields.String(required=True, validate=validate.OneOf(ROLE_ACTIONS))
