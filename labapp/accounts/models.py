"""People, organisations, and who works where from when until when."""

import enum
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import uuid4

from flask_security import AsaList, UserMixin, WebAuthnMixin
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts import passwords
from labapp.clock import today
from labapp.database import CreatedAt, Model, PrimaryKey

HOME_ZONE = "Europe/Amsterdam"  # of most schools; those of Bonaire, Saba and Sint Eustatius differ
EURO = "EUR"


class OrganisationKind(enum.Enum):
    SCHOOL = "school"  # one branch (vestiging): BRIN and two digits
    BOARD = "board"  # bevoegd gezag: five digits
    RESEARCH_INSTITUTION = "research_institution"
    PROGRAMME_OFFICE = "programme_office"


class Sector(enum.Enum):
    PO = "po"
    VO = "vo"
    SO = "so"


class Role(enum.Enum):
    TEACHER = "teacher"
    SCHOOL_LEADER = "school_leader"
    INTERNAL_COACH = "internal_coach"
    RESEARCHER = "researcher"
    EXPERT_COACH = "expert_coach"
    KNOWLEDGE_BROKER = "knowledge_broker"
    BOARD_CONTROLLER = "board_controller"
    PROGRAMME_OFFICER = "programme_officer"
    AUDITOR = "auditor"
    EXPORTER = "exporter"  # may take files out: a right of its own, for nobody by the way
    ADMINISTRATOR = "administrator"


class AffiliationStatus(enum.Enum):
    REQUESTED = "requested"  # signed up by oneself; waits for the school leader
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Organisation(Model):
    """A school branch, a board, an institute or the programme office."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("brin6"),
        UniqueConstraint("board_number"),
        CheckConstraint("(kind = 'school') = (brin6 IS NOT NULL)", name="school_has_brin6"),
        Index("ix_organisations_search_name", "search_name"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[OrganisationKind]
    name: Mapped[str] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(String(400), default="")  # folded: see schools.py
    brin6: Mapped[str | None] = mapped_column(String(6))
    board_number: Mapped[str | None] = mapped_column(String(5))
    sector: Mapped[Sector | None]
    school_type: Mapped[str | None] = mapped_column(String(80))
    municipality: Mapped[str | None] = mapped_column(String(80), index=True)
    postcode: Mapped[str | None] = mapped_column(String(7))
    board_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    time_zone: Mapped[str] = mapped_column(String(40), default=HOME_ZONE, server_default=HOME_ZONE)
    currency: Mapped[str] = mapped_column(String(3), default=EURO, server_default=EURO)
    iban: Mapped[str | None] = mapped_column(String(34))  # of a board
    iban_verified_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    board: Mapped["Organisation | None"] = relationship(
        foreign_keys=[board_id], remote_side="Organisation.id"
    )
    successor: Mapped["Organisation | None"] = relationship(
        foreign_keys=[successor_id], remote_side="Organisation.id"
    )

    @property
    def brin4(self) -> str | None:
        return self.brin6[:4] if self.brin6 else None

    @property
    def is_open(self) -> bool:
        return self.closed_on is None or self.closed_on > today()


class OrganisationHistory(Model):
    """What an organisation was called or where it stood before an import changed it."""

    __tablename__ = "organisation_history"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    changed_on: Mapped[date]
    event: Mapped[str] = mapped_column(String(32))  # opened, renamed, moved, merged, closed
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class User(UserMixin, Model):
    """A person; with an e-mail address and a password, one who can sign in."""

    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    given_name: Mapped[str] = mapped_column(String(80))
    particle: Mapped[str] = mapped_column(String(40), default="")  # van, de, van der, 't
    family_name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    language: Mapped[str] = mapped_column(String(2), default="nl")
    preferred_sector: Mapped[Sector | None]
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    erased_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    # What Flask-Security keeps; the names are its own.
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: uuid4().hex)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    us_totp_secrets: Mapped[str | None] = mapped_column(String(2000))
    totp_counter: Mapped[int | None]  # the last code that was used counts only once

    second_factor_roles: ClassVar[frozenset[Role]] = frozenset()  # set once, at start-up

    acting_for: Mapped[Organisation | None] = relationship()
    affiliations: Mapped[list["Affiliation"]] = relationship(
        back_populates="user",
        foreign_keys="Affiliation.user_id",
        order_by="Affiliation.id",
        lazy="selectin",
    )
    webauthn: Mapped[list["Passkey"]] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )

    @property
    def name(self) -> str:
        """The name as one says it: Jan van 't Hoff."""
        return " ".join(part for part in (self.given_name, self.particle, self.family_name) if part)

    @property
    def sort_name(self) -> str:
        """The name as a Dutch list has it: Hoff, Jan van 't."""
        return f"{self.family_name}, {self.given_name} {self.particle}".strip()

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]).upper()

    @property
    def roles(self) -> list[Any]:
        """Nothing: Flask-Security's roles are not ours; ours belong to an organisation."""
        return []

    @property
    def must_use_second_factor(self) -> bool:
        """Whether a role of today asks for signing in with two steps."""
        day = today()
        return any(a.role in self.second_factor_roles for a in self.affiliations_on(day))

    def affiliations_on(self, day: date) -> list["Affiliation"]:
        return [a for a in self.affiliations if a.is_active_on(day)]

    # Flask-Security calls the next three by these names.

    def verify_and_update_password(self, password: str) -> bool:
        return passwords.is_password(self.password, password)

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Whoever has a second factor uses it, each time; `tf_fresh` forgives nothing."""
        del tf_fresh
        return bool(tf_setup_methods) or self.must_use_second_factor, tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        return self.must_use_second_factor


class Passkey(WebAuthnMixin, Model):
    """A passkey (WebAuthn credential) of a person; the field names are Flask-Security's."""

    __tablename__ = "passkeys"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    create_datetime: Mapped[CreatedAt]
    lastuse_datetime: Mapped[datetime]
    usage: Mapped[str] = mapped_column(String(64))

    user: Mapped[User] = relationship(back_populates="webauthn")

    def get_user_mapping(self) -> dict[str, Any]:
        return {"id": self.user_id}


class Affiliation(Model):
    """A person's role at an organisation, from a day until a day, on which it no longer counts."""

    __tablename__ = "affiliations"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_start"),
        CheckConstraint("fte_bp IS NULL OR fte_bp BETWEEN 0 AND 12000", name="fte"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[Role]
    status: Mapped[AffiliationStatus] = mapped_column(default=AffiliationStatus.CONFIRMED)
    from_on: Mapped[date] = mapped_column(default=today)
    until_on: Mapped[date | None]
    fte_bp: Mapped[int | None]  # of a full week, in basis points: one day is 2000; None: not known
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]

    user: Mapped[User] = relationship(back_populates="affiliations", foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    def is_active_on(self, day: date) -> bool:
        """Whether it counts on a day. Leaving ends the rights on that very day."""
        return (
            self.status is AffiliationStatus.CONFIRMED
            and self.from_on <= day
            and (self.until_on is None or day < self.until_on)
        )
