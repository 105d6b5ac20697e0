"""Claims and payments as the API gives and takes them. Money is whole cents, time whole minutes."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from labapp.rest import PageSchema
from labapp.subsidy.budget_models import BudgetEventType
from labapp.subsidy.claim_models import ClaimKind, ClaimState, ReductionReason
from labapp.subsidy.payment_models import BatchState, RecoveryState
from labapp.subsidy.reductions import Reduction

LONGEST = 4_000
MOST = 10_000


def words(longest: int = LONGEST, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=longest), **options)


class ClaimQuerySchema(PageSchema):
    """Which claims are asked for."""

    state = fields.Enum(ClaimState, by_value=True)
    scheme_version = fields.Integer(data_key="scheme_version")
    branch = fields.Integer()
    board = fields.Integer()


class ClaimSchema(Schema):
    """What a board asks for a branch. `total_cents` is as submitted: the sum of its lines."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    kind = fields.Enum(ClaimKind, by_value=True)
    state = fields.Enum(ClaimState, by_value=True)
    scheme_version_id = fields.Integer()
    board_id = fields.Integer()
    branch_id = fields.Integer(attribute="organisation_id")
    grant_id = fields.Integer(allow_none=True)
    corrects_id = fields.Integer(allow_none=True)
    instalment = fields.Integer(allow_none=True)
    note = fields.String()
    total_cents = fields.Integer()
    granted_cents = fields.Integer(allow_none=True)
    excluded_entries = fields.List(fields.String())
    submitted_at = fields.AwareDateTime(allow_none=True)
    returned_at = fields.AwareDateTime(allow_none=True)
    return_reason = fields.String()
    expires_at = fields.AwareDateTime(allow_none=True)
    revision = fields.Integer()
    snapshot_sha256 = fields.Function(lambda claim: claim.snapshot.sha256 if claim.revision else "")
    audit_seq = fields.Integer(allow_none=True)
    audit_head = fields.String(allow_none=True)
    version = fields.Integer()


class ClaimsSchema(Schema):
    items = fields.List(fields.Nested(ClaimSchema), required=True)
    total = fields.Integer(required=True)


class NewClaimSchema(Schema):
    """A draft: it proposes all approved hours that are in no claim; nothing is reserved."""

    scheme_version_id = fields.Integer(required=True, data_key="scheme_version_id")
    branch_id = fields.Integer(required=True)
    instalment = fields.Integer(validate=validate.Range(1, 100))
    note = words(load_default="")


class ClaimChangeSchema(Schema):
    excluded_entries = fields.List(
        words(26), validate=validate.Length(max=MOST), metadata={"description": "Ids of hours."}
    )
    instalment = fields.Integer(validate=validate.Range(1, 100))
    note = words()


class ClaimNoteSchema(Schema):
    note = words(load_default="")


class LineSchema(Schema):
    """A group of person, activity, rate and percentage, rounded once."""

    number = fields.Integer()
    person_id = fields.String()
    person_name = fields.String()
    role = fields.String()
    category_code = fields.String()
    category_label = fields.String()
    period_from = fields.Date()
    period_to = fields.Date()
    minutes = fields.Integer()
    rate_cents = fields.Integer()
    percentage_bp = fields.Integer()
    cents = fields.Integer()
    is_cap_adjustment = fields.Boolean()
    corrects_line = fields.Integer(allow_none=True)


class LinesSchema(Schema):
    items = fields.List(fields.Nested(LineSchema), required=True)


class PlanSchema(Schema):
    """What a draft would ask now. A claim with problems cannot be submitted."""

    entries = fields.List(fields.String(), required=True)
    left_out = fields.List(fields.String(), required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    total_cents = fields.Integer(required=True)
    total_minutes = fields.Integer(required=True)
    problems = fields.List(fields.Dict(), required=True)


class SignatureSchema(Schema):
    """Signing asks for a yes: that the statement of the claim is true."""

    agree = fields.Boolean(required=True, validate=validate.Equal(True))


class ClaimReasonSchema(Schema):
    reason = words(required=True)


class ReductionSchema(Schema):
    """Cents taken off a line; `reusable` frees its hours where the whole line is taken."""

    line = fields.Integer(required=True)
    cents = fields.Integer(required=True, strict=True)
    reason = fields.Enum(ReductionReason, by_value=True, required=True)
    text = words(2000, load_default="")
    reusable = fields.Boolean(load_default=False)


class AssessmentSchema(Schema):
    reductions = fields.List(fields.Nested(ReductionSchema), load_default=list)
    text = words(load_default="")

    @post_load
    def _reductions(self, values: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        return {**values, "reductions": [Reduction(**one) for one in values["reductions"]]}


class NewDecisionSchema(AssessmentSchema):
    """`is_rejected` takes everything off; `reusable` then lets the hours be claimed again."""

    is_rejected = fields.Boolean(load_default=False)
    reusable = fields.Boolean(load_default=False)
    reason = fields.Enum(ReductionReason, by_value=True, load_default=ReductionReason.NOT_ELIGIBLE)
    external_number = words(80, load_default="")
    external_date = fields.Date(load_default=None, allow_none=True)


class NewBatchSchema(Schema):
    """Without `claims` all that wait under the version."""

    scheme_version_id = fields.Integer(required=True)
    claims = fields.List(fields.Integer(), validate=validate.Length(max=MOST))


class PaymentLineSchema(Schema):
    claim_id = fields.Integer()
    cents = fields.Integer()


class PaymentBatchSchema(Schema):
    """Claims that are paid together; `file` exists once it was released."""

    id = fields.Integer()
    number = fields.Integer()
    scheme_version_id = fields.Integer()
    state = fields.Enum(BatchState, by_value=True)
    total_cents = fields.Integer()
    file_sha256 = fields.String(allow_none=True)
    released_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(PaymentLineSchema))
    version = fields.Integer()


class PaymentBatchesSchema(Schema):
    items = fields.List(fields.Nested(PaymentBatchSchema), required=True)


class NewRecoverySchema(ClaimNoteSchema):
    claim_id = fields.Integer(required=True)


class RecoverySchema(Schema):
    """What a board has to pay back: `cents` is positive."""

    id = fields.Integer()
    scheme_version_id = fields.Integer()
    board_id = fields.Integer()
    claim_id = fields.Integer()
    cents = fields.Integer()
    state = fields.Enum(RecoveryState, by_value=True)
    note = fields.String()
    closed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class RecoveriesSchema(Schema):
    items = fields.List(fields.Nested(RecoverySchema), required=True)


class MovementSchema(Schema):
    """A row of the ledger; a claim that asks money back has negative cents."""

    seq = fields.Integer()
    type = fields.Enum(BudgetEventType, by_value=True)
    cents = fields.Integer()
    claim_id = fields.Integer(allow_none=True)
    batch_id = fields.Integer(allow_none=True)
    recovery_id = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()


class LedgerSchema(Schema):
    """The movements of a version, and what is left under its ceiling (null: there is none)."""

    items = fields.List(fields.Nested(MovementSchema), required=True)
    remaining_cents = fields.Integer(allow_none=True, required=True)
