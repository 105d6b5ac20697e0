"""A file that was sent, as the importers read files: a path, a folder for what comes as a .zip."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import IO

from labapp.errors import InvalidError
from labapp.foreign_files import DAMAGED, ZIP, UnreadableError, check_zip
from labapp.i18n import gettext as _

FOLDERS = {"wwc": {".csv"}, "markdown": {".md", ".markdown"}}  # formats of several files
NAME = "upload"
TOKEN = re.compile(r"[0-9a-f]{32}")


@contextmanager
def saved(stream: IO[bytes], format: str, name: str = "") -> Iterator[Path]:  # noqa: A002
    """Keep an upload while it is read. What cannot be unpacked is refused in words."""
    with TemporaryDirectory(prefix="labapp-") as folder:
        path = Path(folder, NAME).with_suffix(PurePosixPath(name).suffix[:10])
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        try:
            yield _unpacked(path, FOLDERS[format]) if format in FOLDERS else path
        except UnreadableError as error:
            raise InvalidError(str(error), {"file": [str(error)]}) from error


def keep(folder: Path, stream: IO[bytes], owner: str, longest: timedelta) -> str:
    """Keep an upload of somebody until they confirm it; give its token. Old ones go."""
    folder.mkdir(parents=True, exist_ok=True)
    token = token_hex(16)
    path = folder / f"{owner}-{token}"
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    oldest = path.stat().st_mtime - longest.total_seconds()  # by the clock of the disk
    for old in folder.iterdir():
        if old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)
    return token


def kept(folder: Path, token: str, owner: str) -> Path:
    """Give the upload of a token, to who sent it."""
    path = folder / f"{owner}-{token}"
    if not TOKEN.fullmatch(token) or not path.is_file():
        words = _("Dit bestand is er niet meer. Kies het opnieuw.")
        raise InvalidError(words, {"file": [words]})
    return path


def drop(folder: Path, token: str, owner: str) -> None:
    """Throw an upload away."""
    if TOKEN.fullmatch(token):
        (folder / f"{owner}-{token}").unlink(missing_ok=True)


def _unpacked(path: Path, suffixes: set[str]) -> Path:
    """Give the folder of a .zip, without its folders and with only the files that are read."""
    with path.open("rb") as file:
        if file.read(len(ZIP)) != ZIP:
            return path
    check_zip(path)
    folder = path.with_name("unpacked")
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as package:
            for part in package.infolist():
                name = PurePosixPath(part.filename).name
                if part.is_dir() or PurePosixPath(name).suffix.lower() not in suffixes:
                    continue
                if name.startswith("."):
                    continue  # what a Mac puts beside each file
                with package.open(part) as source, (folder / name).open("xb") as target:
                    shutil.copyfileobj(source, target)
    except FileExistsError as error:
        raise UnreadableError(
            _("In het .zip-bestand staan twee bestanden met dezelfde naam.")
        ) from error
    except DAMAGED as error:
        raise UnreadableError(_("Dit bestand is beschadigd of van een ander soort.")) from error
    return folder
