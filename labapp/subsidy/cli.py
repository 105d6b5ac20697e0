"""labapp subsidy ...: schemes, hours, claims, reconciliation and dossiers for administrators."""

from flask.cli import AppGroup

commands = AppGroup("subsidy", help="Hours, declarations, claims and payments.")
