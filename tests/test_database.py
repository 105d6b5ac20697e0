import resource
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import exc, select, update

from labapp import audit, create_app, database
from labapp.accounts.models import Organisation, OrganisationKind
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.errors import InvalidError
from labapp.links import Link, LinkKind
from tests.conftest import close
from tests.factories import OrganisationFactory
from tests.processes import processes

WRITERS, TURNS = 8, 20


def add_one(organisation_id):
    """Read, then write: what goes wrong when two do it at once."""
    with transaction() as session:
        place = session.get_one(Organisation, organisation_id, with_for_update=True)
        place.municipality = str(int(place.municipality) + 1)


def write_often(app, organisation_id, faults):
    with app.app_context():
        try:
            for _ in range(TURNS):
                db.session.get(Organisation, organisation_id)  # a page has read before it writes
                add_one(organisation_id)
        except exc.SQLAlchemyError as error:
            faults.append(repr(error))


def write_in_a_process(uri, instance, organisation_id, faults):
    app = create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=instance, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )
    found = []
    write_often(app, organisation_id, found)
    faults.put(found)


def uri_of(app):
    return app.config["SQLALCHEMY_DATABASE_URI"]


@pytest.fixture
def counter():
    organisation = OrganisationFactory(municipality="0")
    return organisation.id


def number_in(counter):
    db.session.expire_all()
    db.session.rollback()
    return int(db.session.get_one(Organisation, counter).municipality)


def test_many_threads_change_one_row_and_no_change_is_lost(app, counter):
    faults = []
    writers = [
        threading.Thread(target=write_often, args=(app, counter, faults)) for _ in range(WRITERS)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert faults == []
    assert number_in(counter) == WRITERS * TURNS


def test_several_processes_change_one_row_and_no_change_is_lost(app, counter, tmp_path):
    faults = processes.Queue()
    writers = [
        processes.Process(
            target=write_in_a_process, args=(uri_of(app), str(tmp_path / str(n)), counter, faults)
        )
        for n in range(3)
    ]

    for writer in writers:
        writer.start()
    found = [faults.get(timeout=120) for _ in writers]
    for writer in writers:
        writer.join()

    assert found == [[], [], []]
    assert number_in(counter) == 3 * TURNS


def move_and_fail(organisation):
    with transaction() as session:
        organisation.municipality = "Epe"
        session.flush()
        raise InvalidError("no")


def test_what_fails_inside_undoes_only_the_inside():
    organisation = OrganisationFactory(name="Eerst", municipality="Ede")

    with transaction():
        organisation.name = "Daarna"
        with pytest.raises(InvalidError):
            move_and_fail(organisation)

    db.session.expire_all()
    assert (organisation.name, organisation.municipality) == ("Daarna", "Ede")


def rename_then_fail(organisation):
    with transaction():
        with transaction():
            organisation.name = "Daarna"
        move_and_fail(organisation)


def test_what_fails_outside_undoes_everything():
    organisation = OrganisationFactory(name="Eerst", municipality="Ede")

    with pytest.raises(InvalidError):
        rename_then_fail(organisation)

    db.session.expire_all()
    assert (organisation.name, organisation.municipality) == ("Eerst", "Ede")


def test_a_transaction_works_again_after_one_that_failed(counter):
    with pytest.raises(InvalidError):
        move_and_fail(db.session.get_one(Organisation, counter))

    add_one(counter)

    assert number_in(counter) == 1


def test_what_a_transaction_changes_is_what_it_read_inside(app, counter):
    place = db.session.get_one(Organisation, counter)
    assert place.municipality == "0"
    other = threading.Thread(target=write_often, args=(app, counter, []))
    other.start()
    other.join()

    with transaction():
        seen = place.municipality

    assert seen == str(TURNS)


@pytest.mark.parametrize("flushed", [False, True])
def test_a_change_outside_a_transaction_is_refused_not_lost(counter, flushed):
    place = db.session.get_one(Organisation, counter)
    place.municipality = "7"
    if flushed:
        db.session.scalar(select(Organisation.name))  # a look saves what waits

    with pytest.raises(RuntimeError, match="outside a transaction"):
        add_one(counter)

    assert number_in(counter) == 0


def test_after_a_refused_change_is_undone_work_goes_on(counter):
    db.session.get_one(Organisation, counter).municipality = "7"
    db.session.flush()
    db.session.rollback()

    add_one(counter)

    assert number_in(counter) == 1


def die_in_the_middle(uri, instance, organisation_id, halfway):
    app = create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=instance, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )
    with app.app_context(), transaction() as session:
        session.execute(
            update(Organisation).where(Organisation.id == organisation_id).values(name="half")
        )
        audit.record(None, "organisation.half", f"organisations:{organisation_id}")
        session.flush()
        halfway.set()
        threading.Event().wait()


def test_a_process_that_is_killed_halfway_leaves_nothing_behind(app, counter, tmp_path):
    halfway = processes.Event()
    writer = processes.Process(
        target=die_in_the_middle, args=(uri_of(app), str(tmp_path), counter, halfway)
    )
    writer.start()
    assert halfway.wait(60)

    writer.kill()
    writer.join()
    add_one(counter)

    assert db.session.get_one(Organisation, counter).name != "half"
    assert number_in(counter) == 1
    assert audit.head() == (0, audit.GENESIS)


@pytest.fixture
def impatient(monkeypatch):
    """Connections that wait a tenth of a second for another writer."""
    db.session.remove()
    db.engine.dispose()
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    yield
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def changing_page(app):
    """A page that changes something, on an application of its own with the same database."""
    other = create_app(
        TESTING=True,
        DATABASE_URL=uri_of(app),
        INSTANCE=app.config["INSTANCE"],
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        WTF_CSRF_ENABLED=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    other.add_url_rule("/change", view_func=change_something, methods=["POST"])
    other.add_url_rule("/api/v1/change", "api", view_func=change_something, methods=["POST"])
    yield other
    close(other)


def change_something():
    with transaction() as session:
        session.add(Organisation(name="Nieuw", kind=OrganisationKind.BOARD))
    return "done"


@pytest.mark.parametrize("address", ["/change", "/api/v1/change"])
def test_a_database_that_stays_locked_says_try_again_and_keeps_nothing(
    changing_page, impatient, address
):
    if db.engine.name != "sqlite":
        pytest.skip("PostgreSQL lets others write")
    with db.engine.connect().execution_options(labapp_writes=True) as holder:
        holder.exec_driver_sql("SELECT 1")
        refused = changing_page.test_client().post(address)
    answered = changing_page.test_client().post(address)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert (answered.status_code, answered.text) == (200, "done")
    assert len(list(db.session.scalars(select(Organisation)))) == 1


def test_a_database_that_cannot_be_reached_gives_503_to_everybody(tmp_path, counter):
    lost = create_app(
        TESTING=True,
        DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/labapp.sqlite",
        INSTANCE=str(tmp_path),
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        WTF_CSRF_ENABLED=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    lost.add_url_rule("/change", view_func=change_something, methods=["POST"])

    answer = lost.test_client().post("/change")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Er is niets bewaard" in answer.text


def fill_the_disk(folder, result):
    """Write until the disk (here: the largest file that may be) is full; then look and go on."""
    uri = f"sqlite:///{folder}/labapp.sqlite"
    app = create_app(
        TESTING=True,
        DATABASE_URL=uri,
        INSTANCE=str(folder),
        SECRET_KEY="t",
        EMBEDDING_MODEL="hashing",
        WTF_CSRF_ENABLED=False,
        PROPAGATE_EXCEPTIONS=False,
    )

    def grow():
        with transaction() as session:
            session.add_all(
                Organisation(name="x" * 200, kind=OrganisationKind.BOARD) for _ in range(500)
            )
        return "done"

    app.add_url_rule("/grow", view_func=grow, methods=["POST"])
    with app.app_context():
        db.create_all()
        size = max(path.stat().st_size for path in folder.glob("labapp.sqlite*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1_000_000, resource.RLIM_INFINITY))
    client = app.test_client()
    statuses = [client.post("/grow").status_code for _ in range(30)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    statuses.append(client.post("/grow").status_code)
    with app.app_context():
        rows = db.session.scalar(select(db.func.count()).select_from(Organisation))
        whole = db.session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
    result.put((statuses, rows, whole))


@pytest.mark.once
def test_a_full_disk_is_refused_clearly_and_what_was_saved_stays(tmp_path):
    result = processes.Queue()
    process = processes.Process(target=fill_the_disk, args=(tmp_path, result))

    process.start()
    statuses, rows, whole = result.get(timeout=120)
    process.join()

    assert set(statuses) == {200, 503}
    assert statuses[-1] == 200
    assert rows == 500 * statuses.count(200)
    assert whole == "ok"


def test_a_row_that_is_there_is_not_inserted_again():
    values = {"from_object": "cards:1", "kind": LinkKind.USES, "to_object": "cards:2"}

    with transaction():
        answers = [insert_new(Link, **values) for _ in range(2)]

    assert answers == [True, False]


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(exc.StatementError, match="no time zone"), transaction() as session:
        session.add(
            Organisation(
                name="x",
                kind=OrganisationKind.BOARD,
                created_at=datetime(2026, 1, 1, 12),  # noqa: DTZ001
            )
        )


def test_a_moment_comes_back_in_utc():
    before = now()
    organisation = OrganisationFactory()
    db.session.expire_all()

    assert organisation.created_at.tzinfo is UTC
    assert organisation.created_at >= before


def test_sqlite_holds_to_foreign_keys_and_loses_no_acknowledged_write(tmp_path):
    app = create_app(TESTING=True, INSTANCE=str(tmp_path), SECRET_KEY="t")
    with app.app_context(), db.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous")
        }

    assert settings == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2}


def test_no_value_stands_in_the_words_of_a_database_error():
    with pytest.raises(exc.StatementError) as caught, transaction() as session:
        session.execute(select(Organisation).where(Organisation.created_at == "geheim@school.nl"))

    assert "geheim@school.nl" not in str(caught.value).split("\n", 1)[1]
