"""The English catalogue: merge its parts, compile it, and say what has no translation yet.

Message ids are Dutch, so Dutch needs no catalogue. Each part of the application keeps its own
English in ``translations/parts/<part>.po``. The build hook runs this file on its own: it imports
Babel only.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent
TRANSLATIONS = PACKAGE / "translations"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]


def compile_catalogues(folder: Path = TRANSLATIONS) -> Catalog:
    """Merge the parts into messages.po and messages.mo; the first part wins where two differ."""
    merged = Catalog(locale="en", project="labapp", fuzzy=False)
    for _, part in _read_parts(folder):
        for message in part:
            if message.id and message.string and message.id not in merged:
                merged.add(message.id, message.string, flags=message.flags, context=message.context)
    target = folder / "en" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    _replace(target / "messages.po", lambda file: write_po(file, merged, sort_output=True))
    _replace(target / "messages.mo", lambda file: write_mo(file, merged))
    return merged


def is_stale(folder: Path = TRANSLATIONS) -> bool:
    """Whether a part changed after the catalogue was compiled."""
    compiled = folder / "en" / "LC_MESSAGES" / "messages.mo"
    newest = max((path.stat().st_mtime for path in (folder / "parts").glob("*.po")), default=0.0)
    return not compiled.exists() or compiled.stat().st_mtime < newest


def used_messages(package: Path = PACKAGE) -> dict[str, list[str]]:
    """Every message id in code and templates, with the places where it stands."""
    places: dict[str, list[str]] = {}
    found = extract_from_dir(package, METHODS, keywords=KEYWORDS)
    for filename, line, message, _comments, _context in found:
        singular = message[0] if isinstance(message, tuple) else message
        if singular:
            places.setdefault(singular, []).append(f"{filename}:{line}")
    return places


def problems(package: Path = PACKAGE) -> dict[str, list[str]]:
    """What a translator must look at: no English, no use, two parts that say different things."""
    known: dict[str, tuple[str, object]] = {}
    differing = []
    for name, part in _read_parts(package / "translations"):
        for message in part:
            if not message.id or not _is_complete(message.string):
                continue
            key = _singular(message.id)
            if key in known and known[key][1] != message.string:
                differing.append(f"{key} ({known[key][0]}, {name})")
            known.setdefault(key, (name, message.string))
    used = used_messages(package)
    return {
        "untranslated": sorted(f"{key} ({used[key][0]})" for key in used.keys() - known.keys()),
        "unused": sorted(known.keys() - used.keys()),
        "differing": sorted(differing),
    }


def _read_parts(folder: Path) -> Iterator[tuple[str, Catalog]]:
    for path in sorted((folder / "parts").glob("*.po")):
        with path.open("rb") as file:
            yield path.stem, read_po(file, locale="en")


def _singular(message_id: str | list[str] | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _is_complete(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def _replace(path: Path, write: object) -> None:
    """Write beside the file and move it there, so that no reader meets half a catalogue."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write(file)  # type: ignore[operator]
    draft.replace(path)


def main() -> int:
    """Compile, then report (``python -m labapp.messages [--json]``); exit 1 when English lacks."""
    compile_catalogues()
    found = problems()
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    else:
        for kind, messages in found.items():
            sys.stdout.write(f"{kind}: {len(messages)}\n")
            sys.stdout.writelines(f"  {message}\n" for message in messages)
    return 1 if found["untranslated"] or found["differing"] else 0


if __name__ == "__main__":
    sys.exit(main())
