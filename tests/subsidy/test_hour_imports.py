"""Hours from files: CSV and XLSX, broken, hostile, twice, and wrong at row 500."""

import json
import zipfile
from datetime import date

import pytest
import xlsxwriter
from sqlalchemy import func, select

from labapp import foreign_files
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.hour_imports import import_hours
from labapp.subsidy.hour_models import Declaration, EntrySource, HourEntry, HourImportBatch

HEAD = "persoon;vestiging;regeling;activiteit;datum;uren;omschrijving;external_id"


@pytest.fixture
def row(teacher, school, version, category):
    """Give a function that gives a line of a file."""

    def row(day="17-11-2026", hours="1,5", text="Les", ref="", person=None, activity=None):
        return ";".join(
            [person or teacher.email, school.brin6, version.scheme.code,
             activity or category.code, day, hours, text, ref]
        )  # fmt: skip

    return row


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="uren.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\r\n".join([HEAD, *lines]).encode(encoding))
        return path

    return write


def count():
    return db.session.scalar(select(func.count(HourEntry.id)))


def faults_of(path, **extra):
    report = import_hours(Actor.system(), path, **extra)
    assert (report.created, count()) == (0, 0)
    return [(fault.row, fault.column) for fault in report.faults]


def test_a_file_is_looked_at_first_and_then_taken_in_once(write, row, teacher):
    path = write(row(), row(day="2026-11-16", hours="90m", person=f"P{teacher.id:06}"))
    assert import_hours(Actor.system(), path, dry_run=True).created == 2
    assert count() == 0
    assert import_hours(Actor.system(), path).created == 2
    again = import_hours(Actor.system(), path)
    assert (again.created, again.known) == (0, 2)

    entries = db.session.scalars(select(HourEntry).order_by(HourEntry.work_date)).all()
    assert [(e.work_date, e.minutes, e.source, e.touched_by) for e in entries] == [
        (date(2026, 11, 16), 90, EntrySource.IMPORT, []),
        (date(2026, 11, 17), 90, EntrySource.IMPORT, []),
    ]
    assert db.session.scalars(select(HourImportBatch.rows)).all() == [2]


def test_a_row_with_an_id_comes_in_once_also_from_another_file(write, row):
    import_hours(Actor.system(), write(row(ref="a-1")))
    report = import_hours(Actor.system(), write(row(ref="a-1"), row(ref="a-2", day="16-11-2026")))
    assert (report.created, report.known, count()) == (1, 1, 2)


def test_every_fault_is_told_by_row_and_column(write, row):
    path = write(
        row(), row(person="niemand@example.org"), row(day="31-11-2026"), row(hours="1,1"),
        row(activity="niets"), row(hours="veel"), row(day="19-11-2026"),
    )  # fmt: skip
    assert faults_of(path) == [
        (3, "persoon"), (4, "datum"), (4, "regeling"), (5, "uren"), (6, "activiteit"),
        (7, "uren"), (8, "datum"),
    ]  # fmt: skip


def test_a_fault_at_row_500_leaves_nothing(write, row):
    lines = [row(day=f"{day:02}-{month}-2026", hours="0,25", text=f"{n}")
             for month in (10, 11) for day in range(1, 17) for n in range(16)]  # fmt: skip
    path = write(*lines[:498], row(hours="0,1"), *lines[498:])
    assert faults_of(path) == [(500, "uren")]
    assert db.session.scalar(select(func.count(Declaration.id))) == 0
    assert db.session.scalar(select(func.count(HourImportBatch.id))) == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_letters_are_read_whatever_the_encoding(write, row, encoding):
    import_hours(Actor.system(), write(row(text="Café"), encoding=encoding))
    assert db.session.scalars(select(HourEntry.description)).all() == ["Café"]


def test_a_formula_is_text(write, row):
    import_hours(Actor.system(), write(row(text="=1+1"), row(text="'=2", day="16-11-2026")))
    assert set(db.session.scalars(select(HourEntry.description))) == {"=1+1", "=2"}


def test_a_sheet_is_read_too(tmp_path, row):
    path = tmp_path / "uren.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD.split(";"))
        cells = row().split(";")
        sheet.write_row(1, 0, cells)
        sheet.write_datetime(1, 4, date(2026, 11, 17), book.add_format({"num_format": "dd-mm-yy"}))
        sheet.write_number(1, 5, 1.5)
    assert import_hours(Actor.system(), path).created == 1
    assert db.session.scalars(select(HourEntry.minutes)).all() == [90]


def test_a_bomb_and_a_broken_file_are_refused_in_words(tmp_path, write):
    bomb = tmp_path / "uren.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        for part in range(31):
            package.writestr(f"xl/{part}.bin", b"\0" * (foreign_files.LARGEST_UNPACKED // 30))
    assert faults_of(bomb) == [(0, "")]
    assert faults_of(write(name="leeg.csv")) == [(0, "")]
    binary = tmp_path / "uren.csv"
    binary.write_bytes(b"\x00\x01")
    assert faults_of(binary) == [(0, "")]
    binary.write_text("naam;uren\njan;1")
    assert faults_of(binary) == [(1, "")]
    binary.write_text(f"{HEAD};uren\n")
    assert faults_of(binary) == [(1, "")]


def test_a_coach_brings_in_only_their_own_branch(write, row, school_leader, other_leader,
                                                 as_actor):  # fmt: skip
    path = write(row())
    refused = import_hours(as_actor(other_leader), path)
    assert [(f.row, f.column) for f in refused.faults] == [(2, "persoon")]
    assert import_hours(as_actor(school_leader), path).created == 1
    assert db.session.scalars(select(HourEntry)).one().touched_by == [school_leader.id]


def test_the_command_says_what_it_did(app, write, row):
    run = app.test_cli_runner().invoke
    path = str(write(row()))
    tried = run(args=["subsidy", "hours", "import", path, "--dry-run"])
    assert (tried.exit_code, tried.output) == (0, "would be saved: 1, known already: 0\n")
    done = run(args=["subsidy", "hours", "import", path, "--json"])
    assert json.loads(done.output) == {"created": 1, "known": 0, "errors": []}
    wrong = run(args=["subsidy", "hours", "import", str(write(row(hours="x")))])
    assert wrong.exit_code == 1
    assert "row 2, column uren" in wrong.output
