"""How long saving a week of hours takes over HTTP, and in how many statements.

    python -m benchmarks.hours [--requests 300] [--people 200] [--json]

A server (waitress, as in `labapp run`, SQLite with every commit on disk) answers one browser that
saves its grid after each change, as the page does: the whole form, HTMX headers, CSRF token and
session cookie. The database holds a year of hours of other people beside it.
"""

import argparse
import http.client
import json
import multiprocessing
import re
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert

from benchmarks import serving
from labapp.accounts.models import Affiliation, Organisation, OrganisationKind, Role, Sector, User
from labapp.clock import now
from labapp.database import db
from labapp.subsidy.hour_models import Declaration, EntryKind, EntrySource, HourEntry, new_entry_id
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    Cap,
    CapScope,
    CapUnit,
    Scheme,
    SchemeKind,
    SchemeVersion,
    VersionStatus,
)

MONDAY = date(2026, 11, 9)
FIELD = re.compile(r'<input[^>]* name="([^"]+)"[^>]*?(?: value="([^"]*)")?[^>]*>')
ROWS = 5
NOW = "2026-11-18T09:30"


def fill(folder, people):
    """A school, a scheme of five activities, and hours of many people since August."""
    app = serving.make_app(folder, NOW)
    with app.app_context():
        db.create_all()
        school = Organisation(
            kind=OrganisationKind.SCHOOL, name="De Regenboog", brin6="05AB00", sector=Sector.PO
        )
        version = SchemeVersion(
            scheme=Scheme(code="BENCH", name_nl="Proef", is_fictional=True),
            kind=SchemeKind.HOURLY, status=VersionStatus.ACTIVE, school_year=2026,
            valid_from=date(2026, 8, 1), valid_to=date(2027, 7, 31), excluded_tracks=[],
        )  # fmt: skip
        version.categories = [
            ActivityCategory(code=f"c{n}", label_nl=f"Activiteit {n}", position=n)
            for n in range(ROWS)
        ]
        users = [
            User(given_name="Noor", family_name=f"Dijk{n}", email=f"p{n}@example.org")
            for n in range(people)
        ]
        db.session.add_all([school, version, *users])
        db.session.flush()
        db.session.add(
            Cap(
                scheme_version_id=version.id,
                scope=CapScope.PERSON_YEAR,
                unit=CapUnit.MINUTES,
                value=60_000,
            )
        )
        begin = date(2026, 8, 1)
        for user in users:
            held = Affiliation(user=user, organisation=school, role=Role.TEACHER, from_on=begin)
            db.session.add(held)
        db.session.flush()
        write_hours_of(users, school, version)
        db.session.commit()
        serving.keep_cookie(app, users[0], folder)


def write_hours_of(users, school, version):
    days = [date(2026, 8, 3) + timedelta(days=n) for n in range(100)]
    for user in users:
        months = {}
        for day in days:
            month = day.replace(day=1)
            if month not in months and (month < MONDAY.replace(day=1) or user is not users[0]):
                months[month] = Declaration(
                    user_id=user.id, organisation_id=school.id, scheme_version_id=version.id,
                    month=month,
                )  # fmt: skip
                db.session.add(months[month])
        db.session.flush()
        rows = [
            {
                "id": new_entry_id(), "user_id": user.id, "organisation_id": school.id,
                "scheme_version_id": version.id, "category_id": version.categories[n % ROWS].id,
                "declaration_id": months[day.replace(day=1)].id, "work_date": day, "minutes": 60,
                "source": EntrySource.GRID, "kind": EntryKind.NORMAL, "created_at": now(),
                "touched_by": [user.id],
            }
            for n, day in enumerate(days)
            if day.weekday() < 5 and day.replace(day=1) in months
        ]  # fmt: skip
        db.session.execute(insert(HourEntry), rows)


def serve(folder, port, pipe):
    serving.serve(serving.make_app(folder, NOW), port, pipe)


class Browser:
    """Keeps the form as a page does: what was typed, and what each answer puts in place."""

    def __init__(self, port, cookie):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie, "HX-Request": "true"}
        page, _taken = self.ask("GET", f"/uren?week={MONDAY}&rij=1&rij=2&rij=3&rij=4&rij=5")
        form = page[page.index('id="uren-formulier"') :]
        self.fields = dict(FIELD.findall(form[: form.index("</form>")]))

    def ask(self, method, path, fields=None):
        headers = dict(self.headers)
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, path, urlencode(fields) if fields else None, headers)
        answer = self.connection.getresponse()
        body = answer.read().decode()
        if changed := answer.getheader("Set-Cookie"):
            self.headers["Cookie"] = changed.partition(";")[0]
        taken = 1000 * (time.perf_counter() - began)
        assert answer.status == 200, (answer.status, body[:500])
        return body, taken

    def save(self, changes):
        """Type in cells and save; give the milliseconds."""
        self.fields |= changes
        answer, taken = self.ask("POST", "/uren", self.fields)
        assert "Bewaard. Totaal" in answer, answer[:2000]
        self.fields |= {name: value for name, value in FIELD.findall(answer) if name[0] in "vo"}
        return taken


def changes_of(way, number):
    """Give what is typed: one cell, or all of the week."""
    if way == "one cell":
        return {f"u-{number % ROWS}-{number // ROWS % 7}": f"{number % 2 + 1}"}
    return {f"u-{r}-{d}": "0,25" if number % 2 else "0,5" for r in range(ROWS) for d in range(7)}


def measure(port, cookie, requests, pipe):
    browser, report = Browser(port, cookie), {}
    for way in ("one cell", "all 35 cells"):
        report[way] = serving.figures_of(
            pipe,
            lambda number, way=way: browser.save(changes_of(way, number)),
            requests,
            before=10,
        )
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="labapp-hours-"))
    try:
        fill(folder, options.people)
        spawn, port = multiprocessing.get_context("spawn"), serving.free_port()
        ours, theirs = spawn.Pipe()
        server = spawn.Process(target=serve, args=(folder, port, theirs), daemon=True)
        server.start()
        ours.recv()
        cookie = (folder / "cookie").read_text()
        report = measure(port, cookie, options.requests, ours)
        ours.send("stop")
        server.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(report))
        return
    for way, figures in report.items():
        print(f"{way}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
