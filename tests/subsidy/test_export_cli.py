import json
import zipfile

import pytest

from labapp.database import db
from tests.conftest import unguarded
from tests.subsidy.claiming import submitted
from tests.subsidy.work import declare


@pytest.fixture
def run(app):
    def command(*arguments):
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=["subsidy", *arguments])
        db.session.rollback()
        return done

    return command


@pytest.fixture
def claim(version, category, school, teacher, school_leader, controller):
    declare(teacher, school, category, [480, 75], by=school_leader)
    return submitted(controller, version, school)


def test_reconcile_says_that_all_is_well(run, claim, version):
    told = run("reconcile")
    assert (told.exit_code, "all branches: holds" in told.output) == (0, True)
    [whole, branch] = json.loads(run("reconcile", "--json", "--branches").output)
    assert whole["holds"]
    assert branch["figures"]["logged"] == 555
    assert run("reconcile", "--scheme", version.scheme.code, "--year", "2026").exit_code == 0
    assert run("reconcile", "--scheme", "NIKS").exit_code != 0


def test_reconcile_fails_on_a_tampered_snapshot(run, claim):
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_hours SET description = 'anders'")
    told = run("reconcile")
    assert told.exit_code == 1
    assert "snapshots: 1 - 0 = 1" in told.output
    found = json.loads(run("reconcile", "--json").stdout)[0]
    assert not found["holds"]


def test_a_claim_and_a_dossier_are_written(run, claim, school, tmp_path):
    done = run("claims", "export", claim.number, "--output", str(tmp_path), "--kind", "hours_csv")
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / f"{claim.number}-hours_csv.zip") as archive:
        assert set(archive.namelist()) == {"uren.csv", "manifest.json"}
    done = run("dossier", school.brin6, "2026", "--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / f"steekproefdossier-{school.brin6}-2026.zip") as archive:
        assert f"claims/{claim.number}/regels.csv" in archive.namelist()
    assert run("dossier", "99ZZ99", "2026").exit_code != 0
    assert run("claims", "export", "NIKS-1").exit_code != 0


def test_an_export_that_differs_ends_with_an_error(run, claim, tmp_path):
    arguments = ("claims", "export", claim.number, "--output", str(tmp_path), "--kind", "json")
    assert run(*arguments).exit_code == 0
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_lines SET cents = cents + 1")
    assert run(*arguments).exit_code == 1


def test_names_are_shredded_by_command(run, claim):
    assert "0 claims" in run("shred").output
