"""The files that are kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import CreatedAt, Model, PrimaryKey


class StoredFile(Model):
    """What is known of a file; its bytes are in the storage under `key`.

    The table that uses it points here with a foreign key (without a cascade): a file that nobody
    points to is gone after a day. A removed one loses its bytes and its name after a month.
    """

    __tablename__ = "stored_files"

    id: Mapped[PrimaryKey]
    key: Mapped[str | None] = mapped_column(String(64), unique=True)  # None: the bytes are gone
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[datetime | None]
