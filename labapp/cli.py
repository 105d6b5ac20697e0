"""The command `labapp`: everything an administrator does, each group in its own package."""

import sys
from typing import Any

import click
import structlog
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError

from labapp.app import create_app
from labapp.errors import InvalidError, LabappError, SettingError

log = structlog.get_logger()
MISUSED = 2
ADVICE = "`labapp db upgrade` makes an empty database, `labapp doctor` says more"


class Labapp(FlaskGroup):
    """The command's groups; a refusal is one sentence, never a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except InvalidError as error:
            words = [f"{name}: {said}" for name, saids in error.fields.items() for said in saids]
            raise click.ClickException("\n".join([str(error), *words])) from error
        except LabappError as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            log.debug("database.failed", exc_info=error)
            said = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(f"the database says: {said} ({ADVICE})") from error
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(place + (error.strerror or str(error))) from error


def main() -> None:
    """Run the command; wrong settings end it before anything starts."""
    try:
        app = create_app()
    except SettingError as error:
        click.echo(f"labapp: {error}", err=True)
        sys.exit(MISUSED)
    group = Labapp(
        name="labapp",
        create_app=lambda: app,
        add_default_commands=False,
        add_version_option=False,
        load_dotenv=False,
        help="Look after labapp. Settings come from LABAPP_* in the environment: see the README.",
    )
    group.main(prog_name="labapp", obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    main()
