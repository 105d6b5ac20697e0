"""How people get in: invitations, sessions in browsers, tokens for the API."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, Role, User
from labapp.clock import now
from labapp.database import CreatedAt, Model, PrimaryKey


class Invitation(Model):
    """An invitation by e-mail to join an organisation in a role; the token is kept as a hash."""

    __tablename__ = "invitations"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[Role]
    email: Mapped[str] = mapped_column(String(254), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    invited_by: Mapped[User] = relationship()


class SignIn(Model):
    """A session of a person in one browser: listed for them, and revocable."""

    __tablename__ = "sign_ins"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[CreatedAt]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Model):
    """A bearer token for the API: only its hash is kept; scoped, expiring, revocable."""

    __tablename__ = "api_tokens"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    acting_for: Mapped[Organisation | None] = relationship()

    @property
    def counts(self) -> bool:
        return self.revoked_at is None and now() < self.expires_at
