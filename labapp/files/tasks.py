"""Work on files that nobody waits for."""

from datetime import timedelta
from typing import Any

import structlog

from labapp.files import services
from labapp.jobs.services import handler

log = structlog.get_logger()


@handler("files.sweep", every=timedelta(days=1))
def sweep(_payload: dict[str, Any]) -> None:
    """Let go of files that were removed or that nobody uses."""
    count = services.sweep()
    if count:
        log.info("files.swept", count=count)
