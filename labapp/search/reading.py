"""Rows of the search to what the index holds in memory."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, select

from labapp.search.content import State, StoredPassage
from labapp.search.models import (
    ONLY,
    SearchGeneration,
    SearchObject,
    SearchPassage,
    SearchRevision,
)
from labapp.search.objects import StoredObject, as_stored

Changed = list[tuple[StoredObject, list[StoredPassage]]]

AT_ONCE = 1000
"""Objects read by one statement; SQLite takes at most 32,766 parameters."""

_STATE = (
    select(
        SearchRevision.key,
        SearchRevision.number,
        SearchRevision.generation,
        SearchGeneration.fingerprint,
        SearchGeneration.dimension,
    )
    .join(SearchGeneration, SearchGeneration.number == SearchRevision.generation)
    .where(SearchRevision.id == ONLY)
)
_OBJECT = (
    SearchObject.id,
    SearchObject.kind,
    SearchObject.object_id,
    SearchObject.revision,
    SearchObject.audience,
    SearchObject.facets,
    SearchObject.numbers,
    SearchObject.is_removed,
)
_PASSAGE = (
    SearchPassage.row_id,
    SearchPassage.id,
    SearchPassage.language,
    SearchPassage.words,
    SearchPassage.vector,
    SearchPassage.hubness,
)


def read_state(connection: Connection) -> State | None:
    """The number of the last change and the generation that is searched: one small query."""
    row = connection.execute(_STATE).one_or_none()
    return State(*row) if row else None


def read_all(connection: Connection, generation: int) -> Iterator[Changed]:
    """Every object with its passages, some at a time."""
    last = 0
    while True:
        rows = connection.execute(
            select(*_OBJECT).where(SearchObject.id > last).order_by(SearchObject.id).limit(AT_ONCE)
        ).all()
        if not rows:
            return
        first, last = rows[0].id, rows[-1].id
        passages = _passages(connection, generation, SearchPassage.row_id.between(first, last))
        yield [(as_stored(row), passages[row.id]) for row in rows if not row.is_removed]


def read_changes(
    connection: Connection, generation: int, since: int
) -> Iterator[tuple[Changed, list[int]]]:
    """What changed after that number: objects with their passages, and rows that were removed."""
    rows = connection.execute(
        select(*_OBJECT).where(SearchObject.revision > since).order_by(SearchObject.id)
    ).all()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        there = [row for row in part if not row.is_removed]
        own = SearchPassage.row_id.in_([row.id for row in there])
        passages = _passages(connection, generation, own) if there else {}
        changed = [(as_stored(row), passages[row.id]) for row in there]
        yield changed, [row.id for row in part if row.is_removed]


def _passages(
    connection: Connection, generation: int, condition: ColumnElement[bool]
) -> dict[int, list[StoredPassage]]:
    found: dict[int, list[StoredPassage]] = defaultdict(list)
    for row in connection.execute(
        select(*_PASSAGE)
        .where(SearchPassage.generation == generation, condition)
        .order_by(SearchPassage.row_id, SearchPassage.position)
    ):
        found[row.row_id].append(StoredPassage(*row[1:]))
    return found
