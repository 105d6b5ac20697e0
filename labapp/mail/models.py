"""The outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import CreatedAt, Model, PrimaryKey


class Letter(Model):
    """An e-mail, sent or still to send. Without a mail server it stays here to be read.

    One that was withdrawn before it was sent stays in the record without its text.
    """

    __tablename__ = "letters"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class LetterObject(Model):
    """An object that a letter speaks of, such as `contributions:12`, for as long as it waits."""

    __tablename__ = "letter_objects"

    letter_id: Mapped[int] = mapped_column(
        ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
