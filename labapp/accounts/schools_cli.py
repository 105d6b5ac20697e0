"""labapp schools ..."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import Progress

from labapp.accounts.actors import Actor
from labapp.accounts.schools_files import Problem, read_path
from labapp.accounts.schools_import import Report, import_schools
from labapp.errors import InvalidError

commands = AppGroup("schools", help="Look after the list of schools.")
REFUSED = 1


@commands.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--complete", is_flag=True, help="Close open schools that are not in the files.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.pass_context
def import_(
    context: click.Context, path: Path, *, dry_run: bool, complete: bool, as_json: bool
) -> None:
    """Import DUO's schools: a csv file, or a folder with po.csv and vo.csv.

    Columns: brin6, naam, gemeente, postcode, soort. Errors: nothing is imported, exit 1.
    """
    console = Console(stderr=True, quiet=as_json)
    try:
        contents = read_path(path)
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("Schools")
            report = import_schools(
                Actor.system(),
                contents,
                complete=complete,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except InvalidError as error:
        if not as_json:
            raise
        report = Report(errors=[Problem(0, "", str(error))])
    click.echo(_as_json(report) if as_json else _as_words(report, dry_run=dry_run))
    if report.errors:
        context.exit(REFUSED)


def _as_json(report: Report) -> str:
    errors = [{"row": p.row, "column": p.column, "message": _located(p)} for p in report.errors]
    return json.dumps(
        {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "errors": errors,
            "batch": report.batch,
        },
        ensure_ascii=False,
    )


def _as_words(report: Report, *, dry_run: bool) -> str:
    if report.errors:
        lines = [f"row {p.row}, column {p.column or '-'}: {_located(p)}" for p in report.errors]
        return "\n".join([*lines, "Nothing was imported."])
    done = "would be " if dry_run else ""
    counts = f"{done}created: {report.created}, {done}updated: {report.updated}"
    lines = [f"{counts} (of which closed: {report.closed}), unchanged: {report.unchanged}"]
    if report.missing:
        lines.append(f"{report.missing} open schools are not in the files; --complete closes them.")
    return "\n".join(lines)


def _located(problem: Problem) -> str:
    return f"{problem.file}: {problem.message}" if problem.file else problem.message
