"""What people do with cards: keep them, judge them, follow a search, import them."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.database import CreatedAt, Model, PrimaryKey
from labapp.knowledge.models import Card


class Collection(Model):
    """Cards that somebody keeps together: private, or of the team of an organisation."""

    __tablename__ = "collections"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"), index=True
    )  # set: of the team; None: private
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    owner: Mapped[User] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    items: Mapped[list["CollectionItem"]] = relationship(
        back_populates="collection",
        cascade="all, delete-orphan",
        order_by="CollectionItem.position",
    )


class CollectionItem(Model):
    __tablename__ = "collection_items"
    __table_args__ = (UniqueConstraint("collection_id", "card_id"),)

    id: Mapped[PrimaryKey]
    collection_id: Mapped[int] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), index=True
    )
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"), index=True)
    position: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]

    collection: Mapped[Collection] = relationship(back_populates="items")
    card: Mapped[Card] = relationship()


class Feedback(Model):
    """Whether a card was useful for somebody's question: a judgement the benchmark can use."""

    __tablename__ = "card_feedback"
    __table_args__ = (UniqueConstraint("card_id", "user_id", "query"),)

    id: Mapped[PrimaryKey]
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    query: Mapped[str] = mapped_column(String(300), default="")
    is_useful: Mapped[bool]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]


class DigestFrequency(enum.Enum):
    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


class SavedSearch(Model):
    """A search that somebody follows; `parameters` are those of the search's address."""

    __tablename__ = "saved_searches"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    parameters: Mapped[dict[str, Any]]
    frequency: Mapped[DigestFrequency] = mapped_column(default=DigestFrequency.WEEKLY)
    created_at: Mapped[CreatedAt]
    digested_at: Mapped[CreatedAt]  # cards published after this moment are new

    user: Mapped[User] = relationship()


class PastSearch(Model):
    """What a person asked before: theirs alone, and erasable."""

    __tablename__ = "past_searches"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]


class ImportBatch(Model):
    """One import of cards, so that it can be undone as a whole."""

    __tablename__ = "import_batches"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    format: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None]
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)


class ImportedCard(Model):
    """What a batch did to one card, with the content before, for undoing."""

    __tablename__ = "imported_cards"
    __table_args__ = (UniqueConstraint("batch_id", "card_id"),)

    id: Mapped[PrimaryKey]
    batch_id: Mapped[int] = mapped_column(
        ForeignKey("import_batches.id", ondelete="CASCADE"), index=True
    )
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    action: Mapped[str] = mapped_column(String(10))  # created, updated
    content_hash: Mapped[str] = mapped_column(String(64))  # after the import
    before: Mapped[dict[str, Any] | None]
