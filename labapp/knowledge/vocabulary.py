"""The controlled words of the knowledge base, in both languages: themes, subjects, outcomes.

They are data: `seeds/themes.yaml` and `seeds/vocabulary.yaml`, shipped with the package.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from labapp.errors import UnavailableError

PACKAGED = Path(__file__).parent.parent / "seeds"
IN_CHECKOUT = Path(__file__).parents[2] / "seeds"
SECTORS = ("po", "vo", "so")
SUBJECTS = (
    "dutch",
    "english",
    "modern-languages",
    "mathematics",
    "science",
    "humanities",
    "arts",
    "physical-education",
    "technology",
    "citizenship",
    "cross-curricular",
)


def seeds_folder() -> Path:
    """Give the folder of seeds: beside the package in a checkout, inside it when installed."""
    return IN_CHECKOUT if IN_CHECKOUT.is_dir() else PACKAGED


@cache
def read(name: str) -> Any:
    """Give the contents of a YAML file of the seeds, read once in a process."""
    path = seeds_folder() / name
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UnavailableError(f"{path.name} cannot be read: {error}") from error


def themes() -> dict[str, dict[str, str]]:
    """Give the themes by slug: {slug: {nl, en, description_nl, description_en}}."""
    return {row["slug"]: row for row in read("themes.yaml")}


def outcomes() -> dict[str, dict[str, Any]]:
    """Give the outcomes by slug: {slug: {nl, en, nl_words}}."""
    rows: dict[str, dict[str, Any]] = read("vocabulary.yaml")["outcomes"]
    return rows


def subjects() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = read("vocabulary.yaml")["subjects"]
    return rows


def sectors() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = read("vocabulary.yaml")["sectors"]
    return rows


def kinds() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = read("vocabulary.yaml")["kinds"]
    return rows


def label(facet: str, value: str, language: str = "nl") -> str:
    """Give the word for a value of a facet in a language; the value itself where none is known."""
    tables = {
        "theme": themes,
        "outcome": outcomes,
        "subject": subjects,
        "sector": sectors,
        "kind": kinds,
    }
    if facet == "language":
        return {"nl": {"nl": "Nederlands", "en": "Engels"}, "en": {"nl": "Dutch", "en": "English"}}[
            language
        ].get(value, value)
    row = tables[facet]().get(value, {}) if facet in tables else {}
    return str(row.get(language, value))
