"""How long the suggestions take that come while somebody types a question.

    python -m benchmarks.matching_speed --instance FOLDER [--requests 200]

All seeded cards and the questions of `gold/matching.yaml`, in SQLite, with the embedded model of
FOLDER. Each question is new, every other one has a theme. Measured are the service (two searches,
what was found read again) and how much of it was encoding; by the clock, and by the processor,
which says most on a machine that is busy.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import matching as gold
from benchmarks.retrieval import Kept
from labapp import create_app
from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.clock import now
from labapp.database import db, transaction
from labapp.knowledge import importing, theme_guess
from labapp.labs import documents, matching
from labapp.labs.question_models import Question, QuestionState
from labapp.search import encoders, runtime
from labapp.search import services as search
from labapp.search.tasks import embed_now
from tests.factories import AffiliationFactory

SEEDS = Path(__file__).parents[1] / "seeds" / "cards"


def make_app(folder):
    return create_app(
        TESTING=True, INSTANCE=str(folder), SECRET_KEY="benchmark",  # noqa: S106
        RATELIMIT_ENABLED=False, LOG_LEVEL="ERROR",
    )  # fmt: skip


def fill(instance):
    """Cards and questions; vectors of texts that were seen before are taken from a file."""
    here = runtime.current()
    encoder = encoders.load_encoder(here.model, here.instance, prepare=True)
    loaded = encoders._loaded  # noqa: SLF001  # the seam: vectors from a file while filling
    key = next(key for key, one in loaded.items() if one is encoder)
    loaded[key] = Kept(encoder, instance / "matching.sqlite")
    for language in ("nl", "en"):
        importing.import_path(
            Actor.system(), SEEDS / language, format="markdown", language=language
        )
    embed_now()  # an import leaves the vectors to a job
    found = gold.read()
    rows = [(pair["known"], pair["more"], pair) for pair in found["pairs"]]
    rows += [(one["asked"], "", one) for one in found["others"]]
    with transaction() as session:
        made = [
            Question(
                title=title, seen=seen, theme=one["theme"], sector=Sector(one["sector"]),
                state=QuestionState.SUBMITTED, submitted_at=now(),
            )
            for title, seen, one in rows
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        search.put_all([documents.of_question(one) for one in made])
    theme_guess.learn_themes()
    loaded[key] = Timed(encoder)
    return loaded[key]


class Timed:
    """The encoder, with the time that it took since it was last asked."""

    def __init__(self, encoder):
        self._encoder = encoder
        self.clock = self.cpu = 0.0

    def __getattr__(self, name):
        return getattr(self._encoder, name)

    def encode_queries(self, texts):
        clock, cpu = time.perf_counter(), time.process_time()
        rows = self._encoder.encode_queries(texts)
        self.clock += time.perf_counter() - clock
        self.cpu += time.process_time() - cpu
        return rows


def measure(actor, encoder, requests):
    """Milliseconds of each question: the whole and its encoding, by the clock and processor."""
    asked = [pair["asked"] for pair in gold.read()["pairs"]]
    taken = []
    for number in range(requests):
        text = f"{asked[number % len(asked)]} ({number})"
        theme = "reading" if number % 2 else ""
        encoder.clock = encoder.cpu = 0.0
        start, cpu = time.perf_counter(), time.process_time()
        matching.match(actor, text, theme=theme, sector="po", limit=matching.LIVE)
        whole = (time.perf_counter() - start, time.process_time() - cpu)
        db.session.rollback()
        taken.append((*whole, encoder.clock, encoder.cpu))
    return np.array(taken[10:]) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instance", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(given.instance / "models", Path(name) / "models")
        app = make_app(name)
        with app.app_context():
            db.create_all()
            encoder = fill(given.instance)
            user = AffiliationFactory().user
            found = measure(Actor.of(user), encoder, given.requests)
    beside = found[:, :2] - found[:, 2:]
    rows = {"whole": found[:, :2], "encoding": found[:, 2:], "beside the encoding": beside}
    for words, columns in rows.items():
        for way, column in zip(("clock", "processor"), columns.T, strict=True):
            p50, p95 = np.percentile(column, (50, 95))
            print(f"{words + ', ' + way:30} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms")


if __name__ == "__main__":
    main()
