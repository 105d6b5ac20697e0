"""Writing hours: each rule of 3.4, next to what it allows."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from labapp import clock
from labapp.accounts.models import Organisation, Role
from labapp.audit import AuditEvent, verify
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.subsidy import hours
from labapp.subsidy.hour_models import Declaration, EntryKind, EntrySource, HourEntry
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.hours import Step, Way
from labapp.subsidy.scheme_models import Evidence, Participation, VersionStatus
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.subsidy.conftest import BEGIN, TUESDAY, works
from tests.subsidy.factories import CategoryFactory, VersionFactory


def codes_of(actor, *entries, **extra):
    """Give the codes of what is wrong with hours, which are then not saved."""
    before = db.session.scalar(select(func.count(HourEntry.id)))
    with pytest.raises(EntriesInvalidError) as refused:
        hours.add_entries(actor, entries, **extra)
    assert db.session.scalar(select(func.count(HourEntry.id))) == before
    return {place: [p.code for p in found] for place, found in refused.value.problems.items()}


def test_hours_open_a_declaration_and_the_trail_knows_them(me, wrote, teacher):
    entry = hours.add_entry(me, replace(wrote, description="Les ontworpen"))

    assert (entry.minutes, entry.declaration.month, entry.declaration.seq) == (
        90, date(2026, 11, 1), 1,
    )  # fmt: skip
    assert entry.touched_by == [teacher.id]
    event = db.session.scalars(select(AuditEvent)).one()
    before, after = event.changes[entry.id]
    assert before is None
    assert (after["minutes"], after["work_date"]) == (90, "2026-11-17")
    assert len(after["description"]) == 64  # no word of it
    assert not list(verify())


def test_the_second_entry_of_a_month_joins_its_declaration(me, wrote):
    hours.add_entries(me, [wrote, replace(wrote, work_date=date(2026, 11, 16))])
    hours.add_entry(me, replace(wrote, work_date=date(2026, 10, 30)))

    months = db.session.scalars(select(Declaration.month).order_by(Declaration.month)).all()
    assert months == [date(2026, 10, 1), date(2026, 11, 1)]


def test_without_an_appointment_on_the_day_no_hours(me, wrote, teacher, other_school):
    teacher.affiliations[0].until_on = TUESDAY
    db.session.commit()

    assert codes_of(me, wrote) == {0: ["appointment_missing"]}
    assert codes_of(me, replace(wrote, organisation_id=other_school.id)) == {
        0: ["appointment_missing"]
    }
    assert codes_of(me, replace(wrote, organisation_id=987_654)) == {0: ["appointment_missing"]}
    assert hours.add_entry(me, replace(wrote, work_date=date(2026, 11, 16)))


def test_a_day_outside_the_scheme_is_refused(me, wrote, version, school):
    version.valid_from = date(2026, 11, 1)
    db.session.commit()
    assert codes_of(me, replace(wrote, work_date=date(2026, 10, 30))) == {0: ["outside_scheme"]}

    version.status = VersionStatus.CLOSED
    db.session.commit()
    assert codes_of(me, wrote) == {0: ["outside_scheme"]}

    version.status = VersionStatus.ACTIVE
    part = Participation(
        scheme_version_id=version.id, organisation_id=school.id,
        from_on=date(2026, 8, 1), to_on=date(2026, 11, 16),
    )  # fmt: skip
    db.session.add(part)
    db.session.commit()
    assert codes_of(me, wrote) == {0: ["outside_scheme"]}
    assert hours.add_entry(me, replace(wrote, work_date=date(2026, 11, 16)))


def test_tomorrow_is_not_worked_yet(me, wrote):
    assert codes_of(me, replace(wrote, work_date=date(2026, 11, 19))) == {0: ["future_date"]}
    assert hours.add_entry(me, replace(wrote, work_date=date(2026, 11, 18)))


@pytest.mark.parametrize(
    ("zone", "moment", "is_allowed"),
    [
        ("Europe/Amsterdam", "2026-12-31T23:30+00:00", True),  # half past midnight here
        ("America/Kralendijk", "2026-12-31T23:30+00:00", False),  # still half past seven there
        ("America/Kralendijk", "2027-01-01T04:30+00:00", True),
    ],
)
def test_new_year_begins_on_the_clock_of_the_branch(me, wrote, school, zone, moment, is_allowed):
    school.time_zone = zone
    db.session.commit()
    clock.set_clock(moment)
    new_year = replace(wrote, work_date=date(2027, 1, 1))

    if is_allowed:
        assert hours.add_entry(me, new_year).declaration.month == date(2027, 1, 1)
    else:
        assert codes_of(me, new_year) == {0: ["future_date"]}


def test_hours_of_long_ago_need_somebody_else_and_a_reason(me, wrote, school, as_actor):
    old = replace(wrote, work_date=date(2026, 9, 1), late_reason="Was ziek")
    assert codes_of(me, old) == {0: ["too_old"]}

    coach = as_actor(works(Role.INTERNAL_COACH, school))
    assert codes_of(coach, replace(old, late_reason=" ")) == {0: ["too_old"]}
    entry = hours.add_entry(coach, old)
    assert entry.late_reason == "Was ziek"
    assert hours.add_entry(me, replace(wrote, work_date=date(2026, 9, 19)))  # the 60th day


@pytest.mark.parametrize("minutes", [10, 20, 1, 100])
def test_hours_go_in_steps_that_two_decimals_can_show(me, wrote, minutes):
    assert codes_of(me, replace(wrote, minutes=minutes)) == {0: ["granularity"]}


@pytest.mark.parametrize("minutes", [0, -15, None])
def test_nothing_is_no_work(me, wrote, minutes):
    assert codes_of(me, replace(wrote, minutes=minutes)) == {0: ["not_positive"]}


def test_times_say_the_length(me, wrote):
    entry = hours.add_entry(
        me, replace(wrote, minutes=None, start_local=time(9), end_local=time(10, 30))
    )
    assert entry.minutes == 90
    other = replace(wrote, work_date=date(2026, 11, 16), start_local=time(9), end_local=time(9, 30))
    assert codes_of(me, other) == {0: ["times_differ"]}
    assert codes_of(me, replace(other, end_local=None)) == {0: ["times_incomplete"]}
    assert codes_of(me, replace(other, end_local=time(8), minutes=None)) == {
        0: ["crosses_midnight"]
    }
    odd = replace(other, minutes=None, end_local=time(9, 10))
    assert codes_of(me, odd) == {0: ["granularity"]}


def test_the_hour_that_spring_skips_does_not_exist(me, wrote):
    clock.set_clock("2027-03-28T12:00")
    night = replace(
        wrote, work_date=date(2027, 3, 28), minutes=None, start_local=time(2, 30), end_local=time(4)
    )
    assert codes_of(me, night) == {0: ["nonexistent_local_time"]}
    whole = hours.add_entry(me, replace(night, start_local=time(1)))
    assert whole.minutes == 120


def test_the_hour_that_comes_twice_is_told_apart_by_its_length(me, wrote):
    clock.set_clock("2026-10-26T12:00")
    night = replace(
        wrote, work_date=date(2026, 10, 25), minutes=90, start_local=time(2, 15),
        end_local=time(2, 45),
    )  # fmt: skip
    assert hours.add_entry(me, night).minutes == 90
    assert codes_of(me, replace(night, minutes=30)) == {0: ["overlap"]}


def test_hours_overlap_across_schools_but_may_touch(me, wrote, teacher, other_school):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    first = replace(wrote, minutes=None, start_local=time(9), end_local=time(10))
    hours.add_entry(me, first)
    there = replace(first, organisation_id=other_school.id)

    assert codes_of(me, replace(there, start_local=time(9, 45), end_local=time(10, 30))) == {
        0: ["overlap"]
    }
    assert hours.add_entry(me, replace(there, start_local=time(10), end_local=time(11)))
    assert hours.add_entry(me, replace(there, start_local=time(8), end_local=time(9)))


def test_hours_overlap_across_time_zones(me, wrote, teacher):
    island = OrganisationFactory(time_zone="America/Kralendijk")
    AffiliationFactory(user=teacher, organisation=island, role=Role.TEACHER, from_on=BEGIN)
    hours.add_entry(me, replace(wrote, minutes=None, start_local=time(15), end_local=time(16)))
    there = replace(wrote, organisation_id=island.id, minutes=None)

    ten_there = replace(there, start_local=time(10, 30), end_local=time(11, 30))  # 15:30 here
    assert codes_of(me, ten_there) == {0: ["overlap"]}
    assert hours.add_entry(me, replace(there, start_local=time(15), end_local=time(16)))


def test_a_day_has_a_most_over_all_schools(me, wrote, teacher, other_school):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    hours.add_entry(me, replace(wrote, minutes=600))
    there = replace(wrote, organisation_id=other_school.id)

    assert codes_of(me, replace(there, minutes=135)) == {0: ["day_max"]}
    assert hours.add_entry(me, replace(there, minutes=120))


def test_a_list_is_checked_together_and_saved_whole_or_not(me, wrote):
    long = [replace(wrote, minutes=480), replace(wrote, minutes=300), replace(wrote, minutes=7)]
    assert codes_of(me, *long) == {1: ["day_max"], 2: ["granularity"]}


def test_a_closed_activity_takes_no_new_hours(me, wrote, category):
    category.is_open = False
    db.session.commit()
    assert codes_of(me, wrote) == {0: ["category_closed"]}


def test_evidence_is_asked_for(me, wrote, version):
    paper = CategoryFactory(scheme_version=version, evidence=Evidence.DOCUMENT)
    session = CategoryFactory(scheme_version=version, evidence=Evidence.SESSION)
    assert codes_of(me, replace(wrote, category_id=paper.id)) == {0: ["evidence_missing"]}
    assert hours.add_entry(me, replace(wrote, category_id=paper.id, evidence="Verslag 3"))
    at_session = replace(wrote, category_id=session.id, source_ref="sessions:4")
    assert codes_of(me, at_session) == {0: ["evidence_missing"]}
    assert hours.add_entry(me, at_session, source=EntrySource.SESSION)


def test_the_same_within_ten_seconds_is_a_double_tap(me, wrote):
    clock.set_clock("2026-11-18T09:30")
    hours.add_entry(me, wrote)
    assert codes_of(me, wrote) == {0: ["duplicate"]}
    assert hours.add_entry(me, wrote, may_repeat=True)
    clock.set_clock("2026-11-18T09:31")
    assert hours.add_entry(me, wrote)


def test_a_source_is_written_once(me, wrote):
    hours.add_entry(me, replace(wrote, source_ref="sessions:1"))
    again = replace(wrote, source_ref="sessions:1", work_date=date(2026, 11, 16))
    assert codes_of(me, again) == {0: ["duplicate"]}
    twice = replace(wrote, source_ref="sessions:2", work_date=date(2026, 11, 16))
    assert codes_of(me, twice, twice) == {1: ["duplicate"]}


def test_all_that_is_wrong_is_told_together_in_order(me, wrote):
    wrong = replace(wrote, work_date=date(2027, 8, 2), minutes=1000)
    assert codes_of(me, wrong) == {0: ["outside_scheme", "future_date", "granularity", "day_max"]}


def test_an_activity_of_another_scheme_does_not_exist(me, wrote):
    other = CategoryFactory(scheme_version=VersionFactory())
    with pytest.raises(NotFoundError):
        hours.add_entry(me, replace(wrote, category_id=other.id))


def test_nobody_writes_hours_of_another_without_looking_after_the_branch(
    wrote, colleague, other_leader, school, as_actor
):
    for stranger in (colleague, other_leader):
        with pytest.raises(NotFoundError):
            hours.add_entry(as_actor(stranger), wrote)
    coach = works(Role.INTERNAL_COACH, school)
    assert hours.add_entry(as_actor(coach), wrote).touched_by == [coach.id]


def test_a_token_needs_the_right_to_write_hours(wrote, teacher, as_actor):
    with pytest.raises(ForbiddenError):
        hours.add_entry(as_actor(teacher, scopes=frozenset({"hours:read"})), wrote)


def test_an_entry_is_changed_by_who_read_its_last_version(me, wrote):
    entry = hours.add_entry(me, wrote)
    hours.change_entry(me, entry, replace(wrote, minutes=120), 1)
    with pytest.raises(ConflictError) as refused:
        hours.change_entry(me, entry, replace(wrote, minutes=60), 1)
    assert (refused.value.theirs["minutes"], refused.value.yours["minutes"]) == (120, 60)
    moved = hours.change_entry(me, entry, replace(wrote, work_date=date(2026, 10, 30)), 2)
    assert moved.declaration.month == date(2026, 10, 1)


def test_an_entry_goes_when_it_is_taken_away(me, wrote):
    entry = hours.add_entry(me, wrote)
    number = entry.id
    hours.remove_entry(me, entry, 1)
    assert db.session.get(HourEntry, number) is None
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event.changes[number][1] is None


def test_only_the_valid_is_saved_when_that_is_asked(me, wrote):
    steps = [Step(new=wrote), Step(new=replace(wrote, minutes=7))]
    outcome = hours.write(me, steps, Way(only_valid=True))
    assert [e.minutes for e in outcome.saved] == [90]
    assert list(outcome.problems) == [1]


def test_a_list_takes_a_constant_number_of_statements(me, wrote, count_queries):
    def cost(count, first):
        days = [first - timedelta(days=n) for n in range(count)]
        with count_queries() as queries:
            hours.add_entries(me, [replace(wrote, work_date=day) for day in days])
        return len(queries)

    hours.add_entry(me, replace(wrote, work_date=date(2026, 11, 2)))
    assert cost(2, date(2026, 11, 17)) == cost(6, date(2026, 11, 14))


def test_hours_are_seen_by_the_person_the_branch_and_the_board_only(
    me, wrote, school_leader, other_leader, controller, foreign_controller, auditor, colleague,
    administrator, assessor, as_actor,
):  # fmt: skip
    entry = hours.add_entry(me, wrote)
    for reader in (school_leader, controller, auditor):
        assert hours.get_entry(as_actor(reader), entry.id).id == entry.id
        assert len(hours.list_entries(as_actor(reader))) == 1
    for stranger in (other_leader, foreign_controller, colleague, administrator, assessor):
        assert hours.list_entries(as_actor(stranger)) == []
        with pytest.raises(NotFoundError):
            hours.get_entry(as_actor(stranger), entry.id)


def test_a_leader_does_not_see_the_same_person_at_another_school(
    me, wrote, teacher, other_school, school_leader, as_actor
):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    there = hours.add_entry(me, replace(wrote, organisation_id=other_school.id))
    with pytest.raises(NotFoundError):
        hours.get_entry(as_actor(school_leader), there.id)
    assert db.session.get(Organisation, other_school.id)
    assert there.kind is EntryKind.NORMAL
