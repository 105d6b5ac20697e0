"""How migrations run: each to the end or not at all, one process at a time, on both databases."""

from alembic import context
from alembic.autogenerate import renderers
from alembic.operations.ops import CreateTableOp, MigrateOperation
from flask import current_app

from labapp import append_only
from labapp.database import BUSY_TIMEOUT_MS, Model, db
from labapp.search.pgvector import is_ours

PATIENCE_MS = 300_000
LOCK = 7_261_134  # any number, the same in every process


class GuardOp(MigrateOperation):
    """The guards of a table; written into the migration as plain SQL, so that it stands alone."""

    def __init__(self, statements):
        self.statements = statements


def guards_of(table):
    """The SQL of the guards of a table by dialect; None where it has none."""
    if table.info.get("append_only"):
        key = next(iter(table.primary_key)).name
        return {d: append_only.statements(table.name, key, d) for d in append_only.DIALECTS}
    return table.info.get("guards")


@renderers.dispatch_for(GuardOp)
def render_guard(_context, guard):
    lines = ["guards = {"]
    for dialect, statements in guard.statements.items():
        lines += [f"    {dialect!r}: [", *(f"        {sql!r}," for sql in statements), "    ],"]
    return [
        *lines,
        "}",
        "for statement in guards[op.get_bind().dialect.name]: op.execute(statement)",
    ]


def finish_revision(_context, _revision, directives):
    """Write no empty migration, and the guards of a new append-only table with it."""
    script = directives[0]
    if getattr(context.config.cmd_opts, "autogenerate", False) and script.upgrade_ops.is_empty():
        directives.clear()
        return
    for change in list(script.upgrade_ops.ops):
        table = Model.metadata.tables.get(getattr(change, "table_name", ""))
        if isinstance(change, CreateTableOp) and guards_of(table):
            script.upgrade_ops.ops.append(GuardOp(guards_of(table)))


def include_name(name, kind, _parents):
    """Leave alone what the search makes beside the migrations."""
    return kind != "table" or not is_ours(name)


def run():
    engine = db.engine
    with engine.connect().execution_options(labapp_writes=True) as connection:
        is_sqlite = engine.name == "sqlite"
        if is_sqlite:
            # To change a table SQLite makes it anew; with foreign keys on, that empties others.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            # Another process may be migrating: it is waited for, however slow the machine is.
            connection.connection.driver_connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        try:
            context.configure(
                connection=connection,
                target_metadata=Model.metadata,
                transactional_ddl=True,  # true of SQLite too, since labapp begins by itself
                include_name=include_name,
                process_revision_directives=finish_revision,
                **current_app.extensions["migrate"].configure_args,
            )
            with context.begin_transaction():
                if not is_sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                context.run_migrations()
                if is_sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if broken:
                        raise RuntimeError(f"rows without what they belong to: {broken[:5]}")
        finally:
            if is_sqlite:
                connection.rollback()
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
                connection.connection.driver_connection.execute(
                    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"
                )


run()
