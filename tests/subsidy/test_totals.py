"""The sums that the database keeps of hours follow whoever writes."""

from sqlalchemy import func, select

from labapp.database import db
from labapp.subsidy.hour_models import DeclarationState, HourEntry
from labapp.subsidy.total_models import HourTotal
from tests.subsidy.factories import CategoryFactory
from tests.subsidy.work import declare


def totals():
    db.session.rollback()
    columns = (HourTotal.minutes, HourTotal.entries, HourTotal.late_entries, HourTotal.state)
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(HourTotal.minutes))]


def test_hours_are_added_up_as_they_are_written(teacher, school, category):
    declare(teacher, school, category, [60, 90], submit=False)
    assert totals() == [(150, 2, 0, DeclarationState.OPEN)]

    entry = db.session.scalars(select(HourEntry).where(HourEntry.minutes == 60)).one()
    entry.minutes, entry.late_reason = 45, "Ziek geweest"
    db.session.commit()
    assert totals() == [(135, 2, 1, DeclarationState.OPEN)]

    other = CategoryFactory(scheme_version=category.scheme_version)
    db.session.scalars(select(HourEntry).where(HourEntry.minutes == 45)).one().category = other
    db.session.commit()
    assert totals() == [
        (45, 1, 1, DeclarationState.OPEN), (90, 1, 0, DeclarationState.OPEN)
    ]  # fmt: skip

    db.session.delete(db.session.scalars(select(HourEntry).where(HourEntry.minutes == 90)).one())
    db.session.commit()
    assert totals() == [(0, 0, 0, DeclarationState.OPEN), (45, 1, 1, DeclarationState.OPEN)]


def test_sums_follow_the_declaration_and_raw_sql(teacher, school, category, school_leader):
    declare(teacher, school, category, [60])
    assert totals() == [(60, 1, 0, DeclarationState.SUBMITTED)]
    declare(teacher, school, category, [15], by=school_leader, seq=2)
    assert [row[3] for row in totals()] == [DeclarationState.APPROVED, DeclarationState.SUBMITTED]

    declare(teacher, school, category, [30], submit=False, seq=3)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE hour_entries SET minutes = 75 WHERE minutes = 30")
    assert db.session.scalar(select(func.sum(HourTotal.minutes))) == 150
