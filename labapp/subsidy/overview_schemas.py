"""Overviews, reconciliation and exports as they look in JSON."""

from typing import Any

from marshmallow import Schema, fields, validate

from labapp.subsidy.exports.formats import ALL, FORMATS

YEARS = validate.Range(2000, 2199)
POSITIVE = validate.Range(min=1)


class OverviewSelectionSchema(Schema):
    school_year = fields.Integer(validate=YEARS, metadata={"description": "2026 is 2026-2027."})
    version_id = fields.Integer(validate=POSITIVE)
    board_id = fields.Integer(validate=POSITIVE)
    branch_id = fields.Integer(validate=POSITIVE)
    calendar_year = fields.Integer(validate=YEARS, metadata={"description": "Hours only."})


class OverviewHoursSchema(Schema):
    """Minutes."""

    logged = fields.Integer()
    open = fields.Integer()
    submitted = fields.Integer()
    approved = fields.Integer()
    not_claimable = fields.Integer()
    entries = fields.Integer()
    late = fields.Integer(metadata={"description": "Entries that were written too late."})
    people = fields.Integer()


class OverviewMoneySchema(Schema):
    """Whole cents; `minutes` are those in claims."""

    claims = fields.Integer()
    asked = fields.Integer()
    granted = fields.Integer()
    paid = fields.Integer()
    minutes = fields.Integer()


class ObligationSchema(Schema):
    min_minutes = fields.Integer(attribute="wanted.minutes")
    min_participants = fields.Integer(attribute="wanted.people")
    amount_cents = fields.Integer(attribute="wanted.amount_cents")
    decision_number = fields.String(attribute="wanted.decision_number")
    minutes = fields.Integer()
    participants = fields.Integer(attribute="people")
    left_out_minutes = fields.Integer()
    left_out_participants = fields.Integer(attribute="left_out_people")
    is_met = fields.Boolean()


class OverviewRowSchema(Schema):
    branch_id = fields.Integer(attribute="branch.id")
    branch = fields.String(attribute="branch.name")
    brin6 = fields.String(attribute="branch.brin6")
    version_id = fields.Integer(attribute="version.id")
    scheme = fields.String(attribute="version.scheme.code")
    hours = fields.Nested(OverviewHoursSchema)
    money = fields.Nested(OverviewMoneySchema)
    unclaimed_minutes = fields.Integer(attribute="unclaimed")
    above_cap_minutes = fields.Integer(attribute="above_cap")
    obligation = fields.Nested(ObligationSchema, allow_none=True)


class DoubleDaySchema(Schema):
    person_id = fields.Integer(attribute="user_id")
    person = fields.String()
    day = fields.Date()
    minutes = fields.Integer()


class OverviewSchema(Schema):
    school_year = fields.Integer(attribute="selection.school_year")
    calendar_year = fields.Integer(attribute="selection.calendar_year", allow_none=True)
    hours = fields.Nested(OverviewHoursSchema)
    money = fields.Nested(OverviewMoneySchema)
    above_cap_minutes = fields.Integer(attribute="above_cap")
    late_share = fields.Float()
    items = fields.List(fields.Nested(OverviewRowSchema), attribute="rows")
    double_days = fields.List(fields.Nested(DoubleDaySchema))


class StatisticCellSchema(Schema):
    """People and minutes are null where fewer than five people would be told of."""

    label = fields.String()
    people = fields.Integer(allow_none=True)
    minutes = fields.Integer(allow_none=True)
    mean_minutes = fields.Integer(allow_none=True)


class StatisticSchema(Schema):
    cells = fields.List(fields.Nested(StatisticCellSchema))
    whole = fields.Nested(StatisticCellSchema)


class StatisticsSchema(Schema):
    category = fields.Nested(StatisticSchema)
    month = fields.Nested(StatisticSchema)
    sector = fields.Nested(StatisticSchema)


class ReconciliationQuerySchema(Schema):
    version_id = fields.Integer(required=True, validate=POSITIVE)
    branch_id = fields.Integer(validate=POSITIVE)
    calendar_year = fields.Integer(validate=YEARS)
    deep = fields.Boolean(
        load_default=True, metadata={"description": "Also check the hash of every snapshot."}
    )


class IdentitySchema(Schema):
    code = fields.String()
    label = fields.String()
    left = fields.Integer()
    right = fields.Integer()
    difference = fields.Integer()
    unit = fields.String(validate=validate.OneOf(["minutes", "cents", "number"]))
    holds = fields.Boolean()


class ReconciliationSchema(Schema):
    version_id = fields.Integer(attribute="version.id")
    branch_id = fields.Function(lambda report: report.branch.id if report.branch else None)
    calendar_year = fields.Integer(attribute="year", allow_none=True)
    holds = fields.Boolean()
    identities = fields.List(fields.Nested(IdentitySchema))
    figures = fields.Dict(keys=fields.String(), values=fields.Integer())


class ClaimExportInputSchema(Schema):
    claim_id = fields.Integer(required=True, validate=POSITIVE)
    kinds = fields.List(
        fields.String(validate=validate.OneOf([ALL, *FORMATS])),
        load_default=lambda: [ALL],
        validate=validate.Length(min=1, max=len(FORMATS) + 1),
    )


class DossierInputSchema(Schema):
    branch_id = fields.Integer(required=True, validate=POSITIVE)
    school_year = fields.Integer(required=True, validate=YEARS)


class DeclarationExportInputSchema(Schema):
    declaration_id = fields.Integer(required=True, validate=POSITIVE)


class ExportRecordsQuerySchema(Schema):
    subject = fields.String(validate=validate.Length(max=160))
    before = fields.Integer(validate=POSITIVE, metadata={"description": "Older than this id."})
    per_page = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class ExportRecordSchema(Schema):
    id = fields.Integer()
    kind = fields.String()
    subject = fields.String()
    file_name = fields.String()
    sha256 = fields.String()
    size = fields.Integer()
    template_version = fields.String()
    libraries = fields.Dict()
    matches_earlier = fields.Boolean()
    exported_by_id = fields.Integer(allow_none=True)
    exported_at = fields.DateTime()


class ExportRecordsSchema(Schema):
    items = fields.List(fields.Nested(ExportRecordSchema))


class ClaimExportSchema(Schema):
    """What was made: the zip to fetch, and the files in it, which can be fetched apart."""

    matches_earlier = fields.Boolean()
    zip = fields.Nested(ExportRecordSchema)
    files = fields.List(fields.Nested(ExportRecordSchema))


def as_items(found: list[Any]) -> dict[str, list[Any]]:
    return {"items": found}
