"""Meetings in the browser: planned, confirmed, and found again from the hours."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.database import db, transaction
from labapp.labs import activities
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_states import ActivityAction
from labapp.labs.lab_models import LabRole
from labapp.labs.round_models import Activity, ActivityState
from labapp.subsidy import proposals
from labapp.subsidy.hour_models import HourProposal
from labapp.subsidy.scheme_models import Participation
from tests.labs import working
from tests.labs.working import actor_of, at
from tests.subsidy.factories import CategoryFactory


@pytest.fixture
def cast(cast):
    """The people of the lab, at work since August; it is Wednesday 18 November 2026."""
    clock.set_clock("2026-11-18T09:30")
    working.at_work_since_august()
    return cast


def version_in(answer):
    return int(re.search(r'name="version" value="(\d+)"', answer.text)[1])


def scheme_of(cast):
    category = CategoryFactory()
    with transaction() as session:
        part = Participation(
            scheme_version_id=category.scheme_version_id,
            organisation_id=cast.school.id,
            from_on=date(2026, 8, 1),
            to_on=date(2027, 7, 31),
        )  # fmt: skip
        session.add(part)
    return category


def test_a_meeting_is_planned_confirmed_and_found_again_from_the_hours(cast, browse):
    category = scheme_of(cast)
    browser, path = browse(cast.practice_lead), f"/labs/{cast.lab.id}/bijeenkomsten/nieuw"
    sent = {"title": "Werksessie", "kind": "session", "held_on": "2026-11-17",
            "starts_at": "15:00", "minutes": "90", "people": [cast.teacher.id]}  # fmt: skip

    refused = browser.post(path, data={**sent, "starts_at": "drie uur"})
    page = browser.post(path, data=sent).location
    shown = browser.get(page)
    activity = db.session.scalar(select(Activity))
    done = browser.post(
        f"{page}/stap",
        data={"action": "confirm", "version": 1, "present": [cast.teacher.id],
              f"hours-{cast.school.id}": f"{category.scheme_version_id}:{category.id}"},
        follow_redirects=True,
    )  # fmt: skip

    assert refused.status_code == 422
    assert "Werksessie" in refused.text
    assert "Wie was er?" in shown.text
    assert "was er; uren voorgesteld" in done.text
    proposal = db.session.scalar(select(HourProposal))
    entry = proposals.accept(actor_of(cast.teacher), [proposal.id])[0]
    hours = browse(cast.teacher).get(f"/uren/boeking/{entry.id}")
    assert f'<a href="/bijeenkomsten/{activity.id}">Werksessie</a>' in hours.text


def test_hours_of_a_lab_that_one_left_do_not_name_it(cast, browse):
    scheme_of(cast)
    activity = activities.plan_activity(
        actor_of(cast.practice_lead), cast.lab,
        ActivityInput(**at(title="Knikkerpot", people=frozenset({cast.teacher.id}))),
    )  # fmt: skip
    activities.perform(
        actor_of(cast.practice_lead), activity, ActivityAction.CONFIRM, version=activity.version,
        present={cast.teacher.id: None},
    )  # fmt: skip
    proposal = db.session.scalar(select(HourProposal))
    entry = proposals.accept(actor_of(cast.teacher), [proposal.id])[0]
    with transaction():
        cast.practice.roles[1].until_on = clock.today()

    page = browse(cast.teacher).get(f"/uren/boeking/{entry.id}")

    assert page.status_code == 200
    assert "Knikkerpot" not in page.text


def test_a_meeting_is_changed_cancelled_and_put_in_a_calendar(cast, browse):
    values = ActivityInput(**at(day=date(2026, 11, 20), people=frozenset({cast.teacher.id})))
    activity = activities.plan_activity(actor_of(cast.practice_lead), cast.lab, values)
    page, browser = f"/bijeenkomsten/{activity.id}", browse(cast.practice_lead)
    form = browser.get(f"{page}/bewerken")
    sent = {"title": "Overleg", "kind": "meeting", "held_on": "2026-11-21", "starts_at": "09:00",
            "minutes": "60", "people": [cast.teacher.id], "version": version_in(form)}  # fmt: skip

    changed = browser.post(f"{page}/bewerken", data=sent)
    early = browser.post(f"{page}/stap", data={"action": "confirm", "version": 2})
    silent = browser.post(f"{page}/stap", data={"action": "cancel", "version": 2})
    file = browse(cast.teacher).get(f"{page}/agenda.ics")
    gone = browser.post(f"{page}/stap", data={"action": "cancel", "version": 2, "reason": "Ziek"})

    assert (changed.status_code, early.status_code, silent.status_code) == (303, 409, 422)
    assert file.mimetype == "text/calendar"
    assert b"SUMMARY:Overleg" in file.data
    assert gone.status_code == 303
    assert db.session.get_one(Activity, activity.id).state is ActivityState.CANCELLED
    assert browse(cast.bystander).get(f"{page}/agenda.ics").status_code == 404


def test_ones_meetings_are_in_ones_own_calendar_until_the_address_is_revoked(browse, cast):
    ours = working.plan_meeting(cast, cast.teacher)
    page = browse(cast.researcher).post("/mijn/meldingen/feed").text
    address = re.search(r"http://[^<]+(/agenda/[^<]+\.ics)", page)[1]

    found = browse().get(address)

    assert found.mimetype == "text/calendar"
    assert found.headers["Cache-Control"] == "private, no-store"
    assert f"/bijeenkomsten/{ours.id}" in found.text.replace("\r\n ", "")
    assert browse().get("/agenda/iets-anders.ics").status_code == 404
    assert browse(cast.researcher).post("/mijn/meldingen/feed/intrekken").status_code == 303
    assert browse().get(address).status_code == 404


def test_a_calendar_has_no_meetings_of_others_nor_of_a_lab_that_one_left(cast, as_actor):
    activity = working.plan_meeting(cast, cast.teacher)

    assert activities.list_own(as_actor(cast.researcher)) == [activity]
    assert activities.list_own(as_actor(cast.outsider)) == []
    assert activities.list_own(as_actor()) == []
    for role in db.session.query(LabRole).filter_by(user_id=cast.researcher.id):
        role.until_on = clock.today()
    db.session.commit()
    assert activities.list_own(as_actor(cast.researcher)) == []
