"""What the database refuses to change (spec/subsidy.md 3.7): the last line behind the services.

Hours freeze with their declaration, a declaration with its signatures, a claim with its
submission, a scheme version with the first claim that used it, a batch with its release. Four-eyes
stands here too, on persons: nothing that a role or a token could change.
"""

from typing import cast

from sqlalchemy import Table

from labapp import append_only
from labapp.guards import Guard, protect, unchanged
from labapp.subsidy import (
    budget_models,
    claim_models,
    hour_models,
    payment_models,
    scheme_models,
    total_models,  # noqa: F401  # its table, and what adds up hours
)

SAME_HOUR_ROW = unchanged(
    "id", "snapshot_id", "position", "line_number", "entry_id", "corrects_id", "user_id", "brin6",
    "work_date", "start_local", "end_local", "minutes", "category_code", "category_label",
    "description", "source", "source_ref", "registered_on", "days_late", "declaration",
    "signed_on", "approved_on",
)  # fmt: skip
SAME_LINE_ROW = unchanged(
    "id", "snapshot_id", "number", "user_id", "role", "category_code", "category_label",
    "period_from", "period_to", "minutes", "rate_cents", "percentage_bp", "cents",
    "is_cap_adjustment", "corrects_line",
)  # fmt: skip
RULES = unchanged(
    "scheme_id", "number", "kind", "school_year", "valid_from", "valid_to", "currency",
    "ceiling_cents", "returns_recovered", "granularity_minutes", "max_day_minutes",
    "entry_window_days", "over_cap_policy", "percentage_bp", "retention_years",
    "small_appointments_count", "track", "statement", "conditions", "source_url",
)  # fmt: skip
MISPLACED = (
    "NOT EXISTS (SELECT 1 FROM declarations d WHERE d.id = NEW.declaration_id"
    " AND d.user_id = NEW.user_id AND d.organisation_id = NEW.organisation_id"
    " AND d.scheme_version_id = NEW.scheme_version_id AND d.month <= NEW.work_date)"
)
ENDED = "('paid', 'rejected', 'expired', 'withdrawn')"


def _table(model: type[object]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


def _state(declaration: str) -> str:
    return f"(SELECT state FROM declarations WHERE id = {declaration})"  # noqa: S608  # our names


def _used(version: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM claim_snapshots s JOIN claims c ON c.id = s.claim_id"  # noqa: S608
        f" WHERE c.scheme_version_id = {version})"
    )


def _released(batch: str) -> str:
    return f"(SELECT state FROM payment_batches WHERE id = {batch}) = 'released'"  # noqa: S608


def _protect_entries() -> None:
    frozen = "this declaration is signed: its hours are frozen"
    misplaced = "hours belong to the declaration of their person, branch, scheme and month"
    protect(
        _table(hour_models.HourEntry),
        Guard("no_late_row", "INSERT", f"{_state('NEW.declaration_id')} <> 'open'", frozen),
        Guard(
            "no_replace", "INSERT",
            "EXISTS (SELECT 1 FROM hour_entries WHERE id = NEW.id)", "this entry exists already",
        ),
        Guard("in_place", "INSERT", MISPLACED, misplaced),
        Guard("kept_in_place", "UPDATE", MISPLACED, misplaced),
        Guard(
            "no_change", "UPDATE",
            f"{_state('OLD.declaration_id')} <> 'open' OR {_state('NEW.declaration_id')} <> 'open'",
            frozen,
        ),
        Guard("no_delete", "DELETE", f"{_state('OLD.declaration_id')} <> 'open'", frozen),
    )  # fmt: skip


def _protect_declarations() -> None:
    keys = unchanged("user_id", "organisation_id", "scheme_version_id", "month", "seq")
    signed = unchanged("signed_at", "signed_by_id", "statement", "snapshot_sha256")
    allocated = (
        "EXISTS (SELECT 1 FROM allocations a JOIN hour_entries e ON e.id = a.entry_id"
        " WHERE e.declaration_id = OLD.id AND a.released_at IS NULL)"
    )
    protect(
        _table(hour_models.Declaration),
        Guard("starts_open", "INSERT", "NEW.state <> 'open'", "a declaration starts open"),
        Guard("no_delete", "DELETE", "OLD.state <> 'open'", "this declaration is frozen"),
        Guard("keys", "UPDATE", f"NOT {keys}", "a declaration keeps person, branch and month"),
        Guard(
            "signed", "UPDATE",
            f"OLD.state <> 'open' AND NEW.state <> 'open' AND NOT {signed}",
            "what was signed does not change",
        ),
        Guard(
            "approved", "UPDATE",
            "OLD.state = 'approved' AND NEW.state <> 'open' AND NOT "
            + unchanged("state", "approved_at", "approved_by_id"),
            "an approval does not change",
        ),
        Guard(
            "order", "UPDATE", "OLD.state = 'open' AND NEW.state = 'approved'",
            "a declaration is signed before it is approved",
        ),
        Guard(
            "claimed", "UPDATE",
            f"OLD.state = 'approved' AND NEW.state = 'open' AND {allocated}",
            "these hours are in a claim",
        ),
        Guard(
            "own_signature", "UPDATE",
            "NEW.state <> 'open' AND NEW.signed_by_id IS DISTINCT FROM NEW.user_id",
            "only the person signs",
        ),
        Guard(
            "four_eyes", "UPDATE",
            "NEW.state = 'approved' AND (NEW.approved_by_id IS NULL"
            " OR NEW.approved_by_id = NEW.user_id)",
            "nobody approves own hours",
        ),
    )  # fmt: skip


def _protect_allocations() -> None:
    entry = "(SELECT e.minutes FROM hour_entries e WHERE e.id = NEW.entry_id)"
    approved = (
        "(SELECT d.state FROM declarations d JOIN hour_entries e ON e.declaration_id = d.id"
        " WHERE e.id = NEW.entry_id)"
    )
    same = unchanged("id", "entry_id", "claim_id", "minutes", "created_at")
    protect(
        _table(claim_models.Allocation),
        Guard("of_approved", "INSERT", f"{approved} <> 'approved'", "these hours are not approved"),
        Guard(
            "whole", "INSERT", f"NEW.minutes <> {entry} OR NEW.released_at IS NOT NULL",
            "an entry is allocated whole",
        ),
        Guard(
            "only_released", "UPDATE",
            f"NOT {same} OR OLD.released_at IS NOT NULL OR NEW.released_at IS NULL",
            "an allocation can only be released, once",
        ),
        Guard("no_delete", "DELETE", "OLD.id IS NOT NULL", "allocations only grow"),
    )  # fmt: skip


def _protect_claims() -> None:
    keys = unchanged(
        "number", "sequence", "scheme_version_id", "board_id", "organisation_id", "kind",
        "corrects_id",
    )  # fmt: skip
    sent = (
        "('submitted', 'assessed', 'granted', 'partial', 'paid', 'rejected', 'expired',"
        " 'withdrawn')"
    )
    content = unchanged(
        "total_cents", "revision", "grant_id", "instalment", "submitted_by_id", "submitted_at"
    )
    protect(
        _table(claim_models.Claim),
        Guard("no_delete", "DELETE", "OLD.number IS NOT NULL", "a submitted claim is kept"),
        Guard(
            "keys", "UPDATE", f"OLD.number IS NOT NULL AND NOT {keys}",
            "a submitted claim keeps its number, scheme and branch",
        ),
        Guard(
            "ended", "UPDATE", f"OLD.state IN {ENDED} AND NEW.state <> OLD.state",
            "this claim has ended",
        ),
        Guard(
            "content", "UPDATE", f"OLD.state IN {sent} AND NOT {content}", "this claim is frozen",
        ),
        Guard(
            "granted", "UPDATE",
            f"OLD.granted_cents IS NOT NULL AND NOT {unchanged('granted_cents')}",
            "what was granted does not change",
        ),
    )  # fmt: skip


def _protect_decisions() -> None:
    actors = (
        "NEW.decided_by_id IN (SELECT assessed_by_id FROM assessments"
        " WHERE claim_id = NEW.claim_id) OR NEW.decided_by_id = (SELECT submitted_by_id"
        " FROM claims WHERE id = NEW.claim_id) OR EXISTS (SELECT 1 FROM allocations a"
        " JOIN hour_entries e ON e.id = a.entry_id JOIN declarations d ON d.id = e.declaration_id"
        " WHERE a.claim_id = NEW.claim_id AND (d.approved_by_id = NEW.decided_by_id"
        " OR d.user_id = NEW.decided_by_id))"
    )
    protect(
        _table(claim_models.Decision),
        Guard("four_eyes", "INSERT", actors, "who took part before does not decide"),
        Guard("no_change", "UPDATE", "NEW.id IS NOT NULL", "decisions only grow"),
        Guard("no_delete", "DELETE", "OLD.id IS NOT NULL", "decisions only grow"),
    )


def _protect_snapshots() -> None:
    """After the years that it must be kept a name may be taken out, and nothing else."""
    for model, same in (
        (
            claim_models.ClaimHour,
            SAME_HOUR_ROW + " AND NEW.person_name = '' AND NEW.approved_by = ''",
        ),
        (claim_models.ClaimLine, SAME_LINE_ROW + " AND NEW.person_name = ''"),
    ):
        name = _table(model).name
        protect(
            _table(model),
            Guard("no_change", "UPDATE", f"NOT ({same})", f"{name} only grows"),
            Guard("no_delete", "DELETE", "OLD.id IS NOT NULL", f"{name} only grows"),
        )


def _protect_payments() -> None:
    decided = (
        "EXISTS (SELECT 1 FROM payment_lines l JOIN decisions d ON d.claim_id = l.claim_id"
        " WHERE l.batch_id = NEW.id AND d.decided_by_id = NEW.released_by_id)"
    )
    paid = "this batch is paid"
    protect(
        _table(payment_models.PaymentBatch),
        Guard("no_change", "UPDATE", "OLD.state = 'released'", paid),
        Guard("no_delete", "DELETE", "OLD.state = 'released'", paid),
        Guard(
            "four_eyes", "UPDATE",
            f"NEW.state = 'released' AND (NEW.released_by_id IS NULL OR {decided})",
            "who decided does not pay",
        ),
    )  # fmt: skip
    protect(
        _table(payment_models.PaymentLine),
        Guard("no_insert", "INSERT", _released("NEW.batch_id"), paid),
        Guard(
            "no_change", "UPDATE", f"{_released('OLD.batch_id')} OR {_released('NEW.batch_id')}",
            paid,
        ),
        Guard("no_delete", "DELETE", _released("OLD.batch_id"), paid),
    )  # fmt: skip


def _protect_recoveries() -> None:
    same = unchanged("id", "scheme_version_id", "board_id", "claim_id", "cents")
    protect(
        _table(payment_models.Recovery),
        Guard(
            "no_change", "UPDATE", f"OLD.state <> 'open' OR NOT {same}",
            "what is owed does not change",
        ),
        Guard("no_delete", "DELETE", "OLD.id IS NOT NULL", "recoveries only grow"),
    )  # fmt: skip


def _protect_schemes() -> None:
    used = "a submitted claim used this version: make a new one"
    protect(
        _table(scheme_models.SchemeVersion),
        Guard("no_change", "UPDATE", f"NOT {RULES} AND {_used('OLD.id')}", used),
        Guard("no_delete", "DELETE", _used("OLD.id"), used),
    )
    for model in (
        scheme_models.ActivityCategory,
        scheme_models.Rate,
        scheme_models.Cap,
        scheme_models.FixedAmount,
    ):
        protect(
            _table(model),
            Guard("no_insert", "INSERT", _used("NEW.scheme_version_id"), used),
            Guard("no_change", "UPDATE", _used("OLD.scheme_version_id"), used),
            Guard("no_delete", "DELETE", _used("OLD.scheme_version_id"), used),
        )


_protect_entries()
_protect_declarations()
_protect_allocations()
_protect_claims()
_protect_decisions()
_protect_snapshots()
_protect_payments()
_protect_recoveries()
_protect_schemes()
for grows in (
    claim_models.ClaimSnapshot,
    claim_models.Assessment,
    budget_models.BudgetEvent,
    claim_models.ExportRecord,
):
    append_only.protect(_table(grows))
