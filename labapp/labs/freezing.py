"""What the database itself keeps of plans, findings and signatures, whoever writes."""

from typing import cast

from sqlalchemy import Table

from labapp.guards import Guard, protect, unchanged
from labapp.labs.finding_models import FROZEN_STATES, Erratum, FindingVersion, Signature
from labapp.labs.lab_models import Step
from labapp.labs.round_models import PlanVersion, PrivacySheet, RoundTask

_FROZEN = ", ".join(f"'{state}'" for state in FROZEN_STATES)
_CONTENT = unchanged("finding_id", "number", "content", "content_hash", "licence")
_BOTH_SIGNED = """
(SELECT COUNT(DISTINCT s.side) FROM signatures s WHERE s.finding_version_id = NEW.id
   AND s.voided_at IS NULL AND s.content_hash = NEW.content_hash) = 2
AND (SELECT COUNT(DISTINCT s.user_id) FROM signatures s WHERE s.finding_version_id = NEW.id
   AND s.voided_at IS NULL AND s.content_hash = NEW.content_hash) = 2
"""
# JSON has no equality on PostgreSQL: its text is compared, as it is written.
_TEXT = _CONTENT.replace(
    "NEW.content IS NOT DISTINCT FROM OLD.content",
    "CAST(NEW.content AS TEXT) IS NOT DISTINCT FROM CAST(OLD.content AS TEXT)",
)

protect(
    cast("Table", FindingVersion.__table__),
    Guard(
        "needs_both_signatures",
        "UPDATE",
        f"NEW.state IN ('scheduled', 'published') AND OLD.state NOT IN ({_FROZEN})"
        f" AND NOT ({_BOTH_SIGNED})",
        "a finding needs the signatures of both sides on this very text",
    ),
    Guard(
        "is_not_born_published",
        "INSERT",
        f"NEW.state IN ({_FROZEN})",
        "a finding begins as a draft",
    ),
    Guard(
        "keeps_its_text",
        "UPDATE",
        f"OLD.state IN ({_FROZEN}) AND NOT {_TEXT}",
        "a published finding is not changed",
    ),
    Guard(
        "does_not_go_back",
        "UPDATE",
        f"OLD.state IN ({_FROZEN}) AND NEW.state NOT IN ({_FROZEN})",
        "a published finding does not become private again",
    ),
    Guard(
        "is_not_removed",
        "DELETE",
        f"OLD.state IN ({_FROZEN})",
        "a published finding is not removed",
    ),
)
protect(
    cast("Table", Signature.__table__),
    Guard(
        "is_on_the_text",
        "INSERT",
        "NEW.content_hash <> (SELECT v.content_hash FROM finding_versions v"
        " WHERE v.id = NEW.finding_version_id)"
        " OR (SELECT v.state FROM finding_versions v WHERE v.id = NEW.finding_version_id)"
        " <> 'signing'",
        "a signature is on the text that is being signed",
    ),
    Guard(
        "is_of_another_person",
        "INSERT",
        "EXISTS (SELECT 1 FROM signatures s WHERE s.finding_version_id = NEW.finding_version_id"
        " AND s.voided_at IS NULL AND s.user_id = NEW.user_id)",
        "nobody signs for both sides",
    ),
    Guard(
        "is_not_changed",
        "UPDATE",
        "NOT "
        + unchanged("finding_version_id", "side", "user_id", "content_hash", "signed_at")
        + " OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)",
        "a signature is voided, never changed",
    ),
    Guard("is_not_removed", "DELETE", "1 = 1", "a signature is not removed"),
)
protect(
    cast("Table", PlanVersion.__table__),
    Guard(
        "is_frozen",
        "UPDATE",
        "OLD.frozen_at IS NOT NULL AND NOT ("
        + unchanged("round_id", "number", "content_hash", "frozen_at", "justification")
        + " AND CAST(NEW.answers AS TEXT) IS NOT DISTINCT FROM CAST(OLD.answers AS TEXT))",
        "a frozen plan is not changed",
    ),
    Guard("is_not_removed", "DELETE", "OLD.frozen_at IS NOT NULL", "a frozen plan is not removed"),
)
_NEEDS_SHEET = (
    "NEW.state = 'open' AND NEW.collects_data AND NOT EXISTS (SELECT 1 FROM privacy_sheets p"
    " WHERE p.round_id = NEW.round_id AND p.state = 'approved')"
)
protect(
    cast("Table", RoundTask.__table__),
    Guard(
        "begins_with_sheet", "INSERT", _NEEDS_SHEET, "data are collected after an approved sheet"
    ),
    Guard("opens_with_sheet", "UPDATE", _NEEDS_SHEET, "data are collected after an approved sheet"),
)
protect(
    cast("Table", PrivacySheet.__table__),
    Guard(
        "is_not_of_its_writer",
        "UPDATE",
        "NEW.state = 'approved' AND (NEW.approved_by_id IS NULL"
        " AND OLD.state <> 'approved' OR NEW.approved_by_id = NEW.submitted_by_id)",
        "nobody approves what one handed in",
    ),
    Guard(
        "keeps_its_text",
        "UPDATE",
        "OLD.state IN ('submitted', 'approved') AND NOT "
        + unchanged("purpose", "data_list", "legal_ground", "retention", "who_sees"),
        "what was handed in is not changed",
    ),
    Guard(
        "holds_while_data_come",
        "UPDATE",
        "OLD.state = 'approved' AND NEW.state <> 'approved' AND EXISTS (SELECT 1 FROM round_tasks t"
        " WHERE t.round_id = NEW.round_id AND t.collects_data AND t.state = 'open')",
        "the sheet holds while data are collected",
    ),
)
protect(
    cast("Table", Erratum.__table__),
    Guard("is_not_removed", "DELETE", "1 = 1", "an erratum is not removed"),
)
protect(
    cast("Table", Step.__table__),
    Guard(
        "is_not_changed",
        "UPDATE",
        "NOT " + unchanged("object", "action", "old_state", "new_state", "at"),
        "a step that was taken is not changed",
    ),
    Guard("is_not_removed", "DELETE", "1 = 1", "a step that was taken is not removed"),
)
