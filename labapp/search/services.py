"""The search: put something in, take it out, ask. Whoever asks says which keys they hold.

Texts, words and vectors are rows, written in the caller's transaction: what is published can be
found, and what is withdrawn cannot, at the same moment and in every process.
"""

from collections.abc import Collection, Iterable, Sequence

import structlog
from sqlalchemy.orm import Session

from labapp.database import transaction
from labapp.errors import UnavailableError
from labapp.jobs import services as jobs
from labapp.search import asking, runtime, searching, showing, similarity, storing, suggestions
from labapp.search.documents import Document, Hit, Query, Results
from labapp.search.models import SearchPassage
from labapp.search.questions import analyse

log = structlog.get_logger()

ATTEMPTS = 3
EMBED_JOB = "search.embed"


def put(document: Document, *, later: bool = False) -> None:
    """Make an object findable, or what changed of it, in the caller's transaction.

    Its words are found at once. So is its meaning, but for `later` or a model that is out of
    order: a job then makes the vectors.
    """
    put_all([document], later=later)


def put_all(documents: Iterable[Document], *, later: bool = False) -> None:
    """Make many objects findable, in the caller's transaction."""
    with transaction() as session:
        changed = []
        for document in documents:
            row, is_new = storing.save_object(session, document)
            if is_new:
                pieces = storing.pieces_of(document)
                for generation in session.scalars(storing.ACTIVE):
                    storing.save_passages(session, row, generation, pieces)
                storing.save_words(session, pieces)
                changed.append(row.id)
        if changed and (later or not _embed(session, changed)):
            jobs.enqueue(EMBED_JOB, unique=EMBED_JOB)


def _embed(session: Session, row_ids: Sequence[int]) -> bool:
    """Make the vectors of these objects, if the model works."""
    here = runtime.current()
    generation = session.scalars(storing.CURRENT).one()
    waiting = storing.waiting(generation.number).where(SearchPassage.row_id.in_(row_ids))
    rows = session.scalars(waiting).all()
    if not rows:
        return True
    try:
        encoder = here.encoder()
        storing.adopt(generation, encoder)
        storing.embed(rows, encoder, here.index.folder)
    except UnavailableError as error:
        log.warning("search.put_without_vector", reason=str(error))
        return False
    return True


def remove(kind: str, object_id: int) -> None:
    """Make an object unfindable, in the caller's transaction; its row tells other processes."""
    with transaction() as session:
        storing.remove_object(session, kind, object_id)


def search(query: Query) -> Results:
    """Answer a query with a page of hits and the counts of the whole result."""
    here = runtime.current()
    analysed = analyse(storing.clean(query.text))
    vectors = asking.encode(here, analysed)
    with here.index.engine.connect() as connection:
        for attempt in range(ATTEMPTS):
            here.index.catch_up_by(connection)
            with here.index.reading() as content:
                has_meaning = (
                    asking.has_meaning(content, analysed, vectors) and not here.index.fault
                )
                meant = vectors if has_meaning else asking.Vectors()
                asked = asking.prepare(connection, content, query, analysed, meant)
                page = searching.find(content, asked)
                better = None
                if query.counts:
                    better = suggestions.did_you_mean(
                        connection, content, analysed.text, query.audiences, query.kinds
                    )
            connection.rollback()  # so that the rows are read as they are by now
            rows = showing.load_rows(connection, page)
            if attempt == ATTEMPTS - 1 or showing.is_current(page, rows):
                break
            connection.rollback()
    return Results(
        total=page.total,
        hits=showing.hits_of(page, rows, analysed, query),
        facets=page.facets,
        did_you_mean=better,
        meaning_available=has_meaning,
        advice=page.advice,
        kinds=page.kinds,
    )


def quote(hits: Sequence[Hit], text: str) -> list[Hit]:
    """Give hits with the sentence of each that says most of a question, and the words in that."""
    analysed = analyse(storing.clean(text))
    return [showing.quote(hit, analysed) for hit in hits]


def similar(kind: str, object_id: int, audiences: Collection[str], limit: int = 4) -> list[Hit]:
    """Give the visible objects of the same kind that are most like one, the nearest first."""
    here = runtime.current()
    here.index.catch_up()
    with here.index.engine.connect() as connection, here.index.reading() as content:
        return similarity.similar(
            connection, content, kind, object_id, audiences=audiences, limit=limit
        )


def suggest(
    prefix: str, audiences: Collection[str], limit: int = 8, kinds: Collection[str] = ()
) -> list[str]:
    """Give titles and words that begin so, out of what one with these keys may find.

    With `kinds` only out of objects of these kinds.
    """
    here = runtime.current()
    here.index.catch_up()
    with here.index.engine.connect() as connection, here.index.reading() as content:
        return suggestions.suggest(connection, content, prefix, audiences, limit, kinds=kinds)


def check_ready() -> None:
    """Raise unless the index can be brought up to date; the model may be out of order."""
    index = runtime.current().index
    index.catch_up()
    if index.fault:
        raise UnavailableError(index.fault)
