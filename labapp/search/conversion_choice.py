"""Several forms of one network for OpenVINO, of which the fastest on this processor is kept."""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.search import engine, quantisation
from labapp.search.engine import openvino  # there its reports are kept at home

AGREEMENT = 0.999
ROUNDS = 7
PROBES = [
    "query: Hoe geef ik feedback waar leerlingen echt iets mee doen?",
    "query: verzuim",
    "query: Which programmes help struggling readers in grade 3?",
    "passage: Leerlingen die hardop leren denken, houden beter zicht op hun eigen leren.",
    "passage: Peer tutoring gave a gain of five months in 127 studies, at very low cost.",
    "passage: 3 + 4 = 7; de helft van 50 % is een kwart.",
    "passage: "
    + "De leraar stelt een vraag en wacht drie tellen voordat er iemand antwoordt. " * 8,
]


def write_candidates(network: Any, folder: Path) -> None:
    """Convert the torch network: `whole.xml` with its weights, `int8.xml` with rounded ones."""
    import torch  # noqa: PLC0415  # only here; measuring needs none

    example = torch.ones(2, 9, dtype=torch.long)
    shape = openvino.PartialShape([-1, -1])
    with torch.no_grad():
        converted = openvino.convert_model(
            network,
            example_input={"input_ids": example, "attention_mask": example},
            input=[
                ("input_ids", shape, openvino.Type.i64),
                ("attention_mask", shape, openvino.Type.i64),
            ],
        )
    openvino.save_model(converted, folder / "whole.xml", compress_to_fp16=True)
    quantisation.quantise(converted)
    openvino.save_model(converted, folder / "int8.xml", compress_to_fp16=True)


def keep_fastest(
    candidates: Path, target: Path, tokens: Sequence[Sequence[int]], expected: NDArray[np.float32]
) -> None:
    """Move the fastest candidate that agrees with the model to `target`; the others go."""
    precisions = {"f32": "whole", "int8": "int8"}
    if engine.knows_bf16():
        precisions["bf16"] = "whole"
    networks = {
        precision: engine.compile_network(candidates / f"{name}.xml", precision)
        for precision, name in precisions.items()
    }
    agreement = {
        precision: min(
            float(_infer(network, row)[0] @ wanted)
            for row, wanted in zip(tokens, expected, strict=True)
        )
        for precision, network in networks.items()
    }
    good = {key: networks[key] for key in networks if agreement[key] >= AGREEMENT}
    if not good:
        raise RuntimeError(f"the converted model disagrees with its source: {agreement}")
    seconds = _measure(good, tokens)
    best = min(seconds, key=seconds.__getitem__)
    del networks, good  # they hold the files
    target.mkdir()
    for ending in ("xml", "bin"):
        (candidates / f"{precisions[best]}.{ending}").rename(target / f"model.{ending}")
    shutil.rmtree(candidates)
    choice = {
        "precision": best,
        "processor": engine.processor(),
        "agreement": agreement,
        "seconds": seconds,
    }
    (target / "choice.json").write_text(json.dumps(choice, indent=1))


def _measure(networks: dict[str, Any], tokens: Sequence[Sequence[int]]) -> dict[str, float]:
    """The shortest time for all texts; in turns, so that other work hinders all alike."""
    seconds = dict.fromkeys(networks, float("inf"))
    for _ in range(ROUNDS):
        for precision, network in networks.items():
            began = time.perf_counter()
            for row in tokens:
                _infer(network, row)
            seconds[precision] = min(seconds[precision], time.perf_counter() - began)
    return seconds


def _infer(network: Any, tokens: Sequence[int]) -> NDArray[np.float32]:
    ids = np.array([tokens], np.int64)
    rows: NDArray[np.float32] = network([ids, np.ones_like(ids)])[0]
    return rows
