"""Reminders, letters, and what is kept about a person."""

from datetime import date

import pytest
from sqlalchemy import func, select

from labapp import clock
from labapp.accounts import privacy
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.errors import ConflictError
from labapp.jobs import services as jobs
from labapp.mail.services import list_outbox
from labapp.subsidy import declarations, hours, reminders
from labapp.subsidy.declaration_snapshots import is_intact
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.hours import EntryInput
from tests.subsidy.conftest import works


@pytest.fixture
def write(school, version, category, as_actor):
    def write(user, day, sign=False):
        entry = EntryInput(user.id, school.id, version.id, category.id, day, 90)
        one = hours.add_entry(as_actor(user), entry).declaration
        return declarations.submit(as_actor(user), one, one.version) if sign else one

    return write


def letters():
    db.session.rollback()
    return [(letter.to, letter.subject) for letter in reversed(list_outbox())]


def test_people_are_reminded_before_and_after_the_end_of_a_month(write, teacher, colleague):
    write(teacher, date(2026, 11, 17))
    colleague.language = "en"
    db.session.commit()
    write(colleague, date(2026, 11, 17))
    for day, count in (("26", 0), ("27", 2), ("28", 2)):
        clock.set_clock(f"2026-11-{day}T08:00")
        reminders.remind_people()
        reminders.remind_people()  # nobody twice on a day
        assert len(letters()) == count
    assert letters() == [
        (teacher.email, "Denk aan je urenstaat van november 2026"),
        (colleague.email, "Remember your hour declaration of November 2026"),
    ]
    for day, count in (("02", 2), ("03", 4), ("08", 6), ("09", 6)):
        clock.set_clock(f"2026-12-{day}T08:00")
        reminders.remind_people()
        assert len(letters()) == count
    assert "1,5 uur" in list_outbox()[-1].text


def test_who_signed_is_left_alone(write, teacher):
    write(teacher, date(2026, 10, 27), sign=True)
    clock.set_clock("2026-11-03T08:00")
    assert reminders.remind_people() == 0


def test_approvers_hear_once_a_week_what_waits(write, teacher, school_leader, controller,
                                               other_leader):  # fmt: skip
    write(teacher, date(2026, 10, 27), sign=True)
    write(school_leader, date(2026, 10, 27), sign=True)
    assert reminders.remind_approvers() == 2
    assert letters() == [
        (school_leader.email, "Urenstaten om goed te keuren"),
        (controller.email, "Urenstaten om goed te keuren"),
    ]
    assert "wacht 1 urenstaat" in list_outbox()[0].text


def test_the_worker_does_both(write, teacher):
    write(teacher, date(2026, 11, 17))
    clock.set_clock("2026-11-27T08:00")
    jobs.enqueue_periodic()
    jobs.run_waiting()
    assert teacher.email in {to for to, _subject in letters()}


def test_a_person_gets_all_that_is_kept_about_them(write, teacher, as_actor):
    one = write(teacher, date(2026, 10, 27), sign=True)
    kept = privacy.export_data(as_actor(teacher))["subsidy"]
    assert kept["hours"][0]["minutes"] == 90
    assert kept["declarations"][0]["snapshot"] == one.snapshot


def test_hours_that_were_signed_for_outlive_a_wish_to_be_forgotten(write, teacher, as_actor,
                                                                   school_leader):  # fmt: skip
    one = write(teacher, date(2026, 10, 27), sign=True)
    declarations.approve(as_actor(school_leader), one, one.version)
    for user in (teacher, school_leader):
        with pytest.raises(ConflictError, match="31 december 2037"):
            privacy.erase_user(Actor.system(), user.id)
    assert teacher.email

    clock.set_clock("2038-01-01T00:00")
    privacy.erase_user(Actor.system(), teacher.id)
    db.session.expire_all()
    assert db.session.scalars(select(HourEntry.minutes)).all() == [90]  # the hours stay
    kept = db.session.scalars(select(Declaration)).one()
    assert "names" not in kept.snapshot
    assert is_intact(kept)


def test_hours_that_nobody_signed_for_go_with_the_person(write, school):
    user = works(Role.TEACHER, school)
    write(user, date(2026, 11, 17))
    privacy.erase_user(Actor.system(), user.id)
    assert db.session.scalar(select(func.count(HourEntry.id))) == 0
