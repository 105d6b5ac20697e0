"""What was found in memory to hits with texts, if the rows still say the same."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from labapp.search.documents import Hit, Query
from labapp.search.highlights import highlight
from labapp.search.models import SearchObject, SearchPassage
from labapp.search.questions import AnalysedQuery
from labapp.search.searching import Page

_ROWS = (
    select(
        SearchObject.id,
        SearchObject.kind,
        SearchObject.object_id,
        SearchObject.language,
        SearchObject.revision,
        SearchObject.is_removed,
        SearchPassage.text,
        SearchPassage.language.label("passage_language"),
    )
    .outerjoin(
        SearchPassage,
        and_(
            SearchPassage.row_id == SearchObject.id,
            SearchPassage.id.in_(bindparam("passages", expanding=True)),
        ),
    )
    .where(SearchObject.id.in_(bindparam("ids", expanding=True)))
)


def load_rows(connection: Connection, page: Page) -> dict[int, Any]:
    """The rows of a page by id, as the database has them at this moment."""
    if not len(page.row_ids):
        return {}
    ids = page.row_ids.tolist()
    passages = [number for number in page.passage_ids.tolist() if number >= 0]
    rows = connection.execute(_ROWS, {"ids": ids, "passages": passages})
    return {row.id: row for row in rows}


def is_current(page: Page, rows: dict[int, Any]) -> bool:
    """Whether nothing on the page was changed or removed since it was read into memory."""
    return all(
        row_id in rows and not rows[row_id].is_removed and rows[row_id].revision == revision
        for row_id, revision in zip(page.row_ids.tolist(), page.revisions.tolist(), strict=True)
    )


def hits_of(page: Page, rows: dict[int, Any], analysed: AnalysedQuery, query: Query) -> list[Hit]:
    """The hits of a page; what was removed meanwhile is left out."""
    there = [
        (place, rows[row_id])
        for place, row_id in enumerate(page.row_ids.tolist())
        if row_id in rows and not rows[row_id].is_removed
    ]
    hits = [_hit(page, place, row, explain=query.explain) for place, row in there]
    return [quote(hit, analysed) for hit in hits] if query.quotes else hits


def quote(hit: Hit, analysed: AnalysedQuery) -> Hit:
    """The hit with the sentence that says most of what was asked."""
    shown = highlight(hit.passage, hit.passage_language, analysed)
    return replace(hit, sentence=shown.sentence, highlights=shown.spans, matched_words=shown.words)


def _hit(page: Page, place: int, row: Any, *, explain: bool) -> Hit:
    parts: dict[str, float] = {}
    if explain:
        parts = {name: float(values[place]) for name, values in page.order.parts.items()}
    return Hit(
        kind=row.kind,
        id=row.object_id,
        language=row.language,
        score=float(page.order.scores[place]),
        passage=row.text or "",
        passage_language=row.passage_language or row.language,
        parts=parts,
    )
