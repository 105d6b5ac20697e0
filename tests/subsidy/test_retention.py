import json

import pytest
from sqlalchemy import select

from labapp import audit, clock
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.jobs.services import enqueue, run_waiting
from labapp.subsidy import reconciliation, retention
from labapp.subsidy.claim_models import ClaimHour, ClaimLine
from labapp.subsidy.exports import claims
from labapp.subsidy.scheme_models import SchemeVersion
from tests.conftest import unguarded
from tests.subsidy.claiming import draft, give_account, granted, pay, submitted
from tests.subsidy.work import declare


@pytest.fixture
def paid(version, category, school, teacher, school_leader, controller, assessor, decider, payer,
         board):  # fmt: skip
    give_account(board)
    declare(teacher, school, category, [480], by=school_leader)
    claim = granted(controller, assessor, decider, draft(controller, version, school))
    pay(payer, version, claim)
    return claim


def names():
    db.session.rollback()
    return {
        *db.session.scalars(select(ClaimHour.person_name)),
        *db.session.scalars(select(ClaimHour.approved_by)),
        *db.session.scalars(select(ClaimLine.person_name)),
    }


def shred(instance):
    db.session.rollback()
    return retention.shred_due(Actor.system(), instance)


def test_names_stay_for_the_years_that_they_must(paid, tmp_path):
    assert str(retention.kept_until(paid)) == "2036-12-31"
    clock.set_clock("2036-12-31T23:00")

    assert shred(tmp_path) == []
    assert "" not in names()


def test_after_that_names_are_gone_and_hours_are_kept(paid, version, teacher, exporter, tmp_path):
    made = claims.export_claim(Actor.of(exporter), paid.id, tmp_path)
    clock.set_clock("2037-01-01T09:00")

    assert shred(tmp_path) == [paid.number]

    assert names() == {""}
    assert db.session.scalars(select(ClaimHour.minutes)).all() == [480]
    for record in (made.zip, *made.files):  # the kept bytes had the names too
        assert not (tmp_path / "exports" / record.sha256).exists()
    assert shred(tmp_path) == []
    version = db.session.get(SchemeVersion, version.id)
    assert reconciliation.blocking(version) == []
    assert list(audit.verify()) == []
    again = claims.export_claim(Actor.system(), paid.id, tmp_path, ["json"])
    path = tmp_path / "exports" / again.files[0].sha256
    told = json.loads(path.read_bytes())["snapshot"]["hours"][0]
    assert (told["person_name"], told["minutes"]) == ("", 480)


def test_a_claim_that_is_under_way_keeps_its_names(
    version, category, school, teacher, school_leader, controller, tmp_path
):
    declare(teacher, school, category, [480], by=school_leader)
    submitted(controller, version, school)
    clock.set_clock("2090-01-01T09:00")

    assert shred(tmp_path) == []
    assert "" not in names()


def test_names_that_vanish_without_a_word_in_the_trail_are_a_fault(paid, version, tmp_path):
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_hours SET person_name = '', approved_by = ''")
    db.session.rollback()

    version = db.session.get(SchemeVersion, version.id)
    assert {one.code for one in reconciliation.blocking(version)} == {"snapshots"}


def test_the_database_lets_names_go_and_nothing_else(paid):
    for change in ("minutes = 1, person_name = ''", "person_name = 'Iemand'"):
        with pytest.raises(Exception, match="only grows"), db.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE claim_hours SET {change}")


def test_a_job_does_it_by_itself(paid):
    clock.set_clock("2037-01-02T09:00")
    enqueue("subsidy.shred")
    db.session.commit()
    run_waiting()

    assert names() == {""}
