"""Fixtures that every test may use."""

import gc
import os
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from flask import g
from flask_login import FlaskLoginClient
from sqlalchemy import event

from labapp import clock, create_app
from labapp.accounts import sessions
from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.accounts.security import SESSION_KEY
from labapp.database import Model, db
from labapp.search import analytics
from tests.chromium import chromium  # noqa: F401  # a fixture
from tests.factories import AffiliationFactory, OrganisationFactory, UserFactory

DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser):
    parser.addoption(
        "--fewer",
        action="store_true",
        help="of a test with parameters only the first and the last, for a second database",
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "once: asks no database, so that one run is enough")


def pytest_collection_modifyitems(config, items):
    """Count lines for the first of the parameters of a test: the others run the same ones.

    Counting makes a test half as long again.
    """
    if config.getoption("--fewer"):
        leave_out_the_middle(config, items)
    seen = set()
    for item in items:
        name = item.nodeid.split("[")[0]
        if name in seen or name.startswith("tests/test_routes.py"):
            item.add_marker("no_cover")
        seen.add(name)


def leave_out_the_middle(config, items):
    """Leave out the parameters between the first and the last, unless PostgreSQL is the point."""
    places = {}
    for place, item in enumerate(items):
        own = item.nodeid if item.get_closest_marker("postgres") else item.nodeid.split("[")[0]
        places.setdefault(own, []).append(place)
    kept = {place for own in places.values() for place in (own[0], own[-1])}
    left_out = [item for place, item in enumerate(items) if place not in kept]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for place, item in enumerate(items) if place in kept]


class Client(FlaskLoginClient):
    """A browser. Each request starts in its own transaction, as in production: the test's own
    is ended first, so that each sees what the other did. One with a user is signed in."""

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        if user is not None:
            with self.session_transaction() as session:
                session[SESSION_KEY] = sessions.begin_session(user, "Test")

    def open(self, *args, **kwargs):
        db.session.commit()
        vars(g).clear()  # the test's application context outlives the request; its `g` must not
        answer = super().open(*args, **kwargs)
        vars(g).clear()
        db.session.rollback()
        return answer


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The application on an empty database: SQLite, or the one LABAPP_TEST_DATABASE names."""
    folder = tmp_path_factory.mktemp("instance")
    uri = os.environ.get("LABAPP_TEST_DATABASE", "")
    app = create_app(
        TESTING=True,
        DATABASE_URL=uri,
        INSTANCE=str(folder),
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        RATELIMIT_ENABLED=False,
        WTF_CSRF_ENABLED=False,
    )
    app.test_client_class = Client
    analytics.FLUSH_SECONDS = 3600.0  # no thread writes while a test does; tests call flush()
    with app.app_context():
        if db.engine.name == "sqlite":
            event.listen(db.engine, "connect", no_waiting_for_the_disk)
        db.drop_all()
        db.create_all()
    gc.collect()
    gc.freeze()  # what stays for all tests is not looked through again: a fourteenth of the time
    gc.set_threshold(100_000, 20, 20)
    yield app
    close(app)


def close(app):
    """Let go of an application's connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def no_waiting_for_the_disk(connection, _record):
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(autouse=True)
def context(app, request):
    """An application context and an empty database for each test."""
    if request.node.get_closest_marker("once"):
        yield from context_without_database(app)
        return
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()
        empty(db.engine)
        drop_waiting_counts()
        clock.set_clock(None)


def context_without_database(app):
    """A test marked `once` runs on SQLite alone; so it may not ask the database of the tests."""
    statements = []

    def listener(*args):
        statements.append(args[2])

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", listener)
        yield
        event.remove(db.engine, "before_cursor_execute", listener)
        clock.set_clock(None)
    assert statements == [], "this test asks the database: it must run on each, not `once`"


def drop_waiting_counts():
    """Forget the searches that a test did and that nobody wrote yet: the next starts at none."""
    for waiting in analytics._waiting.values():
        if waiting.timer:
            waiting.timer.cancel()
    analytics._waiting.clear()


def empty(engine):
    """Remove every row, fast: in one transaction, without looking at the order of tables."""
    with unguarded(engine) as connection:
        if engine.name == "postgresql":  # TRUNCATE takes 50 ms, whatever it finds
            for name in connection.exec_driver_sql(used(Model.metadata)).scalars().all():
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false) "
                    f"FROM information_schema.columns WHERE table_name = '{name}' "
                    "AND column_name = 'id' AND column_default LIKE 'nextval%%'"
                )
            return
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in Model.metadata.tables:
            connection.exec_driver_sql(f'DELETE FROM "{table}"')


@cache
def used(metadata):
    """SQL that names the tables with rows in them."""
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in metadata.tables
    )


@cache
def filled():
    """SQL that names each guarded table with rows in it: most have none, and keep their guards."""
    tables = Model.metadata.tables.values()
    guarded = [t.name for t in tables if t.info.get("append_only") or t.info.get("guards")]
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in guarded
    )


@contextmanager
def unguarded(engine):
    """Give a connection that may do what the guards of append-only tables refuse."""
    with engine.begin() as connection:
        if engine.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
            return
        guards = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master "
            f"WHERE type = 'trigger' AND tbl_name IN ({filled()})"
        ).all()
        for name, _ in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection
        for _, statement in guards:
            connection.exec_driver_sql(statement)


@pytest.fixture
def school():
    return OrganisationFactory(name="De Regenboog")


@pytest.fixture
def teacher(school):
    """A teacher of `school`."""
    return AffiliationFactory(role=Role.TEACHER, organisation=school).user


@pytest.fixture
def colleague(school):
    """Another teacher of `school`."""
    return AffiliationFactory(role=Role.TEACHER, organisation=school).user


@pytest.fixture
def school_leader(school):
    return AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=school).user


@pytest.fixture
def stranger():
    """A teacher of another school."""
    return AffiliationFactory(role=Role.TEACHER).user


@pytest.fixture
def researcher():
    institution = OrganisationFactory(kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None)
    return AffiliationFactory(role=Role.RESEARCHER, organisation=institution).user


@pytest.fixture
def office():
    return OrganisationFactory(
        name="Programmabureau", kind=OrganisationKind.PROGRAMME_OFFICE, brin6=None
    )


@pytest.fixture
def knowledge_broker(office):
    return AffiliationFactory(role=Role.KNOWLEDGE_BROKER, organisation=office).user


@pytest.fixture
def programme_officer(office):
    return AffiliationFactory(role=Role.PROGRAMME_OFFICER, organisation=office).user


@pytest.fixture
def administrator(office):
    return AffiliationFactory(role=Role.ADMINISTRATOR, organisation=office).user


@pytest.fixture
def outsider():
    """Somebody with an account and no affiliation."""
    return UserFactory()


@pytest.fixture
def as_actor():
    """Give the actor of a user; without a user a visitor: `as_actor(teacher)`."""
    return lambda user=None, **extra: Actor.of(user, **extra) if user else Actor.visitor()


@pytest.fixture
def browse(app):
    """Give a client that is signed in as a user: `browse(teacher).get("/kennis/")`."""
    return lambda user=None: app.test_client(user=user)


@pytest.fixture
def count_queries():
    """Count the statements in a block: `with count_queries() as queries: ...; len(queries)`."""

    @contextmanager
    def counter():
        queries = []

        def listener(*args):
            queries.append(args[2])

        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            yield queries
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)

    return counter


@pytest.fixture
def data():
    """The folder of public data beside the project; without it the test says so and is skipped."""
    if not DATA.is_dir():
        pytest.skip(f"no public data in {DATA.parent.name}/data beside the project")
    return DATA
