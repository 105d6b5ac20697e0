"""Work of the search that may wait."""

from datetime import timedelta
from typing import Any

from labapp.database import db
from labapp.jobs import services as jobs
from labapp.search import analytics, embedding, rebuilding, runtime, storing
from labapp.search.services import EMBED_JOB


@jobs.handler(EMBED_JOB)
def embed_waiting(_payload: dict[str, Any]) -> None:
    """Make the vectors that wait."""
    embed_now()


@jobs.handler("search.rebuild")
def rebuild(payload: dict[str, Any]) -> None:
    """Make the index anew beside the one in use."""
    rebuilding.rebuild(runtime.current(), again=bool(payload.get("again")))


@jobs.handler("search.forget_old_counts", every=timedelta(days=1))
def forget_old_counts(_payload: dict[str, Any]) -> None:
    """Forget what was asked more than a year ago."""
    analytics.forget_old()


def embed_now(progress: embedding.Progress | None = None) -> None:
    """Make the vectors that wait, at once: for commands, which show how far it is."""
    generation = db.session.scalars(storing.CURRENT).one_or_none()
    if generation is not None:
        embedding.embed_waiting(runtime.current(), generation.number, progress)
