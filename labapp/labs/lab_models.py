"""Labs, who takes part in them and in what role."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labapp.accounts.models import Organisation, User
from labapp.clock import today
from labapp.database import CreatedAt, Model, PrimaryKey


class LabState(enum.Enum):
    PROPOSED = "proposed"
    RECRUITING = "recruiting"
    ACTIVE = "active"
    PAUSED = "paused"
    CONCLUDING = "concluding"
    CLOSED = "closed"
    ARCHIVED = "archived"  # read only, stays findable
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class LabVisibility(enum.Enum):
    PUBLIC = "public"  # everybody, signed in or not
    PROGRAMME = "programme"  # everybody with an affiliation
    PRIVATE = "private"  # its members; others do not know that it exists


class MemberListVisibility(enum.Enum):
    READERS = "readers"  # whoever may read the lab
    MEMBERS = "members"


class JoinPolicy(enum.Enum):
    REQUEST = "request"
    INVITATION = "invitation"


class PostingPolicy(enum.Enum):
    MEMBERS = "members"
    GUESTS = "guests"  # also whoever may read the lab and has an affiliation
    LEADS = "leads"


class ReviewPolicy(enum.Enum):
    INVITED = "invited"  # reviewers that an editor asks
    OPEN = "open"  # also whoever confirmed using the finding


class MembershipKind(enum.Enum):
    CO_CREATING = "co_creating"  # develops the approach with researchers
    PARTICIPATING = "participating"  # carries it out and follows what comes of it
    RESEARCH = "research"
    OBSERVER = "observer"


class MembershipState(enum.Enum):
    INVITED = "invited"
    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class LabRoleKind(enum.Enum):
    LEAD = "lead"
    RESEARCHER = "researcher"
    TEACHER = "teacher"
    COACH = "coach"
    OBSERVER = "observer"


class Side(enum.Enum):
    """The two that make a lab together; each signs for itself."""

    PRACTICE = "practice"
    RESEARCH = "research"


LIVE = (
    MembershipState.INVITED, MembershipState.REQUESTED,
    MembershipState.ACTIVE, MembershipState.SUSPENDED,
)  # fmt: skip
IS_LIVE = text("state IN ('invited', 'requested', 'active', 'suspended')")


class Hideable:
    """What can be taken out of sight when somebody reports it; see `labapp.labs.reportables`."""

    is_hidden: Mapped[bool] = mapped_column(default=False)


class Lab(Hideable, Model):
    """Schools and researchers who work on one theme together. Policies are separate switches."""

    __tablename__ = "labs"
    __table_args__ = (
        CheckConstraint("silent_approval_days BETWEEN 2 AND 60", name="silent_approval_days"),
    )

    id: Mapped[PrimaryKey]
    theme: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(160))
    goal: Mapped[str] = mapped_column(Text)
    sectors: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[LabState] = mapped_column(default=LabState.PROPOSED, index=True)
    visibility: Mapped[LabVisibility] = mapped_column(default=LabVisibility.PRIVATE)
    member_list: Mapped[MemberListVisibility] = mapped_column(default=MemberListVisibility.MEMBERS)
    join_policy: Mapped[JoinPolicy] = mapped_column(default=JoinPolicy.REQUEST)
    posting_policy: Mapped[PostingPolicy] = mapped_column(default=PostingPolicy.MEMBERS)
    review_policy: Mapped[ReviewPolicy] = mapped_column(default=ReviewPolicy.INVITED)
    pre_moderates_guests: Mapped[bool] = mapped_column(default=False)
    silent_approval_days: Mapped[int | None]  # None: only who signs has signed
    agreement: Mapped[str] = mapped_column(Text, default="")
    agreement_number: Mapped[int] = mapped_column(default=1)  # rises with each other text
    steward_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the broker of the lab
    privacy_person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    steward: Mapped[User | None] = relationship(foreign_keys=[steward_id])
    privacy_person: Mapped[User | None] = relationship(foreign_keys=[privacy_person_id])
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    proposed_for: Mapped[Organisation | None] = relationship(foreign_keys=[proposed_for_id])
    memberships: Mapped[list["LabMembership"]] = relationship(
        back_populates="lab", order_by="LabMembership.id"
    )


class LabMembership(Model):
    """A branch, an institution or one person in a lab, for one school year and in one kind.

    Another kind is another row: the old one ends. `user_id` is set for a person who takes part
    for no organisation.
    """

    __tablename__ = "lab_memberships"
    __table_args__ = (
        CheckConstraint("(organisation_id IS NULL) <> (user_id IS NULL)", name="one_party"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_start"),
        Index(
            "uq_lab_memberships_live_organisation", "lab_id", "organisation_id", "school_year",
            unique=True, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE,
        ),
        Index(
            "uq_lab_memberships_live_user", "lab_id", "user_id", "school_year",
            unique=True, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE,
        ),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[MembershipKind]
    school_year: Mapped[int]  # 2026 is 2026/27: from 1 August
    state: Mapped[MembershipState]
    motivation: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")  # of a refusal or an early end
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreement_number: Mapped[int | None]  # of the text that was agreed to
    agreed_at: Mapped[datetime | None]
    asks_exception: Mapped[bool] = mapped_column(default=False)  # of a rule that says no
    override_reason: Mapped[str] = mapped_column(Text, default="")  # the office lets a rule go
    overridden_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]  # an invitation or request that nobody answers
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    asked_kind: Mapped[MembershipKind | None]  # by one side; the other agrees or not
    asked_kind_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_kind_by_lab: Mapped[bool] = mapped_column(default=False)
    renewed_at: Mapped[datetime | None]  # goes on in the next school year
    renewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lab: Mapped[Lab] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation | None] = relationship(foreign_keys=[organisation_id])
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    roles: Mapped[list["LabRole"]] = relationship(
        back_populates="membership", order_by="LabRole.id"
    )

    @property
    def party(self) -> str:
        """Who takes part, by name."""
        return self.organisation.name if self.organisation else self.user.name if self.user else ""

    @property
    def side(self) -> Side:
        """On which side its people stand."""
        return Side.RESEARCH if self.kind is MembershipKind.RESEARCH else Side.PRACTICE


class LabRole(Model):
    """What a person does in a lab, through the membership of an organisation or one's own.

    A lead counts from the moment at which he or she accepted (`accepted_at`).
    """

    __tablename__ = "lab_roles"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_start"),
        Index("ix_lab_roles_user_id_lab_id", "user_id", "lab_id"),
    )

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("lab_memberships.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[LabRoleKind]
    side: Mapped[Side]
    from_on: Mapped[date] = mapped_column(default=today)
    until_on: Mapped[date | None]  # on which it no longer counts
    accepted_at: Mapped[datetime | None]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]

    membership: Mapped[LabMembership] = relationship(back_populates="roles")
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class LabAccess(Model):
    """The office looks into a private lab: with a reason, until a moment, in the trail."""

    __tablename__ = "lab_accesses"

    id: Mapped[PrimaryKey]
    lab_id: Mapped[int] = mapped_column(ForeignKey("labs.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    until_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class LeadProposal(Model):
    """A step that needs both leads, asked for by one side: the other takes it, or drops it."""

    __tablename__ = "lead_proposals"

    id: Mapped[PrimaryKey]
    object: Mapped[str] = mapped_column(String(80), unique=True)  # labs:3, rounds:5
    action: Mapped[str] = mapped_column(String(40))
    side: Mapped[Side]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]

    user: Mapped[User | None] = relationship()


class Step(Model):
    """One change of state of anything in the labs: who, for whom, when, from, to, why."""

    __tablename__ = "lab_steps"

    id: Mapped[PrimaryKey]
    object: Mapped[str] = mapped_column(String(80), index=True)
    action: Mapped[str] = mapped_column(String(40))
    old_state: Mapped[str] = mapped_column(String(32), default="")
    new_state: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[CreatedAt]

    user: Mapped[User | None] = relationship()
    acting_for: Mapped[Organisation | None] = relationship()
