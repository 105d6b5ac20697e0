"""The pages of the labs: one blueprint for each part."""

from typing import Any

from labapp.labs import (
    activity_views,
    agenda_views,
    attachment_views,
    case_duties,  # noqa: F401  # registers what waits, its jobs, and what notifications call it
    contribution_views,
    decision_views,
    finding_duties,  # noqa: F401  # registers what waits for people
    finding_events,  # noqa: F401  # registers what is told, and what notifications call them
    finding_step_views,
    finding_tasks,  # noqa: F401  # registers its jobs
    finding_views,
    finding_writing_views,
    lab_edit_views,
    membership_views,
    moderation_views,
    own_calendar_views,
    plan_views,
    question_import_views,
    question_joint_views,
    question_match_views,
    question_views,
    red_thread_pages,
    review_duties,  # noqa: F401  # registers what waits for people
    review_events,  # noqa: F401  # registers what is told, and what notifications call them
    review_tasks,  # noqa: F401  # registers its jobs
    review_views,
    round_views,
    rule_views,
    site_views,
    thread_objects,  # noqa: F401  # registers what notifications call them
    thread_views,
    use_report_duties,  # noqa: F401  # registers what waits for people
    use_report_events,  # noqa: F401  # registers what is told, and what notifications call them
    use_report_views,
)

PAGES: tuple[Any, ...] = (
    lab_edit_views.pages,  # those of lab_views too
    membership_views.pages,
    rule_views.pages,
    finding_views.pages,
    finding_writing_views.pages,
    finding_step_views.pages,
    question_views.pages,
    question_match_views.pages,
    question_joint_views.pages,
    question_import_views.pages,
    agenda_views.pages,
    thread_views.pages,
    contribution_views.pages,
    attachment_views.pages,
    moderation_views.pages,
    own_calendar_views.pages,
    round_views.pages,
    decision_views.pages,
    plan_views.pages,
    site_views.pages,
    activity_views.pages,
    red_thread_pages.pages,
    review_views.pages,
    use_report_views.pages,
)
