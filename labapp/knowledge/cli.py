"""labapp knowledge ..."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click
from flask import current_app, url_for
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from labapp.accounts.actors import Actor
from labapp.errors import InvalidError, UnavailableError
from labapp.foreign_files import Fault
from labapp.knowledge import batches, exporters, finding, importing
from labapp.knowledge.import_plans import ImportReport
from labapp.knowledge.importers.mapping import read_mapping
from labapp.knowledge.models import Card
from labapp.search import evaluate as evaluation
from labapp.search import tasks as search_tasks
from labapp.search.encoders import load_encoder

commands = AppGroup("knowledge", help="Bring cards in and out, search them, and score the search.")
REFUSED = 1
MOST_HITS = 100
LANGUAGE = click.Choice(["nl", "en"])

Tell = Callable[[str, int, int], None]


@commands.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, type=click.Choice(list(importing.READERS)))
@click.option(
    "--mapping", "rules", type=click.Path(path_type=Path), help="For tables: YAML or JSON."
)
@click.option("--language", type=LANGUAGE, default="nl", help="Where the file says none.")
@click.option("--dated-on", type=click.DateTime(["%Y-%m-%d"]), help="The day of a WWC export.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--no-wait", is_flag=True, help="Leave the vectors to the worker.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.pass_context
def import_(
    context: click.Context,
    path: Path,
    *,
    form: str,
    rules: Path | None,
    language: str,
    dated_on: datetime | None,
    dry_run: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Import cards from PATH, all of them or none; for `wwc` the export's folder.

    With errors nothing is imported and the exit code is 1.
    """
    with _progress(quiet=as_json) as tell:
        try:
            report = importing.import_path(
                Actor.system(),
                path,
                format=form,
                language=language,
                mapping=read_mapping(rules) if rules else None,
                dated_on=dated_on.date() if dated_on else None,
                dry_run=dry_run,
                progress=tell,
            )
        except InvalidError as error:
            report = ImportReport(errors=[Fault(0, "", str(error))])
        if report.batch and not no_wait:
            _embed(tell)
    click.echo(_as_json(report) if as_json else _as_words(report, dry_run=dry_run))
    if report.errors:
        context.exit(REFUSED)


@commands.command()
@click.argument("batch")
@click.option("--json", "as_json", is_flag=True)
@click.option("--no-wait", is_flag=True, help="Leave the vectors to the worker.")
def undo(batch: str, *, as_json: bool, no_wait: bool) -> None:
    """Undo the import BATCH: put back what it updated, take away what it created."""
    undone = batches.undo_batch(Actor.system(), batch)
    created, updated = undone.created, undone.updated
    if updated and not no_wait:
        with _progress(quiet=as_json) as tell:
            _embed(tell)
    if as_json:
        click.echo(json.dumps({"batch": batch, "removed": created, "restored": updated}))
        return
    click.echo(f"{created} cards taken away, {updated} put back as they were")


@commands.command()
@click.option("--format", "form", required=True, type=click.Choice(list(exporters.FORMATS)))
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Else the screen.")
def export(form: str, output: Path | None) -> None:
    """Write every card, drafts too, to a file or the screen."""
    with current_app.test_request_context(base_url=current_app.config["BASE_URL"]):
        pieces = exporters.export_cards(Actor.system(), form, _address)
        if output is None:
            for piece in pieces:
                click.echo(piece, nl=False)
            return
        _write(output, pieces)


@commands.command()
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, MOST_HITS), default=10, show_default=True)
@click.option("--language", type=LANGUAGE, help="Only cards in this language.")
@click.option("--json", "as_json", is_flag=True)
def search(question: str, *, limit: int, language: str | None, as_json: bool) -> None:
    """Search the cards as the platform itself may see them, with the parts of each score."""
    filters = {"language": (language,)} if language else {}
    query = finding.CardQuery(text=question, filters=filters, per_page=limit)
    found = finding.search_cards(Actor.system(), query, explain=True)
    rows: list[dict[str, Any]] = [
        {
            "id": one.card.id,
            "external_id": one.card.external_id,
            "title": one.card.title,
            "language": one.card.language,
            "passage": one.hit.passage,
            "score": one.hit.score,
            "parts": dict(one.hit.parts),
        }
        for one in found.items
    ]
    if not found.results.meaning_available:
        click.echo("The model is out of order: only words were compared.", err=True)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for place, row in enumerate(rows, start=1):
        parts = ", ".join(f"{name} {value:.3f}" for name, value in row["parts"].items())
        click.echo(f"{place:3} {row['title']} [{row['language']}] {row['external_id']}")
        click.echo(f"    {row['score']:.3f} = {parts}\n    {row['passage'][:300]}")
    click.echo(f"{found.total} cards found")


@commands.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR [DIR ...]", type=click.Path(
    exists=True, file_okay=False, path_type=Path))  # fmt: skip
@click.option("--separate", is_flag=True, help="Score each folder alone, not mixed.")
@click.option("--json", "as_json", is_flag=True)
def evaluate(folders: tuple[Path, ...], *, separate: bool, as_json: bool) -> None:
    """Score the ranking on folders with corpus.jsonl, queries.jsonl and qrels.tsv."""
    encoder = load_encoder(current_app.config["EMBEDDING_MODEL"], _instance())
    with _progress(quiet=as_json) as tell:
        scored = evaluation.evaluate(
            folders,
            encoder=encoder,
            separate=separate,
            progress=lambda done, total: tell("Passages", done, total),
        )
    if as_json:
        click.echo(json.dumps(scored, ensure_ascii=False))
        return
    for name, legs in scored["datasets"].items():
        for leg, figures in legs.items():
            line = "  ".join(f"{figure} {value:.4f}" for figure, value in figures.items())
            click.echo(f"{name:24} {leg:8} {line}")
    click.echo(f"model: {scored['model']}")


def _instance() -> Path:
    return Path(current_app.config["INSTANCE"])


def _address(card: Card) -> str:
    return url_for("cards.show_card", card_id=card.id, _external=True)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Tell]:
    """Show a bar for each stage on the error stream, where a person looks at it."""
    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield tell


def _embed(tell: Tell) -> None:
    """Make the vectors at once; where the model is out of order a job does it later."""
    try:
        search_tasks.embed_now(lambda done, total: tell("Vectors", done, total))
    except UnavailableError as error:
        click.echo(f"The vectors are made later: {error}", err=True)


def _as_json(report: ImportReport) -> str:
    errors = [
        {"row": fault.row, "column": fault.column, "message": fault.message}
        for fault in report.errors
    ]
    counts = {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "errors": errors,
        "batch": report.batch,
    }
    return json.dumps(counts, ensure_ascii=False)


def _as_words(report: ImportReport, *, dry_run: bool) -> str:
    if report.errors:
        lines = [
            f"row {fault.row}, column {fault.column or '-'}: {fault.message}"
            for fault in report.errors
        ]
        return "\n".join([*lines, "Nothing was imported."])
    done = "would be " if dry_run else ""
    counts = (
        f"{done}created: {report.created}, {done}updated: {report.updated} (of which drafts that "
        f"wait for a writer and a reviewer: {report.drafts}), unchanged: {report.unchanged}"
    )
    lines = [*report.notes, counts]
    if report.batch:
        lines.append(f"Undo with: labapp knowledge undo {report.batch}")
    return "\n".join(lines)


def _write(output: Path, pieces: Iterator[str]) -> None:
    """Write a file whole or not at all."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=output.parent, delete=False
    ) as stream:
        try:
            stream.writelines(pieces)
        except BaseException:
            Path(stream.name).unlink()
            raise
    Path(stream.name).chmod(0o666 & ~_umask())
    Path(stream.name).replace(output)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
