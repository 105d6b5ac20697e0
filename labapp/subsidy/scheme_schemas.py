"""Schemes, participations and grants as they go over the line: cents, minutes, basis points."""

from copy import copy
from enum import Enum
from typing import Any

from marshmallow import Schema, fields, validate

from labapp.accounts.models import Role, Sector
from labapp.subsidy.scheme_inputs import CURRENCIES, LONGEST_TEXT, MOST_CENTS, MOST_ROWS
from labapp.subsidy.scheme_models import (
    CapScope,
    CapUnit,
    Evidence,
    OverCapPolicy,
    SchemeKind,
    VersionStatus,
)

MOST = 2**31 - 1
CODE = validate.Length(1, 40)


def whole(least: int = 0, most: int = MOST, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


def text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=longest), **options)


def choice(kind: type[Enum], **options: Any) -> Any:
    return fields.Enum(kind, by_value=True, **options)


def changing(schema: type[Schema], name: str) -> type[Schema]:
    """Give the schema of a change: the same fields, each of which may be left out."""
    kept = {key: copy(one) for key, one in schema._declared_fields.items()}  # noqa: SLF001  # no other way
    for one in kept.values():
        one.required = False
    return type(name, (schema,), {"__doc__": "What you leave out stays.", **kept})


class SchemeNamesSchema(Schema):
    """The names of a scheme. `code` stands in claim numbers."""

    code = fields.String(required=True, validate=CODE)
    name_nl = text(200, required=True)
    name_en = text(200)
    pillar = text(80)
    is_fictional = fields.Boolean(metadata={"description": "A demonstration: it does not exist."})


class RulesSchema(Schema):
    """The rules of a version. Days are inclusive on both ends."""

    kind = choice(SchemeKind, required=True)
    school_year = whole(2000, 2100, required=True, metadata={"description": "2026: 2026-2027"})
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)
    opens_at = fields.AwareDateTime(allow_none=True)
    closes_at = fields.AwareDateTime(allow_none=True)
    currency = fields.String(validate=validate.OneOf(CURRENCIES))
    ceiling_cents = whole(0, MOST_CENTS, allow_none=True)
    returns_recovered = fields.Boolean()
    granularity_minutes = whole(1, metadata={"description": "3, 6, 15, 30 or 60"})
    max_day_minutes = whole(1)
    entry_window_days = whole()
    over_cap_policy = choice(OverCapPolicy)
    percentage_bp = whole(metadata={"description": "10000 is 100 %"})
    retention_years = whole(1)
    small_appointments_count = fields.Boolean()
    track = text(40)
    excluded_tracks = fields.List(fields.String(validate=CODE), validate=validate.Length(max=50))
    statement = text(LONGEST_TEXT)
    conditions = text(LONGEST_TEXT)
    source_url = text(500)
    source_checked_on = fields.Date(allow_none=True)


class SchemeCategorySchema(Schema):
    """An activity on which hours are written."""

    code = fields.String(required=True, validate=CODE)
    label_nl = text(120, required=True)
    label_en = text(120)
    claimable = fields.Boolean()
    evidence = choice(Evidence)
    is_open = fields.Boolean()


class RateSchema(Schema):
    """Cents per hour. Without category, role or sector it is for all of them."""

    rate_cents = whole(0, MOST_CENTS, required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)
    category = fields.String(allow_none=True, metadata={"description": "Code of an activity."})
    role = choice(Role, allow_none=True)
    sector = choice(Sector, allow_none=True)


class CapSchema(Schema):
    """The most that may be claimed."""

    scope = choice(CapScope, required=True)
    unit = choice(CapUnit, required=True)
    value = whole(0, MOST_CENTS, required=True)


class FixedAmountSchema(Schema):
    """What a branch of a sector gets, and what it does for it at least."""

    sector = choice(Sector, required=True)
    amount_cents = whole(0, MOST_CENTS, required=True)
    min_minutes = whole()
    min_participants = whole()


def items(row: type[Schema]) -> Any:
    return fields.List(fields.Nested(row), required=True, validate=validate.Length(max=MOST_ROWS))


class SchemeCategoriesSchema(Schema):
    items = items(SchemeCategorySchema)


class RatesSchema(Schema):
    items = items(RateSchema)


class CapsSchema(Schema):
    items = items(CapSchema)


class FixedAmountsSchema(Schema):
    items = items(FixedAmountSchema)


class SchemeVersionSummarySchema(Schema):
    """A version in a list."""

    id = fields.Integer(required=True)
    scheme_id = fields.Integer(required=True)
    code = fields.String(required=True, attribute="scheme.code")
    number = fields.Integer(required=True)
    kind = choice(SchemeKind, required=True)
    status = choice(VersionStatus, required=True)
    school_year = fields.Integer(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)


class SchemeVersionSchema(RulesSchema):
    """A version with all that belongs to it."""

    id = fields.Integer(required=True)
    scheme_id = fields.Integer(required=True)
    number = fields.Integer(required=True)
    status = choice(VersionStatus, required=True)
    is_used = fields.Boolean(required=True, metadata={"description": "By a claim: it is frozen."})
    categories = fields.List(fields.Nested(SchemeCategorySchema), required=True)
    rates = fields.List(fields.Nested(RateSchema), required=True)
    caps = fields.List(fields.Nested(CapSchema), required=True)
    fixed_amounts = fields.List(fields.Nested(FixedAmountSchema), required=True)


class SchemeSchema(SchemeNamesSchema):
    """A scheme with the versions that you may see."""

    id = fields.Integer(required=True)
    versions = fields.List(fields.Nested(SchemeVersionSummarySchema), required=True)


class SchemesSchema(Schema):
    items = fields.List(fields.Nested(SchemeSchema), required=True)


class SchemeVersionsSchema(Schema):
    items = fields.List(fields.Nested(SchemeVersionSummarySchema), required=True)


class SchemeVersionQuerySchema(Schema):
    """Which versions."""

    on = fields.Date(load_default=None, metadata={"description": "Valid on this day."})
    active_only = fields.Boolean(load_default=False)


class SchemeStatusSchema(Schema):
    """`active` puts a draft in force, `closed` closes its school year. There is no way back."""

    status = choice(VersionStatus, required=True)


class SchemeCopySchema(Schema):
    """The school year of the copy; in another year all days move along."""

    school_year = whole(2000, 2100, required=True)


class SchemeFindingSchema(Schema):
    """What is missing, or what somebody should look at."""

    code = fields.String(required=True)
    words = fields.String(required=True)
    part = fields.String(required=True)
    is_blocking = fields.Boolean(required=True)


class SchemeFindingsSchema(Schema):
    items = fields.List(fields.Nested(SchemeFindingSchema), required=True)


class RateQuerySchema(Schema):
    """For which hour."""

    category = fields.String(required=True)
    role = choice(Role, load_default=None)
    sector = choice(Sector, load_default=None)
    day = fields.Date(required=True)


SchemeChangeSchema = changing(SchemeNamesSchema, "SchemeChangeSchema")
RulesChangeSchema = changing(RulesSchema, "RulesChangeSchema")
