"""Labs and taking part over the API: every answer as the document says."""

from labapp.accounts.models import Role
from labapp.database import db
from labapp.labs.lab_models import Lab, LabMembership, LabVisibility
from labapp.labs.rules import RuleInput, add_rule
from tests.factories import AffiliationFactory

ANY = {"If-Match": "*"}


def test_labs_are_listed_as_far_as_one_may_see(cast, call):
    assert call(None, "GET", "/labs").json == {"items": [], "total": 0}
    assert call(None, "GET", f"/labs/{cast.lab.id}").status_code == 404

    mine = call(cast.teacher, "GET", "/labs?mine=1&theme=reading")
    one = call(cast.teacher, "GET", f"/labs/{cast.lab.id}")

    assert mine.json["items"][0]["schools"] == 2
    assert one.json["agreement"] == cast.lab.agreement
    again = {"If-None-Match": one.headers["ETag"]}
    assert call(cast.teacher, "GET", f"/labs/{cast.lab.id}", headers=again).status_code == 304
    assert call(cast.outsider, "GET", "/labs?state=nonsense").status_code == 422


def test_a_lab_is_proposed_once_for_a_key(cast, call):
    body = {
        "title": "Leeslab", "theme": "reading", "goal": "Wat helpt?",
        "practice_email": cast.teacher.email, "research_email": cast.researcher.email,
    }  # fmt: skip
    key = {"Idempotency-Key": "a"}

    first = call(cast.leader, "POST", "/labs", json=body, headers=key)
    second = call(cast.leader, "POST", "/labs", json=body, headers=key)
    refused = call(cast.teacher, "POST", "/labs", json=body)
    wrong = call(cast.leader, "POST", "/labs", json={**body, "research_email": "x@example.org"})

    assert first.status_code == 201
    assert second.json["id"] == first.json["id"]
    assert refused.status_code == 403
    assert "research_email" in wrong.json["errors"]
    assert db.session.query(Lab).count() == 2


def test_a_change_sets_only_what_was_sent_over_what_was_read(cast, call):
    path = f"/labs/{cast.lab.id}"
    tag = {"If-Match": call(cast.practice_lead, "GET", path).headers["ETag"]}

    done = call(cast.practice_lead, "PATCH", path, json={"title": "Nieuw"}, headers=tag)
    stale = call(cast.practice_lead, "PATCH", path, json={"title": "Ouder"}, headers=tag)
    wider = call(cast.practice_lead, "PATCH", path, json={"visibility": "public"}, headers=ANY)

    assert (done.json["title"], done.json["goal"]) == ("Nieuw", cast.lab.goal)
    assert stale.status_code == 409
    assert stale.json["theirs"]["title"] == "Nieuw"
    assert wider.json["visibility"] == "private"  # proposed to the other side
    assert call(cast.practice_lead, "PATCH", path, json={"title": "x"}).status_code == 428
    assert call(cast.teacher, "PATCH", path, json={"title": "x"}, headers=ANY).status_code == 403
    assert db.session.get(Lab, cast.lab.id).join_policy.value == "request"


def test_steps_of_both_leads_and_a_proposal_that_is_dropped(cast, call):
    path, step = f"/labs/{cast.lab.id}", {"action": "pause", "reason": "Griep"}

    asked = call(cast.practice_lead, "POST", f"{path}/steps", json=step, headers=ANY)
    assert asked.json["taken"] is False
    assert call(cast.research_lead, "DELETE", f"{path}/proposal").status_code == 204
    assert call(cast.research_lead, "DELETE", f"{path}/proposal").status_code == 404
    call(cast.research_lead, "POST", f"{path}/steps", json=step, headers=ANY)
    taken = call(cast.practice_lead, "POST", f"{path}/steps", json=step, headers=ANY)

    assert (taken.json["taken"], taken.json["lab"]["state"]) == (True, "paused")
    missing = call(cast.practice_lead, "POST", f"{path}/steps", json={"action": "resume"},
                   headers=ANY)  # fmt: skip
    assert missing.status_code == 422


def test_the_board_the_archive_and_a_look_inside(cast, call, programme_officer):
    path = f"/labs/{cast.lab.id}"

    assert call(cast.teacher, "GET", f"{path}/board").json["open_duties"] == 0
    assert call(cast.teacher, "GET", f"{path}/archive").data[:2] == b"PK"
    assert call(programme_officer, "GET", f"{path}/board").status_code == 403
    look = {"reason": "Een klacht"}
    assert call(programme_officer, "POST", f"{path}/access", json=look).status_code == 201
    assert call(programme_officer, "POST", f"{path}/access", json=look).status_code == 409
    assert call(cast.leader, "POST", f"{path}/access", json=look).status_code == 403
    assert call(programme_officer, "GET", f"{path}/board").status_code == 200


def test_a_branch_joins_is_renewed_and_ends(cast, call):
    cast.lab.visibility = LabVisibility.PROGRAMME
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = leader.affiliations[0].organisation_id
    db.session.commit()
    path = f"/labs/{cast.lab.id}/memberships"
    ask = {"way": "request", "organisation_id": place, "kind": "participating"}

    assert call(leader, "POST", path, json=ask).json["errors"].keys() == {"motivation"}
    made = call(leader, "POST", path, json={**ask, "motivation": "Graag", "agrees": True})
    assert made.status_code == 201
    one = f"/labs/memberships/{made.json['id']}"
    admit = call(cast.practice_lead, "POST", f"{one}/steps", json={"action": "admit"}, headers=ANY)
    assert admit.json["state"] == "active"
    assert call(leader, "GET", one).json["motivation"] == "Graag"
    assert call(cast.outsider, "GET", one).status_code == 404
    assert call(leader, "PUT", f"{one}/agreement", json={"number": 1}).status_code == 200
    assert call(leader, "PUT", f"{one}/renewal", headers=ANY).status_code == 409  # before 1 May
    assert call(leader, "DELETE", f"{one}/renewal", headers=ANY).status_code == 409
    wish = call(leader, "PUT", f"{one}/kind", json={"kind": "observer"}, headers=ANY)
    assert wish.json["asked_kind"] == "observer"
    assert call(leader, "DELETE", f"{one}/kind", headers=ANY).status_code == 204
    teacher = AffiliationFactory(organisation=leader.affiliations[0].organisation).user
    role = {"email": teacher.email, "kind": "teacher"}
    given = call(leader, "POST", f"{one}/roles", json=role)
    assert given.status_code == 201
    own = f"/labs/roles/{given.json['id']}/steps"
    assert call(teacher, "POST", own, json={"action": "leave"}).json["until_on"]
    end = {"action": "end", "reason": "Geen tijd"}
    ended = call(leader, "POST", f"{one}/steps", json=end, headers=ANY)

    assert ended.json["state"] == "ended"
    assert len(call(cast.teacher, "GET", path).json["items"]) == 3
    assert db.session.get(LabMembership, made.json["id"]).reason == "Geen tijd"


def test_invitations_and_the_rules_over_the_api(cast, call, programme_officer, as_actor):
    add_rule(
        as_actor(programme_officer),
        RuleInput(
            code="x", school_year=2026, kind="co_creating", message_nl="Nee.", message_en="No.",
            excluded_kinds=["participating"], valid_from=cast.practice.from_on,
        ),
    )  # fmt: skip
    path, other = f"/labs/{cast.lab.id}", AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = other.affiliations[0].organisation_id
    invite = {"way": "invitation", "organisation_id": place, "kind": "co_creating"}

    assert call(None, "GET", "/labs/rules?school_year=2026").json["items"][0]["code"] == "x"
    made = call(cast.research_lead, "POST", f"{path}/memberships", json=invite)
    assert made.status_code == 201
    again = call(cast.research_lead, "POST", f"{path}/memberships", json=invite)
    assert again.status_code == 409
    person = {"email": cast.outsider.email}
    assert call(cast.research_lead, "POST", f"{path}/people", json=person).status_code == 201
    assert call(cast.teacher, "POST", f"{path}/people", json=person).status_code == 403
    one = f"/labs/memberships/{made.json['id']}"
    look = {"reason": "Mag"}
    let_go = call(programme_officer, "PUT", f"{one}/override", json=look, headers=ANY)
    assert let_go.json["override_reason"] == "Mag"
    accept = {"action": "accept", "agrees": True}
    assert call(other, "POST", f"{one}/steps", json=accept, headers=ANY).json["state"] == "active"
    lacking = call(other, "GET", path, scopes=("profile:read",))
    assert lacking.status_code == 403
