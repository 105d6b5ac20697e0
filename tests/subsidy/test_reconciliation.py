from datetime import date

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy import reconciliation, submission
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.reductions import Reduction, ReductionReason
from labapp.subsidy.scheme_models import SchemeVersion
from tests.conftest import unguarded
from tests.subsidy.claiming import (
    approved,
    assess,
    correction,
    decide,
    draft,
    give_account,
    granted,
    pay,
    reversed_part,
    submit,
    submitted,
)
from tests.subsidy.work import declare


def faults(version, branch=None):
    db.session.rollback()
    version = db.session.get(SchemeVersion, version.id)
    return {one.code for one in reconciliation.blocking(version, branch)}


@pytest.fixture
def paid(version, category, school, teacher, colleague, school_leader, controller, assessor,
         decider, payer, board):  # fmt: skip
    """A claim that was paid, with hours that were not claimed beside it."""
    give_account(board)
    approved(teacher, school, category, school_leader, (480, 75))
    approved(colleague, school, category, school_leader, (60,))
    claim = granted(controller, assessor, decider, draft(controller, version, school))
    pay(payer, version, claim)
    approved(colleague, school, category, school_leader, (90,))
    declare(teacher, school, category, [30], submit=False, month=date(2026, 10, 1))
    return claim


def test_everything_adds_up_on_the_way_from_hours_to_money(paid, version, school):
    assert faults(version) == set()
    report = reconciliation.reconcile(version)
    figures = report.figures
    assert figures["logged"] == 735 == sum(
        figures[name] for name in
        ("open", "submitted", "approved_not_claimable", "approved_unclaimed", "allocated")
    )  # fmt: skip
    assert (figures["open"], figures["approved_unclaimed"], figures["allocated"]) == (30, 90, 615)
    assert figures["paid_cents"] == figures["granted_cents"] == 49713
    assert reconciliation.rounding_difference(version) == "0,50"
    alone = reconciliation.reconcile(version, school)
    assert alone.holds
    assert alone.figures == figures
    assert reconciliation.reconcile(version, year=2026).figures["logged"] == 735
    assert reconciliation.reconcile(version, year=2027).figures["logged"] == 0


def test_it_holds_for_claims_that_end_otherwise(
    version, category, school, teacher, colleague, school_leader, controller, assessor, decider
):
    approved(colleague, school, category, school_leader, (60,))
    entries = approved(teacher, school, category, school_leader, (480,))
    claim = submitted(controller, version, school)
    submission.withdraw(Actor.of(controller), claim, version=claim.version)
    assert faults(version) == set()

    claim = submitted(controller, version, school)
    lines = [Reduction(1, 38_800, ReductionReason.NO_EVIDENCE, reusable=True)]
    decide(decider, assess(assessor, claim, *lines), *lines)
    assert faults(version) == set()

    approved(teacher, school, category, school_leader, (15,), entries[0].work_date.replace(day=20))
    claim = assess(assessor, submitted(controller, version, school))
    decide(decider, claim, is_rejected=True, reusable=True)
    assert faults(version) == set()


def test_it_holds_for_money_that_comes_back(
    paid, version, controller, assessor, decider, school_leader, payer
):
    entry = next(e for e in _hours_of(paid) if e.minutes == 480)
    reversed_part(entry, school_leader, 120)
    taken = correction(controller, paid)
    assess(assessor, submit(controller, taken))
    decide(decider, taken)

    assert taken.granted_cents < 0
    assert faults(version) == set()


def _hours_of(claim):
    from labapp.subsidy.claim_models import Allocation
    from labapp.subsidy.hour_models import HourEntry

    return db.session.scalars(
        select(HourEntry).join(Allocation, Allocation.entry_id == HourEntry.id).where(
            Allocation.claim_id == claim.id
        )
    ).all()  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE claim_hours SET description = 'x'", {"snapshots"}),
        ("UPDATE claim_hours SET minutes = minutes + 15", {"snapshots", "frozen", "changed"}),
        ("UPDATE claim_lines SET cents = cents + 1", {"snapshots", "cents", "rounding"}),
        ("UPDATE claim_lines SET person_name = 'Iemand anders'", {"snapshots"}),
        ("UPDATE claim_hours SET person_name = '', approved_by = ''", {"snapshots"}),
        ("UPDATE claims SET total_cents = total_cents + 1", {"cents"}),
        ("UPDATE claims SET granted_cents = granted_cents + 1", {"reserved", "committed", "net"}),
        ("UPDATE hour_entries SET minutes = 465 WHERE minutes = 480",
         {"counted", "logged", "changed"}),
        ("DELETE FROM allocations", {"allocated"}),
        ("UPDATE allocations SET released_at = created_at", {"allocated"}),
        ("UPDATE budget_events SET cents = cents - 1 WHERE type = 'pay'",
         {"paid", "budget_paid", "budget_committed"}),
        ("DELETE FROM budget_events WHERE type = 'commit'",
         {"committed", "events", "budget_reserved", "budget_committed"}),
        ("UPDATE budgets SET paid_cents = 0", {"budget_paid"}),
        ("UPDATE payment_batches SET total_cents = 1", {"batches"}),
        ("UPDATE payment_lines SET cents = 1", {"paid", "net", "batches"}),
        ("UPDATE claims SET sequence = 2", {"numbers"}),
        ("UPDATE budgets SET ceiling_cents = 49712", {"ceiling"}),
    ],
)  # fmt: skip
def test_what_was_changed_behind_the_guards_is_found(paid, version, statement, found):
    db.session.rollback()  # hold no lock that the change waits for
    with unguarded(db.engine) as connection:
        if "ceiling_cents = " in statement and db.engine.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        elif "ceiling_cents = " in statement:
            connection.exec_driver_sql("ALTER TABLE budgets DROP CONSTRAINT ck_budgets_ceiling")
        connection.exec_driver_sql(statement)
    try:
        assert found <= faults(version)
    finally:
        _put_check_back(statement)


def _put_check_back(statement):
    db.session.rollback()
    if "ceiling_cents = " not in statement:
        return
    with db.engine.begin() as connection:
        if db.engine.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
            return
        connection.exec_driver_sql("UPDATE budgets SET ceiling_cents = NULL")
        connection.exec_driver_sql(
            "ALTER TABLE budgets ADD CONSTRAINT ck_budgets_ceiling CHECK (ceiling_cents IS NULL"
            " OR reserved_cents + committed_cents + paid_cents <= ceiling_cents)"
        )


def test_two_faults_that_cancel_each_other_out_are_found(
    version, category, school, other_school, teacher, school_leader, other_leader, controller
):
    approved(teacher, school, category, school_leader, (60,))
    approved(teacher, other_school, category, other_leader, (60,))
    submitted(controller, version, school)
    submitted(controller, version, other_school)
    with unguarded(db.engine) as connection:
        for sign, number in (("+", 1), ("-", 2)):
            connection.exec_driver_sql(
                f"UPDATE claims SET total_cents = total_cents {sign} 1 WHERE sequence = {number}"
            )

    assert "cents" in faults(version)
    assert "cents" in faults(version, school)


def test_signed_declarations_are_checked(version, category, school, teacher, school_leader):
    one = declare(teacher, school, category, [60], by=school_leader)
    assert faults(version) == set()
    snapshot = dict(one.snapshot, total_minutes=90)
    with unguarded(db.engine) as connection:
        from labapp.subsidy.hour_models import Declaration

        connection.execute(Declaration.__table__.update().values(snapshot=snapshot))
    assert faults(version) == {"declarations"}
    assert db.session.scalars(select(Claim)).all() == []
