"""Changing and removing many entries in one statement each, however many there are.

The ORM would send one for each row, since an entry has a version. Whoever calls holds the lock on
the people and has compared the versions.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.orm.attributes import set_committed_value

from labapp.database import db
from labapp.subsidy.hour_models import Declaration, HourEntry

Changed = tuple[HourEntry, dict[str, Any], Declaration]


def change_rows(changes: Sequence[Changed]) -> None:
    """Write the new values of entries, and let the objects have them too."""
    if not changes:
        return
    table = cast("Table", HourEntry.__table__)
    names = [*changes[0][1], "declaration_id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("key"))
        .values(
            {name: bindparam(f"new_{name}") for name in names} | {"version": table.c.version + 1}
        )
    )
    rows = []
    for entry, values, declaration in changes:
        new = {**values, "declaration_id": declaration.id}
        rows.append({"key": entry.id, **{f"new_{name}": value for name, value in new.items()}})
    db.session.connection().execute(statement, rows)
    for entry, values, declaration in changes:
        moved = {**values, "declaration_id": declaration.id, "version": entry.version + 1}
        for name, value in {**moved, "declaration": declaration}.items():
            set_committed_value(entry, name, value)


def remove_rows(entries: Sequence[HourEntry]) -> None:
    """Take entries away, and let the session forget them."""
    if not entries:
        return
    gone = delete(HourEntry).where(HourEntry.id.in_([entry.id for entry in entries]))
    db.session.execute(gone.execution_options(synchronize_session=False))
    for entry in entries:
        db.session.expunge(entry)
