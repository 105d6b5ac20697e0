"""Whose work this platform stands on: browser assets and Python packages with their licences."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = "labapp"


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str
    homepage: str
    text: str


def browser_packages(static: Path) -> list[Package]:
    """What the build took from npm, from the list that it wrote."""
    listed = static / "vendor" / "licences.json"
    if not listed.exists():
        return []
    found = json.loads(listed.read_text(encoding="utf-8"))
    return [
        Package(name, entry["version"], entry["licence"], entry["homepage"], entry["text"])
        for name, entry in sorted(found.items())
    ]


@cache
def python_packages() -> tuple[Package, ...]:
    """What the platform needs at run time, and what that needs in turn."""
    waiting, seen = _needs(ROOT), dict[str, Package]()
    while waiting:
        name = waiting.pop()
        if name in seen or name == ROOT:
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform or an extra that is not installed
        seen[name] = _describe(found)
        waiting += _needs(name)
    return tuple(sorted(seen.values(), key=lambda package: package.name.lower()))


def own_version() -> str:
    try:
        return distribution(ROOT).version
    except PackageNotFoundError:
        return ""  # run from a folder, not installed


def _needs(name: str) -> list[str]:
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    wanted = [line for line in lines if "extra ==" not in line]
    return [_normal(re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0]) for line in wanted]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _describe(found: Distribution) -> Package:
    told = found.metadata
    return Package(
        name=told["Name"],
        version=found.version,
        licence=_licence(found),
        homepage=_homepage(found),
        text=_text(found),
    )


def _licence(found: Distribution) -> str:
    """The short name; old packages put a whole text, or a classifier, in its place."""
    told = found.metadata
    short = _one(found, "License-Expression")
    if short:
        return short
    classes = [
        line.rsplit(" :: ", 1)[-1]
        for line in told.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    written = _one(found, "License").strip()
    if classes:
        return ", ".join(classes)
    return written.splitlines()[0][:80] if written else ""


def _one(found: Distribution, field: str) -> str:
    values = found.metadata.get_all(field) or [""]
    return str(values[0])


def _homepage(found: Distribution) -> str:
    told = found.metadata
    pairs = [line.split(",", 1) for line in told.get_all("Project-URL") or [] if "," in line]
    urls = {label.strip().lower(): url.strip() for label, url in pairs}
    wanted = ("homepage", "source", "repository", "source code", "documentation")
    given = _one(found, "Home-page")
    url = given or next((urls[key] for key in wanted if key in urls), "")
    return url if url.startswith("https://") else ""


def _text(found: Distribution) -> str:
    for path in sorted(found.files or [], key=str):
        if path.name.lower().startswith(("license", "licence", "copying")) and path.suffix in {
            "", ".txt", ".md", ".rst",
        }:  # fmt: skip
            located = Path(str(path.locate()))
            if located.is_file():
                return located.read_text(encoding="utf-8", errors="replace")
    return ""
