"""Work of the knowledge base that nobody waits for."""

from datetime import timedelta
from typing import Any

from flask import current_app

from labapp.jobs import services as jobs
from labapp.knowledge import saved_searches, theme_guess


@jobs.handler("knowledge.digests", every=timedelta(hours=1))
def send_digests(_payload: dict[str, Any]) -> None:
    """Send the digests of saved searches that are due; one that was sent is not due."""
    saved_searches.send_digests(current_app.config["BASE_URL"])


@jobs.handler("knowledge.learn_themes", every=timedelta(days=1))
def learn_themes(_payload: dict[str, Any]) -> None:
    """Learn from the cards as they are by now which themes a question may be about."""
    theme_guess.learn_themes()
