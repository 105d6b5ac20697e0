"""A finding as the API gives it, by what one may see of it."""

from collections.abc import Sequence
from typing import Any

from labapp.accounts.actors import Actor
from labapp.labs import finding_contributors, finding_steps, policies, signing
from labapp.labs.finding_cards import address_of
from labapp.labs.finding_content import required
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_states import EDITABLE

PLAIN = (
    "number", "state", "content_hash", "licence", "change_reason", "changed_keys",
    "needs_new_review", "embargo_until", "saved_at", "published_at",
)  # fmt: skip


def detail(
    actor: Actor, finding: Finding, made: FindingVersion, *, is_list: bool = False
) -> dict[str, Any]:
    """Give a finding with one version; in a list without what asks for more statements.

    Its lab and round are named only to who may read the lab.
    """
    is_known = not is_list and policies.can_read(actor, finding.lab)
    return {
        "id": finding.id,
        "lab_id": finding.lab_id if is_known else None,
        "round_id": finding.round_id if is_known else None,
        "card_id": finding.card_id,
        "title": finding.title,
        "published_at": finding.published_at,
        "review_due_on": finding.review_due_on,
        "address": address_of(finding),
        "version": text_of(made) if is_list else whole(actor, made),
    }


def text_of(made: FindingVersion, *, is_inside: bool = False) -> dict[str, Any]:
    """Give a version with its text as it reads now.

    What was asked of the lab, and who has which account, is for its people and the editors.
    """
    people = finding_contributors.plain(made)
    return {
        **{name: getattr(made, name) for name in PLAIN},
        "content": content_of(made),
        "request_note": made.request_note if is_inside else "",
        "contributors": people if is_inside else [{**row, "user_id": None} for row in people],
        "errata": made.errata,
    }


def whole(actor: Actor, made: FindingVersion) -> dict[str, Any]:
    """Give a version with who signed it, and what one can do with it now."""
    is_open = made.state in EDITABLE
    is_inside = policies.is_broker(actor) or policies.works_in(actor, made.finding.lab)
    return {
        **text_of(made, is_inside=is_inside),
        "signatures": signing.valid_signatures(made),
        "actions": [action.value for action in finding_steps.actions(actor, made)],
        "missing": required(content_of(made), len(made.contributors)) if is_open else {},
    }


def tombstone(finding: Finding, versions: Sequence[FindingVersion]) -> dict[str, Any]:
    """Give what is left of a finding that was taken back."""
    gone = finding.retraction
    people = versions[0].contributors if versions else []
    return {
        "id": finding.id,
        "title": gone.title if gone else finding.title,
        "people": [finding_contributors.name_of(one) for one in people],
        "reason": gone.reason.value if gone else "",
        "text": gone.text if gone else "",
        "retracted_at": gone.done_at if gone else None,
    }
