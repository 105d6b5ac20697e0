"""Files in a folder of this machine, or of one that all machines share."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import IO

from labapp.errors import NotFoundError, SettingError
from labapp.i18n import gettext as _

KEY = re.compile(r"([0-9a-f]{2})[0-9a-f]{30}(?:\.part)?")
PART = ".part"  # of a file that is being written, or whose writer was killed
PROBE = ".probe"
OWN_ONLY = 0o700


class Disk:
    """Each file under a random key, in one of 256 folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=OWN_ONLY)
        except OSError as error:
            raise SettingError(
                f"LABAPP_FILES_FOLDER: {folder} cannot be made: {error.strerror}."
            ) from error

    def put(self, source: IO[bytes]) -> str:
        """Keep the bytes and give their key; after a crash they are there whole or not at all."""
        key = token_hex(16)
        path, part = self._path(key), self._path(key + PART)
        path.parent.mkdir(parents=True, exist_ok=True, mode=OWN_ONLY)
        try:
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        for folder in (path.parent, self.folder):
            _save_names(folder)
        return key

    def open(self, key: str) -> IO[bytes]:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(_("Dit bestand is er niet meer.")) from error

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def old_keys(self, age: timedelta) -> Iterator[str]:
        """Give the keys of what was written longer ago, by the clock of the disk."""
        probe = self.folder / PROBE
        probe.touch()
        latest = probe.stat().st_mtime - age.total_seconds()
        for folder in self.folder.iterdir():
            for path in folder.iterdir() if folder.is_dir() else ():
                if KEY.fullmatch(path.name) and path.stat().st_mtime <= latest:
                    yield path.name

    def faults(self) -> list[str]:
        """Say what is wrong, for `labapp doctor`."""
        if not self.folder.is_dir():
            return [f"{self.folder} does not exist"]
        faults = []
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            faults.append(f"{self.folder} cannot be read and written")
        if self.folder.stat().st_mode & 0o077:
            faults.append(f"others can read {self.folder}: chmod 700 it")
        return faults

    def _path(self, key: str) -> Path:
        found = KEY.fullmatch(key)
        if found is None:
            raise NotFoundError(_("Dit bestand is er niet meer."))
        return self.folder / found[1] / key


def _save_names(folder: Path) -> None:
    """Make the disk keep a new name too, not only the bytes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
