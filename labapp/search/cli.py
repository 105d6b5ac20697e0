"""labapp search ..."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from labapp.search import embedding, encoders, model, rebuilding, runtime
from labapp.search import status as statuses

commands = AppGroup("search", help="Look after the search: model and index.")
console = Console(stderr=True)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def status(*, as_json: bool) -> None:
    """Print what is in the index, what waits, and which model it is of."""
    found = statuses.report(runtime.current())
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {number}" for key, number in value.items())  # noqa: PLW2901
        click.echo(f"{name.replace('_', ' ')}: {_words(value)}")
    if found["needs_rebuild"]:
        click.echo("The index is of another model or version: run `labapp search rebuild`.")


@commands.command()
@click.option("--again", is_flag=True, help="Encode every text again, also those that are known.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def rebuild(*, again: bool, as_json: bool) -> None:
    """Make the index anew beside the one in use, check it, and search it from then on.

    Searching goes on meanwhile. When it is stopped, the next time it goes on where it was.
    """
    with _bar("Vectors") as progress:
        done = rebuilding.rebuild(runtime.current(), again=again, progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(
        f"generation {done.generation}: {done.objects} objects, {done.passages} passages, "
        f"checksum {done.checksum[:16]}"
    )


@commands.command()
@click.option("--force", is_flag=True, help="Make it again, also when it is there.")
def prepare(*, force: bool) -> None:
    """Make the embedding model ready for use."""
    here = runtime.current()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("model", total=1.0)
        model.prepare(
            here.model,
            here.instance,
            force=force,
            progress=lambda words, share: bar.update(task, description=words, completed=share),
        )
    encoders.forget_encoders()
    click.echo(f"{here.encoder().name} is ready")


@contextmanager
def _bar(words: str) -> Iterator[embedding.Progress]:
    """A progress bar, where somebody is looking."""
    with Progress(
        TextColumn(words),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
