"""The archive of a lab as one ZIP that is sent while it is made: JSON, a readable page, files."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import NotFoundError
from labapp.files import services as files
from labapp.files.models import StoredFile
from labapp.labs.lab_archive import list_files, read_lab
from labapp.labs.lab_archive_page import write_page
from labapp.labs.lab_models import Lab

PIECE = 256 * 1024


class _Sink:
    """A file that hands on what was written and keeps nothing."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: every piece is handed on anyway."""

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def take(self) -> bytes:
        found, self.pieces = b"".join(self.pieces), []
        return found


def stream_archive(actor: Actor, lab: Lab) -> Iterator[bytes]:
    """Give the archive piece by piece: all that this actor may read, at this moment.

    What is in it is read before the first piece; the bytes of files are read while they go out. A
    file whose bytes are gone is named in `lab.json` under `missing_files`.
    """
    content = read_lab(actor, lab)
    attachments = list_files(actor, lab)
    entries = [
        (f"files/{one.id}-{one.file.name or 'bestand'}", one.title, one.file) for one in attachments
    ]
    content["files"] = [
        {"path": path, "title": title, "media_type": file.media_type, "size": file.size}
        for path, title, file in entries
    ]
    with transaction():
        audit.record(actor.id, "labs.exported", lab, on_behalf_of=actor.acting_for_id)
    return _pieces(content, [(path, file) for path, _title, file in entries])


def write_archive(actor: Actor, lab: Lab, target: Path) -> None:
    """Write the archive to a file."""
    with target.open("wb") as place:
        for piece in stream_archive(actor, lab):
            place.write(piece)


def _pieces(content: dict[str, Any], entries: list[tuple[str, StoredFile]]) -> Iterator[bytes]:
    sink = _Sink()
    missing = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", write_page(content))
        yield sink.take()
        for path, file in entries:
            try:
                source = files.open_file(file)
            except (NotFoundError, OSError):
                missing.append(path)
                continue
            with source:
                yield from _copy(archive, sink, path, source)
        text = json.dumps({**content, "missing_files": missing}, ensure_ascii=False, indent=1)
        archive.writestr("lab.json", text)
        yield sink.take()
    yield sink.take()


def _copy(archive: zipfile.ZipFile, sink: _Sink, path: str, source: IO[bytes]) -> Iterator[bytes]:
    with archive.open(path, "w", force_zip64=True) as place:
        while piece := source.read(PIECE):
            place.write(piece)
            yield sink.take()
    yield sink.take()
