"""Cards as Markdown with front matter: one file, or a folder of them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from labapp.foreign_files import MEGABYTE, Fault, UnreadableError, files_of, read_text
from labapp.i18n import gettext as _
from labapp.knowledge.importers.cell_values import LISTS
from labapp.knowledge.importers.records import Found, Options, Record

FENCE = "---"
LARGEST_CARD = MEGABYTE
IGNORED = ("id", "external_id", "status")


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast
DEEPEST = 20


def read(path: Path, options: Options) -> Iterator[Found]:
    """Give a record for each file; the row of a fault is the line in the file."""
    for file in files_of(path, ".md", ".markdown"):
        try:
            yield _record(file, options)
        except UnreadableError as error:
            yield Fault(error.fault.row, file.name, str(error))


def _record(file: Path, options: Options) -> Record:
    front, body = _split(read_text(file, LARGEST_CARD))
    try:
        content = _load(front)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or str(error)
        raise UnreadableError(
            _("De gegevens boven de tekst zijn geen geldige YAML: %(words)s", words=words),
            row=mark.line + 2 if mark else 1,
        ) from error
    if not isinstance(content, dict):
        raise UnreadableError(_("Zet boven de tekst de gegevens van de kaart."), row=1)
    content = {str(name): plain(value) for name, value in content.items()}
    content |= {name: [content[name]] for name in LISTS if isinstance(content.get(name), str)}
    external_id = content.get("id") or content.get("external_id") or file.stem
    return Record(
        row=1,
        external_id=str(external_id),
        content={"language": options.language}
        | {name: value for name, value in content.items() if name not in IGNORED}
        | {"body": body},
        columns={"": file.name},
    )


def _load(text: str) -> Any:
    """Read YAML without aliases: a few lines of them can stand for gigabytes."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError("nested too deep")
    return yaml.load(text, Loader=LOADER)  # noqa: S506  # a safe loader


def _split(text: str) -> tuple[str, str]:
    lines = text.lstrip("\ufeff").split("\n")
    if lines[0].rstrip() != FENCE:
        raise UnreadableError(
            _("Begin met een regel --- en daaronder de gegevens van de kaart."), row=1
        )
    for place, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:place]), "\n".join(lines[place + 1 :]).strip()
    raise UnreadableError(_("De gegevens boven de tekst eindigen niet met een regel ---."), row=1)


def plain(value: Any) -> Any:
    """Give a value of YAML as JSON has it: days as ISO text."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
