"""All tables of the labs, for whoever needs them to be known: migrations and the application."""

from labapp.labs import (
    finding_models,
    freezing,
    lab_models,
    question_models,
    review_models,
    round_models,
    rule_models,
    thread_models,
)

__all__ = [
    "finding_models",
    "freezing",
    "lab_models",
    "question_models",
    "review_models",
    "round_models",
    "rule_models",
    "thread_models",
]
