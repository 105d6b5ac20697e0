"""Work on exports that nobody waits for."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from labapp.accounts.actors import Actor
from labapp.jobs.services import handler
from labapp.subsidy import retention


@handler("subsidy.shred", every=timedelta(days=1))
def shred_daily(_payload: dict[str, Any]) -> None:
    """Take names out on the day after their years are over."""
    retention.shred_due(Actor.system(), Path(current_app.config["INSTANCE"]))
