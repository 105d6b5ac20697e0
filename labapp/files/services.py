"""Receiving files, keeping them, and letting go of those that nobody uses.

Whoever uses a file asks who may; here nobody is asked. A service that takes a file does

    with files.received(stream, name) as upload:      # in a temporary file, checked
        ...                                           # look into upload.path, and perhaps refuse
        with transaction():
            stored = files.keep(upload, uploaded_by_id=actor.id)
"""

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import Column, and_, delete, exists, select, update

from labapp.clock import now
from labapp.database import Model, db, transaction
from labapp.errors import NotFoundError
from labapp.files import checking
from labapp.files.models import StoredFile
from labapp.files.names import safe_name, suffix_of
from labapp.files.storage import MEGABYTE, chosen, storage
from labapp.i18n import gettext as _

CHUNK = 256 * 1024
UNUSED = timedelta(days=1)
KEEP_REMOVED = timedelta(days=30)
BATCH = 500


@dataclass(frozen=True)
class Upload:
    """A file that was received and checked; it is gone at the end of the block."""

    path: Path
    name: str
    media_type: str
    size: int
    sha256: str


@contextmanager
def received(stream: IO[bytes], name: str) -> Iterator[Upload]:
    """Receive a file, check it by its content and take out what a camera wrote in a picture.

    No more is read than may be kept. InvalidError, with words at `file`, says what is refused.
    """
    with TemporaryDirectory(prefix="labapp-") as folder:
        path = Path(folder, f"upload{suffix_of(name)}")  # who reads it may ask for its extension
        _receive(stream, path)
        kind = checking.check(path, name)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        yield Upload(path, safe_name(name), kind.media_type, path.stat().st_size, sha256)


def keep(upload: Upload, *, uploaded_by_id: int | None) -> StoredFile:
    """Keep a file in the caller's transaction; when that fails, its bytes are swept up later."""
    with upload.path.open("rb") as source:
        key = storage().put(source)
    with transaction() as session:
        file = StoredFile(
            key=key,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            sha256=upload.sha256,
            uploaded_by_id=uploaded_by_id,
        )
        session.add(file)
        session.flush()
        return file


def open_file(file: StoredFile) -> IO[bytes]:
    """Give the bytes; the caller closes them. A removed file is not found."""
    if file.key is None or file.removed_at is not None:
        raise NotFoundError(_("Dit bestand is er niet meer."))
    return storage().open(file.key)


def remove(file: StoredFile) -> None:
    """Remove a file in the caller's transaction: nobody opens it any more."""
    with transaction():
        file.removed_at = file.removed_at or now()


def sweep() -> int:
    """Let go of what was removed or is not used, and of bytes that no row knows; give how many.

    Bytes go last: what a killed process left behind is found the next time.
    """
    _forget_removed()
    _forget_unused()
    count = 0
    old = storage().old_keys(UNUSED)
    while batch := list(itertools.islice(old, BATCH)):
        known = set(db.session.scalars(select(StoredFile.key).where(StoredFile.key.in_(batch))))
        db.session.rollback()  # a look takes no lock
        for key in set(batch) - known:
            storage().delete(key)
            count += 1
    return count


def missing_files() -> list[str]:
    """Give the names of files whose bytes are not in the storage, for `labapp doctor`."""
    rows = db.session.execute(
        select(StoredFile.key, StoredFile.name).where(StoredFile.key.is_not(None))
    )
    present = set(storage().old_keys(timedelta(0)))
    return [name for key, name in rows if key and key not in present and not storage().exists(key)]


def _receive(stream: IO[bytes], path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > chosen.largest:
                most = chosen.largest // MEGABYTE
                raise checking.refusal(
                    _("Dit bestand is groter dan %(most)s MB. Maak het kleiner.", most=most)
                )
            file.write(chunk)


def _forget_removed() -> None:
    """Take key and name from what was removed a month ago: who pointed to it may still do so."""
    old = and_(StoredFile.removed_at < now() - KEEP_REMOVED, StoredFile.key.is_not(None))
    with transaction() as session:
        session.execute(update(StoredFile).where(old).values(key=None, name=""))


def _forget_unused() -> None:
    """Remove the rows that nobody points to and nobody will."""
    uses = [exists().where(column == StoredFile.id) for column in _references()]
    old = StoredFile.created_at < now() - UNUSED
    with transaction() as session:
        session.execute(delete(StoredFile).where(old, *[~use for use in uses]))


def _references() -> list[Column[Any]]:
    """Give the columns of all tables that point to a file, so that no user of files is named."""
    return [
        key.parent
        for table in Model.metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=str)
        if key.references(StoredFile.__table__)  # type: ignore[arg-type]
    ]
