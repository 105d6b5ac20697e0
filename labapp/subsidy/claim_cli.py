"""labapp subsidy claims list"""

import json

import click

from labapp.accounts.models import Organisation
from labapp.database import db
from labapp.subsidy import claims
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.money import decimal_text

STATES = click.Choice([state.value for state in ClaimState])


@click.command("list")
@click.option("--state", type=STATES, help="Only claims in this state.")
@click.option("--scheme", help="Only of the scheme with this code.")
@click.option("--year", type=int, help="Only of the school year that begins in this year.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line.")
def list_claims(state: str | None, scheme: str | None, year: int | None, *, as_json: bool) -> None:
    """List submitted claims, the oldest first, with what was asked and granted."""
    for claim in claims.list_all(
        states=[ClaimState(state)] if state else [], scheme=scheme, school_year=year
    ):
        click.echo(_as_json(claim) if as_json else _as_words(claim))


def _as_json(claim: Claim) -> str:
    branch = db.session.get_one(Organisation, claim.organisation_id)
    values = {
        "id": claim.id,
        "number": claim.number,
        "state": claim.state.value,
        "kind": claim.kind.value,
        "brin6": branch.brin6,
        "total_cents": claim.total_cents,
        "granted_cents": claim.granted_cents,
        "sha256": claim.snapshot.sha256 if claim.snapshot else None,
    }
    return json.dumps(values, ensure_ascii=False)


def _as_words(claim: Claim) -> str:
    granted = "-" if claim.granted_cents is None else decimal_text(claim.granted_cents)
    branch = db.session.get_one(Organisation, claim.organisation_id)
    return (
        f"{claim.number or '-':24} {claim.state.value:10} {branch.brin6 or '':6}"
        f" {decimal_text(claim.total_cents):>14} {granted:>14}"
    )
