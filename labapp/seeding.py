"""What a fresh installation starts with: the cards in `seeds/`, and in a demonstration people."""

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

PASSWORD = "labapp-demo"  # noqa: S105  # printed on the screen of every demonstration
LANGUAGES = ("nl", "en")
Progress = Callable[[str, int, int], None]


@dataclass
class Report:
    """What seeding added."""

    created: int = 0
    updated: int = 0
    people: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.people)

    @property
    def words(self) -> str:
        return f"{self.created} cards new, {self.updated} updated, {self.people} people new"


def seed_all(progress: Progress | None = None) -> Report:
    """Load the seeds; loading them again changes nothing."""
    report = Report()
    for language in LANGUAGES:
        folder = seeds_folder() / "cards" / language
        done = importing.import_path(
            Actor.system(), folder, format="markdown", language=language, progress=progress
        )
        done.raise_errors()
        report.created += done.created
        report.updated += done.updated
    if current_app.config["DEMO"]:
        loaded = scenarios.load_scenario(
            scenarios.read_scenario(seeds_folder() / "demo.yaml"), password=PASSWORD
        )
        report.people += loaded.people
    return report


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
    """Load the seeds, or a scenario (PATH.yaml) with organisations and people."""
    if path is None:
        click.echo(seed_all().words)
        return
    loaded = scenarios.load_scenario(scenarios.read_scenario(path), password=password)
    click.echo(
        f"{loaded.organisations} organisations, {loaded.people} people and "
        f"{loaded.affiliations} affiliations new"
    )
