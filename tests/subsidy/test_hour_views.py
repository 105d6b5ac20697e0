"""The week grid over HTTP: with a browser's script, and without."""

import re
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.subsidy import declarations, hours, proposals
from labapp.subsidy.hour_models import EntryKind, HourEntry, HourProposal, ProposalStatus
from labapp.subsidy.hours import EntryInput
from labapp.subsidy.proposals import ProposalInput
from tests.factories import AffiliationFactory
from tests.subsidy.conftest import BEGIN
from tests.subsidy.factories import CategoryFactory

WEEK = "2026-11-16"
HTMX = {"HX-Request": "true"}
INPUT = re.compile(r"<input[^>]*>")


@pytest.fixture
def me(browse, teacher, version):
    return browse(teacher)


def fields(page):
    """Give what a browser would send back of the form of a page."""
    found = {}
    form = page.text[page.text.index('id="uren-formulier"') :]
    for tag in INPUT.findall(form[: form.index("</form>")]):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    return found


def minutes():
    db.session.rollback()
    return list(db.session.scalars(select(HourEntry.minutes).order_by(HourEntry.work_date)))


def test_a_week_is_filled_in_without_script(me):
    form = fields(me.get(f"/uren?week={WEEK}"))
    answer = me.post("/uren", data=form | {"u-0-0": "1:30", "u-0-1": "2,25"})

    assert answer.status_code == 303
    page = me.get(answer.location)
    assert "Bewaard. Totaal deze week 3,75 uur." in page.text
    assert fields(page)["u-0-1"] == "2,25"
    assert minutes() == [90, 135]


def test_the_grid_saves_itself(me):
    form = fields(me.get(f"/uren?week={WEEK}"))
    answer = me.post("/uren", data=form | {"u-0-0": "1u30"}, headers=HTMX)

    assert answer.status_code == 200
    assert "Bewaard. Totaal deze week 1,5 uur." in answer.text
    assert 'id="v-0-0"' in answer.text  # the next save knows which entry it was
    assert 'name="u-0-0"' not in answer.text  # nobody is thrown out of a field
    assert minutes() == [90]


def test_an_error_stands_at_its_cell_and_nothing_is_lost(me):
    form = fields(me.get(f"/uren?week={WEEK}")) | {"u-0-0": "2", "u-0-1": "1,1"}
    for headers in ({}, HTMX):
        answer = me.post("/uren", data=form, headers=headers)
        assert answer.status_code == 422
        assert 'data-for="u-0-1"' in answer.text
        assert "Niet bewaard" in answer.text or not headers
        assert minutes() == []
    page = me.post("/uren", data=form)
    assert fields(page)["u-0-0"] == "2"
    assert fields(page)["u-0-1"] == "1,1"

    answer = me.post("/uren", data=form | {"actie": "geldig"}, headers=HTMX)
    assert "Bewaard wat klopt" in answer.text
    assert minutes() == [120]


def test_two_tabs_get_both_values(me):
    form = fields(me.get(f"/uren?week={WEEK}"))
    me.post("/uren", data=form | {"u-0-0": "1"})
    answer = me.post("/uren", data=form | {"u-0-0": "2"}, headers=HTMX)
    assert answer.status_code == 409
    assert "Intussen staat hier 1, jij typte 2" in answer.text
    assert answer.headers["X-Show-Conflict"] == "true"

    page = me.post("/uren", data=form | {"u-0-0": "2", "u-0-1": "3"})
    assert page.status_code == 409
    assert fields(page)["u-0-1"] == "3"
    assert me.post("/uren", data=fields(page)).status_code == 303  # now it is meant
    assert minutes() == [120, 180]


def test_the_week_before_is_taken_over(me):
    before = fields(me.get("/uren?week=2026-11-09"))
    me.post("/uren", data=before | {"u-0-0": "1", "t-0": "Les 1"})
    form = fields(me.get(f"/uren?week={WEEK}"))
    answer = me.post("/uren", data=form | {"actie": "vorige"}, headers=HTMX)
    assert answer.headers["HX-Retarget"] == "#rooster"
    assert 'value="Les 1"' in answer.text
    assert minutes() == [60, 60]
    answer = me.post("/uren", data=form | {"actie": "vorige"})
    assert "staat er niets" in me.get(answer.location).text


def test_an_activity_gets_a_row(me, version):
    for _ in range(8):
        last = CategoryFactory(scheme_version=version)
    form = fields(me.get(f"/uren?week={WEEK}"))
    assert f'name="r-0" value="{last.id}"' not in str(form)
    more = form | {"actie": "rij", "nieuw": last.id}
    answer = me.post("/uren", data=more, headers=HTMX)
    assert last.label_nl in answer.text
    assert "data-focus" in answer.text
    page = me.get(me.post("/uren", data=more).location)
    assert str(last.id) in {v for k, v in fields(page).items() if k.startswith("r-")}


def test_days_that_are_frozen_are_words(me, teacher, school, version, category, as_actor,
                                        school_leader):  # fmt: skip
    actor = as_actor(teacher)
    one = hours.add_entry(
        actor, EntryInput(teacher.id, school.id, version.id, category.id, date(2026, 10, 27), 60)
    ).declaration
    one = declarations.submit(actor, one, one.version)
    page = me.get("/uren?week=2026-10-26")
    assert "u-0-1" not in fields(page)
    assert "(ondertekend)" in page.text
    declarations.approve(as_actor(school_leader), one, one.version)
    page = me.get("/uren?week=2026-10-26")
    assert "(goedgekeurd)" in page.text
    assert "u-0-2" in fields(page)


def test_proposals_are_taken_over_or_ignored(me, teacher, school, version, category):
    attended = ProposalInput(
        teacher.id, school.id, version.id, category.id, date(2026, 11, 17), 60, "sessions:0", "Bord"
    )
    three = [replace(attended, source_ref=f"sessions:{n}") for n in range(3)]
    ones = proposals.propose_hours(Actor.system(), three)
    numbers = [one.id for one in ones]
    assert "3 voorstellen uit je aanwezigheid" in me.get("/uren").text
    me.post("/uren/voorstellen", data={"voorstel": numbers[:2]})
    me.post("/uren/voorstellen", data={"voorstel": numbers[2:], "actie": "negeer"})
    assert minutes() == [60, 60]
    db.session.expire_all()
    assert db.session.get(HourProposal, numbers[2]).status is ProposalStatus.DISMISSED
    assert me.post("/uren/voorstellen", data={"voorstel": "999"}).status_code == 404


def test_who_works_at_two_schools_chooses_one(browse, teacher, other_school, version):
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    me = browse(teacher)
    page = me.get(f"/uren?week={WEEK}&vestiging={other_school.id}&regeling={version.id}")
    assert fields(page)["vestiging"] == str(other_school.id)
    me.post("/uren", data=fields(page) | {"u-0-0": "2"})
    assert "Op een andere school of regeling" in me.get(f"/uren?week={WEEK}").text


@pytest.mark.parametrize("week", ["", "2026-13-40", "0001-01-01", "9999-12-31", "x"])
def test_any_address_of_a_week_has_a_page(me, week):
    assert me.get("/uren", query_string={"week": week}).status_code == 200


def test_a_form_that_was_tampered_with_is_refused(me, version):
    form = fields(me.get(f"/uren?week={WEEK}"))
    other = CategoryFactory()
    assert me.post("/uren", data={"week": WEEK}).status_code == 422
    assert me.post("/uren", data=form | {"r-0": other.id, "u-0-0": "1"}).status_code == 404
    assert me.post("/uren", data=form | {"v-0-0": "x.1.60", "u-0-0": "2"}).status_code == 409
    assert me.post("/uren", data=form | {"v-0-0": "kapot", "u-0-0": "2"}).status_code == 303


def test_visitors_sign_in_first_and_others_go_elsewhere(browse, auditor):
    assert "/inloggen" in browse().get("/uren").location
    assert browse(auditor).get("/uren").location == "/urenstaten"


def test_one_entry_with_times(me, teacher):
    page = me.get("/uren/boeking?dag=2026-11-17")
    assert page.status_code == 200
    category = re.search(r'<option value="(\d+)"', page.text)[1]
    typed = {"category": category, "work_date": "2026-11-17", "start_local": "09:00",
             "end_local": "10:30", "minutes": "", "description": "Overleg"}  # fmt: skip
    wrong = me.post("/uren/boeking", data=typed | {"end_local": "08:00"})
    assert wrong.status_code == 422
    assert "na het begin" in wrong.text
    assert me.post("/uren/boeking", data=typed | {"work_date": "?"}).status_code == 422
    assert me.post("/uren/boeking", data=typed | {"minutes": "veel"}).status_code == 422
    assert me.post("/uren/boeking", data=typed).status_code == 303
    assert minutes() == [90]
    entry = db.session.scalars(select(HourEntry)).one()
    place = f"/uren/boeking/{entry.id}"
    assert "(met tijden)" in me.get(f"/uren?week={WEEK}").text
    changed = typed | {"end_local": "10:00", "version": "1"}
    assert me.post(place, data=changed).status_code == 303
    assert me.post(place, data=changed).status_code == 409
    assert (
        me.post(place, data=changed | {"version": "2", "start_local": "11:00"}).status_code == 422
    )
    assert me.post(f"{place}/verwijderen", data={"version": "2"}).status_code == 303
    assert minutes() == []
    assert me.get(place).status_code == 404


def test_approved_hours_are_corrected_on_their_page(me, teacher, school, version, category,
                                                    as_actor, school_leader, browse):  # fmt: skip
    actor = as_actor(teacher)
    entry = hours.add_entry(
        actor, EntryInput(teacher.id, school.id, version.id, category.id, date(2026, 10, 27), 60)
    )
    one = declarations.submit(actor, entry.declaration, entry.declaration.version)
    declarations.approve(as_actor(school_leader), one, one.version)
    place = f"/uren/boeking/{entry.id}"
    assert "Klopt dit niet?" in me.get(place).text
    assert "Klopt dit niet?" not in browse(school_leader).get(place).text
    assert me.post(f"{place}/corrigeren", data={"taken": "1"}).status_code == 422
    typed = {"taken": "1", "again": "0,5", "again_on": "2026-10-28", "reason": "Verkeerde dag"}
    answer = me.post(f"{place}/corrigeren", data=typed)
    assert answer.status_code == 303
    assert "correctie" in me.get(answer.location).text
    kinds = db.session.scalars(select(HourEntry.kind).order_by(HourEntry.id)).all()
    assert set(kinds) == {EntryKind.NORMAL, EntryKind.REVERSAL, EntryKind.REPLACEMENT}
