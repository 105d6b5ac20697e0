"""labapp labs ...: archives of labs, and the rules of the programme."""

from pathlib import Path

import click
from flask.cli import AppGroup

from labapp.accounts.actors import Actor
from labapp.labs import lab_archive_zip, labs, rules

commands = AppGroup("labs", help="Archives of labs; rules of the programme.")


@commands.command("export")
@click.argument("lab_id", type=int, metavar="ID")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export_lab(lab_id: int, path: Path) -> None:
    """Write all that is in lab ID to PATH as a ZIP: JSON, a readable page and the files."""
    actor = Actor.system()
    lab_archive_zip.write_archive(actor, labs.get_lab(actor, lab_id), path)
    click.echo(f"{path}: {path.stat().st_size} bytes")


@commands.command("rules")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_rules(path: Path) -> None:
    """Add the programme rules of a YAML file that are not there yet (see seeds/)."""
    count = rules.import_rules(Actor.system(), path.read_bytes())
    click.echo(f"{count} rules new")
