"""Rules that the database itself keeps, whoever writes: raw SQL, a script, a forgotten service.

A guard refuses an INSERT, UPDATE or DELETE of a row when its condition holds. The condition is one
SQL expression over NEW and OLD that reads the same on SQLite and PostgreSQL.
"""

from dataclasses import dataclass

from sqlalchemy import DDL, Table, event

DIALECTS = ("sqlite", "postgresql")
REFUSE_EMPTYING = """
CREATE OR REPLACE FUNCTION refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE restrict_violation USING MESSAGE = TG_TABLE_NAME || ' is not emptied';
END $$
""".strip()
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {condition} THEN
    RAISE restrict_violation USING MESSAGE = '{message}';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
""".strip()

EACH_ROW = "FOR EACH ROW EXECUTE FUNCTION"
EMPTYING = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying()"


@dataclass(frozen=True)
class Guard:
    """`operation` is INSERT, UPDATE or DELETE; what meets `condition` fails with `message`."""

    name: str
    operation: str
    condition: str
    message: str

    def statements(self, table: str, dialect: str) -> list[str]:
        """Give the SQL that makes the guard."""
        name = f"{table}_{self.name}"
        condition, message = " ".join(self.condition.split()), self.message.replace("'", "''")
        if dialect == "sqlite":
            refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            head = f"CREATE TRIGGER {name} BEFORE {self.operation} ON {table}"
            return [f"{head} WHEN {condition} {refuse}"]
        return [
            FUNCTION.format(name=name, condition=condition, message=message),
            f"CREATE TRIGGER {name} BEFORE {self.operation} ON {table} {EACH_ROW} {name}()",
        ]


def unchanged(*columns: str) -> str:
    """Give the condition that none of these columns gets another value."""
    same = (f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in columns)
    return f"({' AND '.join(same)})"


def protect(table: Table, *guards: Guard) -> None:
    """Let the table be made with its guards; a migration takes them over by `info`."""
    table.info["guards"] = {
        dialect: statements(table.name, guards, dialect) for dialect in DIALECTS
    }
    for dialect in DIALECTS:
        for statement in table.info["guards"][dialect]:
            made = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made.execute_if(dialect=dialect))


def statements(table: str, guards: tuple[Guard, ...], dialect: str) -> list[str]:
    """Give the SQL of all guards of a table; on PostgreSQL it cannot be truncated either."""
    made = [statement for guard in guards for statement in guard.statements(table, dialect)]
    if dialect == "postgresql":
        made += [
            REFUSE_EMPTYING,
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} {EMPTYING}",
        ]
    return made
