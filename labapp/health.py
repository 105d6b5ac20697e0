"""/healthz, /readyz and (behind a setting) /metrics: for the machines that watch this one."""

import time
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as generate
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from labapp.database import db
from labapp.errors import LabappError
from labapp.extensions import limiter
from labapp.jobs import services as jobs
from labapp.search import services as search

pages = Blueprint("health", __name__)
REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "labapp_requests_total", "Requests answered", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram("labapp_request_seconds", "Time of a request", ["route"], registry=REGISTRY)
JOBS = Gauge("labapp_jobs", "Jobs by status", ["status"], registry=REGISTRY)


@pages.get("/healthz")
@limiter.exempt
def show_health() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
@limiter.exempt
def show_readiness() -> ResponseReturnValue:
    """The database answers, its migrations are done, and the search can be asked."""
    checks = {"database": _database(), "migrations": _migrations(), "search": _search()}
    ready = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


@limiter.exempt
def show_metrics() -> Response:
    for status, number in jobs.count_jobs().items():
        JOBS.labels(status).set(number)
    return Response(generate(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def count(response: Response) -> Response:
    route = str(request.url_rule) if request.url_rule else "-"
    REQUESTS.labels(request.method, route, str(response.status_code)).inc()
    if "started_at" in g:
        SECONDS.labels(route).observe(time.perf_counter() - g.started_at)
    return response


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)
    if app.config["METRICS"]:
        app.add_url_rule("/metrics", "metrics", show_metrics)
        app.after_request(count)


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        db.session.rollback()
        return type(error).__name__
    return "ok"


def _migrations() -> str:
    try:
        done, wanted = migration_state()
    except (SQLAlchemyError, CommandError) as error:
        db.session.rollback()
        return type(error).__name__
    return "ok" if done == wanted else f"{done or 'none'}, wanted {wanted}"


def _search() -> str:
    try:
        search.check_ready()
    except (LabappError, SQLAlchemyError) as error:
        db.session.rollback()
        return str(error)
    return "ok"


def migration_state() -> tuple[str | None, str | None]:
    """Give the revision that the database is at, and the one that the code wants."""
    config: Any = current_app.extensions["migrate"]
    script = ScriptDirectory(config.directory)
    with db.engine.connect() as connection:
        done = MigrationContext.configure(connection).get_current_revision()
    return done, script.get_current_head()
