"""What must be known before memory can answer: vectors of the question, codes, quoted phrases."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from labapp.errors import UnavailableError
from labapp.search.content import Content
from labapp.search.database_vectors import DatabaseVectors
from labapp.search.documents import Query
from labapp.search.matching import Question, highest
from labapp.search.models import SearchIdentifier, SearchPassage
from labapp.search.questions import AnalysedQuery, analyse
from labapp.search.runtime import Runtime
from labapp.search.searching import Asked, RememberedWords
from labapp.search.storing import DUTCH, code_of
from labapp.search.tokens import normalise

Floats = NDArray[np.float32]

log = structlog.get_logger()

LONGEST_ENCODED = 1000
MOST_CODES = 20
PHRASES_LOOKED_AT = 200

_CODES = (
    select(SearchIdentifier.row_id)
    .where(SearchIdentifier.code.in_(bindparam("codes", expanding=True)))
    .limit(100)
)


@dataclass(frozen=True)
class Vectors:
    """The question encoded, and by which model; without a model there is nothing."""

    fingerprint: str = ""
    question: Floats | None = None
    translation: Floats | None = None


def encode(runtime: Runtime, analysed: AnalysedQuery) -> Vectors:
    """The vectors of a question; without a working model it is answered by its words."""
    if not analysed.text:
        return Vectors()
    translation = runtime.translate(analysed.text) if analysed.language == DUTCH else ""
    pair = (analysed.text, translation or analysed.translation)
    texts = [text[:LONGEST_ENCODED] for text in pair if text]
    try:
        encoder = runtime.encoder()
        rows = encoder.encode_queries(texts)
    except UnavailableError as error:
        log.warning("search.without_meaning", reason=str(error))
        return Vectors()
    return Vectors(encoder.fingerprint, rows[0], rows[1] if len(rows) > 1 else None)


def has_meaning(content: Content, analysed: AnalysedQuery, vectors: Vectors) -> bool:
    """Whether meaning is compared: the model works, and the index is of the same model."""
    if not analysed.text:
        return True
    index = content.state.fingerprint
    return vectors.question is not None and index in {"", vectors.fingerprint}


def prepare(
    connection: Connection,
    content: Content,
    query: Query,
    analysed: AnalysedQuery,
    vectors: Vectors,
) -> Asked:
    """Take together what a question needs: vectors, codes and phrases."""
    if not analysed.text:
        return Asked(
            query, Question(analysed), RememberedWords(content.words, is_reused=bool(query.filters))
        )
    question = Question(analysed)
    if vectors.question is not None and content.state.fingerprint:
        question = Question(analysed, vectors.question, vectors.translation)
    exact = _rows_with_code(connection, analysed.text)
    for phrase in analysed.phrases:
        exact += _rows_with_phrase(connection, content, query, phrase)
    in_database = None
    if not content.vectors.keeps_rows:
        in_database = partial(DatabaseVectors, connection, content)
    return Asked(
        query,
        question,
        RememberedWords(content.words, is_reused=bool(query.filters)),
        tuple(dict.fromkeys(exact)),
        in_database,
    )


def _rows_with_code(connection: Connection, text: str) -> list[int]:
    """The objects that have a code which stands in the question, or is the question."""
    codes = {code_of(text), *map(code_of, text.split()[:MOST_CODES])} - {""}
    found = connection.scalars(_CODES, {"codes": sorted(codes)})
    return [int(row_id) for row_id in found]


def _rows_with_phrase(
    connection: Connection, content: Content, query: Query, phrase: str
) -> list[int]:
    """The objects in which a phrase stands just so, out of those that hold its words."""
    visible = content.objects.visible(query.audiences, query.kinds)
    shares = content.words.shares(analyse(phrase).concepts, content.allowed_passages(visible))
    places = highest(shares, PHRASES_LOOKED_AT, shares > 0)
    ids = content.passage_ids.values[places].tolist()
    wanted = normalise(phrase)
    rows = connection.execute(
        select(SearchPassage.row_id, SearchPassage.text).where(SearchPassage.id.in_(ids))
    )
    return [row_id for row_id, text in rows if wanted in " ".join(normalise(text).split())]
