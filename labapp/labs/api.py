"""The labs as JSON, under /api/v1: one blueprint for each noun."""

from typing import Any

from labapp.labs import (
    activity_api,
    attachments_api,
    contributions_api,
    findings_api,
    lab_api,
    membership_api,
    moderation_api,
    question_api,
    review_api,
    round_api,
    site_api,  # noqa: F401  # adds sites and tasks to those of rounds
    threads_api,
    use_report_api,
)

RESOURCES: tuple[Any, ...] = (
    lab_api.resources,
    membership_api.resources,
    question_api.resources,
    findings_api.resources,
    threads_api.resources,
    contributions_api.resources,
    attachments_api.resources,
    moderation_api.resources,
    round_api.resources,
    activity_api.resources,
    review_api.resources,
    use_report_api.resources,
)
