import pytest
from flask_migrate import stamp

from labapp import create_app, health
from labapp.database import db
from labapp.errors import UnavailableError
from labapp.jobs import services as jobs
from tests.conftest import close


@pytest.fixture
def watched(app):
    """An application that is watched, on the database of the tests."""
    watched = create_app(
        TESTING=True,
        DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
        INSTANCE=app.config["INSTANCE"],
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        METRICS=True,
    )
    yield watched
    close(watched)


@pytest.fixture
def migrated():
    """The database of the tests, as if its migrations had been run."""
    db.session.rollback()
    stamp()
    yield
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")


def test_the_process_answers_without_asking_anything_else(app, count_queries):
    with count_queries() as queries:
        answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert queries == []


def test_it_is_ready_when_database_migrations_and_search_are(app, migrated):
    answer = app.test_client().get("/readyz")

    assert answer.json == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "search": "ok"},
    }
    assert answer.status_code == 200


def test_without_its_migrations_it_is_not_ready(app):
    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json["checks"]["migrations"].startswith("none, wanted ")
    assert answer.json["checks"]["database"] == "ok"


def test_without_a_search_it_is_not_ready(app, migrated, monkeypatch):
    def broken():
        raise UnavailableError("De index is stuk.")

    monkeypatch.setattr(health.search, "check_ready", broken)

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json["checks"]["search"] == "De index is stuk."


def test_without_a_database_it_is_not_ready_and_still_answers(tmp_path):
    lost = create_app(
        TESTING=True,
        DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/labapp.sqlite",
        INSTANCE=str(tmp_path),
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
    )

    alive, ready = lost.test_client().get("/healthz"), lost.test_client().get("/readyz")

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json["checks"]["database"] == "OperationalError"


def test_metrics_are_there_only_when_asked_for(app, watched):
    jobs.enqueue("audit.anchor")
    db.session.commit()
    watched.test_client().get("/healthz")

    without, metrics = app.test_client().get("/metrics"), watched.test_client().get("/metrics")

    assert without.status_code == 404
    assert metrics.status_code == 200
    assert 'labapp_jobs{status="waiting"} 1.0' in metrics.text
    assert 'labapp_requests_total{method="GET",route="/healthz",status="200"}' in metrics.text


def test_metrics_name_routes_never_what_was_asked(watched):
    watched.test_client().get("/kennis?q=geheim")
    watched.test_client().get("/geheim")

    assert "geheim" not in watched.test_client().get("/metrics").text
