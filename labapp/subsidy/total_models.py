"""Hours added up as they are written: what overviews read, so that millions of hours are no burden.

The database keeps these rows itself, by triggers on hours and declarations: whoever writes, they
follow. Reconciliation compares them with the hours.
"""

from datetime import date
from typing import Any, cast

from sqlalchemy import DDL, ForeignKey, Index, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from labapp.database import Model
from labapp.guards import DIALECTS
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry

ADD = """
INSERT INTO hour_totals (declaration_id, category_id, organisation_id, scheme_version_id, user_id,
 month, state, minutes, entries, late_entries)
SELECT {row}.declaration_id, {row}.category_id, d.organisation_id, d.scheme_version_id, d.user_id,
 d.month, d.state, {sign}{row}.minutes, {sign}1, CASE {row}.late_reason WHEN '' THEN 0 ELSE {sign}1 END
FROM declarations d WHERE d.id = {row}.declaration_id
ON CONFLICT (declaration_id, category_id) DO UPDATE SET
 minutes = hour_totals.minutes + excluded.minutes,
 entries = hour_totals.entries + excluded.entries,
 late_entries = hour_totals.late_entries + excluded.late_entries
"""  # noqa: E501  # our own names
ADD_TO_PERSON = """
INSERT INTO person_totals (scheme_version_id, organisation_id, user_id, category_id,
 open_minutes, submitted_minutes, approved_minutes, entries, late_entries)
VALUES ({row}.scheme_version_id, {row}.organisation_id, {row}.user_id, {row}.category_id,
 CASE {row}.state WHEN 'open' THEN {sign}{row}.minutes ELSE 0 END,
 CASE {row}.state WHEN 'submitted' THEN {sign}{row}.minutes ELSE 0 END,
 CASE {row}.state WHEN 'approved' THEN {sign}{row}.minutes ELSE 0 END,
 {sign}{row}.entries, {sign}{row}.late_entries)
ON CONFLICT (scheme_version_id, organisation_id, user_id, category_id) DO UPDATE SET
 open_minutes = person_totals.open_minutes + excluded.open_minutes,
 submitted_minutes = person_totals.submitted_minutes + excluded.submitted_minutes,
 approved_minutes = person_totals.approved_minutes + excluded.approved_minutes,
 entries = person_totals.entries + excluded.entries,
 late_entries = person_totals.late_entries + excluded.late_entries
"""
FOLLOW = "UPDATE hour_totals SET state = NEW.state WHERE declaration_id = NEW.id"
FUNCTION = (
    "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body};"
    " RETURN NULL; END $$"
)
CHANGES = (
    ("counted_in", "INSERT", ("NEW",)),
    ("counted_out", "DELETE", ("OLD",)),
    ("counted_anew", "UPDATE", ("OLD", "NEW")),
)


class HourTotal(Model):
    """The hours of one declaration in one category, added up."""

    __tablename__ = "hour_totals"
    __table_args__ = (
        Index("ix_hour_totals_branch", "scheme_version_id", "organisation_id"),
        Index("ix_hour_totals_user", "user_id"),
    )

    declaration_id: Mapped[int] = mapped_column(
        ForeignKey("declarations.id", ondelete="CASCADE"), primary_key=True
    )
    category_id: Mapped[int] = mapped_column(ForeignKey("activity_categories.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    month: Mapped[date]
    state: Mapped[DeclarationState]
    minutes: Mapped[int]
    entries: Mapped[int]
    late_entries: Mapped[int]


class PersonTotal(Model):
    """The hours of a person at a branch in one category, added up over the months."""

    __tablename__ = "person_totals"
    __table_args__ = (Index("ix_person_totals_user", "user_id"),)

    scheme_version_id: Mapped[int] = mapped_column(
        ForeignKey("scheme_versions.id"), primary_key=True
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("activity_categories.id"), primary_key=True)
    open_minutes: Mapped[int]
    submitted_minutes: Mapped[int]
    approved_minutes: Mapped[int]
    entries: Mapped[int]
    late_entries: Mapped[int]


def hour_statements(dialect: str) -> list[str]:
    """Give the SQL of the triggers that add hours up by declaration."""
    made = _triggers(dialect, "hour_entries", ADD)
    return made + _trigger(dialect, "declarations", "counted_on", "UPDATE OF state", FOLLOW)


def person_statements(dialect: str) -> list[str]:
    """Give the SQL of the triggers that add those up by person."""
    return _triggers(dialect, "hour_totals", ADD_TO_PERSON)


def _triggers(dialect: str, table: str, add: str) -> list[str]:
    made = []
    for name, what, rows in CHANGES:
        body = "; ".join(_add(add, row) for row in rows)
        made += _trigger(dialect, table, name, what, body)
    return made


def _trigger(dialect: str, table: str, name: str, what: str, body: str) -> list[str]:
    trigger = f"{table}_{name}"
    head = f"CREATE TRIGGER {trigger} AFTER {what} ON {table}"
    if dialect == "sqlite":
        return [f"{head} BEGIN {body}; END"]
    function = FUNCTION.format(name=trigger, body=body)
    return [function, f"{head} FOR EACH ROW EXECUTE FUNCTION {trigger}()"]


def _add(add: str, row: str) -> str:
    sign = "-" if row == "OLD" else ""
    return " ".join(add.format(row=row, sign=sign).split())


def _install(model: type[Model], after: tuple[type[Model], ...], made: Any) -> None:
    table = cast("Table", model.__table__)
    for other in after:
        table.add_is_dependent_on(cast("Table", other.__table__))
    table.info["guards"] = {dialect: made(dialect) for dialect in DIALECTS}
    for dialect in DIALECTS:
        for statement in table.info["guards"][dialect]:
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_install(HourTotal, (HourEntry, Declaration), hour_statements)
_install(PersonTotal, (HourTotal,), person_statements)
