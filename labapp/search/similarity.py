"""Objects that are about the same as one object."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from labapp.search import matching, ranking
from labapp.search.content import Content
from labapp.search.database_vectors import DatabaseVectors
from labapp.search.documents import Hit, Query
from labapp.search.facets import Choice
from labapp.search.questions import AnalysedQuery

SETTINGS = replace(ranking.DEFAULTS, cut=False)


def similar(
    connection: Connection,
    content: Content,
    kind: str,
    object_id: int,
    *,
    audiences: Collection[str],
    limit: int,
) -> list[Hit]:
    """The visible objects nearest to an object by the mean vector of its passages."""
    slot = content.objects.find(kind, object_id)
    allowed = content.objects.visible(audiences, [kind])
    if slot is None or not allowed[slot]:
        return []
    allowed[slot] = False
    rows = np.array(content.objects.passages_of(slot), np.int64)
    rows = rows[content.vectors.has_vector[rows]]
    if not len(rows):
        return []
    vectors: matching.Vectors = content.vectors
    if content.vectors.keeps_rows:
        mean = content.vectors.take(rows).mean(0)
    else:
        choice = Choice(Query(audiences=frozenset(audiences), kinds=(kind,)))
        vectors = DatabaseVectors(connection, content, choice)
        mean = vectors.take(content.passage_ids.values[rows].tolist()).mean(0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    ranked = matching.rank(
        matching.Question(AnalysedQuery("", ""), mean),
        vectors,
        content.words,
        content.allowed_passages(allowed),
        SETTINGS,
        kinds=(kind,),
    )
    slots = content.slots.values[ranked.rows].astype(np.int64)
    best = ranking.best_of_each(slots)[:limit]
    return [
        Hit(
            kind=kind,
            id=int(content.objects.object_ids.values[slots[place]]),
            language="",
            score=float(ranked.scores[place]),
        )
        for place in best
    ]
