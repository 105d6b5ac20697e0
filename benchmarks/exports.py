"""How fast a claim of a million hours becomes a file, and in how much memory.

    python -m benchmarks.exports [--hours 1000000] [--json]

A database of its own (SQLite in a folder that is thrown away) gets one frozen claim. Each form is
written by a process of its own, with a tenth of the hours and with all of them: the memory of the
two must be the same. `csv.writer` alone, with rows that are ready, is what lines a second are held
against, in the same run; both also by the time of the processor, since a machine may be busy.
"""

import argparse
import csv
import json
import multiprocessing
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks import serving
from labapp.accounts.models import Organisation, OrganisationKind, User
from labapp.clock import now
from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimLine, ClaimSnapshot, ClaimState
from labapp.subsidy.exports import claims
from labapp.subsidy.exports.formats import FORMATS
from labapp.subsidy.scheme_models import Scheme, SchemeKind, SchemeVersion

FIRST = date(2026, 8, 1)
PER_PERSON = 200
FORMS = ("hours_csv", "machine_hours_csv", "lines_csv", "json", "xlsx")


def fill(folder, sizes):
    app = serving.make_app(folder)
    with app.app_context():
        db.create_all()
        session = db.session
        board = Organisation(kind=OrganisationKind.BOARD, name="Bestuur", board_number="49999")
        session.add(board)
        session.flush()
        branch = Organisation(
            kind=OrganisationKind.SCHOOL, name="School", brin6="99ZZ00", board_id=board.id
        )
        scheme = Scheme(code="MEET", name_nl="Meting", name_en="Measurement", is_fictional=True)
        session.add_all([branch, scheme])
        session.flush()
        version = SchemeVersion(
            scheme_id=scheme.id, kind=SchemeKind.HOURLY, school_year=2026, valid_from=FIRST,
            valid_to=date(2027, 7, 31), excluded_tracks=[],
        )  # fmt: skip
        session.add(version)
        session.flush()
        made = [claim_of(version, board, branch, n, size) for n, size in enumerate(sizes, 1)]
        session.commit()
    return made


def claim_of(version, board, branch, number, size):
    session = db.session
    claim = Claim(
        number=f"MEET-2026-{number:04d}", sequence=number, state=ClaimState.SUBMITTED,
        scheme_version_id=version.id, board_id=board.id, organisation_id=branch.id,
        submitted_at=now(), revision=1, audit_seq=1, audit_head="a" * 64,
    )  # fmt: skip
    session.add(claim)
    session.flush()
    content = {
        "number": claim.number,
        "scheme": {"code": "MEET", "name_nl": "Meting", "version": 1, "school_year": 2026},
        "board": {"name": "Bestuur", "board_number": "49999"},
        "branch": {"name": "School", "brin6": "99ZZ00", "currency": "EUR"},
        "grant": None,
        "total_cents": 0,
        "total_minutes": size * 45,
        "submitted_on": "2027-08-10",
    }
    snapshot = ClaimSnapshot(claim_id=claim.id, revision=1, content=content, sha256="0" * 64)
    session.add(snapshot)
    session.flush()
    people = -(-size // PER_PERSON)
    known = session.scalar(select(func.count()).select_from(User))
    if people > known:
        names = [{"given_name": "Noor", "family_name": f"Dijk{n}"} for n in range(known, people)]
        session.execute(insert(User), names)
    session.execute(insert(ClaimLine), [line_of(snapshot.id, n) for n in range(1, people + 1)])
    for start in range(0, size, 20_000):
        rows = [hour_of(snapshot.id, n) for n in range(start, min(start + 20_000, size))]
        session.execute(insert(ClaimHour), rows)
    return claim.id


def line_of(snapshot_id, number):
    return {
        "snapshot_id": snapshot_id, "number": number, "user_id": number,
        "person_name": f"Noor van Dijk{number}", "role": "teacher", "category_code": "teamsessie",
        "category_label": "Teamsessie", "period_from": FIRST, "period_to": FIRST,
        "minutes": 45 * PER_PERSON, "rate_cents": 4850, "percentage_bp": 10_000, "cents": 727_500,
    }  # fmt: skip


def hour_of(snapshot_id, number):
    person, day = divmod(number, PER_PERSON)
    worked = FIRST + timedelta(days=day)
    return {
        "snapshot_id": snapshot_id, "position": number + 1, "line_number": person + 1,
        "entry_id": f"01J{number:023d}", "user_id": person + 1,
        "person_name": f"Noor van Dijk{person}", "brin6": "99ZZ00", "work_date": worked,
        "minutes": 45, "category_code": "teamsessie", "category_label": "Teamsessie",
        "description": "Lessen voorbereid; besproken met het team", "source": "grid",
        "registered_on": worked + timedelta(days=2), "days_late": 2,
        "declaration": f"99ZZ00-P{person:06d}-2026-09-1", "signed_on": worked,
        "approved_by": "Jan Jansen", "approved_on": worked,
    }  # fmt: skip


def write(folder, claim_id, kind, answers):
    """Write one form in a process of its own; tell seconds, bytes and memory."""
    app = serving.make_app(folder)
    with app.app_context():
        frozen = claims.freeze(db.session.get(Claim, claim_id))
        path = Path(folder, f"{claim_id}-{FORMATS[kind].file_name}")
        before = peak()
        start, worked = time.perf_counter(), time.process_time()
        FORMATS[kind].write(frozen, path)
        seconds = (time.perf_counter() - start, time.process_time() - worked)
        answers.put((seconds, path.stat().st_size, before, peak()))
        path.unlink()


def bare(folder, size, answers):
    """csv.writer alone: rows of the same width that are ready, not read and not formatted."""
    row = (
        "MEET-2026-0001", "01J00000000000000000000000", "", "P000001", "Noor van Dijk1", "99ZZ00",
        "01-08-2026", "", "", 45, "0,75", "teamsessie", "Lessen voorbereid; besproken met het team",
        "weekstaat", "", "03-08-2026", 2, "99ZZ00-P000001-2026-09-1", "01-08-2026", "Jan Jansen",
        "01-08-2026",
    )  # fmt: skip
    start, worked = time.perf_counter(), time.process_time()
    with Path(folder, "bare.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        for _ in range(size // 5_000):
            writer.writerows([row] * 5_000)
    answers.put((time.perf_counter() - start, time.process_time() - worked))


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def apart(function, *arguments):
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=function, args=(*arguments, answers))
    process.start()
    process.join()
    return answers.get()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small, large = options.hours // 10, options.hours
    with tempfile.TemporaryDirectory() as folder:
        ids = fill(folder, (small, large))
        bare_wall, bare_work = apart(bare, folder, large)
        results = {
            "csv.writer alone, lines/s": round(large / bare_wall),
            "csv.writer alone, lines/s of processor": round(large / bare_work),
        }
        for kind in FORMS:
            _, _, _, less = apart(write, folder, ids[0], kind)
            (wall, work), size, before, most = apart(write, folder, ids[1], kind)
            lines = large // PER_PERSON if kind == "lines_csv" else large
            results[kind] = {
                "seconds": round(wall, 1),
                "lines/s": round(lines / wall),
                "lines/s of processor": round(lines / work),
                "share of csv.writer": round(bare_work / work * lines / large, 2),
                "MB": round(size / 1e6, 1),
                "peak MB, a tenth": less,
                "peak MB, all": most,
                "peak MB before": before,
            }
    print(json.dumps(results, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
