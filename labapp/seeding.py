"""What a fresh installation starts with: cards, schemes, rules; in a demonstration people too."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from labapp.accounts import scenarios
from labapp.accounts.actors import Actor
from labapp.knowledge import importing
from labapp.knowledge.vocabulary import seeds_folder
from labapp.labs import rules
from labapp.labs import scenario_labs as labs_scenarios  # noqa: F401  # registers its steps
from labapp.labs import scenario_rounds as rounds_scenarios  # noqa: F401
from labapp.subsidy import scenarios as subsidy_scenarios  # noqa: F401  # registers its lists
from labapp.subsidy import scheme_files, schemes

PASSWORD = "labapp-demo"  # noqa: S105  # printed on the screen of every demonstration
LANGUAGES = ("nl", "en")
DEMO_FILES = "demo*.yaml"  # by name: people, their hours, their labs
DEMO_PREFIX = "demo-"  # of a scheme that does not exist
Progress = Callable[[str, int, int], None]


@dataclass
class Report:
    """What seeding added."""

    created: int = 0
    updated: int = 0
    people: int = 0
    schemes: int = 0
    months: int = 0
    rules: int = 0

    @property
    def changed(self) -> bool:
        return any(vars(self).values())

    @property
    def words(self) -> str:
        return (
            f"{self.created} cards new, {self.updated} updated, {self.people} people new, "
            f"{self.schemes} schemes new, {self.months} months of hours new, {self.rules} rules new"
        )


def seed_all(progress: Progress | None = None) -> Report:
    """Load the seeds; loading them again changes nothing."""
    report = Report()
    for language in LANGUAGES:
        folder = seeds_folder() / "cards" / language
        done = importing.import_path(
            Actor.system(),
            folder,
            format="markdown",
            language=language,
            origin=f"labapp seeds/cards/{language}",
            progress=progress,
        )
        done.raise_errors()
        report.created += done.created
        report.updated += done.updated
    _seed_schemes(report, demo=current_app.config["DEMO"])
    _seed_rules(report, demo=current_app.config["DEMO"])
    if current_app.config["DEMO"]:
        for path in sorted(seeds_folder().glob(DEMO_FILES)):
            loaded = _load(path, PASSWORD, until_today=True)
            report.people += loaded.people
            report.months += loaded.more.get("hours", 0)
    return report


def _seed_schemes(report: Report, *, demo: bool) -> None:
    """Bring schemes that are not there yet: what the office changed since is theirs."""
    known = {scheme.code for scheme in schemes.list_schemes(Actor.system())}
    for path in sorted((seeds_folder() / "schemes").glob("*.yaml")):
        if path.name.startswith(DEMO_PREFIX) and not demo:
            continue
        if not known & scheme_files.codes_in(path.read_bytes()):
            report.schemes += scheme_files.import_schemes(Actor.system(), path.read_bytes()).created


def _seed_rules(report: Report, *, demo: bool) -> None:
    """Bring rules of the programme that are not there yet; what the office changed stays."""
    for path in sorted(seeds_folder().glob("programme_rules*.yaml")):
        if demo or not path.stem.endswith("demo"):
            report.rules += rules.import_rules(Actor.system(), path.read_bytes())


def _load(path: Path, password: str, *, until_today: bool = False) -> scenarios.Loaded:
    is_trial = bool(current_app.config["DEMO"] or current_app.config.get("TESTING"))
    return scenarios.load_scenario(
        scenarios.read_scenario(path),
        password=password,
        is_trial=is_trial,
        until_today=until_today,
    )


def demo_logins() -> str:
    """Give the demo logins, one for each role, as they are printed on the screen."""
    people = scenarios.read_scenario(seeds_folder() / "demo.yaml")["people"]
    lines = [f"Demo logins (password: {PASSWORD})"]
    for person in people:
        roles = ", ".join(place["role"] for place in person["affiliations"])
        lines.append(f"  {person['email']:28} {roles}")
    return "\n".join(lines)


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--password", default=PASSWORD, help="Password of the people of a scenario.")
@with_appcontext
def seed(path: Path | None, password: str) -> None:
    """Load the seeds, or a scenario (PATH.yaml): see labapp/accounts/scenarios.py.

    A scenario has organisations, people, schemes, participations, grants and hours.
    """
    if path is None:
        click.echo(seed_all().words)
        return
    loaded = _load(path, password)
    more = "".join(f", {count} {name}" for name, count in loaded.more.items())
    click.echo(
        f"{loaded.organisations} organisations, {loaded.people} people and "
        f"{loaded.affiliations} affiliations new{more}"
    )
