"""The week grid as a service: what is read, what is saved, what two tabs do to each other."""

from datetime import date

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.models import Role
from labapp.database import db
from labapp.subsidy import declarations, hours, week, week_saving
from labapp.subsidy.contexts import contexts_of
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.hours import EntryInput
from labapp.subsidy.scheme_models import Evidence, Participation
from labapp.subsidy.week import PostedCell, PostedRow
from labapp.subsidy.week_saving import WeekConflictError
from tests.factories import AffiliationFactory
from tests.subsidy.conftest import BEGIN
from tests.subsidy.factories import CategoryFactory, VersionFactory

MONDAY = date(2026, 11, 16)


@pytest.fixture
def here(me, version):
    return contexts_of(me, MONDAY)[0]


def posted(shown, typed, notes=None):
    """Give the rows of a page as they come back, with some cells typed anew: {(row, day): text}."""
    notes = notes or {}
    rows = []
    for r, row in enumerate(shown.rows):
        cells = {
            d: PostedCell(typed.get((r, d), cell.text), cell.base)
            for d, cell in enumerate(row.cells)
            if not cell.closed
        }
        rows.append(PostedRow(row.category.id, notes.get(r, row.note), row.old_note, cells))
    return rows


def save(me, here, shown, typed, notes=None, **extra):
    return week_saving.save_week(me, here, shown.monday, posted(shown, typed, notes), **extra)


def minutes():
    rows = db.session.execute(select(HourEntry.work_date, HourEntry.minutes))
    return {day.day: number for day, number in rows}


def test_a_new_week_offers_the_activities_and_only_days_that_were(me, here, category):
    CategoryFactory(scheme_version=here.version, evidence=Evidence.SESSION)
    db.session.refresh(here.version)
    shown = week.read_week(me, here, MONDAY)
    assert [row.category.id for row in shown.rows] == [category.id]
    assert [cell.closed for cell in shown.rows[0].cells] == ["", "", "", *["nog niet"] * 4]


def test_hours_are_saved_changed_and_taken_away(me, here):
    shown = week.read_week(me, here, MONDAY)
    saved = save(me, here, shown, {(0, 0): "1:30", (0, 1): "2u"})
    assert saved.is_saved
    assert minutes() == {16: 90, 17: 120}
    assert (saved.week.total, saved.week.rows[0].cells[0].text) == (210, "1,5")

    save(me, here, saved.week, {(0, 0): "", (0, 1): "1,25"})
    assert minutes() == {17: 75}


def test_one_wrong_cell_keeps_all_from_being_saved_unless_that_is_asked(me, here):
    shown = week.read_week(me, here, MONDAY)
    typed = {(0, 0): "1,1", (0, 1): "veel", (0, 2): "2"}
    refused = save(me, here, shown, typed)
    assert not refused.is_saved
    assert minutes() == {}
    assert set(refused.errors) == {(0, 0), (0, 1)}
    assert [c.text for c in refused.week.rows[0].cells[:3]] == ["1,1", "veel", "2"]

    done = save(me, here, refused.week, {}, only_valid=True)
    assert minutes() == {18: 120}
    assert set(done.errors) == {(0, 0), (0, 1)}
    assert [c.text for c in done.week.rows[0].cells[:3]] == ["1,1", "veel", "2"]


def test_two_tabs_that_change_the_same_cell_are_told_both_values(me, here):
    shown = week.read_week(me, here, MONDAY)
    save(me, here, shown, {(0, 0): "1"})
    with pytest.raises(WeekConflictError) as refused:
        save(me, here, shown, {(0, 0): "2"})  # still shows an empty cell
    assert refused.value.theirs == {"u-0-0": "1"}
    assert refused.value.yours == {"u-0-0": "2"}

    fresh = week.read_week(me, here, MONDAY)
    save(me, here, fresh, {(0, 0): "3"})
    with pytest.raises(WeekConflictError) as refused:
        save(me, here, fresh, {(0, 0): "4"})
    assert refused.value.cells == {(0, 0): (180, 240)}
    assert minutes() == {16: 180}


def test_what_another_tab_did_elsewhere_stays(me, here):
    empty = week.read_week(me, here, MONDAY)
    save(me, here, empty, {(0, 0): "1"})
    save(me, here, empty, {(0, 1): "2"})
    assert minutes() == {16: 60, 17: 120}
    save(me, here, empty, {(0, 1): "2"})  # the same again is no conflict
    assert minutes() == {16: 60, 17: 120}


def test_a_note_belongs_to_its_row(me, here, category):
    shown = week.read_week(me, here, MONDAY)
    saved = save(me, here, shown, {(0, 0): "1", (0, 1): "2"}, {0: "Les 1"})
    assert {e.description for e in db.session.scalars(select(HourEntry))} == {"Les 1"}

    save(me, here, saved.week, {}, {0: "Les 2"})
    assert {e.description for e in db.session.scalars(select(HourEntry))} == {"Les 2"}
    rows = week.read_week(me, here, MONDAY, extra=[category.id]).rows
    assert [row.note for row in rows] == ["Les 2", ""]


def test_two_rows_of_an_activity_need_different_notes(me, here, category):
    shown = week.read_week(me, here, MONDAY)
    cells = {0: PostedCell("1", None)}
    same = [PostedRow(category.id, "", "", cells), PostedRow(category.id, "", "", cells)]
    refused = week_saving.save_week(me, here, shown.monday, same)
    assert not refused.is_saved
    assert refused.week.rows[1].errors


def test_a_document_is_named_in_the_note(me, here):
    paper = CategoryFactory(scheme_version=here.version, evidence=Evidence.DOCUMENT)
    rows = [PostedRow(paper.id, "", "", {0: PostedCell("1", None)})]
    db.session.refresh(here.version)
    assert week_saving.save_week(me, here, MONDAY, rows).week.rows[0].errors
    rows = [PostedRow(paper.id, "Verslag 3", "", {0: PostedCell("1", None)})]
    assert week_saving.save_week(me, here, MONDAY, rows).is_saved
    assert db.session.scalars(select(HourEntry.evidence)).all() == ["Verslag 3"]


def test_signed_and_approved_days_are_words(me, here, category, leader_of):
    monday = date(2026, 10, 26)  # its Sunday is in November
    one = hours.add_entry(
        me,
        EntryInput(me.id, here.branch.id, here.version.id, category.id, date(2026, 10, 27), 60),
    ).declaration
    one = declarations.submit(me, one, one.version)
    shown = week.read_week(me, here, monday)
    assert [cell.closed for cell in shown.rows[0].cells] == ["ondertekend"] * 6 + [""]

    declarations.approve(leader_of, one, one.version)
    shown = week.read_week(me, here, monday)
    assert [cell.closed for cell in shown.rows[0].cells] == ["", "goedgekeurd", *[""] * 5]
    save(me, here, shown, {(0, 0): "1"})
    assert [d.seq for d in week.read_week(me, here, monday).declarations] == [1, 2]


@pytest.fixture
def leader_of(school_leader, as_actor):
    return as_actor(school_leader)


def test_the_week_before_is_copied_where_nothing_stands(me, here):
    before = week.read_week(me, here, date(2026, 11, 9))
    save(me, here, before, {(0, 0): "1", (0, 1): "2", (0, 4): "3"}, {0: "Les 1"})
    save(me, here, week.read_week(me, here, MONDAY), {(0, 1): "4"}, {0: "Les 1"})

    assert week_saving.copy_previous(me, here, MONDAY) == 1  # Friday is still to come
    assert minutes() == {9: 60, 10: 120, 13: 180, 16: 60, 17: 240}
    assert week_saving.copy_previous(me, here, MONDAY) == 0


def test_the_contexts_are_where_one_works_and_what_is_in_force(me, teacher, school, other_school,
                                                               version):  # fmt: skip
    second = VersionFactory()
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    db.session.expire_all()
    assert [c.key for c in contexts_of(me, MONDAY)] == [
        (school.id, version.id), (school.id, second.id),
        (other_school.id, version.id), (other_school.id, second.id),
    ]  # fmt: skip
    part = Participation(
        scheme_version_id=version.id, organisation_id=school.id,
        from_on=date(2026, 8, 1), to_on=date(2026, 11, 16),
    )  # fmt: skip
    db.session.add(part)
    db.session.commit()
    found = contexts_of(me, MONDAY)
    assert [c.key for c in found][:2] == [(school.id, version.id), (other_school.id, version.id)]
    cells = week.read_week(me, found[0], MONDAY).rows
    assert cells == [] or cells[0].cells[1].closed == "buiten de regeling"
    assert contexts_of(me, date(2025, 11, 17)) == []


def test_a_save_takes_the_same_number_of_statements_whatever_is_in_it(me, here, count_queries):
    for _ in range(4):
        CategoryFactory(scheme_version=here.version)
    db.session.refresh(here.version)
    clock.set_clock("2026-11-22T12:00")
    hours_of = week.read_week(me, here, MONDAY)
    saved = save(me, here, hours_of, {(0, 0): "1"}).week

    def cost(shown, typed):
        rows = posted(shown, typed)
        context = contexts_of(me, MONDAY)[0]
        with count_queries() as queries:
            assert week_saving.save_week(me, context, MONDAY, rows).is_saved
        return len(queries)

    one = cost(saved, {(1, 1): "1"})
    every = [c.id for c in here.version.categories]
    fresh = week.read_week(me, here, MONDAY, extra=every)
    assert cost(fresh, {(r, d): "0,5" for r in range(2, 5) for d in range(7)}) == one
