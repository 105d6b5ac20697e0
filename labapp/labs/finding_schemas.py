"""Findings as JSON and as a form: one description of what may come in."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate

from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.api_schemas import CITATIONS
from labapp.labs.finding_content import (
    DIRECTIONS,
    EFFECT_KINDS,
    LICENCES,
    LISTS,
    NUMBERS,
    RELATIONS,
    ROLES,
    TEXTS,
)
from labapp.labs.finding_contributors import LONGEST
from labapp.labs.finding_models import (
    ErratumReason,
    RetractionReason,
    VersionState,
)
from labapp.labs.finding_states import OWN_STEPS, FindingAction
from labapp.labs.lab_models import Side
from labapp.resources import ProblemSchema
from labapp.rest import PageSchema

LONGEST_REASON = 4000
LARGEST_EFFECT = 1e9
HASH = validate.Regexp(r"[0-9a-f]{64}\Z")
STEPS = [action.value for action in FindingAction if action not in OWN_STEPS]


def _text(name: str) -> fields.String:
    return fields.String(validate=validate.Length(max=TEXTS[name]))


def _lines(name: str, check: Any = None) -> "fields.List[Any]":
    most, longest = LISTS[name]
    checks = [validate.Length(1, longest), *([check] if check else [])]
    return fields.List(fields.String(validate=checks), validate=validate.Length(max=most))


def _number(name: str) -> fields.Integer:
    return fields.Integer(allow_none=True, validate=validate.Range(*NUMBERS[name]))


def _decimal() -> fields.Float:
    return fields.Float(
        allow_none=True, allow_nan=False, validate=validate.Range(-LARGEST_EFFECT, LARGEST_EFFECT)
    )


def _choice(values: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(["", *values]))


def _outcome(value: str) -> None:
    if value and value not in vocabulary.outcomes():
        raise ValidationError(_("Kies een uitkomst uit de lijst."))


def _theme(value: str) -> None:
    if value not in vocabulary.themes():
        raise ValidationError(_("Kies een thema uit de lijst."))


class RelationSchema(Schema):
    """What a finding says of another, published one."""

    kind = fields.String(required=True, validate=validate.OneOf(RELATIONS))
    finding = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class ContributorSchema(Schema):
    """A person with or without an account, or a school as a whole."""

    user_id = fields.Integer(allow_none=True)
    given_name = fields.String(validate=validate.Length(max=LONGEST["given_name"]))
    particle = fields.String(validate=validate.Length(max=LONGEST["particle"]))
    family_name = fields.String(validate=validate.Length(max=LONGEST["family_name"]))
    organisation_name = fields.String(validate=validate.Length(max=LONGEST["organisation_name"]))
    role = fields.String(validate=validate.OneOf(ROLES))


class FindingContentSchema(Schema):
    """The text of a finding under its own field names; what is left out stays as it was."""

    title, plain, works_when = _text("title"), _text("plain"), _text("works_when")
    time_needed, money_needed = _text("time_needed"), _text("money_needed")
    question, approach, method = _text("question"), _text("approach"), _text("method")
    context, limitations = _text("context"), _text("limitations")
    conditions, costs, funding = _text("conditions"), _text("costs"), _text("funding")
    effect_unit, uncertainty = _text("effect_unit"), _text("uncertainty")
    claim, ground = _text("claim"), _text("ground")
    do, keep, adapt = _lines("do"), _lines("keep"), _lines("adapt")
    certainty_reasons, keywords = _lines("certainty_reasons"), _lines("keywords")
    literature = _lines("literature")
    themes, also_asked = _lines("themes", _theme), _lines("also_asked")
    sectors = _lines("sectors", validate.OneOf(vocabulary.SECTORS))
    subjects = _lines("subjects", validate.OneOf(vocabulary.SUBJECTS))
    schools_from, schools_to = _number("schools_from"), _number("schools_to")
    classes_from, classes_to = _number("classes_from"), _number("classes_to")
    pupils_from, pupils_to = _number("pupils_from"), _number("pupils_to")
    hours_from, hours_to = _number("hours_from"), _number("hours_to")
    age_from, age_to = _number("age_from"), _number("age_to")
    certainty, cost = _number("certainty"), _number("cost")
    effect_value, effect_low, effect_high = _decimal(), _decimal(), _decimal()
    effect_kind, effect_direction = _choice(EFFECT_KINDS), _choice(DIRECTIONS)
    outcome = fields.String(validate=_outcome)
    language = fields.String(validate=validate.OneOf(["nl", "en"]))
    licence = fields.String(validate=validate.OneOf(LICENCES))
    relations = fields.List(fields.Nested(RelationSchema), validate=validate.Length(max=10))
    embargo_until = fields.Date(allow_none=True)
    embargo_reason = _text("embargo_reason")

    @pre_load
    def trim(self, data: Any, **_extra: Any) -> Any:
        """Take off spaces around texts, and lines that hold nothing."""
        return (
            {name: _trimmed(v) for name, v in data.items()} if isinstance(data, Mapping) else data
        )

    @post_load
    def plain_day(self, data: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        if data.get("embargo_until") is not None:
            data["embargo_until"] = data["embargo_until"].isoformat()
        return data


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, list):
        parts = [_trimmed(part) for part in value]
        return [part for part in parts if part != ""]
    return value


class StartFindingSchema(Schema):
    """A finding of a round, to begin with."""

    round_id = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    title = fields.String(required=True, validate=validate.Length(1, TEXTS["title"]))


class FindingDraftSchema(Schema):
    """What is saved over the draft that was read."""

    content = fields.Nested(FindingContentSchema, required=True)
    contributors = fields.List(fields.Nested(ContributorSchema))
    confirmed = fields.Boolean(
        load_default=False,
        metadata={"description": "You looked at the warning about pupils' data, and keep it."},
    )


class FindingStepSchema(Schema):
    """A step with a finding, and what that step needs."""

    action = fields.String(required=True, validate=validate.OneOf(STEPS))
    number = fields.Integer(
        validate=validate.Range(1, 100_000),
        metadata={"description": "The version; without it the one on its way, else the one out."},
    )
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    content_hash = fields.String(
        validate=HASH, metadata={"description": "To sign: of the text that you read."}
    )
    no_interest = fields.Boolean(
        metadata={"description": "To publish: you have no interest in this finding."}
    )
    reason_code = fields.String(
        validate=validate.OneOf(
            sorted({reason.value for kind in (ErratumReason, RetractionReason) for reason in kind})
        ),
        metadata={"description": "For an erratum or a retraction."},
    )
    changes = fields.Nested(
        FindingContentSchema, metadata={"description": "To repair: the fields with small faults."}
    )


class ContributorsSchema(Schema):
    contributors = fields.List(fields.Nested(ContributorSchema), required=True)


class FindingQuerySchema(PageSchema):
    theme = fields.String(load_default="", validate=validate.Length(max=64))


class FindingCitationQuerySchema(Schema):
    format = fields.String(load_default="apa", validate=validate.OneOf(CITATIONS))
    number = fields.Integer(
        validate=validate.Range(1, 100_000),
        metadata={"description": "Cite this version; without it always the latest."},
    )


class FindingDiffQuerySchema(Schema):
    against = fields.Integer(validate=validate.Range(1, 100_000))


class FindingSignatureSchema(Schema):
    side = fields.Enum(Side, by_value=True)
    name = fields.String()
    is_silent = fields.Boolean()
    signed_at = fields.AwareDateTime()
    content_hash = fields.String()


class ErratumSchema(Schema):
    reason = fields.Enum(ErratumReason, by_value=True)
    text = fields.String()
    at = fields.AwareDateTime()


class FindingVersionSchema(Schema):
    """A version of a finding without its text."""

    number = fields.Integer(required=True)
    state = fields.Enum(VersionState, by_value=True, required=True)
    content_hash = fields.String()
    licence = fields.String()
    change_reason = fields.String()
    changed_keys = fields.List(fields.String())
    needs_new_review = fields.Boolean()
    embargo_until = fields.AwareDateTime(allow_none=True)
    saved_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)


class WholeFindingVersionSchema(FindingVersionSchema):
    """A version as it reads now: what was signed, with its repairs and errata beside it."""

    content = fields.Nested(FindingContentSchema)
    request_note = fields.String(
        metadata={"description": "What must be changed; empty for who has no part in it."}
    )
    contributors = fields.List(fields.Nested(ContributorSchema))
    signatures = fields.List(fields.Nested(FindingSignatureSchema))
    errata = fields.List(fields.Nested(ErratumSchema))
    actions = fields.List(fields.String(), metadata={"description": "Steps that you may take now."})
    missing = fields.Dict(metadata={"description": "What is needed before it can be signed."})


class FindingVersionsSchema(Schema):
    items = fields.List(fields.Nested(FindingVersionSchema))


class FindingSchema(Schema):
    """A finding, whatever its version."""

    id = fields.Integer(required=True)
    lab_id = fields.Integer(allow_none=True)
    round_id = fields.Integer(allow_none=True)
    card_id = fields.Integer(allow_none=True)
    title = fields.String(required=True)
    published_at = fields.AwareDateTime(allow_none=True)
    review_due_on = fields.Date(allow_none=True)
    address = fields.String(metadata={"description": "Always leads to the latest version."})


class FindingDetailSchema(FindingSchema):
    version = fields.Nested(WholeFindingVersionSchema)


class FindingsSchema(Schema):
    items = fields.List(fields.Nested(FindingDetailSchema))
    total = fields.Integer()


class FindingDiffSchema(Schema):
    old = fields.Integer(allow_none=True)
    new = fields.Integer()
    changes = fields.List(fields.Dict())


class FindingTombstoneSchema(Schema):
    """What is left of a finding that was taken back."""

    id = fields.Integer()
    title = fields.String()
    people = fields.List(fields.String())
    reason = fields.String()
    text = fields.String()
    retracted_at = fields.AwareDateTime()


class FindingTombstoneProblemSchema(ProblemSchema):
    tombstone = fields.Nested(FindingTombstoneSchema)
