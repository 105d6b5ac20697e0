"""labapp subsidy ...: schemes, hours, claims, reconciliation and dossiers for administrators."""

from flask.cli import AppGroup

from labapp.subsidy import claim_cli, export_cli, hour_cli, scheme_cli

commands = AppGroup("subsidy", help="Hours, declarations, claims and payments.")
commands.add_command(scheme_cli.commands)
commands.add_command(hour_cli.commands)
commands.add_command(export_cli.reconcile)
commands.add_command(export_cli.make_dossier)
commands.add_command(export_cli.shred)
claims = AppGroup("claims", help="Claims as they were submitted.")
claims.add_command(export_cli.export_claim)
claims.add_command(claim_cli.list_claims)
commands.add_command(claims)
