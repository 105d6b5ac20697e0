"""labapp doctor: what is wrong, in words: model, database, search, rights on files, disk, mail."""

import importlib.util
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from labapp import audit, health
from labapp.database import db
from labapp.errors import LabappError
from labapp.files import services as files
from labapp.files.storage import storage
from labapp.jobs import services as jobs
from labapp.jobs.models import JobStatus
from labapp.search import doctor as search_doctor

LEAST_FREE_MB = 500
SICK = 1


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and what to do about it."""

    part: str
    is_well: bool
    words: str


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
@with_appcontext
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Say what is wrong with model, database, search, rights, disk; exit 1 when something is."""
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            mark = "ok   " if finding.is_well else "WRONG"
            click.echo(f"{mark} {finding.part}: {finding.words}")
    if not all(finding.is_well for finding in findings):
        context.exit(SICK)


def examine() -> Iterator[Finding]:
    """Look at each part; one that cannot even be looked at is a finding too."""
    for part, look in PARTS.items():
        try:
            faults = look()
        except (LabappError, SQLAlchemyError, OSError) as error:
            db.session.rollback()
            faults = [f"{type(error).__name__}: {error}"]
        yield Finding(part, not faults, "; ".join(faults) or "fine")


def look_at_folder() -> list[str]:
    """The instance folder can be written, and its secret is nobody else's to read."""
    folder = Path(current_app.config["INSTANCE"])
    if not folder.is_dir():
        return [f"{folder} does not exist; `labapp run --prepare` makes it"]
    faults = [] if os.access(folder, os.W_OK) else [f"{folder} cannot be written"]
    secret = folder / "secret"
    if secret.exists() and secret.stat().st_mode & 0o077:
        faults.append(f"others can read {secret}: chmod 600 it")
    return faults


def look_at_disk() -> list[str]:
    folder = Path(current_app.config["INSTANCE"])
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free // 1024**2
    return [f"only {free} MB free at {existing}"] if free < LEAST_FREE_MB else []


def look_at_database() -> list[str]:
    """It answers, its migrations are done, and SQLite has what we use."""
    done, wanted = health.migration_state()
    faults = []
    if done != wanted:
        faults.append(f"migration {done or 'none'} is not {wanted}: run `labapp db upgrade`")
    if db.engine.name == "sqlite":
        with db.engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            whole = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if mode != "wal":
            faults.append(f"journal mode is {mode}, not wal: is it on a network disk?")
        if whole != "ok":
            faults.append(f"the file is damaged: {whole}")
        if sqlite3.sqlite_version_info < (3, 35):
            faults.append(f"SQLite {sqlite3.sqlite_version} is too old (3.35 or newer)")
    return faults


def look_at_audit() -> list[str]:
    return [fault.message for fault in audit.verify()][:5]


def look_at_jobs() -> list[str]:
    dead = jobs.list_jobs(JobStatus.DEAD)
    return [f"{len(dead)} jobs failed for good: see `labapp jobs status`"] if dead else []


def look_at_files() -> list[str]:
    """The storage of files answers, is nobody else's, and has what the database knows."""
    faults = storage().faults()
    missing = [] if faults else files.missing_files()
    if missing:
        faults.append(f"{len(missing)} files are not in the storage, such as {missing[0]}")
    return faults


def look_at_libraries() -> list[str]:
    names = ("faiss", "Stemmer", "openvino", "tokenizers")
    return [f"{name} is not installed" for name in names if not importlib.util.find_spec(name)]


def look_at_search() -> list[str]:
    return search_doctor.examine(
        model=current_app.config["EMBEDDING_MODEL"],
        translation_model=current_app.config["TRANSLATION_MODEL"],
        instance=Path(current_app.config["INSTANCE"]),
    )


PARTS: dict[str, Callable[[], list[str]]] = {
    "libraries": look_at_libraries,
    "instance folder": look_at_folder,
    "disk": look_at_disk,
    "files": look_at_files,
    "database": look_at_database,
    "audit trail": look_at_audit,
    "jobs": look_at_jobs,
    "search": look_at_search,
}
