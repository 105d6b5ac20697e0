"""How long a search takes over HTTP: the page of results, as a visitor's browser gets it.

    python -m benchmarks.search_http [--passages 100000] [--requests 300] [--json]

A server (waitress, as in `labapp run`) answers one client after the other request. Every question
is new, and its vector costs nothing (`benchmarks.synthetic`), so what is measured is the request
without the encoding of the question; that is measured apart, with the default model where it is
prepared in --model-instance. Statements and the time of
the processor are counted by the server itself; the latter says most on a machine that is busy.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from sqlalchemy import insert

from benchmarks import serving, synthetic
from labapp.clock import now
from labapp.database import db
from labapp.errors import UnavailableError
from labapp.knowledge.models import Card, CardKind, CardStatus
from labapp.search import encoders, runtime

WAYS = {
    "page": ({}, {}),
    "fragment (HTMX)": ({}, {"HX-Request": "true"}),
    "page, one theme": ({"theme": "reading"}, {}),
    "page, two filters": ({"theme": "reading", "language": "nl"}, {}),
    "page 3": ({"page": "3"}, {}),
}


def fill(folder, passages):
    """Passages, and a card for each object, so that the page has something to show."""
    app = serving.make_app(folder)
    with app.app_context():
        db.create_all()
        synthetic.fill(passages, progress=lambda _words: None)
        objects = -(-passages // synthetic.PASSAGES)
        with db.engine.begin() as connection:
            for start in range(1, objects + 1, 2000):
                stop = min(start + 2000, objects + 1)
                connection.execute(insert(Card), [card(number) for number in range(start, stop)])


def card(number):
    return {
        "id": number,
        "external_id": f"card-{number}",
        "status": CardStatus.PUBLISHED,
        "title": f"Kaart {number}",
        "answer": "In één zin wat het antwoord is, zoals op elke kaart.",
        "language": "en" if number % 10 < 3 else "nl",
        "kind": CardKind(synthetic.KINDS[number % 8]),
        "themes": [synthetic.THEMES[number % 28]],
        "sectors": ["po"],
        "evidence_strength": number % 6,
        "cost": number % 5 + 1,
        "published_at": now(),
    }


def serve(folder, passages, port, pipe):
    """The server; it tells when it is ready, and at the end how many statements a request took."""
    app = serving.make_app(folder)
    encoder = synthetic.QuestionEncoder(synthetic.Space(passages))
    runtime.load_encoder = lambda *_args: encoder
    with app.app_context():
        runtime.current().index.catch_up()
    serving.serve(app, port, pipe)


def ask(connection, text, filters, headers):
    """Milliseconds of one request."""
    began = time.perf_counter()
    connection.request("GET", f"/kennis?{urlencode({'q': text, **filters})}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    taken = 1000 * (time.perf_counter() - began)
    assert answer.status == 200, (answer.status, body[:300])
    return taken


def measure(port, requests, pipe):
    vocabulary, source = synthetic.Vocabulary(), np.random.default_rng(3)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    report = {}
    for name, (filters, headers) in WAYS.items():
        report[name] = serving.figures_of(
            pipe,
            lambda _number, filters=filters, headers=headers: ask(
                connection, vocabulary.question(source), filters, headers
            ),
            requests,
            before=15,
        )
    return report


def encoding(instance):
    """Milliseconds to encode questions, each new, with the default model."""
    try:
        encoder = encoders.load_encoder("", Path(instance))
    except UnavailableError as error:
        return str(error)
    vocabulary, source, taken = synthetic.Vocabulary(), np.random.default_rng(4), []
    for _ in range(200):
        text = f"hoe werkt {vocabulary.question(source)} in de klas?"
        began = time.perf_counter()
        encoder.encode_queries([text])
        taken.append(1000 * (time.perf_counter() - began))
    return {
        name: round(float(np.percentile(taken, p)), 1) for name, p in (("p50", 50), ("p95", 95))
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="where the database is made")
    parser.add_argument("--model-instance", default="instance", help="where the model is prepared")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="search-http-", dir=options.folder))
    port, (here, there) = serving.free_port(), multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    try:
        fill(folder, options.passages)
        server = context.Process(target=serve, args=(folder, options.passages, port, there))
        server.start()
        here.recv()
        time.sleep(1)
        report = {"load before": round(os.getloadavg()[0], 1)}
        report |= measure(port, options.requests, here)
        here.send("stop")
        server.join(10)
        report["encoding, ms"] = encoding(options.model_instance)
    finally:
        shutil.rmtree(folder)
    if options.json:
        print(json.dumps(report))
        return
    print(f"{options.passages:,} passages")
    for name, value in report.items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    main()
