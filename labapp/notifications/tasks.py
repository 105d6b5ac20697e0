"""Sending and tidying up that nobody waits for."""

from datetime import timedelta
from typing import Any

from labapp.jobs import services as jobs
from labapp.notifications import digests
from labapp.notifications.models import Frequency
from labapp.notifications.preferences import AT_ONCE


@jobs.handler(AT_ONCE)
def send_at_once(payload: dict[str, Any]) -> None:
    """Mail an event to who wants to hear of it at once."""
    digests.send_at_once(payload["event"])


@jobs.handler("notifications.daily", every=timedelta(minutes=30))
def send_daily(_payload: dict[str, Any]) -> None:
    """Send the digest of yesterday, once, however often this runs."""
    digests.send_digest(Frequency.DAILY)


@jobs.handler("notifications.weekly", every=timedelta(minutes=30))
def send_weekly(_payload: dict[str, Any]) -> None:
    """Send the digest of last week, once, however often this runs."""
    digests.send_digest(Frequency.WEEKLY)


@jobs.handler("notifications.remove_old", every=timedelta(days=1))
def remove_old(_payload: dict[str, Any]) -> None:
    digests.remove_old()
