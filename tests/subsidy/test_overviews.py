import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.errors import ForbiddenError, NotFoundError
from labapp.subsidy import overviews, statistics
from labapp.subsidy.overviews import Selection
from labapp.subsidy.scheme_models import Cap, CapScope, CapUnit, Grant, Participation
from labapp.subsidy.statistics import Cell
from tests.subsidy.claiming import MONDAY, approved, submitted
from tests.subsidy.conftest import BEGIN, works
from tests.subsidy.factories import CategoryFactory, FixedAmountFactory, VersionFactory
from tests.subsidy.work import declare

YEAR = Selection(2026)


@pytest.fixture
def look(controller):
    def overview(selection=YEAR, *, actor=None, branch=None):
        db.session.rollback()
        return overviews.overview(Actor.of(actor or controller), selection, branch)

    return overview


def test_hours_people_and_money_by_branch(
    look, version, category, school, other_school, teacher, colleague, school_leader, other_leader,
    controller,
):  # fmt: skip
    declare(teacher, school, category, [60], by=school_leader)
    declare(colleague, school, category, [30])
    declare(colleague, school, category, [15], submit=False, seq=2)
    free = CategoryFactory(scheme_version=version, claimable=False)
    declare(teacher, school, free, [45], by=school_leader, seq=2)
    declare(teacher, other_school, category, [90], by=other_leader, late_reason="Ziek")
    submitted(controller, version, school)

    found = look()

    here, there = sorted(found.rows, key=lambda row: row.branch.name)
    assert (here.hours.approved, here.hours.submitted, here.hours.open) == (60, 30, 15)
    assert (here.hours.not_claimable, here.hours.logged, here.hours.people) == (45, 150, 1)
    assert (here.money.claims, here.money.asked, here.money.minutes, here.unclaimed) == (
        1, 4850, 60, 0)  # fmt: skip
    assert (there.hours.late, there.hours.entries, there.unclaimed) == (1, 1, 90)
    assert (found.hours.logged, found.money.asked) == (240, 4850)
    assert found.late_share == pytest.approx(0.2)


def test_a_calendar_year_splits_a_school_year(look, category, school, teacher, school_leader):
    declare(teacher, school, category, [60], by=school_leader)
    declare(teacher, school, category, [30], by=school_leader, month=MONDAY.replace(2027, 1, 1))

    logged = {
        year: look(Selection(2026, calendar_year=year)).hours.logged for year in (None, 2026, 2027)
    }
    assert logged == {None: 90, 2026: 60, 2027: 30}
    assert look(Selection(2025)).rows == []


@pytest.fixture
def fixed(fixed_version, school):
    """A fixed scheme that asks 100 hours and 2 participants of a primary school."""
    FixedAmountFactory(scheme_version=fixed_version)
    db.session.add(
        Participation(
            scheme_version_id=fixed_version.id, organisation_id=school.id, from_on=BEGIN,
            to_on=fixed_version.valid_to,
        )
    )  # fmt: skip
    db.session.commit()
    return CategoryFactory(scheme_version=fixed_version)


def test_obligations_leave_out_who_works_less_than_a_day_a_week(
    look, fixed, school, teacher, school_leader
):
    small = works(Role.TEACHER, school, fte_bp=1_999)
    day = works(Role.TEACHER, school, fte_bp=2_000)
    declare(small, school, fixed, [480], by=school_leader)
    declare(day, school, fixed, [480], by=school_leader)
    [row] = look().rows

    found = row.obligation
    assert (found.wanted.minutes, found.wanted.people) == (6_000, 2)
    assert (found.minutes, found.people) == (480, 1)
    assert (found.left_out_minutes, found.left_out_people) == (480, 1)
    assert (found.missing_minutes, found.missing_people, found.is_met) == (5_520, 1, False)

    fixed.scheme_version.small_appointments_count = True
    db.session.commit()
    [row] = look().rows
    assert (row.obligation.minutes, row.obligation.people) == (960, 2)
    assert row.obligation.left_out_people == 0


def test_a_grant_says_what_is_asked_and_hours_not_approved_do_not_count(
    look, fixed, school, teacher, school_leader
):
    version = fixed.scheme_version
    db.session.add(
        Grant(
            scheme_version_id=version.id, organisation_id=school.id, decision_number="B-1",
            decided_on=BEGIN, amount_cents=100, min_minutes=60, min_participants=1, from_on=BEGIN,
            to_on=version.valid_to, instalments=[],
        )
    )  # fmt: skip
    db.session.commit()
    declare(teacher, school, fixed, [60])
    [row] = look().rows
    assert (row.obligation.minutes, row.obligation.is_met) == (0, False)

    declare(teacher, school, fixed, [60], by=school_leader, seq=2)
    [row] = look().rows
    assert row.obligation.is_met
    assert row.obligation.wanted.decision_number == "B-1"


def test_what_lies_above_a_cap_over_two_schools(
    look, version, category, school, other_school, teacher, school_leader, other_leader, controller
):
    cap = Cap(scheme_version_id=version.id, scope=CapScope.PERSON_YEAR, unit=CapUnit.MINUTES,
              value=600)  # fmt: skip
    db.session.add(cap)
    db.session.commit()
    approved(teacher, school, category, school_leader, (480,))
    assert look().above_cap == 0
    submitted(controller, version, school)
    approved(teacher, other_school, category, other_leader, (240,))

    by_branch = {row.branch.name: row.above_cap for row in look().rows}
    assert by_branch == {"De Regenboog": 0, "Het Zandkasteel": 120}


def test_days_under_two_schemes(school, category, teacher, school_leader, controller, other_leader):
    other = CategoryFactory(scheme_version=VersionFactory())
    declare(teacher, school, category, [60, 60], by=school_leader)
    declare(teacher, school, other, [30], by=school_leader)

    [day] = overviews.double_days(Actor.of(controller), YEAR)
    assert (day.user_id, day.day.day, day.minutes) == (teacher.id, 1, 90)
    assert overviews.double_days(Actor.of(other_leader), YEAR) == []


@pytest.mark.parametrize("who", ["teacher", "administrator", "outsider", "researcher"])
def test_who_leads_nothing_sees_no_overview(request, look, who):
    with pytest.raises(ForbiddenError):
        look(actor=request.getfixturevalue(who))


def test_a_leader_sees_that_branch_and_a_controller_that_board(
    look, category, school, other_school, teacher, school_leader, other_leader, controller,
    foreign_controller, programme_officer, auditor, exporter,
):  # fmt: skip
    declare(teacher, school, category, [60], by=school_leader)
    declare(teacher, other_school, category, [30], by=other_leader)

    seen = {
        user: sum(row.hours.logged for row in look(actor=user).rows)
        for user in (school_leader, other_leader, controller, foreign_controller,
                     programme_officer, auditor, exporter)
    }  # fmt: skip
    assert list(seen.values()) == [60, 30, 90, 0, 90, 90, 90]
    with pytest.raises(NotFoundError):
        overviews.get_branch(Actor.of(school_leader), other_school.id)
    with pytest.raises(NotFoundError):
        overviews.get_branch(Actor.of(foreign_controller), school.id)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([9, 8, 7], [9, 8, 7]),
        ([9, 8, 4], [9, None, None]),  # 4 alone could be told from the total
        ([9, 3, 3], [None, None, None]),  # it may be the same 3 twice
        ([9, 2, 2], [None, None, None]),  # 4 together
        ([4], [None]),
        ([2, 1], [None, None]),
        ([30, 20, 0], [30, None, None]),
    ],
)
def test_nothing_is_told_of_fewer_than_five(counts, shown):
    cells = [Cell(str(n), n, n * 60) for n in counts]
    found = statistics.hide(cells, Cell("", sum(counts), sum(counts) * 60))

    assert [cell.people for cell in found.cells] == shown
    assert [cell.minutes for cell in found.cells] == [n and n * 60 for n in shown]
    assert found.whole.is_hidden == (sum(counts) < 5)
    assert [cell.mean_minutes for cell in found.cells] == [n and 60 for n in shown]


def test_statistics_by_activity_month_and_sector(school, category, school_leader, controller):
    other = CategoryFactory(scheme_version=category.scheme_version, label_nl="Lesbezoek")
    people = [works(Role.TEACHER, school) for _ in range(6)]
    for person in people:
        declare(person, school, category, [60], by=school_leader)
    declare(people[0], school, other, [30], by=school_leader, seq=2)
    actor = Actor.of(controller)

    by_category = statistics.by_category(actor, YEAR)
    assert by_category.has_hidden
    assert (by_category.whole.people, by_category.whole.minutes) == (6, 390)
    [month] = statistics.by_month(actor, YEAR).cells
    assert (month.label, month.people, month.mean_minutes) == ("2026-09", 6, 65)
    [sector] = statistics.by_sector(actor, YEAR).cells
    assert (sector.label, sector.people) == ("po", 6)


def test_an_overview_takes_the_same_statements_for_any_number_of_branches(
    look, category, board, school, teacher, school_leader, count_queries
):
    from tests.factories import OrganisationFactory

    declare(teacher, school, category, [60], by=school_leader)
    counts = []
    for many in (0, 6):
        for number in range(many):
            branch = OrganisationFactory(name=f"Vestiging {number}", board=board)
            declare(works(Role.TEACHER, branch), branch, category, [60])
        with count_queries() as queries:
            assert len(look().rows) == many + 1
        counts.append(len([q for q in queries if q.lstrip().startswith("SELECT")]))
    assert counts[0] == counts[1]
