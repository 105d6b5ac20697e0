"""The list of files in a download with the hash of each, and the zip that holds them.

A zip carries no time of making: the same files give the same bytes.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16
UNIX = 3
PIECE = 1024 * 1024


@dataclass(frozen=True)
class File:
    """A file that was made: its name in the download, where it is, and its hash."""

    name: str
    path: Path
    sha256: str
    size: int

    @classmethod
    def of(cls, name: str, path: Path) -> "File":
        return cls(name, path, sha256_of(path), path.stat().st_size)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_of(files: Iterable[File], **about: Any) -> bytes:
    """Give the list as JSON; names in order, so that it too is the same each time."""
    listed = [
        {"name": file.name, "size": file.size, "sha256": file.sha256}
        for file in sorted(files, key=lambda file: file.name)
    ]
    text = json.dumps({**about, "files": listed}, indent=1, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def write_zip(target: Path, files: Iterable[File], manifest: bytes) -> None:
    """Write the files and their manifest in one zip, in constant memory."""
    with zipfile.ZipFile(target, "w", allowZip64=True) as archive:
        for file in sorted(files, key=lambda file: file.name):
            entry = _entry(file.name)
            entry.file_size = file.size
            with archive.open(entry, "w") as place, file.path.open("rb") as source:
                shutil.copyfileobj(source, place, PIECE)
        archive.writestr(_entry(MANIFEST), manifest)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = UNIX
    entry.external_attr = READABLE
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
