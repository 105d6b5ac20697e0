"""Hours added up as they are written: what overviews read, so that millions of hours are no burden.

The database keeps these rows itself, by triggers on hours and declarations: whoever writes, they
follow. Reconciliation compares them with the hours.
"""

from datetime import date
from typing import cast

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
FOLLOW = "UPDATE hour_totals SET state = NEW.state WHERE declaration_id = NEW.id"
FUNCTION = (
    "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body};"
    " RETURN NULL; END $$"
)
CHANGES = (
    ("hour_entries", "counted_in", "INSERT", ("NEW",)),
    ("hour_entries", "counted_out", "DELETE", ("OLD",)),
    ("hour_entries", "counted_anew", "UPDATE", ("OLD", "NEW")),
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


def statements(dialect: str) -> list[str]:
    """Give the SQL of the triggers."""
    changes = [
        (table, name, what, "; ".join(_add(row) for row in rows))
        for table, name, what, rows in CHANGES
    ]
    changes.append(("declarations", "counted_on", "UPDATE OF state", FOLLOW))
    made = []
    for table, name, what, body in changes:
        trigger = f"{table}_{name}"
        head = f"CREATE TRIGGER {trigger} AFTER {what} ON {table}"
        if dialect == "sqlite":
            made.append(f"{head} BEGIN {body}; END")
        else:
            made.append(FUNCTION.format(name=trigger, body=body))
            made.append(f"{head} FOR EACH ROW EXECUTE FUNCTION {trigger}()")
    return made


def _add(row: str) -> str:
    sign = "-" if row == "OLD" else ""
    return " ".join(ADD.format(row=row, sign=sign).split())


def _install(table: Table) -> None:
    table.add_is_dependent_on(cast("Table", HourEntry.__table__))
    table.add_is_dependent_on(cast("Table", Declaration.__table__))
    table.info["guards"] = {dialect: statements(dialect) for dialect in DIALECTS}
    for dialect in DIALECTS:
        for statement in table.info["guards"][dialect]:
            made = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made.execute_if(dialect=dialect))


_install(cast("Table", HourTotal.__table__))
