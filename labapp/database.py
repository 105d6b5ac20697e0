"""The database: base class, column types and the transaction."""

import enum
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    event,
    inspect,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from labapp.clock import now

BUSY_TIMEOUT_MS = 20_000  # how long SQLite waits for another writer


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC; one without a time zone is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Model(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            length=32,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


PrimaryKey = Annotated[int, mapped_column(primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(default=now)]


def dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def name_of(subject: Model) -> str:
    """Give the name by which links and the audit trail know a saved object, such as `cards:12`."""
    return f"{subject.__tablename__}:{subject.id}"  # type: ignore[attr-defined]


db = SQLAlchemy(
    metadata=Model.metadata,
    engine_options={"json_serializer": dump_json, "hide_parameters": True},  # none in a log
)


@event.listens_for(Engine, "connect")
def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Hold SQLite to foreign keys and to our own transactions; let reading go on during a write."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # the driver begins nothing by itself: see begin_sqlite
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # no acknowledged write is lost


@event.listens_for(Engine, "begin")
def begin_sqlite(connection: Connection) -> None:
    """Begin as a reader, or (in `transaction`) with the write lock.

    A reader that becomes a writer fails at once when another has written meanwhile, whatever the
    timeout; one that starts with the lock waits its turn.
    """
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("labapp_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@event.listens_for(Session, "after_flush")
def remember_flush(session: Session, _context: Any) -> None:
    """Note that something was changed: outside `transaction` it would be lost without a word."""
    if not session.info.get("in_transaction"):
        session.info["changed_outside"] = True


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_soft_rollback")
def forget_flush(session: Session, *_rest: Any) -> None:
    session.info.pop("changed_outside", None)


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit at the end of the outermost block; undo everything when it fails.

    Only services open one. A service may call another: the inner block joins the outer one. The
    outermost block ends the snapshot that was read from, so what it reads is what it changes;
    nothing may be waiting to be saved when it starts.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        with session.begin_nested():
            yield session
        return
    if session.new or session.dirty or session.deleted or session.info.get("changed_outside"):
        raise RuntimeError("something was changed outside a transaction")
    session.rollback()
    session.info["in_transaction"] = True
    try:
        session.connection(execution_options={"labapp_writes": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_transaction"] = False


def insert_new(model: type[Model], **values: Any) -> bool:
    """Insert a row in the caller's transaction unless a constraint knows it already.

    Tell whether it was new. A writer that is busy with the same row is waited for.
    """
    session = db.session()
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(model).values(**values).on_conflict_do_nothing()
    key = next(iter(inspect(model).primary_key))
    return session.execute(statement.returning(key)).first() is not None


def insert_many(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in the caller's transaction; those that a constraint knows already stay out."""
    session = db.session()
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    if rows:
        session.execute(dialect.insert(inspect(model).local_table).on_conflict_do_nothing(), rows)
