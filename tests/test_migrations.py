import logging
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, exc, inspect, make_url

from labapp import create_app
from labapp.accounts.models import Organisation, OrganisationKind
from labapp.app import MIGRATIONS
from labapp.database import Model, db, transaction
from labapp.health import migration_state
from labapp.links import Link, LinkKind
from tests.conftest import close
from tests.factories import OrganisationFactory
from tests.processes import processes

NAMES = {"pk": "pk_", "uq": "uq_", "fk": "fk_", "ck": "ck_"}
SERVER = os.environ.get("LABAPP_TEST_DATABASE", "")


@pytest.fixture
def uri(tmp_path):
    """An empty database: a file, or one of its own on the server of these tests."""
    if not SERVER:
        yield f"sqlite:///{tmp_path}/labapp.sqlite"
        return
    server = create_engine(
        make_url(SERVER).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS migrated WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE migrated")
    yield make_url(SERVER).set(database="migrated").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE migrated WITH (FORCE)")
    server.dispose()


@pytest.fixture
def fresh(uri, tmp_path):
    app = create_app(
        TESTING=True,
        DATABASE_URL=uri,
        INSTANCE=str(tmp_path),
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
    )
    with app.app_context():
        yield app
        db.session.remove()
    close(app)


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["db", *arguments])


def tables():
    return set(inspect(db.engine).get_table_names())


def test_an_empty_database_is_made_and_is_what_the_models_say(fresh):
    made = run(fresh, "upgrade")
    checked = run(fresh, "check")

    assert (made.exit_code, made.output) == (0, "")
    assert checked.exit_code == 0, checked.output
    assert tables() == {*Model.metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(fresh):
    upgrade()
    before = migration_state()

    upgrade()

    assert before == migration_state()
    assert before[0] == before[1]


def test_back_to_nothing_and_up_again(fresh):
    upgrade()

    downgrade(revision="base")
    emptied = tables()
    upgrade()

    assert emptied == {"alembic_version"}
    assert run(fresh, "check").exit_code == 0


def test_there_is_one_line_of_migrations():
    script = ScriptDirectory(str(MIGRATIONS))

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_every_constraint_has_the_name_that_the_convention_gives(fresh):
    upgrade()
    found = inspect(db.engine)
    for table in Model.metadata.tables:
        names = [found.get_pk_constraint(table)["name"]]
        names += [key["name"] for key in found.get_foreign_keys(table)]
        names += [key["name"] for key in found.get_unique_constraints(table)]
        names += [check["name"] for check in found.get_check_constraints(table)]

        assert all(name and name[:3] in NAMES.values() for name in names), (table, names)
        assert all(f"_{table}" in name for name in names), (table, names)


def test_partial_indexes_are_partial_on_both_databases():
    for table in Model.metadata.tables.values():
        for index in table.indexes:
            options = [
                str(index.dialect_options[name]["where"]) for name in ("sqlite", "postgresql")
            ]
            assert options[0] == options[1], index.name


def test_partial_indexes_are_made_partial(fresh):
    upgrade()
    statement = (
        "SELECT sql FROM sqlite_master WHERE name = 'uq_jobs_unique_key_waiting'"
        if db.engine.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_jobs_unique_key_waiting'"
    )

    with db.engine.connect() as connection:
        made = connection.exec_driver_sql(statement).scalar()

    assert "UNIQUE" in made
    assert "waiting" in made.split("WHERE")[1]


def test_the_trail_is_guarded_in_a_migrated_database_too(fresh):
    upgrade()
    values = "(1, 'now', 'a', 'b', '{}', '0', '1')"
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_events (seq, at, action, object, changes, prev_hash, hash) "
            f"VALUES {values}"
        )

    for statement in ("UPDATE audit_events SET action = 'c'", "DELETE FROM audit_events"):
        with pytest.raises(exc.IntegrityError, match="only grows"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_model_that_has_no_migration_is_noticed(fresh):
    upgrade()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE links ADD COLUMN forgotten INTEGER")

    answer = run(fresh, "check")

    assert answer.exit_code == 1


def test_what_the_search_makes_beside_the_migrations_is_left_alone(fresh):
    upgrade()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE search_vectors_1 (id INTEGER PRIMARY KEY)")

    assert run(fresh, "check").exit_code == 0


def test_migrating_leaves_the_logs_as_they_were(fresh, capfd):
    before = list(logging.getLogger().handlers), logging.getLogger("labapp").disabled

    upgrade()

    assert (list(logging.getLogger().handlers), logging.getLogger("labapp").disabled) == before
    assert capfd.readouterr().err == ""


def start(uri, instance, begin, found):
    app = create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=instance, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )
    begin.wait(60)
    with app.app_context():
        try:
            upgrade()
            found.put(migration_state())
        except (Exception, SystemExit) as error:  # noqa: BLE001
            found.put(repr(error))
    close(app)


def test_several_processes_that_start_at_once_migrate_once(fresh, uri, tmp_path):
    begin, found = processes.Barrier(2), processes.Queue()
    starters = [
        processes.Process(target=start, args=(uri, str(tmp_path / str(n)), begin, found))
        for n in range(2)
    ]

    for starter in starters:
        starter.start()
    states = [found.get(timeout=120) for _ in starters]
    for starter in starters:
        starter.join()

    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert states == [(head, head)] * 2
    assert run(fresh, "check").exit_code == 0


FAILING = """
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = {head!r}
branch_labels = depends_on = None


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    {last}


def downgrade():
    op.drop_table("half")
"""


@pytest.fixture
def next_migration(tmp_path, monkeypatch, fresh):
    """Write a migration after the last: `next_migration("op.execute(...)")`."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for path in [*MIGRATIONS.glob("*.*"), *MIGRATIONS.glob("versions/*.py")]:
        target = folder / path.relative_to(MIGRATIONS)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(fresh.extensions["migrate"].migrate, "directory", str(folder))
    monkeypatch.setattr(fresh.extensions["migrate"], "directory", str(folder))
    head = ScriptDirectory(str(folder)).get_current_head()

    def write(last):
        (folder / "versions" / "9999_next.py").write_text(FAILING.format(head=head, last=last))

    return write


def test_a_migration_that_fails_leaves_nothing_half_done(fresh, next_migration):
    upgrade()
    head = migration_state()[0]
    next_migration("op.execute('SELECT no_such_function()')")

    with pytest.raises(exc.DBAPIError):
        upgrade()

    assert migration_state()[0] == head
    assert "half" not in tables()


def test_a_table_that_is_made_anew_keeps_the_rows_that_point_to_it(fresh, next_migration):
    upgrade()
    with transaction() as session:
        board = Organisation(name="Bestuur", kind=OrganisationKind.BOARD)
        session.add(board)
        session.flush()
        session.add(OrganisationFactory.build(name="School", board_id=board.id))
    next_migration(
        "with op.batch_alter_table('organisations', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('motto', sa.Text))"
        if db.engine.name == "sqlite"
        else "op.add_column('organisations', sa.Column('motto', sa.Text))"
    )

    upgrade()

    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, motto, board_id FROM organisations").all()
        if db.engine.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert {row[0] for row in rows} == {"Bestuur", "School"}
    assert sum(row[2] is not None for row in rows) == 1


def test_a_migration_that_leaves_rows_without_what_they_belong_to_fails(fresh, next_migration):
    if db.engine.name != "sqlite":
        pytest.skip("PostgreSQL refuses at once")
    upgrade()
    with transaction() as session:
        board = Organisation(name="Bestuur", kind=OrganisationKind.BOARD)
        session.add(board)
        session.flush()
        session.add(OrganisationFactory.build(name="School", board_id=board.id))
    next_migration("op.execute(\"DELETE FROM organisations WHERE name = 'Bestuur'\")")

    with pytest.raises(SystemExit):
        upgrade()

    assert "half" not in tables()


def test_enums_are_kept_by_value(fresh):
    upgrade()
    with transaction() as session:
        session.add(Link(from_object="cards:1", kind=LinkKind.BASED_ON, to_object="cards:2"))

    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT kind FROM links").scalar() == "based_on"


def test_the_tables_of_the_tests_are_those_of_the_migrations(fresh):
    upgrade()

    with db.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Model.metadata
        )

    assert differences == []


def test_migrations_come_with_the_package():
    assert (Path(MIGRATIONS) / "env.py").is_file()
    assert (Path(MIGRATIONS) / "alembic.ini").is_file()
