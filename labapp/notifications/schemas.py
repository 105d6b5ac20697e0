"""Notifications, duties and choices as JSON."""

from marshmallow import Schema, fields, validate

from labapp.notifications.models import LONGEST_NAME, Frequency
from labapp.web import LARGEST_ID


class NotificationSchema(Schema):
    """An object, and the newest of what happened to it."""

    id = fields.Integer(required=True, attribute="delivery_id")
    about = fields.String(required=True)
    type = fields.String(required=True)
    title = fields.String(required=True)
    words = fields.String(required=True)
    url = fields.Url(required=True, require_tld=False)
    events = fields.Integer(required=True, attribute="count")
    at = fields.AwareDateTime(required=True)
    unread = fields.Boolean(required=True, attribute="is_unread")


class NotificationsSchema(Schema):
    """A page of what you were told. `newest` is what marking as read asks for."""

    items = fields.List(fields.Nested(NotificationSchema), required=True)
    total = fields.Integer(required=True)
    unread = fields.Integer(required=True)
    newest = fields.Integer(required=True)


class ReadSchema(Schema):
    """Up to where you have read."""

    newest = fields.Integer(
        required=True,
        validate=validate.Range(0, LARGEST_ID),
        metadata={"description": "`newest` of the list; what arrived after it stays unread."},
    )


class TypeChoiceSchema(Schema):
    """A kind of event. Without a frequency the usual one holds."""

    code = fields.String(required=True)
    words = fields.String(required=True)
    usual = fields.Enum(Frequency, by_value=True, required=True)
    frequency = fields.Enum(Frequency, by_value=True, required=True, allow_none=True)


class ObjectChoiceSchema(Schema):
    """An object that you follow or chose something for. It beats the kind of event."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    following = fields.Boolean(required=True, attribute="is_following")
    frequency = fields.Enum(Frequency, by_value=True, required=True, allow_none=True)


class PreferencesSchema(Schema):
    """How often you get mail, of what."""

    types = fields.List(fields.Nested(TypeChoiceSchema), required=True)
    objects = fields.List(fields.Nested(ObjectChoiceSchema), required=True)


class TypeWishSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 64))
    frequency = fields.Enum(Frequency, by_value=True, required=True, allow_none=True)


class ObjectWishSchema(Schema):
    """Neither followed nor with a frequency: nothing is kept for it."""

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_NAME))
    following = fields.Boolean(required=True)
    frequency = fields.Enum(Frequency, by_value=True, load_default=None, allow_none=True)


class NewPreferencesSchema(Schema):
    """What you choose; what you leave out stays as it is."""

    types = fields.List(
        fields.Nested(TypeWishSchema), load_default=list, validate=validate.Length(max=200)
    )
    objects = fields.List(
        fields.Nested(ObjectWishSchema), load_default=list, validate=validate.Length(max=500)
    )


class DutySchema(Schema):
    """Something that waits for you."""

    words = fields.String(required=True)
    url = fields.Url(required=True, require_tld=False)
    since = fields.AwareDateTime(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    late = fields.Boolean(required=True, attribute="is_late")
    object = fields.String(required=True)


class DutiesSchema(Schema):
    items = fields.List(fields.Nested(DutySchema), required=True)
