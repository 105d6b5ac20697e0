"""How the search grows: time to build, memory, time of a search, recall@10 against exact.

    python -m benchmarks.scale [--sizes 10000,100000,1000000] [--folder FOLDER] [--json]

Each size runs in processes of its own: one writes rows and builds the index from them, one starts
from the snapshot and is measured. The time of a search is that of `services.search` (rows of the
page included), with a vector for each question that costs nothing: add the encoding of a question
(`benchmarks/encoding.py`). Recall is that of the meaning leg, which is what is approximate.
"""

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import serving, synthetic
from labapp.database import db
from labapp.search import runtime, services
from labapp.search.documents import Query
from labapp.search.ranking import augment_question

QUESTIONS = 200
RECALLED = 40
PUBLIC = frozenset({"public"})
FILTERS = {
    "no filter": {},
    "language (30 %)": {"language": ("en",)},
    "theme (7 %)": {"theme": ("reading",)},
    "rare (1 %)": {"rare": ("yes",)},
}


def memory(name):
    """RSS or its peak (VmRSS, VmHWM) of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return round(int(line.split()[1]) / 1024)
    return 0


def build(folder, size, pipe):
    """Rows, then the index of them, then its snapshot."""
    app = serving.make_app(folder)
    with app.app_context():
        db.create_all()
        found = {"rows written, s": synthetic.fill(size, progress=lambda _words: None)}
        index = runtime.current().index
        index.save = lambda: None  # not by its own thread: that is measured below
        began = time.perf_counter()
        index.catch_up()
        found["index built, s"] = time.perf_counter() - began
        del index.save
        found["memory after building, MB"] = memory("VmRSS")
        found["peak memory, MB"] = memory("VmHWM")
        began = time.perf_counter()
        index.save()
        found["snapshot written, s"] = time.perf_counter() - began
    pipe.send(found)


def measure(folder, size, pipe):
    """Start from the snapshot, search, compare with exact."""
    began = time.perf_counter()
    app = serving.make_app(folder)
    encoder = synthetic.QuestionEncoder(synthetic.Space(size))
    runtime.load_encoder = lambda *_args: encoder
    with app.app_context():
        runtime.current().index.catch_up()
        found = {"start from snapshot, s": time.perf_counter() - began}
        vocabulary, source = synthetic.Vocabulary(), np.random.default_rng(11)
        questions = [vocabulary.question(source) for _ in range(QUESTIONS)]
        for name, filters in FILTERS.items():
            found[name] = {**times(questions, filters), "recall@10": recall(questions, filters)}
        found["memory while searching, MB"] = memory("VmRSS")
        found["peak memory while searching, MB"] = memory("VmHWM")
    pipe.send(found)


def times(questions, filters):
    """Milliseconds of a search."""
    for text in questions[:10]:
        services.search(Query(text, PUBLIC, filters=filters))
    taken, totals, processor = [], [], time.process_time()
    for text in questions:
        began = time.perf_counter()
        totals.append(services.search(Query(text, PUBLIC, filters=filters)).total)
        taken.append(1000 * (time.perf_counter() - began))
        db.session.rollback()
    processor = 1000 * (time.process_time() - processor) / len(questions)
    return {
        "p50, ms": round(float(np.percentile(taken, 50)), 1),
        "p95, ms": round(float(np.percentile(taken, 95)), 1),
        "CPU, ms": round(processor, 1),
        "results": round(float(np.mean(totals))),
    }


def recall(questions, filters):
    """The share of the ten best by meaning, in each language, that the index finds."""
    here = runtime.current()
    shares = []
    with here.index.reading() as content:
        mask = content.objects.visible(PUBLIC)
        for facet, values in filters.items():
            mask &= content.objects.having(facet, values)
        allowed = content.allowed_passages(mask)
        for text in questions[:RECALLED]:
            question = augment_question(here.encoder().encode_queries([text])[0])
            for code in content.vectors.codes.values():
                members = allowed & (content.vectors.languages == code)
                rows = np.flatnonzero(members)
                if len(rows):
                    best = exact(content, question, rows)
                    found = content.vectors.best(question, 200, members)
                    shares.append(len(np.intersect1d(best, found)) / len(best))
    return round(float(np.mean(shares)), 4)


def exact(content, question, rows):
    values = np.concatenate(
        [
            content.vectors.products(question, rows[start : start + 50_000])
            for start in range(0, len(rows), 50_000)
        ]
    )
    return rows[np.argsort(-values)[:10]]


def in_process(work, *arguments):
    """What work gives, done by a process of its own."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=(*arguments, there))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--folder", type=Path, help="where the databases are made")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = {}
    for size in map(int, options.sizes.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="scale-", dir=options.folder))
        try:
            report[size] = {
                **in_process(build, folder, size),
                **in_process(measure, folder, size),
            }
        finally:
            shutil.rmtree(folder)
        if not options.json:
            print(f"{size:,} passages")
            for name, value in report[size].items():
                shown = value if isinstance(value, dict) else round(value, 1)
                print(f"  {name}: {shown}", flush=True)
    if options.json:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
