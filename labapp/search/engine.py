"""Runs the prepared network with OpenVINO: tokens in, vectors out, without torch."""

import json
import queue
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

# OpenVINO reports each import to its maker when this package is there; we send nothing to anyone.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino  # noqa: E402

Floats = NDArray[np.float32]

MODEL = "engine/model.xml"
WEIGHTS = "engine/model.bin"
TOKENIZER = "sentence-transformer/tokenizer.json"
CHOICE = "engine/choice.json"
FILES = (MODEL, WEIGHTS, TOKENIZER, CHOICE)
LONGEST = 512
PADDING = 1
BATCH_TOKENS = 4096
AGREEMENT = 0.999
MEASURED_LENGTH = 128


class Engine:
    """Thread-safe: each call takes a request of its own from a pool."""

    def __init__(self, folder: Path, precision: str | None = None) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        self.precision = precision or chosen_precision(folder)
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": self.precision}
        self._network = openvino.Core().compile_model(str(folder / MODEL), "CPU", options)
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        self.dimension = int(self._network.output(0).partial_shape[1].get_length())

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of the word pieces of each text, cut at the longest the model takes."""
        if len(texts) == 1:
            return [self._tokenizer.encode(texts[0]).ids]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def run(self, tokens: Sequence[Sequence[int]]) -> Floats:
        """One forward pass: a row of length one for each list of tokens."""
        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), PADDING, np.int64)
        mask = np.zeros((len(tokens), longest), np.int64)
        for row, numbers in enumerate(tokens):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
        return self.infer(ids, mask)

    def infer(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Floats:
        try:
            request = self._requests.get_nowait()
        except queue.Empty:
            request = self._network.create_infer_request()
        try:
            request.infer([ids, mask], share_inputs=True)
            return np.array(request.get_output_tensor(0).data, dtype=np.float32)
        finally:
            self._requests.put(request)


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Positions in batches of about equal length, longest first, so that little is padded."""
    result: list[list[int]] = []
    room = 0
    for position in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if not result or (len(result[-1]) + 1) * room > BATCH_TOKENS:
            result.append([])
            room = lengths[position]
        result[-1].append(position)
    return result


def chosen_precision(folder: Path) -> str:
    """What was measured when the model was prepared, if that was on a processor like this one."""
    choice = json.loads((folder / CHOICE).read_text())
    if choice["processor"] == _processor():
        return str(choice["precision"])
    return "bf16" if "bf16" in _precisions() else "f32"


def choose_precision(folder: Path, texts: Sequence[str], expected: Floats) -> None:
    """Measure the precisions this processor knows, in turns; keep the fastest that agrees."""
    engines = {precision: Engine(folder, precision) for precision in _precisions()}
    agreement, seconds = {}, {}
    for precision, engine in engines.items():
        rows = np.concatenate([engine.run(engine.tokens([text])) for text in texts])
        agreement[precision] = float((rows * expected).sum(axis=1).min())
        seconds[precision] = float("inf")
    sample = [list(range(1000, 1000 + MEASURED_LENGTH))] * 4
    for _ in range(5):
        for precision, engine in engines.items():
            began = time.perf_counter()
            engine.run(sample)
            seconds[precision] = min(seconds[precision], time.perf_counter() - began)
    good = [precision for precision in engines if agreement[precision] >= AGREEMENT]
    if not good:
        raise RuntimeError(f"the converted model disagrees with its source: {agreement}")
    choice = {
        "precision": min(good, key=seconds.__getitem__),
        "processor": _processor(),
        "seconds": seconds,
        "agreement": agreement,
    }
    (folder / CHOICE).write_text(json.dumps(choice, indent=1))


def _processor() -> str:
    return str(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"))


def _precisions() -> list[str]:
    known = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ["f32", "bf16"] if "BF16" in known else ["f32"]
