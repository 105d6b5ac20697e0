"""Work on claims that nobody waits for."""

from datetime import timedelta
from typing import Any

from labapp.jobs import services as jobs
from labapp.subsidy import assessments


@jobs.handler("subsidy.expire_claims", every=timedelta(hours=1))
def expire_claims(_payload: dict[str, Any]) -> None:
    """End the returned claims that nobody completed within fourteen days."""
    assessments.expire_claims()
