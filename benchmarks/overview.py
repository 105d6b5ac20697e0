"""How long a board waits for its overview: 500 branches, 20,000 persons, 2,000,000 hours.

    python -m benchmarks.overview [--entries 2000000] [--requests 40] [--json]

Runs on a PostgreSQL of its own (`tests.postgres`, whose settings trade safety of its folder for
speed of filling, not of reading). The rows are made by the server itself; the sums of hours, which
triggers keep in daily use, are made by one statement. The page is asked over WSGI, signed in as
the controller of the board; what is told is the page and the overview without the page around it.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import date

from benchmarks import serving
from labapp import clock, create_app
from labapp.accounts import sessions
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind, Role, User
from labapp.accounts.security import SESSION_KEY
from labapp.clock import now
from labapp.database import db
from labapp.subsidy import overviews
from labapp.subsidy.overview_views import PER_PAGE
from labapp.subsidy.overviews import Selection
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    Scheme,
    SchemeKind,
    SchemeVersion,
    VersionStatus,
)

BRANCHES, PEOPLE, MONTHS = 500, 20_000, 10
FIRST = date(2026, 8, 1)
ROWS = """
INSERT INTO organisations (kind, name, search_name, brin6, sector, board_id, time_zone,
currency, created_at, version) SELECT 'school', 'School ' || n, 'school ' || n, lpad((n %
100)::text, 2, '0') || 'AB' || lpad((n / 100)::text, 2, '0'), 'po', {board}, 'Europe/Amsterdam',
'EUR', now(), 1 FROM generate_series(0, {branches} - 1) n;
INSERT INTO users (given_name, particle, family_name, language, created_at, active,
fs_uniquifier) SELECT 'Noor', 'van', 'Dijk' || n, 'nl', now(), true, 'u' || n FROM
generate_series(1, {people}) n;
INSERT INTO affiliations (user_id, organisation_id, role, status, from_on, fte_bp, created_at)
SELECT {user} + n, {branch} + n % {branches}, 'teacher', 'confirmed', '2026-08-01', CASE n % 20
WHEN 0 THEN 1500 ELSE 8000 END, now() FROM generate_series(1, {people}) n;
INSERT INTO declarations (user_id, organisation_id, scheme_version_id, month, seq, state,
statement, signed_at, signed_by_id, approved_at, approved_by_id, reason, created_at, version)
SELECT {user} + n, {branch} + n % {branches}, {version}, ('2026-08-01'::date + m * interval '1
month')::date, 1, CASE WHEN m < 7 THEN 'approved' WHEN m = 7 THEN 'submitted' ELSE 'open' END,
'', now(), {user} + n, now(), {controller}, '', now(), 1 FROM generate_series(1, {people}) n,
generate_series(0, {months} - 1) m;
INSERT INTO hour_entries (id, user_id, organisation_id, scheme_version_id, category_id,
declaration_id, work_date, minutes, description, evidence, source, kind, late_reason,
created_at, touched_by, version) SELECT '01J' || lpad((d.id * {each} + k)::text, 23, '0'),
d.user_id, d.organisation_id, d.scheme_version_id, {category} + k % 2, d.id, d.month + k, 60,
'Teamsessie', '', 'grid', 'normal', CASE k WHEN 3 THEN 'Ziek' ELSE '' END, now(), '[]', 1 FROM
declarations d, generate_series(0, {each} - 1) k;
INSERT INTO hour_totals SELECT e.declaration_id, e.category_id, d.organisation_id,
d.scheme_version_id, d.user_id, d.month, d.state, sum(e.minutes), count(*), count(*) FILTER
(WHERE e.late_reason <> '') FROM hour_entries e JOIN declarations d ON d.id = e.declaration_id
GROUP BY 1, 2, 3, 4, 5, 6, 7;
INSERT INTO claims (number, sequence, kind, state, scheme_version_id, board_id, organisation_id,
note, total_cents, excluded_entries, return_reason, revision, created_at, version) SELECT
'MEET-' || n, n + 1, 'normal', 'submitted', {version}, {board}, {branch} + n, '', 100000, '[]',
'', 1, now(), 1 FROM generate_series(0, {branches} - 1) n;
INSERT INTO claim_snapshots (claim_id, revision, content, sha256, created_at) SELECT id, 1,
'{{}}', repeat('0', 64), now() FROM claims;
INSERT INTO claim_lines (snapshot_id, number, user_id, person_name, role, category_code,
category_label, period_from, period_to, minutes, rate_cents, percentage_bp, cents,
is_cap_adjustment) SELECT s.id, row_number() OVER (PARTITION BY s.id ORDER BY a.user_id),
a.user_id, 'Noor', 'teacher', 'a', 'A', '2026-08-01', '2026-12-31', 1200, 4850, 10000, 97000,
false FROM claim_snapshots s JOIN claims c ON c.id = s.claim_id JOIN affiliations a ON
a.organisation_id = c.organisation_id AND a.role = 'teacher';
INSERT INTO person_totals SELECT scheme_version_id, organisation_id, user_id, category_id,
coalesce(sum(minutes) FILTER (WHERE state = 'open'), 0),
coalesce(sum(minutes) FILTER (WHERE state = 'submitted'), 0),
coalesce(sum(minutes) FILTER (WHERE state = 'approved'), 0), sum(entries), sum(late_entries)
FROM hour_totals GROUP BY 1, 2, 3, 4;
ANALYZE
"""


def fill(entries):
    """Make the world; give the controller's id."""
    db.create_all()
    session = db.session
    board = Organisation(kind=OrganisationKind.BOARD, name="Bestuur", board_number="49999")
    user = User(given_name="Con", family_name="Troller", email="c@example.org", confirmed_at=now())
    scheme = Scheme(code="MEET", name_nl="Meting", name_en="Measurement", is_fictional=True)
    session.add_all([board, user, scheme])
    session.flush()
    session.add(
        Affiliation(
            user_id=user.id, organisation_id=board.id, role=Role.BOARD_CONTROLLER, from_on=FIRST
        )
    )
    version = SchemeVersion(
        scheme_id=scheme.id, kind=SchemeKind.HOURLY, status=VersionStatus.ACTIVE, school_year=2026,
        valid_from=FIRST, valid_to=date(2027, 7, 31), excluded_tracks=[],
    )  # fmt: skip
    session.add(version)
    session.flush()
    kinds = [ActivityCategory(scheme_version_id=version.id, code=c, label_nl=c) for c in "ab"]
    session.add_all(kinds)
    session.flush()
    values = {
        "board": board.id, "branch": board.id + 1, "branches": BRANCHES, "people": PEOPLE,
        "user": user.id, "controller": user.id, "version": version.id, "months": MONTHS,
        "category": kinds[0].id, "each": entries // (PEOPLE * MONTHS),
    }  # fmt: skip
    session.commit()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in ROWS.format(**values).replace("%", "%%").split(";"):
            connection.exec_driver_sql(statement)
    return user.id


def measure(function, requests):
    times = []
    for _ in range(requests):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1000)
    return {
        "median ms": round(statistics.median(times)),
        "p95 ms": round(statistics.quantiles(times, n=20)[-1]),
    }


def run(options):
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            TESTING=True,
            INSTANCE=folder,
            DATABASE_URL=os.environ["LABAPP_TEST_DATABASE"],
            SECRET_KEY="benchmark",  # noqa: S106
            EMBEDDING_MODEL="hashing",
            RATELIMIT_ENABLED=False,
            LOG_LEVEL="ERROR",
        )
        clock.set_clock("2026-11-22T09:00")
        with app.app_context():
            start = time.perf_counter()
            user = db.session.get(User, fill(options.entries))
            filled = time.perf_counter() - start
            client = app.test_client()
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = user.fs_uniquifier, True
                session[SESSION_KEY] = sessions.begin_session(user, "Benchmark")
            db.session.commit()
            answer = client.get("/overzicht")
            assert (answer.status_code, answer.text.count("vestigingen/")) == (200, PER_PAGE)

            def overview():
                db.session.rollback()
                overviews.overview(Actor.of(db.session.get(User, user.id)), Selection(2026))

            results = {
                "entries": options.entries,
                "filled in seconds": round(filled),
                "page": measure(lambda: client.get("/overzicht"), options.requests),
                "overview": measure(overview, options.requests),
            }
            print(json.dumps(results, indent=None if options.json else 1))
            db.session.remove()
            db.engine.dispose()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=2_000_000)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    serving.on_postgres(run, options, "overview")


if __name__ == "__main__":
    main()
