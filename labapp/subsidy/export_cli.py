"""labapp subsidy reconcile|dossier|shred, labapp subsidy claims export."""

import json
import shutil
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy import select, true

from labapp.accounts.actors import Actor
from labapp.accounts.schools import find_by_code
from labapp.database import db
from labapp.errors import NotFoundError
from labapp.subsidy import reconciliation, retention
from labapp.subsidy.claim_models import Claim, ExportRecord
from labapp.subsidy.exports import claims, dossier, records
from labapp.subsidy.exports.formats import ALL, FORMATS
from labapp.subsidy.identities import Report
from labapp.subsidy.scheme_models import Scheme, SchemeVersion, VersionStatus

DIFFERS = 1
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--scheme", "code", help="Code of one scheme; else all.")
@click.option("--year", type=int, help="First year of one school year; else all.")
@click.option("--branches", is_flag=True, help="Also each branch apart.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def reconcile(
    context: click.Context, code: str | None, year: int | None, *, branches: bool, as_json: bool
) -> None:
    """Count all hours and money twice; exit 1 when anything differs."""
    reports = [
        report
        for version in _versions(code, year)
        for report in _reports(version, branches=branches)
    ]
    if as_json:
        click.echo(json.dumps([_as_json(report) for report in reports], ensure_ascii=False))
    else:
        for report in reports:
            _tell(report)
    if any(not report.holds for report in reports):
        context.exit(DIFFERS)


@click.command("dossier")
@click.argument("brin6")
@click.argument("school_year", type=click.IntRange(2000, 2199))
@click.option("--output", type=FOLDER, default=".", show_default=True)
def make_dossier(brin6: str, school_year: int, output: Path) -> None:
    """Write the sample dossier of branch BRIN6 (05AB00) in SCHOOL_YEAR (2026 is 2026-2027)."""
    branch = find_by_code(brin6)
    record = dossier.export_dossier(Actor.system(), branch.id, school_year, _instance())
    click.echo(_put(record, output))


@click.command("export")
@click.argument("number")
@click.option("--kind", "kinds", multiple=True, type=click.Choice([ALL, *FORMATS]), default=[ALL])
@click.option("--output", type=FOLDER, default=".", show_default=True)
@click.pass_context
def export_claim(context: click.Context, number: str, kinds: tuple[str, ...], output: Path) -> None:
    """Write claim NUMBER as a zip with its manifest; exit 1 when it differs from before."""
    claim_id = db.session.scalar(select(Claim.id).where(Claim.number == number))
    if claim_id is None:
        raise NotFoundError(f"There is no claim {number}.")
    made = claims.export_claim(Actor.system(), claim_id, _instance(), kinds)
    click.echo(_put(made.zip, output))
    if not made.matches_earlier:
        click.echo("This is NOT what was exported or submitted before.", err=True)
        context.exit(DIFFERS)


@click.command()
def shred() -> None:
    """Take the names out of claims whose years of keeping are over."""
    done = retention.shred_due(Actor.system(), _instance())
    for number in done:
        click.echo(number)
    click.echo(f"{len(done)} claims without names now")


def _versions(code: str | None, year: int | None) -> list[SchemeVersion]:
    found = (
        select(SchemeVersion)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(SchemeVersion.status != VersionStatus.DRAFT)
        .order_by(Scheme.code, SchemeVersion.school_year, SchemeVersion.number)
    )
    if code is not None:
        found = found.where(Scheme.code == code)
    if year is not None:
        found = found.where(SchemeVersion.school_year == year)
    versions = list(db.session.scalars(found).unique())
    if not versions and (code or year):
        raise NotFoundError("There is no such scheme version.")
    return versions


def _reports(version: SchemeVersion, *, branches: bool) -> list[Report]:
    found = [reconciliation.reconcile(version)]
    if branches:
        seen = reconciliation.branches_in(version, true())
        found += [reconciliation.reconcile(version, branch, deep=False) for branch in seen]
    return found


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "scheme": report.version.scheme.code,
        "version": report.version.number,
        "school_year": report.version.school_year,
        "branch": report.branch.brin6 if report.branch else None,
        "holds": report.holds,
        "identities": [
            {
                "code": one.code, "left": one.left, "right": one.right,
                "difference": one.difference, "unit": one.unit,
            }
            for one in report.identities
        ],
        "figures": report.figures,
    }  # fmt: skip


def _tell(report: Report) -> None:
    version = report.version
    where = report.branch.brin6 if report.branch else "all branches"
    outcome = "holds" if report.holds else "DIFFERS"
    name = f"{version.scheme.code} {version.school_year_label} version {version.number}"
    click.echo(f"{name}, {where}: {outcome}")
    for one in report.faults:
        click.echo(
            f"  {one.code}: {one.left} - {one.right} = {one.difference} {one.unit}", err=True
        )


def _put(record: ExportRecord, output: Path) -> str:
    output.mkdir(parents=True, exist_ok=True)
    target = output / record.file_name
    shutil.copyfile(_instance() / records.FOLDER / record.sha256, target)
    return f"{target} {record.sha256}"


def _instance() -> Path:
    return Path(current_app.config["INSTANCE"])
