import json
import shutil
from collections import namedtuple

import pytest
from sqlalchemy import text

from labapp import audit, doctor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import UnavailableError
from labapp.jobs.models import Job, JobStatus
from tests.conftest import unguarded

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024


@pytest.fixture
def well(monkeypatch):
    """A doctor who looks at nothing; a test gives the parts to look at."""
    parts = {}
    monkeypatch.setattr(doctor, "PARTS", parts)
    return parts


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["doctor", *arguments])


def test_when_all_is_well_it_says_so_and_exits_with_0(app, well):
    well["disk"] = list

    words, machine = run(app), run(app, "--json")

    assert (words.exit_code, words.output) == (0, "ok    disk: fine\n")
    assert json.loads(machine.output) == [{"part": "disk", "is_well": True, "words": "fine"}]


def test_what_is_wrong_is_said_in_words_and_exits_with_1(app, well):
    well["disk"] = lambda: ["only 3 MB free", "and it is slow"]
    well["jobs"] = list

    words, machine = run(app), run(app, "--json")

    assert (words.exit_code, machine.exit_code) == (1, 1)
    assert words.output.splitlines()[0] == "WRONG disk: only 3 MB free; and it is slow"
    assert [finding["is_well"] for finding in json.loads(machine.output)] == [False, True]


def test_a_part_that_cannot_be_looked_at_does_not_keep_it_from_the_others(app, well):
    def unreachable():
        raise UnavailableError("away")

    well["search"] = unreachable
    well["database"] = lambda: db.session.execute(text("SELECT * FROM nothing"))
    well["disk"] = list

    answer = run(app)

    lines = answer.output.splitlines()
    assert lines[0] == "WRONG search: UnavailableError: away"
    assert lines[1].startswith("WRONG database: ")
    assert lines[-1] == "ok    disk: fine"


def test_a_database_without_migrations_is_told_what_to_do():
    assert any("run `labapp db upgrade`" in fault for fault in doctor.look_at_database())


def test_a_secret_that_others_can_read_is_found(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "INSTANCE", str(tmp_path))
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    open_to_all = doctor.look_at_folder()
    secret.chmod(0o600)

    assert open_to_all == [f"others can read {secret}: chmod 600 it"]
    assert doctor.look_at_folder() == []


def test_a_folder_that_is_not_there_is_found(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "INSTANCE", str(tmp_path / "gone"))

    assert "does not exist" in doctor.look_at_folder()[0]
    assert doctor.look_at_disk() == []


def test_a_disk_that_is_nearly_full_is_found(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 3 * 1024**2))

    assert doctor.look_at_disk()[0].startswith("only 3 MB free at ")


def test_a_broken_trail_is_found():
    audit.record(None, "first", "things:1")
    well = doctor.look_at_audit()
    with unguarded(db.engine) as connection:
        connection.execute(text("UPDATE audit_events SET action = 'other'"))
    db.session.expire_all()

    assert well == []
    assert doctor.look_at_audit() == ["event 1 is not what was recorded"]


def test_dead_letters_are_found():
    well = doctor.look_at_jobs()
    with transaction() as session:
        session.add(Job(name="mail.send", payload={}, status=JobStatus.DEAD, finished_at=now()))

    assert well == []
    assert doctor.look_at_jobs() == ["1 jobs failed for good: see `labapp jobs status`"]


def test_a_library_that_is_missing_is_found(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: name != "faiss" or None)

    assert doctor.look_at_libraries() == ["faiss is not installed"]


def test_the_whole_examination_names_every_part(app):
    assert [finding.part for finding in doctor.examine()] == list(doctor.PARTS)
