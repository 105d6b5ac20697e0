"""A prepared folder is whole or not there: made aside under a lock, with a list of checksums."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from filelock import FileLock

from labapp.errors import ModelDamagedError, ModelMissingError
from labapp.i18n import gettext as _

MANIFEST = "manifest.json"


def build(target: Path, make: Callable[[Path], None], *, force: bool = False) -> None:
    """Let `make` fill the folder, unless it is there; processes that start at once do it once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / f"{target.name}.lock"):
        for leftover in _workshops(target):  # of a process that was killed: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        if force or not is_present(target):
            with _workshop(target) as folder:
                make(folder)
                _write_manifest(folder)
                _move(folder, target)


def is_present(folder: Path) -> bool:
    """Whether it was made; the list of checksums is written last."""
    return (folder / MANIFEST).is_file()


def verify(folder: Path, names: Iterable[str] | None = None) -> None:
    """Raise ModelDamagedError unless the files (all, or these) are what was written."""
    try:
        manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text())
        for name in manifest if names is None else names:
            if digest_of(folder / name) != manifest[name]:
                raise ModelDamagedError(_damage(folder, name))
    except FileNotFoundError as error:
        if not is_present(folder):
            raise ModelMissingError(
                _("Het taalmodel is nog niet klaargezet: `labapp search prepare` doet dat.")
            ) from error
        raise ModelDamagedError(_damage(folder, str(error.filename))) from error
    except (ValueError, KeyError) as error:
        raise ModelDamagedError(_damage(folder, MANIFEST)) from error


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damage(folder: Path, name: str) -> str:
    return _(
        "Het taalmodel is beschadigd (%(file)s): "
        "`labapp search prepare --force` maakt het opnieuw.",
        file=str(folder / name),
    )


def _workshops(target: Path) -> list[Path]:
    return list(target.parent.glob(f".{target.name}.*.tmp"))


@contextlib.contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in (folder, *folder.rglob("*")):  # whoever runs the command, the server may read it
        path.chmod(0o755 if path.is_dir() else 0o644)
    manifest = {path.relative_to(folder).as_posix(): digest_of(path) for path in files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def _move(folder: Path, target: Path) -> None:
    if target.exists():  # a folder cannot be replaced by one step; a kill between leaves none
        target.rename(target.parent / f".{target.name}.old.tmp")
    folder.rename(target)
    shutil.rmtree(target.parent / f".{target.name}.old.tmp", ignore_errors=True)
