"""Hostile input over HTTP is refused in words, on both databases."""

from datetime import date

import pytest

from labapp.accounts.models import Role
from labapp.errors import ForbiddenError
from labapp.subsidy import assessments, claims
from tests.subsidy.claiming import approved, draft, submitted
from tests.subsidy.conftest import works
from tests.subsidy.work import declare

HUGE = "99999999999999999999"


@pytest.mark.parametrize(
    "address",
    [
        f"/overzicht?board={HUGE}&bestuur={HUGE}&regeling={HUGE}",
        f"/overzicht/statistiek?bestuur={HUGE}&regeling={HUGE}&jaar={HUGE}",
        f"/overzicht/aansluiting?regeling={HUGE}&vestiging={HUGE}",
        f"/uren?vestiging={HUGE}&regeling={HUGE}&week=9999-12-31",
        f"/urenstaten?vestiging={HUGE}",
        f"/claims?page={HUGE}&staat={HUGE}",
        "/uren/boeking?dag=9999-12-31",
        "/uren/boeking?dag=0001-01-01",
    ],
)
def test_addresses_of_the_end_of_the_world(browse, teacher, controller, version, address):
    for user in (teacher, controller):
        assert browse(user).get(address).status_code < 500


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_an_entry_of_the_end_of_time(browse, teacher, version, category, day):
    form = {"work_date": day, "minutes": "1", "category": str(category.id)}
    assert browse(teacher).post("/uren/boeking", data=form).status_code in (404, 422)


def test_a_claim_form_with_numbers_that_no_column_holds(browse, controller, version, school):
    claim = draft(controller, version, school)
    form = {"version": str(claim.version), "instalment": HUGE}
    assert browse(controller).post(f"/claims/{claim.id}", data=form).status_code == 422


def test_a_batch_of_numbers_that_no_column_holds(browse, assessor, version):
    form = {"version_id": str(version.id), "claim": [HUGE, "9" * 5000, "٣"]}
    found = browse(assessor).post("/claims/betaalbatches", data=form).status_code
    assert found in (409, 422)


def test_whoever_lists_what_waits_asks_as_much_for_many_as_for_few(
    browse, school_leader, teacher, colleague, school, category, count_queries
):
    """A leader with a team signs off a month; it takes no statement for each person."""

    def statements():
        with count_queries() as queries:
            assert browse(school_leader).get("/urenstaten/goedkeuren").status_code == 200
        return len(queries)

    declare(teacher, school, category, [60])
    few = statements()
    for _ in range(6):
        declare(works(Role.TEACHER, school), school, category, [60, 60])
    assert statements() == few


def test_the_office_sees_of_a_returned_claim_what_was_submitted(
    browse, assessor, controller, teacher, school, category, school_leader, version, as_actor
):
    """What the board is still working on is not submitted."""
    approved(teacher, school, category, school_leader, (60,))
    claim = submitted(controller, version, school)
    assessments.return_claim(as_actor(assessor), claim, "Vul aan", version=claim.version)
    approved(teacher, school, category, school_leader, (480,), date(2026, 10, 5))
    number = claim.id

    assert "436,50" in browse(controller).get(f"/claims/{number}").text
    page = browse(assessor).get(f"/claims/{number}")
    assert page.status_code == 200
    assert "436,50" not in page.text
    with pytest.raises(ForbiddenError):
        claims.preview(as_actor(assessor), claims.get_claim(as_actor(assessor), number))
