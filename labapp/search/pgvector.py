"""Vectors in PostgreSQL, compared by its extension pgvector, for several machines on one database.

What is compared follows from the rows of the search: a table for each generation, brought up to
date by whichever process comes first. It makes extension, table and index itself, outside the
migrations, since a database without pgvector works as well: with the vectors in each process.
"""

# ruff: noqa: S608  # names of tables end in a number of ours; every value is a parameter

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from labapp.errors import UnavailableError
from labapp.i18n import gettext as _
from labapp.search.content import State

PREFIX = "search_vectors"
"""Names of our tables begin so; migrations leave them alone."""

LOWEST_VERSION = (0, 8)
"""The first that goes on searching until a filter leaves enough."""

SYNCED_AT_ONCE = 500


def is_ours(name: str | None) -> bool:
    """Whether a table or index is one of those made here: for migrations to leave alone."""
    return bool(name and name.startswith((PREFIX, f"ix_{PREFIX}")))


def synchronise(engine: Engine, state: State) -> None:
    """Bring the table up to date with the rows; usually nothing is to be done.

    Raises UnavailableError with a sentence for people where pgvector cannot be used.
    """
    if not state.dimension:
        return
    try:
        with engine.connect() as connection:
            if _synced(connection, state) == state.number:
                return
        _prepare(engine, state)
        while _synchronise_some(engine, state):
            pass
        _make_index(engine, table_of(state.generation))
    except DBAPIError as error:
        raise UnavailableError(
            _("PostgreSQL kan geen vectoren vergelijken: %(reason)s", reason=_reason(error))
        ) from error


def check(engine: Engine) -> str | None:
    """What keeps pgvector from working here, in words; nothing when it works."""
    if engine.name != "postgresql":
        return _("LABAPP_SEARCH_ENGINE=pgvector vraagt een PostgreSQL-database.")
    with engine.connect() as connection:
        version = connection.scalar(
            text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        )
    if version is None:
        return _("Op deze PostgreSQL-server is de extensie pgvector niet geïnstalleerd.")
    if tuple(map(int, version.split(".")[:2])) < LOWEST_VERSION:
        return _("pgvector %(version)s is te oud: minstens 0.8 is nodig.", version=version)
    return None


def facet_key(facet: str, value: str) -> str:
    """A value of a facet as one text."""
    return f"{facet}={value}"


def table_of(generation: int) -> str:
    return f"{PREFIX}_{int(generation)}"


def _synced(connection: Connection, state: State) -> int | None:
    """The number of the last change that the table has; nothing when there is no such table."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table_of(state.generation)}):
        number: int | None = connection.scalar(
            text(f"SELECT number FROM {PREFIX} WHERE generation = :generation AND key = :key"),
            {"generation": state.generation, "key": state.key},
        )
        return number
    return None


def _prepare(engine: Engine, state: State) -> None:
    """Make extension, table and index where they are not; drop those of generations that went."""
    fault = check(engine)
    if fault:
        raise UnavailableError(fault)
    table, dimension = table_of(state.generation), int(state.dimension)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7315260)"))
        if not connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'vector'")):
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {PREFIX} (generation integer PRIMARY KEY, "
                "key text NOT NULL, dimension integer NOT NULL, number bigint NOT NULL)"
            )
        )
        known = connection.execute(
            text(f"SELECT key, dimension FROM {PREFIX} WHERE generation = :generation"),
            {"generation": state.generation},
        ).one_or_none()
        if known is None or tuple(known) != (state.key, dimension):
            _make_table(connection, table, state)
        for (generation,) in connection.execute(
            text(
                f"SELECT generation FROM {PREFIX} "
                "WHERE generation NOT IN (SELECT number FROM search_generations)"
            )
        ).all():
            connection.execute(text(f"DROP TABLE IF EXISTS {table_of(generation)}"))
            connection.execute(
                text(f"DELETE FROM {PREFIX} WHERE generation = :generation"),
                {"generation": generation},
            )


def _make_table(connection: Connection, table: str, state: State) -> None:
    connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    connection.execute(
        text(
            f"CREATE TABLE {table} (passage_id bigint PRIMARY KEY, row_id bigint NOT NULL, "
            "kind text NOT NULL, language text NOT NULL, audience text[] NOT NULL, "
            "facets text[] NOT NULL, numbers jsonb NOT NULL, hubness real NOT NULL, "
            f"vector halfvec({int(state.dimension)}) NOT NULL)"
        )
    )
    for column, index in (
        ("row_id", "(row_id)"),
        ("audience", "USING gin (audience)"),
        ("facets", "USING gin (facets)"),
    ):
        connection.execute(text(f"CREATE INDEX ix_{table}_{column} ON {table} {index}"))
    connection.execute(
        text(
            f"INSERT INTO {PREFIX} (generation, key, dimension, number) "
            "VALUES (:generation, :key, :dimension, 0) ON CONFLICT (generation) DO UPDATE "
            "SET key = :key, dimension = :dimension, number = 0"
        ),
        {"generation": state.generation, "key": state.key, "dimension": state.dimension},
    )


def _make_index(engine: Engine, table: str) -> None:
    """After the first filling: an index over what is there is made much faster."""
    name = f"ix_{table}_vector"
    with engine.begin() as connection:
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
            connection.execute(
                text(
                    f"CREATE INDEX IF NOT EXISTS {name} ON {table} "
                    "USING hnsw (vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)"
                )
            )


def _synchronise_some(engine: Engine, state: State) -> bool:
    """Take over some changed objects in the order of their changes; tells whether more are left."""
    table = table_of(state.generation)
    with engine.begin() as connection:
        done = connection.scalar(
            text(f"SELECT number FROM {PREFIX} WHERE generation = :generation FOR UPDATE"),
            {"generation": state.generation},
        )
        if done is None or done >= state.number:
            return False
        rows = connection.execute(
            text(
                "SELECT id, revision, is_removed, kind, audience, facets, numbers "
                "FROM search_objects WHERE revision > :done ORDER BY revision, id LIMIT :some"
            ),
            {"done": done, "some": SYNCED_AT_ONCE + 1},
        ).all()
        rows, reached = _whole_changes(connection, rows, state.number)
        ids = [row.id for row in rows]
        connection.execute(text(f"DELETE FROM {table} WHERE row_id = ANY(:ids)"), {"ids": ids})
        _copy(connection, table, state, {row.id: row for row in rows if not row.is_removed})
        connection.execute(
            text(f"UPDATE {PREFIX} SET number = :number WHERE generation = :generation"),
            {"number": reached, "generation": state.generation},
        )
        return bool(reached < state.number)


def _whole_changes(
    connection: Connection, rows: Sequence[Any], number: int
) -> tuple[Sequence[Any], int]:
    """The rows of whole changes, and the number that is reached with them."""
    if len(rows) <= SYNCED_AT_ONCE:
        return rows, max([number, *(row.revision for row in rows)])
    last = rows[-1].revision
    before = [row for row in rows if row.revision < last]
    if before:
        return before, before[-1].revision
    return connection.execute(
        text(
            "SELECT id, revision, is_removed, kind, audience, facets, numbers "
            "FROM search_objects WHERE revision = :last"
        ),
        {"last": last},
    ).all(), last


def _copy(connection: Connection, table: str, state: State, rows: dict[int, Any]) -> None:
    """Copy the vectors of these objects into the table."""
    from pgvector.psycopg import register_vector  # noqa: PLC0415  # SQLite starts without it

    found = connection.execute(
        text(
            "SELECT id, row_id, language, hubness, vector FROM search_passages "
            "WHERE generation = :generation AND vector IS NOT NULL AND row_id = ANY(:ids)"
        ),
        {"generation": state.generation, "ids": list(rows)},
    ).all()
    driver: Any = connection.connection.driver_connection
    register_vector(driver)
    columns = "passage_id, row_id, kind, language, audience, facets, numbers, hubness, vector"
    with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(
            ["int8", "int8", "text", "text", "text[]", "text[]", "jsonb", "float4", "halfvec"]
        )
        for passage in found:
            if len(passage.vector) == 2 * state.dimension:
                copy.write_row(_row(passage, rows[passage.row_id]))


def _row(passage: Any, owner: Any) -> tuple[Any, ...]:
    from pgvector import HalfVector  # noqa: PLC0415  # it brings psycopg
    from psycopg.types.json import Jsonb  # noqa: PLC0415

    facets = [facet_key(name, value) for name, values in owner.facets.items() for value in values]
    return (
        passage.id,
        passage.row_id,
        owner.kind,
        passage.language,
        owner.audience,
        facets,
        Jsonb(owner.numbers),
        passage.hubness,
        HalfVector(np.frombuffer(passage.vector, "<f2")),
    )


def _reason(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n", 1)[0]
