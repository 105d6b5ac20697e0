"""One search with vectors that are compared in PostgreSQL: see `pgvector`."""

# ruff: noqa: S608  # names of tables end in a number of ours; every value is a parameter

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import Connection, text

from labapp.search.columns import Mask
from labapp.search.content import Content
from labapp.search.facets import Choice
from labapp.search.matching import Middles
from labapp.search.pgvector import facet_key, table_of

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

FEW = 5_000
"""Of no more allowed passages than this all are compared."""

MEASURED_AGAIN = 3
MOST_LOOKED_AT = 1000
MOST_SCANNED = 100_000
PRODUCT = "(-(vector <#> CAST(:vector AS halfvec)) + :hubness * hubness)"


class DatabaseVectors:
    """The vectors of one search: fits `matching.Vectors`, asks the database."""

    def __init__(self, connection: Connection, content: Content, choice: Choice | None) -> None:
        self._connection = connection
        self._content = content
        self._choice = choice
        self._table = table_of(content.state.generation)
        self.languages: NDArray[np.int8] = content.vectors.languages
        self.codes: dict[str, int] = content.vectors.codes

    def middles(self, kinds: Collection[str]) -> Middles:
        return self._content.vectors.middles(kinds)

    def best(self, question: Floats, depth: int, allowed: Mask) -> Integers:
        """The rows with the highest inner product among the allowed that have a vector."""
        members = allowed & self._content.vectors.has_vector
        places = np.flatnonzero(members)
        if len(places) <= depth:
            return places
        if len(places) <= FEW:
            return self._exact(question, depth, places)
        found = self._by_index(question, depth, members)
        if len(found) < depth:  # the filters leave little near the question
            return self._exact(question, depth, places)
        return found

    def products(self, question: Floats, rows: Integers) -> Floats:
        """The inner product of these rows; NaN for one without a vector."""
        found = np.full(len(rows), np.nan, np.float32)
        if not len(rows):
            return found
        ids = self._content.passage_ids.values[rows]
        place_of = {number: place for place, number in enumerate(ids.tolist())}
        for number, product in self._connection.execute(
            text(f"SELECT passage_id, {PRODUCT} FROM {self._table} WHERE passage_id = ANY(:ids)"),
            {**_asked(question), "ids": ids.tolist()},
        ):
            found[place_of[number]] = product
        return found

    def take(self, ids: Sequence[int]) -> Floats:
        """The vectors of these passages."""
        rows = self._connection.execute(
            text(f"SELECT CAST(vector AS text) FROM {self._table} WHERE passage_id = ANY(:ids)"),
            {"ids": list(ids)},
        )
        return np.array([_from_text(str(row[0])) for row in rows], np.float32)

    def _exact(self, question: Floats, depth: int, places: Integers) -> Integers:
        ids = self._content.passage_ids.values[places].tolist()
        rows = self._connection.execute(
            text(
                f"SELECT passage_id FROM {self._table} WHERE passage_id = ANY(:ids) "
                f"ORDER BY {PRODUCT} DESC LIMIT :depth"
            ),
            {**_asked(question), "ids": ids, "depth": depth},
        )
        return self._content.places_of(np.array([row[0] for row in rows], np.int64))

    def _by_index(self, question: Floats, depth: int, members: Mask) -> Integers:
        """The best by the index, filtered in the database as memory filters."""
        wanted = min(MEASURED_AGAIN * depth, MOST_LOOKED_AT)
        self._connection.execute(
            text(
                "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), "
                "set_config('hnsw.ef_search', :wanted, true), "
                "set_config('hnsw.max_scan_tuples', :most, true)"
            ),
            {"wanted": str(wanted), "most": str(MOST_SCANNED)},
        )
        language = int(self.languages[int(np.argmax(members))])
        names = [name for name, code in self.codes.items() if code == language]
        conditions, values = conditions_of(self._choice)
        rows = self._connection.execute(
            text(
                f"SELECT passage_id, {PRODUCT} AS product FROM {self._table} "
                f"WHERE {' AND '.join(['language = :language', *conditions])} "
                "ORDER BY vector <=> CAST(:vector AS halfvec) LIMIT :wanted"
            ),
            {**_asked(question), **values, "language": names[0], "wanted": wanted},
        ).all()
        best = sorted(rows, key=lambda row: -row.product)
        places = self._content.places_of(np.array([row.passage_id for row in best], np.int64))
        return places[members[places]][:depth]


def conditions_of(choice: Choice | None) -> tuple[list[str], dict[str, Any]]:
    """The filters of a query in SQL, with their values as parameters."""
    if choice is None:
        return [], {}
    query = choice.query
    conditions = ["audience && CAST(:audience AS text[])"]
    values: dict[str, Any] = {"audience": sorted(query.audiences)}
    if query.kinds and not choice.any_kind:
        conditions.append("kind = ANY(:kinds)")
        values["kinds"] = list(query.kinds)
    for number, (facet, chosen) in enumerate(query.filters.items()):
        if chosen and facet != choice.without:
            conditions.append(f"facets && CAST(:facet{number} AS text[])")
            values[f"facet{number}"] = [facet_key(facet, value) for value in chosen]
    for number, (name, least) in enumerate(query.minimum.items()):
        if name != choice.without:
            conditions.append(f"CAST(numbers ->> :name{number} AS float) >= :least{number}")
            values |= {f"name{number}": name, f"least{number}": least}
    return conditions, values


def _asked(question: Floats) -> dict[str, Any]:
    """The question as parameters: its vector, and the weight of hubness (below zero)."""
    return {
        "vector": HalfVector(question[:-1]).to_text(),
        "hubness": float(question[-1]),
    }


def _from_text(vector: str) -> list[float]:
    return [float(number) for number in vector.strip("[]").split(",")]
