"""Participations and grants as they go over the line."""

from marshmallow import Schema, fields, validate

from labapp.subsidy.grants import MOST_INSTALMENTS
from labapp.subsidy.scheme_inputs import LONGEST_TEXT, MOST_CENTS
from labapp.subsidy.scheme_schemas import MOST, changing, text, whole


class BranchQuerySchema(Schema):
    """Of which version and branch."""

    version_id = fields.Integer(load_default=None, validate=validate.Range(1, MOST))
    organisation_id = fields.Integer(load_default=None, validate=validate.Range(1, MOST))


class ParticipationChangeSchema(Schema):
    """When a branch takes part, and its plan."""

    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    activity_plan = text(LONGEST_TEXT)


class NewParticipationSchema(ParticipationChangeSchema):
    version_id = whole(1, required=True)
    organisation_id = whole(1, required=True)


class ParticipationSchema(ParticipationChangeSchema):
    """A branch that takes part in a version."""

    id = fields.Integer(required=True)
    version_id = fields.Integer(required=True, attribute="scheme_version_id")
    organisation_id = fields.Integer(required=True)
    organisation = fields.String(required=True, attribute="organisation.name")
    track = fields.String(required=True, attribute="scheme_version.track")


class ParticipationsSchema(Schema):
    items = fields.List(fields.Nested(ParticipationSchema), required=True)


class InstalmentSchema(Schema):
    due_on = fields.Date(required=True)
    cents = whole(1, MOST_CENTS, required=True)


class GrantChangeSchema(Schema):
    """What the external decision gives. Instalments together are the amount, or there are none."""

    decision_number = text(80, required=True)
    decided_on = fields.Date(required=True)
    amount_cents = whole(0, MOST_CENTS, required=True)
    min_minutes = whole()
    min_participants = whole()
    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    instalments = fields.List(
        fields.Nested(InstalmentSchema), validate=validate.Length(max=MOST_INSTALMENTS)
    )


class NewGrantSchema(GrantChangeSchema):
    version_id = whole(1, required=True)
    organisation_id = whole(1, required=True)


class GrantSchema(GrantChangeSchema):
    """The registration of an external decision for a branch."""

    id = fields.Integer(required=True)
    version_id = fields.Integer(required=True, attribute="scheme_version_id")
    organisation_id = fields.Integer(required=True)
    organisation = fields.String(required=True, attribute="organisation.name")
    instalments = fields.List(fields.Nested(InstalmentSchema), required=True)
    claimed_cents = fields.Integer(required=True)


class GrantsSchema(Schema):
    items = fields.List(fields.Nested(GrantSchema), required=True)


ParticipationPatchSchema = changing(ParticipationChangeSchema, "ParticipationPatchSchema")
GrantPatchSchema = changing(GrantChangeSchema, "GrantPatchSchema")
