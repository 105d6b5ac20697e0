"""Tables that only grow: the database itself refuses to change or remove a row."""

from sqlalchemy import DDL, Table, event

DIALECTS = ("sqlite", "postgresql")
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE restrict_violation USING MESSAGE = TG_TABLE_NAME || ' only grows';
END $$
""".strip()


def protect(table: Table) -> None:
    """Let the table be made with its guards; a first migration takes them over by `info`."""
    table.info["append_only"] = True
    key = next(iter(table.primary_key)).name
    for dialect in DIALECTS:
        for statement in statements(table.name, key, dialect):
            guard = DDL(statement)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", guard.execute_if(dialect=dialect))


def statements(table: str, key: str, dialect: str) -> list[str]:
    """Give the SQL that guards a table with this primary key."""
    if dialect == "postgresql":
        make = "CREATE TRIGGER {table}_{name} BEFORE {what} EXECUTE FUNCTION refuse_change()"
        each_row = f"UPDATE OR DELETE ON {table} FOR EACH ROW"
        whole = f"TRUNCATE ON {table} FOR EACH STATEMENT"
        return [
            FUNCTION,
            make.format(table=table, name="only_grows", what=each_row),
            make.format(table=table, name="is_not_emptied", what=whole),
        ]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
    known = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608  # our names
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE removes a row without firing the trigger of DELETE.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {known} {refuse}",
    ]
