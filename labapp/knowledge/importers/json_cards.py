"""Cards as our own export writes them in JSON: nothing is lost on the way back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labapp.foreign_files import Fault, UnreadableError, read_text
from labapp.i18n import gettext as _
from labapp.knowledge.importers.records import Found, Options, Record

LARGEST = 200 * 1024 * 1024
STATUSES = {
    "draft": "draft",
    "in_review": "draft",
    "published": "published",
    "outdated": "outdated",
}


def read(path: Path, options: Options) -> Iterator[Found]:
    """Give a record for each card; the row of a fault is the place of the card in the list."""
    whole = load(path)
    rows = whole.get("cards") if isinstance(whole, dict) else whole
    if not isinstance(rows, list):
        raise UnreadableError(_("Hier hoort een lijst van kaarten."))
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("external_id"), str):
            yield Fault(place, "external_id", _("Dit ontbreekt."))
            continue
        content = {name: value for name, value in row.items() if name != "external_id"}
        status = STATUSES.get(str(content.pop("status", "")))
        yield Record(
            place, row["external_id"], {"language": options.language} | content, status=status
        )


def load(path: Path) -> Any:
    """Give what a JSON file holds; what is wrong in it is said with its line."""
    try:
        return json.loads(read_text(path, LARGEST))
    except json.JSONDecodeError as error:
        raise UnreadableError(
            _("Dit is geen geldige JSON: %(words)s.", words=error.msg), row=error.lineno
        ) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableError(_("Deze JSON is te diep of heeft een te groot getal.")) from error
