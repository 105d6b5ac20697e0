"""How the search is doing, for the command line and the doctor."""

from typing import Any

from sqlalchemy import func, select

from labapp.database import db
from labapp.errors import UnavailableError
from labapp.search import embedding, snapshots, storing
from labapp.search.models import ONLY, SearchGeneration, SearchObject, SearchRevision
from labapp.search.runtime import Runtime


def report(here: Runtime) -> dict[str, Any]:
    """Give the state of index and model as plain values."""
    here.index.catch_up()
    with here.index.reading() as content:
        state, in_memory = content.state, len(content)
    current = db.session.scalars(storing.CURRENT).one_or_none()
    generations = db.session.scalars(
        select(SearchGeneration).order_by(SearchGeneration.number)
    ).all()
    number = current.number if current else 0
    fault, fingerprint = "", ""
    try:
        fingerprint = here.encoder().fingerprint
    except UnavailableError as error:
        fault = str(error)
    indexed = current.fingerprint if current else ""
    return {
        "engine": here.engine,
        "engine_fault": here.index.fault,
        "model": here.model,
        "model_fault": fault,
        "model_fingerprint": fingerprint,
        "index_fingerprint": indexed,
        "needs_rebuild": bool(fingerprint and indexed and fingerprint != indexed)
        or bool(current and current.words != storing.WAY),
        "objects": _objects(),
        "passages_in_memory": in_memory,
        "waiting": embedding.count_waiting(number),
        "revision": db.session.scalar(
            select(SearchRevision.number).where(SearchRevision.id == ONLY)
        )
        or 0,
        "generation": number,
        "kept": [one.number for one in generations if one is not current and not one.is_building],
        "building": [one.number for one in generations if one.is_building],
        "snapshot": snapshots.newest(here.index.folder, state),
    }


def _objects() -> dict[str, int]:
    rows = db.session.execute(
        select(SearchObject.kind, func.count())
        .where(SearchObject.is_removed.is_(False))
        .group_by(SearchObject.kind)
    )
    return {kind: int(number) for kind, number in rows}
