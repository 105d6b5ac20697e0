"""How long a page of a lab takes in which 2,000 things were said, and in how many statements.

    python -m benchmarks.threads [--requests 100] [--contributions 2000] [--json]

A server (waitress, as in `labapp run`, SQLite) answers one browser that is signed in as a member of
a private lab with 60 people. One conversation has all the contributions, with replies, quotes,
names and marks among them; beside it stand 200 short ones. The same is measured with a tenth of
the contributions: the number of statements may not differ.
"""

import argparse
import http.client
import json
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from benchmarks import serving
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind, Role, Sector, User
from labapp.clock import now, today
from labapp.database import db
from labapp.knowledge import markdown
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    MembershipKind,
    MembershipState,
    Side,
)
from labapp.labs.thread_models import (
    Contribution,
    ContributionKind,
    ContributionState,
    ReadMark,
    Thread,
)

PEOPLE, SHORT = 60, 200
BODY = """In groep 6 zien we dat leerlingen **afhaken** zodra een tekst langer is dan een bladzijde.

- vooral na de pauze
- minder als ze zelf kiezen

Wie ziet dat ook? We lezen nu een kwartier per dag en schrijven elke week op wat opvalt."""
NOW = "2026-11-18T09:30"


def fill(folder, contributions):
    """A lab with people and what they said; the first of them keeps a cookie in the folder."""
    app = serving.make_app(folder, NOW)
    with app.app_context():
        db.create_all()
        lab, users = make_lab()
        talk(lab, users, "Waarom haken leerlingen af?", contributions)
        for number in range(SHORT):
            talk(lab, users, f"Gesprek {number}", 3)
        db.session.add(ReadMark(user_id=users[0].id, thread_id=1, last_read_id=contributions // 2))
        db.session.commit()
        serving.keep_cookie(app, users[0], folder)


def make_lab():
    school = Organisation(
        kind=OrganisationKind.SCHOOL, name="De Regenboog", brin6="05AB00", sector=Sector.PO
    )
    lab = Lab(theme="reading", title="Leeslab", goal="Uitzoeken wat helpt.", state=LabState.ACTIVE)
    membership = LabMembership(
        lab=lab, organisation=school, kind=MembershipKind.CO_CREATING, school_year=2026,
        state=MembershipState.ACTIVE, from_on=today(),
    )  # fmt: skip
    users = [
        User(given_name="Noor", family_name=f"Dijk{n}", email=f"p{n}@example.org")
        for n in range(PEOPLE)
    ]
    db.session.add_all([school, lab, membership, *users])
    db.session.flush()
    for user in users:
        db.session.add(Affiliation(user=user, organisation=school, role=Role.TEACHER))
        db.session.add(
            LabRole(
                lab_id=lab.id, membership=membership, user=user, kind=LabRoleKind.TEACHER,
                side=Side.PRACTICE, accepted_at=now(),
            )
        )  # fmt: skip
    db.session.flush()
    return lab, users


def talk(lab, users, title, count):
    """One conversation: every third contribution answers the one before it, some are useful."""
    thread = Thread(
        subject=f"labs:{lab.id}", lab=lab, title=title, starter_id=users[0].id,
        contribution_count=count,
    )  # fmt: skip
    db.session.add(thread)
    db.session.flush()
    html = markdown.render(BODY)
    first = (db.session.query(db.func.max(Contribution.id)).scalar() or 0) + 1
    rows = [
        {
            "id": first + n, "thread_id": thread.id, "body": BODY, "body_html": html,
            "kind": list(ContributionKind)[n % 5], "author_id": users[n % PEOPLE].id,
            "acting_for_id": lab.memberships[0].organisation_id, "role": Role.TEACHER,
            "side": Side.PRACTICE, "reply_to_id": first + n - 1 if n % 3 == 2 else None,
            "quote": "langer is dan een bladzijde" if n % 3 == 2 else "",
            "state": ContributionState.POSTED, "is_useful": n % 200 == 7,
            "for_researchers": n % 300 == 5, "warned_of": [], "created_at": now(), "version": 1,
        }
        for n in range(count)
    ]  # fmt: skip
    db.session.execute(insert(Contribution), rows)


def serve(folder, port, pipe):
    serving.serve(serving.make_app(folder, NOW), port, pipe)


def ask(connection, cookie, path):
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    taken = 1000 * (time.perf_counter() - began)
    assert answer.status == 200, (path, answer.status, body[:500])
    return taken


def measure(port, cookie, requests, contributions, pipe):
    last = -(-contributions // 50)
    pages = {
        "first page": "/gesprekken/1?pagina=1",
        "page in the middle": f"/gesprekken/1?pagina={last // 2}",
        "last page": f"/gesprekken/1?pagina={last}",
        "where one goes on": "/gesprekken/1",
        "all conversations": "/labs/1/gesprekken",
        "the lab": "/labs/1",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    report = {}
    for name, path in pages.items():
        report[name] = serving.figures_of(
            pipe, lambda _number, path=path: ask(connection, cookie, path), requests, before=5
        )
    return report


def run(contributions, requests):
    folder, port = Path(tempfile.mkdtemp(prefix="threads-")), serving.free_port()
    here, there = multiprocessing.Pipe()
    try:
        fill(folder, contributions)
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(folder, port, there)
        )
        server.start()
        assert here.recv() == "ready"
        report = measure(port, (folder / "cookie").read_text(), requests, contributions, here)
        here.send("stop")
        server.terminate()
        server.join()
        return report
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--contributions", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = {
        f"{count} contributions": run(count, options.requests)
        for count in (options.contributions // 10, options.contributions)
    }
    print(json.dumps(report, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
