"""labapp subsidy schemes ...: take schemes over from YAML, and write them out."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import NotFoundError
from labapp.subsidy import scheme_files, schemes

commands = AppGroup("schemes", help="Schemes as YAML files: see labapp/subsidy/scheme_files.py.")


@commands.command("import")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def import_(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Take over the schemes of PATHS, all or nothing; again changes nothing."""
    total = scheme_files.Taken()
    with transaction():
        for path in paths:
            taken = scheme_files.import_schemes(Actor.system(), path.read_bytes())
            total.created += taken.created
            total.updated += taken.updated
            total.unchanged += taken.unchanged
    if as_json:
        click.echo(json.dumps(vars(total)))
        return
    click.echo(
        f"{total.created} versions new, {total.updated} updated, {total.unchanged} unchanged"
    )


@commands.command()
@click.argument("codes", nargs=-1)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Else the screen.")
def export(codes: tuple[str, ...], output: Path | None) -> None:
    """Write the schemes with these CODES, or all of them."""
    found = schemes.list_schemes(Actor.system())
    missing = set(codes) - {scheme.code for scheme in found}
    if missing:
        raise NotFoundError(f"there is no scheme {', '.join(sorted(missing))}")
    chosen = [scheme for scheme in found if not codes or scheme.code in codes]
    text = scheme_files.export_schemes(Actor.system(), chosen)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, "utf-8")
