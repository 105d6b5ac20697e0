"""labapp subsidy hours ...: hours from a file."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from labapp.accounts.actors import Actor
from labapp.subsidy.hour_imports import HourReport, import_hours

commands = AppGroup("hours", help="Hours of people.")
REFUSED = 1


@commands.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would be saved, and save nothing.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.pass_context
def import_(context: click.Context, path: Path, *, dry_run: bool, as_json: bool) -> None:
    """Take the hours of PATH in (CSV or XLSX), all of them or none.

    Columns: persoon (P000012 or e-mail), vestiging (BRIN and two digits), regeling, activiteit,
    datum, uren or minuten (or begin and eind), and if need be versie, omschrijving, document,
    reden, external_id. English names work too. With errors the exit code is 1.
    """
    report = import_hours(Actor.system(), path, dry_run=dry_run)
    click.echo(_as_json(report) if as_json else _as_words(report, dry_run=dry_run))
    if report.faults:
        context.exit(REFUSED)


def _as_json(report: HourReport) -> str:
    errors = [{"row": f.row, "column": f.column, "message": f.message} for f in report.faults]
    return json.dumps(
        {"created": report.created, "known": report.known, "errors": errors}, ensure_ascii=False
    )


def _as_words(report: HourReport, *, dry_run: bool) -> str:
    if report.faults:
        lines = [f"row {f.row}, column {f.column or '-'}: {f.message}" for f in report.faults]
        return "\n".join([*lines, "Nothing was saved."])
    done = "would be saved" if dry_run else "saved"
    return f"{done}: {report.created}, known already: {report.known}"
