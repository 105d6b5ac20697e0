"""Where the bytes of files are: a folder or a bucket, chosen once at start-up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Protocol

from labapp.errors import SettingError
from labapp.files.disk import Disk
from labapp.files.s3 import Bucket

MEGABYTE = 1024 * 1024


class Storage(Protocol):
    """Bytes under keys that the storage makes up; no name of a user is ever part of one."""

    def put(self, source: IO[bytes]) -> str: ...

    def open(self, key: str) -> IO[bytes]: ...

    def delete(self, key: str) -> None: ...

    def exists(self, key: str) -> bool: ...

    def old_keys(self, age: timedelta) -> Iterator[str]: ...

    def faults(self) -> list[str]: ...


@dataclass
class Chosen:
    """The storage of this process, and the largest file that it takes."""

    storage: Storage | None = None
    largest: int = 20 * MEGABYTE


chosen = Chosen()


def configure(*, folder: Path, url: str, key: str, secret: str, max_mb: int) -> None:
    """Choose the storage: the bucket when `url` names one, else the folder."""
    if not url and (key or secret):
        raise SettingError(
            "LABAPP_S3_KEY and LABAPP_S3_SECRET are for a bucket in LABAPP_FILES_URL."
        )
    chosen.storage = Bucket(url, key, secret) if url else Disk(folder)
    chosen.largest = max_mb * MEGABYTE


def storage() -> Storage:
    """Give the storage of this process."""
    if chosen.storage is None:
        raise RuntimeError("no storage was configured")
    return chosen.storage
