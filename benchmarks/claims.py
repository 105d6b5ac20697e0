"""Whether 50 who submit at once at a ceiling get exactly what fits, every time; and how fast.

    python -m benchmarks.claims [--runs 20] [--claims 50] [--processes 10] [--json]
    python -m tests.postgres -- python -m benchmarks.claims     # the same on PostgreSQL

Each run has a scheme of its own with room for half of the claims, each of 388.00 for a school of
its own. First every claim has a thread and is submitted over HTTP (with an Idempotency-Key); then
the processes share them. A run is exact when just as many as fit were accepted, the rest were
refused with a 409, nothing was a fault, claim numbers and ledger have no gap, and the sums agree.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from labapp import clock, create_app
from labapp.accounts.models import OrganisationKind, Role
from labapp.database import db
from labapp.subsidy.budget_models import Budget, BudgetEvent
from labapp.subsidy.claim_models import Claim
from tests.conftest import Client, empty
from tests.factories import OrganisationFactory
from tests.subsidy import crowd
from tests.subsidy.conftest import works
from tests.subsidy.factories import CategoryFactory, RateFactory


def main():
    told = arguments()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            TESTING=True,
            DATABASE_URL=os.environ.get("LABAPP_TEST_DATABASE", ""),
            INSTANCE=folder,
            SECRET_KEY="benchmark",  # noqa: S106
            EMBEDDING_MODEL="hashing",
            RATELIMIT_ENABLED=False,
        )
        app.test_client_class = Client
        with app.app_context():
            db.drop_all()
            db.create_all()
            figures = measure(app, Path(folder), told)
            db.session.remove()
            db.engine.dispose()
    print(json.dumps(figures) if told.json else "\n".join(in_words(figures)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--claims", type=int, default=50)
    parser.add_argument("--processes", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measure(app, folder, told):
    found = {"database": db.engine.name, "claims": told.claims, "runs": told.runs, "ways": {}}
    for way in ("threads", "processes"):
        exact, seconds, strange = 0, [], Counter()
        for _ in range(told.runs):
            db.session.remove()
            empty(db.engine)
            clock.set_clock("2026-11-18T09:30")
            drafts, controller = prepare(told.claims)
            begun = time.perf_counter()
            if way == "threads":
                answers = Counter(crowd.submit_in_threads(app, drafts, controller))
                good, refused = answers.pop(200, 0), answers.pop(409, 0)
            else:
                answers = Counter(
                    crowd.submit_in_processes(app, drafts, controller, folder, told.processes)
                )
                good, refused = answers.pop("accepted", 0), answers.pop("refused", 0)
            seconds.append(time.perf_counter() - begun)
            strange += answers
            fits = told.claims // 2
            exact += (good, refused) == (fits, told.claims - fits) and books_hold(fits)
        found["ways"][way] = {
            "exact": exact,
            "faults": dict(strange),
            "median_seconds": round(sorted(seconds)[len(seconds) // 2], 2),
        }
    return found


def prepare(count):
    """Give drafts of as many schools as there are claims, and who submits them."""
    board = OrganisationFactory(kind=OrganisationKind.BOARD, brin6=None, board_number="41234")
    school = OrganisationFactory(board=board, brin6="99XX00")
    controller, leader = works(Role.BOARD_CONTROLLER, board), works(Role.SCHOOL_LEADER, school)
    category = CategoryFactory(code="teamsessie")
    version = category.scheme_version
    RateFactory(scheme_version=version)
    version.ceiling_cents = count // 2 * crowd.CENTS + 600
    db.session.commit()
    return crowd.drafts_of_branches(count, controller, version, category, leader), controller


def books_hold(fits):
    numbers = db.session.scalars(select(Claim.sequence).where(Claim.number.is_not(None))).all()
    events = db.session.scalars(select(BudgetEvent.seq)).all()
    reserved = db.session.scalars(select(Budget.reserved_cents)).one()
    gapless = list(range(1, fits + 1))
    return sorted(numbers) == sorted(events) == gapless and reserved == fits * crowd.CENTS


def in_words(figures):
    yield f"{figures['database']}: {figures['runs']} runs of {figures['claims']} claims at once"
    for way, values in figures["ways"].items():
        yield (
            f"  {way:10} exact {values['exact']}/{figures['runs']}, faults {values['faults']},"
            f" {values['median_seconds']} s a run (median)"
        )


if __name__ == "__main__":
    main()
