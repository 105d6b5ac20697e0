"""Work on findings that nobody waits for: silence that is approval, embargoes that end."""

from datetime import timedelta
from typing import Any

from labapp.jobs import services as jobs
from labapp.labs import publishing, signing


@jobs.handler("labs.findings", every=timedelta(minutes=15))
def look_after_findings(_payload: dict[str, Any]) -> None:
    """Sign for who let the days pass, and bring out what may be public from today."""
    signing.approve_in_silence()
    publishing.release_due()
