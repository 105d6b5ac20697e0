"""Runs the prepared network with OpenVINO: tokens in, vectors out, without torch."""

import json
import queue
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

# With this package in place OpenVINO reports every import to its maker; we send nothing to anyone.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino  # noqa: E402  # after the line above

__all__ = ["Engine", "batches", "openvino"]

Floats = NDArray[np.float32]

TOKENIZER = "sentence-transformer/tokenizer.json"
FOLDER = "engine"
CHOICE = "engine/choice.json"
FILES = ("engine/model.xml", "engine/model.bin", CHOICE, TOKENIZER)
LONGEST = 512
PADDING = 1
BATCH_TOKENS = 1024
QUANTISED_GROUP = 64
COMMON_LENGTHS = range(6, 33)


class Engine:
    """Thread-safe: each call takes a request of its own from a pool."""

    def __init__(self, folder: Path) -> None:
        self.precision = chosen_precision(folder / CHOICE)
        path = folder / FOLDER / "model.xml"
        with ThreadPoolExecutor(1) as beside:
            network = beside.submit(compile_network, path, self.precision)
            self._tokenizer = load_tokenizer(folder / TOKENIZER)
        self._network = network.result()
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        self.dimension = int(self._network.output(0).partial_shape[1].get_length())
        self._warm_up()

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

    def _warm_up(self) -> None:
        """Meet the usual lengths of questions, so that none is the first of its length.

        It must end before two threads can ask at once: OpenVINO's Python layer sets itself up at
        its first inference, and two threads that are first together wait for each other for ever.
        """
        for length in COMMON_LENGTHS:
            self.run([[PADDING] * length])

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


def load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def compile_network(path: Path, precision: str) -> Any:
    """Make the network ready for this processor; every length of text is then welcome."""
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    if precision == "int8":
        options["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(QUANTISED_GROUP)
    else:
        options["INFERENCE_PRECISION_HINT"] = precision
    return openvino.Core().compile_model(str(path), "CPU", options)


def chosen_precision(path: Path) -> str:
    """What was measured when the model was prepared, if that was on a processor like this one."""
    choice = json.loads(path.read_text())
    if choice["precision"] == "int8" or choice["processor"] == processor():
        return str(choice["precision"])
    return "bf16" if knows_bf16() else "f32"


def processor() -> str:
    return str(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"))


def knows_bf16() -> bool:
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
