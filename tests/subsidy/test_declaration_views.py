"""Declarations over HTTP: signing one's own, approving those of others."""

from datetime import date

import pytest

from labapp.accounts.models import Role
from labapp.database import db
from labapp.subsidy import declarations, hours
from labapp.subsidy.hour_models import Declaration, DeclarationState
from labapp.subsidy.hours import EntryInput
from tests.subsidy.conftest import works


@pytest.fixture
def write(school, version, category, as_actor):
    """Give a function that writes an hour in October and gives the declaration."""

    def write(user, day=27, sign=False):
        entry = EntryInput(user.id, school.id, version.id, category.id, date(2026, 10, day), 60)
        one = hours.add_entry(as_actor(user), entry).declaration
        return declarations.submit(as_actor(user), one, one.version) if sign else one

    return write


def state_of(number):
    db.session.expire_all()
    return db.session.get(Declaration, number).state


def test_the_person_signs_and_withdraws(browse, teacher, write):
    number, me = write(teacher).id, browse(teacher)
    place = f"/urenstaten/{number}"
    assert "klaar om te ondertekenen" in me.get("/urenstaten").text
    assert "Ik verklaar dat ik deze uren heb besteed." in me.get(place).text
    assert me.post(f"{place}/ondertekenen", data={"version": "1"}).status_code == 422
    stale = me.post(f"{place}/ondertekenen", data={"version": "7", "akkoord": "1"})
    assert stale.status_code == 409
    done = me.post(f"{place}/ondertekenen", data={"version": "1", "akkoord": "1"})
    assert done.status_code == 303
    assert state_of(number) is DeclarationState.SUBMITTED
    assert "Handtekeningen" in me.get(place).text
    assert me.post(f"{place}/intrekken", data={"version": "2"}).status_code == 303
    assert state_of(number) is DeclarationState.OPEN


def test_what_is_wrong_is_said_when_signing(browse, teacher, write):
    number = write(teacher).id
    teacher.affiliations[0].until_on = date(2026, 10, 1)
    db.session.commit()
    answer = browse(teacher).post(
        f"/urenstaten/{number}/ondertekenen", data={"version": "1", "akkoord": "1"}
    )
    assert answer.status_code == 422
    assert "geen aanstelling" in answer.text


def test_the_leader_approves_a_team_at_once(browse, teacher, colleague, school_leader, write):
    ones = [write(teacher, sign=True), write(colleague, sign=True)]
    leader = browse(school_leader)
    page = leader.get("/urenstaten/goedkeuren").text
    boxes = [f"{one.id}.{one.version}" for one in ones]
    assert all(f'value="{box}"' in page for box in boxes)
    assert leader.post("/urenstaten/goedkeuren", data={}).status_code == 422
    stale = [boxes[0], f"{ones[1].id}.1"]
    assert leader.post("/urenstaten/goedkeuren", data={"urenstaat": stale}).status_code == 409
    assert state_of(ones[0].id) is DeclarationState.SUBMITTED

    answer = leader.post("/urenstaten/goedkeuren", data={"urenstaat": boxes})
    assert "2 urenstaten zijn goedgekeurd." in leader.get(answer.location).text
    assert leader.post("/urenstaten/goedkeuren", data={"urenstaat": "x"}).status_code == 409


def test_the_leader_gives_back_and_opens_again(browse, teacher, school_leader, write):
    one, leader = write(teacher, sign=True), browse(school_leader)
    place = f"/urenstaten/{one.id}"
    assert "Keur goed" in leader.get(place).text
    data = {"version": one.version}
    assert leader.post(f"{place}/teruggeven", data=data).status_code == 422
    assert leader.post(f"{place}/teruggeven", data=data | {"reason": "Mist"}).status_code == 303
    assert "Mist" in browse(teacher).get("/urenstaten").text

    db.session.expire_all()
    one = write(teacher, day=28, sign=True)
    leader.post(f"{place}/goedkeuren", data={"version": one.version})
    assert state_of(one.id) is DeclarationState.APPROVED
    data = {"version": one.version, "reason": "Toch niet"}
    assert leader.post(f"{place}/heropenen", data=data).status_code == 303
    assert state_of(one.id) is DeclarationState.OPEN


def test_who_cannot_approve_reads_why(browse, school_leader, school, write, controller):
    one = write(school_leader, sign=True)
    second = works(Role.SCHOOL_LEADER, school)
    assert "controller van het bestuur" in browse(second).get(f"/urenstaten/{one.id}").text
    page = browse(second).get("/urenstaten/goedkeuren").text
    assert 'name="urenstaat"' not in page
    answer = browse(second).post(f"/urenstaten/{one.id}/goedkeuren", data={"version": one.version})
    assert answer.status_code == 403
    assert "Keur goed" in browse(controller).get(f"/urenstaten/{one.id}").text


def test_a_stranger_gets_404_and_an_auditor_reads(browse, teacher, other_leader, colleague,
                                                  auditor, write):  # fmt: skip
    one = write(teacher, sign=True)
    for stranger in (other_leader, colleague):
        assert browse(stranger).get(f"/urenstaten/{one.id}").status_code == 404
    page = browse(auditor).get(f"/urenstaten/{one.id}")
    assert page.status_code == 200
    assert "Keur goed" not in page.text


def test_who_only_approves_is_led_to_what_waits(browse, controller):
    assert browse(controller).get("/urenstaten").location == "/urenstaten/goedkeuren"
