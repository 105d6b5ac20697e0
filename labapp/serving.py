"""`labapp run`: prepare what is missing, serve the pages, work off the jobs, warm up the model."""

import signal
import sys
import threading
from pathlib import Path

import click
import structlog
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import SQLAlchemyError

from labapp import seeding
from labapp.errors import UnavailableError
from labapp.jobs import services as jobs
from labapp.knowledge import theme_guess
from labapp.search import encoders, model
from labapp.search import tasks as search_tasks

log = structlog.get_logger()
console = Console(stderr=True)


@click.command()
@click.option("--host", help="Address to listen on (LABAPP_HOST).")
@click.option("--port", type=int, help="Port to listen on (LABAPP_PORT).")
@click.option("--prepare", is_flag=True, help="First prepare model, database and seeds.")
@with_appcontext
def run(host: str | None, port: int | None, *, prepare: bool) -> None:
    """Serve labapp; with --prepare it makes ready whatever is missing first."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    listen_on(app, host or app.config["HOST"], port or app.config["PORT"])
    if prepare:
        prepare_all(app)
    serve(app, app.config["HOST"], app.config["PORT"])


def listen_on(app: Flask, host: str, port: int) -> None:
    """Take over host and port; letters name them too, where no address of the site was set."""
    config = app.config
    if config["BASE_URL"] == f"http://{config['HOST']}:{config['PORT']}":
        config["BASE_URL"] = f"http://{host}:{port}"
    config.update(HOST=host, PORT=port)


def prepare_all(app: Flask) -> None:
    """Make ready the model, the database and the seeds; what is ready already takes no time."""
    instance = Path(app.config["INSTANCE"])
    instance.mkdir(parents=True, exist_ok=True)
    prepare_model(app.config["EMBEDDING_MODEL"], instance)
    upgrade()
    report = seeding.seed_all(progress=show_progress)
    if report.changed:
        console.print(f"Seeds: {report.words}")
    embed_seeds()
    if app.config["DEMO"]:
        console.print(seeding.demo_logins())


def embed_seeds() -> None:
    """Make the vectors that wait; without the model words are still searched."""
    try:
        search_tasks.embed_now(lambda done, total: show_progress("Vectors", done, total))
    except UnavailableError as error:
        console.print(f"[red]{error}[/red] Search goes on by words only.")


def prepare_model(name: str, instance: Path) -> None:
    """Prepare the embedding model with a progress bar; without it words are still searched."""
    if model.is_prepared(name, instance):
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task("Model", total=1.0)
        try:
            model.prepare(
                name,
                instance,
                progress=lambda words, share: bar.update(task, description=words, completed=share),
            )
        except UnavailableError as error:
            console.print(f"[red]{error}[/red] Search goes on by words only.")


def show_progress(words: str, done: int, total: int) -> None:
    """Show how far long work is, on one line."""
    if console.is_terminal:
        console.print(f"{words}: {done}/{total}", end="\r" if done < total else "\n")


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until stopped. A second thread works off the jobs, a third loads the model."""
    try:
        server = waitress.create_server(
            app,
            host=host,
            port=port,
            threads=app.config["THREADS"],
            ident=None,
            clear_untrusted_proxy_headers=False,  # ProxyFix knows how many to trust
        )
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    stop = threading.Event()
    threads = [threading.Thread(target=warm_up, args=(app,), name="warm-up", daemon=True)]
    if app.config["WORKER"]:
        threads.append(threading.Thread(target=work, args=(app, stop), name="jobs", daemon=True))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # ends run() as Ctrl-C does
    for thread in threads:
        thread.start()
    console.print(f"labapp: http://{host}:{port}")
    try:
        server.run()
    finally:
        stop.set()
        for thread in threads[1:]:
            thread.join(timeout=5)


def work(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        jobs.run_forever(stop)


def warm_up(app: Flask) -> None:
    """Load the model, and learn what is not learnt yet, before somebody waits for it."""
    with app.app_context():
        try:
            encoder = encoders.load_encoder(
                app.config["EMBEDDING_MODEL"], Path(app.config["INSTANCE"])
            )
            encoder.encode_queries(["hoe geef ik feedback?"])
            theme_guess.learn_themes()  # at a first start; afterwards a job does
        except UnavailableError as error:
            log.warning("search.model_unavailable", reason=str(error))
        except SQLAlchemyError as error:
            log.warning("search.database_not_ready", reason=str(error))
