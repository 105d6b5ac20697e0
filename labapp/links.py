"""Typed links between objects of any package: the red thread from question to effect."""

import enum

from sqlalchemy import String, UniqueConstraint, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import (
    CreatedAt,
    Model,
    PrimaryKey,
    db,
    insert_new,
    name_of,
    transaction,
)

__all__ = ["Link", "LinkKind", "connect", "disconnect", "links_of", "name_of"]


class LinkKind(enum.Enum):
    """How the first object stands to the second."""

    ANSWERS = "answers"  # a finding or card -> a question
    BASED_ON = "based_on"  # a card -> a finding; a goal -> a card
    TRANSLATES = "translates"  # a card -> the card in the other language
    REPLACES = "replaces"  # a card -> the card that was withdrawn
    USES = "uses"  # a lab, team or school -> a card
    MEASURES = "measures"  # a measurement -> a goal
    ASKED_IN = "asked_in"  # a question -> the lab that adopted it
    STUDIED_BY = "studied_by"  # a question -> a round
    RESULTED_IN = "resulted_in"  # a round -> a finding
    PUBLISHED_AS = "published_as"  # a finding or question -> its card
    APPLIED_IN = "applied_in"  # a card -> a collection, a report of use or a goal
    LOGGED_AS = "logged_as"  # an activity -> the hours that came of it
    CONTRADICTS = "contradicts"  # a finding -> a finding
    REPLICATES = "replicates"  # a finding -> a finding


class Link(Model):
    """One object, how it stands to another, and that other: `cards:12 based_on findings:3`."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("from_object", "kind", "to_object"),)

    id: Mapped[PrimaryKey]
    from_object: Mapped[str] = mapped_column(String(80))
    kind: Mapped[LinkKind]
    to_object: Mapped[str] = mapped_column(String(80), index=True)
    created_by_id: Mapped[int | None]
    created_at: Mapped[CreatedAt]


def connect(first: str, kind: LinkKind, second: str, *, actor_id: int | None) -> None:
    """Link two objects in the caller's transaction; linking twice is one link."""
    with transaction():
        insert_new(Link, from_object=first, kind=kind, to_object=second, created_by_id=actor_id)


def disconnect(first: str, kind: LinkKind, second: str) -> None:
    with transaction() as session:
        session.execute(
            delete(Link).where(
                Link.from_object == first, Link.kind == kind, Link.to_object == second
            )
        )


def links_of(name: str) -> list[Link]:
    """Give every link from or to an object; who may see the other end is its owner's rule."""
    return list(
        db.session.scalars(
            select(Link)
            .where(or_(Link.from_object == name, Link.to_object == name))
            .order_by(Link.id)
        )
    )
