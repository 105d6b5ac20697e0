"""The application factory: the one module that knows every package."""

from pathlib import Path
from typing import Any

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from labapp import (
    assets,
    auditing,
    compression,
    config,
    doctor,
    formatting,
    health,
    i18n,
    logging,
    navigation,
    openapi,
    rest,
    security_headers,
    seeding,
    serving,
    shell,
    web,
)
from labapp.accounts import api as accounts_api
from labapp.accounts import (
    api_auth,
    joining_views,
    organisation_views,
    privacy,
    schools_cli,
    security,
)
from labapp.accounts import cli as accounts_cli
from labapp.accounts import views as accounts_views
from labapp.database import db
from labapp.extensions import api, csrf, limiter, migrate
from labapp.files import storage as files
from labapp.files import tasks as files_tasks  # noqa: F401  # registers its jobs
from labapp.home import admin_views, turns
from labapp.home import views as home_views
from labapp.jobs import cli as jobs_cli
from labapp.knowledge import api as knowledge_api
from labapp.knowledge import cli as knowledge_cli
from labapp.knowledge import (
    collection_views,
    draft_views,
    feedback_views,
    import_views,
    mine_views,
    personal,
    review_views,
    saved_search_views,
    search_views,
)
from labapp.knowledge import documents as knowledge_documents
from labapp.knowledge import objects as knowledge_objects  # noqa: F401  # what others call them
from labapp.knowledge import tasks as knowledge_tasks  # noqa: F401  # registers its jobs
from labapp.knowledge import views as card_views
from labapp.labs import api as labs_api
from labapp.labs import attachments, lab_cli, reading_level
from labapp.labs import documents as labs_documents
from labapp.labs import models as labs_models  # noqa: F401  # its tables, and what the database refuses
from labapp.labs import pages as labs_pages
from labapp.labs import personal as labs_personal
from labapp.mail import services as mail
from labapp.mail import views as mail_views
from labapp.notifications import api as notifications_api
from labapp.notifications import duties
from labapp.notifications import personal as notifications_personal
from labapp.notifications import tasks as notifications_tasks  # noqa: F401  # registers its jobs
from labapp.notifications import views as notification_views
from labapp.pupil_data import small_cells
from labapp.search import cli as search_cli
from labapp.search import extension as search
from labapp.search import tasks as search_tasks  # noqa: F401  # registers its jobs
from labapp.subsidy import api as subsidy_api
from labapp.subsidy import cli as subsidy_cli
from labapp.subsidy import freezing  # noqa: F401  # its tables, and what the database refuses
from labapp.subsidy import pages as subsidy_pages
from labapp.subsidy import personal as subsidy_personal
from labapp.subsidy import tasks as subsidy_tasks  # noqa: F401  # registers its jobs

MIGRATIONS = Path(__file__).parent / "migrations"
PAGES: list[Any] = [
    accounts_views.pages,
    joining_views.pages,
    organisation_views.pages,
    mail_views.pages,
    notification_views.pages,
    home_views.pages,
    admin_views.pages,
    search_views.pages,
    card_views.pages,
    feedback_views.pages,
    collection_views.pages,
    saved_search_views.pages,
    mine_views.pages,
    draft_views.pages,
    review_views.pages,
    import_views.pages,
    *subsidy_pages.PAGES,
    *labs_pages.PAGES,
    openapi.pages,
]
RESOURCES: list[Any] = [
    *accounts_api.RESOURCES,
    *notifications_api.RESOURCES,
    *knowledge_api.RESOURCES,
    *subsidy_api.RESOURCES,
    *labs_api.RESOURCES,
]
COMMANDS: list[Any] = [
    serving.run,
    seeding.seed,
    doctor.doctor,
    auditing.commands,
    jobs_cli.commands,
    search_cli.commands,
    accounts_cli.commands,
    schools_cli.commands,
    knowledge_cli.commands,
    subsidy_cli.commands,
    lab_cli.commands,
]
limit_calls = limiter.shared_limit(
    lambda: current_app.config["API_LIMIT"], scope="api", key_func=api_auth.limit_key
)
for resources in RESOURCES:
    limit_calls(resources)
SEARCHABLE = {
    knowledge_documents.KIND: knowledge_documents.all_documents,
    **labs_documents.SEARCHABLE,
}


def create_app(**overrides: Any) -> Flask:
    """Make the application; an override wins from a setting of the same name."""
    app = Flask(__name__, static_folder=None)
    config.init_app(app, overrides)
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app,
        x_for=app.config["TRUSTED_PROXIES"],
        x_proto=app.config["TRUSTED_PROXIES"],
        x_host=app.config["TRUSTED_PROXIES"],
    )
    _add_frame(app)
    mail.configure(app.config["SMTP_URL"], app.config["MAIL_FROM"])
    files.configure(
        folder=Path(app.config["FILES_FOLDER"]),
        url=app.config["FILES_URL"],
        key=app.config["S3_KEY"],
        secret=app.config["S3_SECRET"],
        max_mb=min(app.config["FILES_MAX_MB"], app.config["MAX_UPLOAD_MB"]),
    )
    attachments.configure(app.config["LAB_FILES_MAX_MB"])
    small_cells.configure(app.config["SMALLEST_CELL"])
    reading_level.configure(app.config["READING_LEVEL"])
    privacy.configure(
        exporters={
            "knowledge": personal.export_personal,
            "subsidy": subsidy_personal.export_personal,
            "labs": labs_personal.export_personal,
            "notifications": notifications_personal.export_personal,
        },
        erasers=(
            subsidy_personal.erase_personal,  # first: it may refuse
            personal.erase_personal,
            labs_personal.erase_personal,
            notifications_personal.erase_personal,
            rest.forget_requests,
        ),
    )
    duties.register("knowledge", turns.of_knowledge)
    duties.register("hours", turns.of_hours)
    _add_packages(app)
    return app


def _add_frame(app: Flask) -> None:
    compression.init_app(app)
    logging.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    csrf.init_app(app)
    limiter.init_app(app)
    i18n.init_app(app)
    formatting.init_app(app)
    assets.init_app(app)
    security_headers.init_app(app)
    search.init_app(app, SEARCHABLE)  # it may refuse a setting
    api.init_app(app)  # it is one for all: nothing that may refuse comes after it
    web.init_app(app)
    health.init_app(app)
    shell.init_app(app, navigation.SHELL)
    security.init_app(app)


def _add_packages(app: Flask) -> None:
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    openapi.describe(api)
    for blueprint in RESOURCES:
        api.register_blueprint(blueprint)
        csrf.exempt(blueprint)  # it takes a bearer token only, never the session cookie
    for group in COMMANDS:
        app.cli.add_command(group)
