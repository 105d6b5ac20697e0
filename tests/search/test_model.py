import json
import os
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

from labapp.errors import ModelDamagedError, ModelMissingError, UnavailableError
from labapp.search import encoders, model, model_format, model_store
from labapp.search.encoders import load_encoder
from tests.search.test_encoders import instance  # noqa: F401

pytestmark = pytest.mark.once

BUILD = """
import pathlib, sys, time
from labapp.search import model_store
target, log = map(pathlib.Path, sys.argv[1:3])
def make(folder):
    (folder / "part").mkdir()
    (folder / "part" / "half").write_text("half")
    with log.open("a") as file:
        file.write("made\\n")
    time.sleep(float(sys.argv[3]))
    (folder / "whole").write_text("whole")
model_store.build(target, make)
"""


def start_building(target, log, seconds):
    return subprocess.Popen([sys.executable, "-c", BUILD, target, log, str(seconds)])


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def make_two_files(folder):
    (folder / "a").write_text("first")
    (folder / "b").write_text("second")


def test_two_processes_that_start_at_once_do_the_work_once(tmp_path):
    target, log = tmp_path / "models" / "key", tmp_path / "log"

    processes = [start_building(target, log, 1) for _ in range(2)]

    assert [process.wait(30) for process in processes] == [0, 0]
    assert log.read_text() == "made\n"
    assert (target / "whole").read_text() == "whole"
    model_store.verify(target)


def test_a_killed_preparation_leaves_nothing_half_done_and_is_cleaned_up_by_the_next(tmp_path):
    target, log = tmp_path / "models" / "key", tmp_path / "log"
    process = start_building(target, log, 600)
    wait_until(log.exists)

    process.kill()
    process.wait(10)

    assert not model_store.is_present(target)
    assert len(list(target.parent.glob(".key.*.tmp"))) == 1
    assert start_building(target, log, 0).wait(30) == 0
    assert (target / "whole").read_text() == "whole"
    assert not list(target.parent.glob(".key.*.tmp"))


def test_a_preparation_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "key"
    model_store.build(target, make_two_files)

    def fail(folder):
        (folder / "a").write_text("other")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        model_store.build(target, fail, force=True)
    assert (target / "a").read_text() == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "key.lock"]


def test_force_makes_it_again(tmp_path):
    target = tmp_path / "key"
    model_store.build(target, make_two_files)
    (target / "a").write_text("damage")

    model_store.build(target, make_two_files, force=True)

    model_store.verify(target)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "b").write_text("secunda"),
        lambda folder: (folder / "b").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("{}"),
    ],
    ids=["changed", "gone", "no manifest", "empty manifest"],
)
def test_damage_is_told_with_the_file_and_what_to_do(tmp_path, damage):
    model_store.build(tmp_path / "key", make_two_files)
    damage(tmp_path / "key")

    with pytest.raises(ModelDamagedError, match=r"key.*labapp search prepare --force"):
        model_store.verify(tmp_path / "key", ["a", "b"])


def test_what_was_never_made_is_missing(tmp_path):
    with pytest.raises(ModelMissingError):
        model_store.verify(tmp_path / "key")


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "instance").write_text("this is a file")

    with pytest.raises(UnavailableError, match="kan niet worden bewaard in"):
        model.prepare(model.DEFAULT, tmp_path / "instance")


def test_other_models_need_no_preparation(tmp_path):
    model.prepare("hashing", tmp_path)

    assert model.is_prepared("hashing", tmp_path)
    assert model.check_model("hashing", tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_the_doctor_says_that_the_model_is_not_prepared(tmp_path):
    assert "labapp search prepare" in model.check_model(model.DEFAULT, tmp_path)[0]


def test_without_the_package_the_model_comes_from_the_hub(tmp_path, monkeypatch):
    packaged = model.model_folder(tmp_path)
    monkeypatch.setattr(model, "packaged_weights", lambda: None)

    assert model.model_folder(tmp_path) != packaged
    assert model.fingerprint() == "multilingual-e5-small:hub"


def tiny_weights(tensors=None):
    """A weights file as the format says, with two word pieces and what `tensors` gives."""
    pieces = [b"<s>", b"ja"]
    blob = b"".join(pieces)
    data = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, 2, 8, 2, 1e-12, 32)
    data += struct.pack("<5iQ", 2, 0, 1, 1, 0, len(blob))
    data += struct.pack("<3I2f", 0, 3, 5, 0.0, -1.5) + blob
    table = struct.pack("<IBI", 9, 1, 32) + struct.pack("<IB", 1, 0)
    table += struct.pack("<IBI", 0xFF21, 1, ord("A"))
    data += struct.pack("<iI", 3, len(table)) + table
    tensors = tensors or {}
    data += struct.pack("<i", len(tensors))
    size = sum(2 + len(name) + 21 for name in tensors)
    offset, directory, contents = len(data) + size, b"", b""
    for name, (kind, count, content) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, offset + len(contents), len(content))
        contents += content
    return data + directory + contents


def test_the_weights_file_is_read_as_its_layout_says():
    halves = bytes((low | (15 - low) << 4) for low in range(16))
    packed = struct.pack("<e", 0.5) + halves
    weights = model_format.WeightsFile(
        tiny_weights({"q": (1, 32, packed), "bias": (0, 2, struct.pack("<2f", 1, -2))})
    )

    assert weights.shape.hidden == 32
    assert weights.shape.token_types == 2
    assert weights.pieces.texts == ["<s>", "ja"]
    assert weights.pieces.scores == [0.0, -1.5]
    assert weights.characters(" ") == ["\t"]
    assert weights.characters("") == ["\x01"]
    expected = [*np.arange(-8, 8) * 0.5, *np.arange(7, -9, -1) * 0.5]
    assert weights.tensor("q").tolist() == expected
    assert weights.tensor("bias").tolist() == [1, -2]


def test_a_weights_file_that_is_cut_off_or_of_another_kind_is_refused():
    whole = tiny_weights({"q": (0, 2, struct.pack("<2f", 1, 2))})

    for length in range(len(whole)):
        with pytest.raises(model_format.FormatError):
            model_format.WeightsFile(whole[:length]).tensor("q")
    with pytest.raises(model_format.FormatError, match="E5S1"):
        model_format.WeightsFile(b"GGUF" + whole[4:])
    with pytest.raises(model_format.FormatError, match="no l0"):
        model_format.WeightsFile(whole).tensor("l0.q.w")
    with pytest.raises(model_format.FormatError, match="another size"):
        model_format.WeightsFile(tiny_weights({"q": (0, 3, b"\0" * 8)})).tensor("q")


@pytest.mark.model
def test_preparing_tells_how_far_it_is_and_the_model_is_whole(instance):  # noqa: F811
    told = []

    model.prepare(model.DEFAULT, instance, progress=lambda *step: told.append(step))

    assert told[-1] == ("klaar", 1.0)
    assert model.is_prepared(model.DEFAULT, instance)
    assert model.check_model(model.DEFAULT, instance) == []
    choice = json.loads((model.model_folder(instance) / "engine/choice.json").read_text())
    assert min(choice["agreement"].values()) > 0.999


@pytest.mark.model
@pytest.mark.parametrize("name", ["engine/model.bin", "sentence-transformer/tokenizer.json"])
def test_a_damaged_model_is_told_at_once_and_again_without_looking(
    tmp_path,
    monkeypatch,
    name,
    instance,  # noqa: F811
):
    monkeypatch.setattr(encoders, "_failed", {})
    copy_of(model.model_folder(instance), model.model_folder(tmp_path))
    with (model.model_folder(tmp_path) / name).open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")

    for _ in range(2):
        with pytest.raises(ModelDamagedError, match=name):
            load_encoder(model.DEFAULT, tmp_path)
    assert name in model.check_model(model.DEFAULT, tmp_path)[0]


@pytest.mark.model
def test_a_preparation_killed_in_the_middle_leaves_no_model(tmp_path):
    code = (
        "import pathlib, sys\nfrom labapp.search import model\n"
        "model.prepare('', pathlib.Path(sys.argv[1]), progress=lambda *a: print(a, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    process.stdout.readline()
    process.stdout.readline()

    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    process.stdout.close()

    assert not model.is_prepared(model.DEFAULT, tmp_path)
    with pytest.raises(ModelMissingError):
        load_encoder(model.DEFAULT, tmp_path)


def copy_of(source, target):
    """Copies that a test may damage; of the largest file, which none changes, a link."""
    for path in source.rglob("*"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".safetensors":
            copy.symlink_to(path.resolve())
        elif path.is_file():
            copy.write_bytes(path.read_bytes())
