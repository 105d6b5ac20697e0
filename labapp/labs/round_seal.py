"""What both leads agree on when a round goes on, as one number that tells whether it changed."""

import hashlib
import json
from typing import Any

from labapp.labs.round_models import Round

TEXTS = ("title", "aim", "known_already", "diagnosis", "design", "result_data", "decision_reason")
SHEET = ("purpose", "data_list", "legal_ground", "retention", "who_sees")


def seal_of(one: Round) -> str:
    """Give the SHA-256 over texts, plan, sites, privacy sheet and decision as they stand."""
    plan = one.plans[-1] if one.plans else None
    sheet = one.privacy_sheet
    content: dict[str, Any] = {
        "texts": [getattr(one, name) for name in TEXTS],
        "known_checked": one.known_checked_at is not None,
        "decision": one.decision.value if one.decision else None,
        "review_due_on": str(one.review_due_on),
        "questions": sorted(link.question_id for link in one.questions),
        "plan": [plan.number, plan.answers, plan.justification] if plan else None,
        "sheet": [sheet.state.value, *(getattr(sheet, name) for name in SHEET)] if sheet else None,
        "sites": [
            [
                site.organisation_id, site.consent.value, str(site.started_on),
                str(site.finished_on), str(site.stopped_on), site.stop_reason,
            ]
            for site in one.sites
        ],
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
