"""The rules of the programme about taking part in labs."""

from datetime import date

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import Model, PrimaryKey
from labapp.labs.lab_models import MembershipKind


class ProgrammeRule(Model):
    """What does not go together for a branch in a school year, as data with its source.

    A branch that would become `kind` in a lab is refused when it is in a track of
    `excluded_tracks` (of a subsidy scheme) or has a kind of `excluded_kinds` in a lab that year.
    """

    __tablename__ = "programme_rules"
    __table_args__ = (UniqueConstraint("code", "school_year"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(String(64))
    school_year: Mapped[int]
    kind: Mapped[MembershipKind]
    excluded_tracks: Mapped[list[str]] = mapped_column(default=list)
    excluded_kinds: Mapped[list[str]] = mapped_column(default=list)
    message_nl: Mapped[str] = mapped_column(Text)
    message_en: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(String(500), default="")
    source_checked_on: Mapped[date | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
