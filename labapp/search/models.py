"""What is searched, as rows: objects, their passages and words, and the number of each change."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import Model, PrimaryKey

ONLY = 1
"""The id of the one row of SearchRevision."""


class SearchRevision(Model):
    """The number of the last change: each change locks this row and takes the next number.

    `key` tells this database from another that has the same address. `generation` is the one that
    is searched; a rebuild makes the next beside it and sets it here.
    """

    __tablename__ = "search_revision"

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(BigInteger, default=0)
    generation: Mapped[int] = mapped_column(default=1)


class SearchGeneration(Model):
    """All passages as one model and one way of splitting see them."""

    __tablename__ = "search_generations"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(String(120), default="")
    dimension: Mapped[int] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(String(120), default="")
    is_building: Mapped[bool] = mapped_column(default=False)
    passages: Mapped[int | None]  # counted and summed when it was verified
    checksum: Mapped[str | None] = mapped_column(String(64))


class SearchObject(Model):
    """One object that can be found, or, removed, one that could: other processes learn of it."""

    __tablename__ = "search_objects"
    __table_args__ = (UniqueConstraint("kind", "object_id"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(Text)
    title_key: Mapped[str] = mapped_column(String(120), index=True)
    audience: Mapped[list[str]]
    facets: Mapped[dict[str, Any]]
    numbers: Mapped[dict[str, Any]]
    is_removed: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(BigInteger, index=True)
    content_hash: Mapped[str] = mapped_column(String(64))


class SearchIdentifier(Model):
    """A code by which an object is found exactly, normalised."""

    __tablename__ = "search_identifiers"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(String(200), index=True)
    row_id: Mapped[int] = mapped_column(
        ForeignKey("search_objects.id", ondelete="CASCADE"), index=True
    )


class SearchPassage(Model):
    """A piece of an object's text: as people read it, as words, and as a vector (float16).

    Without `vector` it waits for the model. `content_hash` tells whether a vector still belongs.
    """

    __tablename__ = "search_passages"
    __table_args__ = (
        Index("ix_search_passages_row_id_generation", "row_id", "generation"),
        Index(
            "ix_search_passages_waiting",
            "generation",
            "id",
            sqlite_where=text("vector IS NULL"),
            postgresql_where=text("vector IS NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    row_id: Mapped[int] = mapped_column(ForeignKey("search_objects.id", ondelete="CASCADE"))
    generation: Mapped[int]
    position: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    hubness: Mapped[float] = mapped_column(Float, default=0.0)
    content_hash: Mapped[str] = mapped_column(String(64))


class SearchWord(Model):
    """A word as it stands in some text, for suggestions; whether one may see it is asked apart."""

    __tablename__ = "search_words"
    __table_args__ = (UniqueConstraint("word", "language"),)

    id: Mapped[PrimaryKey]
    word: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))


class SearchCount(Model):
    """How often something was asked on a day, and how often somebody opened what was found.

    No person, no address: nothing here tells who asked.
    """

    __tablename__ = "search_counts"
    __table_args__ = (UniqueConstraint("day", "text"),)

    id: Mapped[PrimaryKey]
    day: Mapped[Any] = mapped_column(Date, index=True)
    text: Mapped[str] = mapped_column(String(200))
    asked: Mapped[int] = mapped_column(default=0)
    without_hits: Mapped[int] = mapped_column(default=0)
    clicked: Mapped[int] = mapped_column(default=0)
