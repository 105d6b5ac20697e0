"""labapp subsidy ...: schemes, hours, claims, reconciliation and dossiers for administrators."""

from flask.cli import AppGroup

from labapp.subsidy import scheme_cli

commands = AppGroup("subsidy", help="Hours, declarations, claims and payments.")
commands.add_command(scheme_cli.commands)
