"""The pages of labs: found, proposed, joined, led, and shown to nobody else."""

from datetime import date

import pytest
from defusedxml import ElementTree

from labapp.accounts.models import OrganisationKind, Role
from labapp.database import db
from labapp.labs import labs
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabState,
    LabVisibility,
    MembershipKind,
    MembershipState,
)
from labapp.labs.lab_states import LabAction
from labapp.labs.rules import RuleInput, add_rule, list_rules
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.factories import QuestionFactory, RoundFactory, make_lab

FORM = {
    "title": "Leeslab", "theme": "reading", "goal": "Wat helpt?", "agreement": "Samen delen.",
    "visibility": "programme", "member_list": "readers", "join_policy": "request",
    "posting_policy": "members", "review_policy": "invited", "silent_approval_days": "",
}  # fmt: skip


@pytest.fixture
def open_cast(cast):
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()
    return cast


def test_a_visitor_finds_open_labs_and_no_trace_of_others(cast, browse):
    opened = make_lab(visibility=LabVisibility.PUBLIC, title="Openbaar lab").lab

    page = browse().get("/labs?q=lab")

    assert "Openbaar lab" in page.text
    assert cast.lab.title not in page.text
    for path in ("", "/leden", "/bord", "/feed.atom"):
        assert browse().get(f"/labs/{opened.id}{path}").status_code == 200, path
        assert browse().get(f"/labs/{cast.lab.id}{path}").status_code == 404, path


def test_phases_lead_the_page_and_tabs_follow_the_rights(open_cast, browse):
    RoundFactory(lab=open_cast.lab, title="Vrij lezen")
    QuestionFactory(lab=open_cast.lab, title="Hoe houden we ze aan het lezen?")

    outside = browse(open_cast.outsider).get(f"/labs/{open_cast.lab.id}")
    inside = browse(open_cast.practice_lead).get(f"/labs/{open_cast.lab.id}")

    assert outside.text.index("Vrij lezen") < outside.text.index("Vragen uit de praktijk")
    assert "Hoe houden we ze aan het lezen?" in outside.text
    assert "/instellingen" not in outside.text
    assert "/bijeenkomsten" not in outside.text
    assert "/instellingen" in inside.text
    assert "Stel voor: Onderbreek" in inside.text
    assert outside.text.count("<h1>") == 1


def test_the_page_of_a_lab_takes_a_constant_number_of_statements(open_cast, browse, count_queries):
    browser = browse(open_cast.teacher)
    path = f"/labs/{open_cast.lab.id}"
    browser.get(path)
    with count_queries() as few:
        browser.get(path)
    for number in range(5):
        RoundFactory(lab=open_cast.lab)
        QuestionFactory(lab=open_cast.lab, title=f"Vraag {number}")
    with count_queries() as many:
        browser.get(path)

    assert len(many) == len(few)


def test_a_leader_proposes_a_lab_and_what_was_typed_stays(browse):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    lead = AffiliationFactory(organisation=leader.affiliations[0].organisation).user
    place = OrganisationFactory(kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None)
    scholar = AffiliationFactory(role=Role.RESEARCHER, organisation=place).user
    browser = browse(leader)
    form = {**FORM, "practice_email": lead.email, "research_email": "niemand@example.org"}
    assert leader.email in browser.get("/labs/nieuw").text

    refused = browser.post("/labs/nieuw", data=form)
    assert refused.status_code == 422
    assert "Wat helpt?" in refused.text
    assert "vinden we niemand" in refused.text
    for wrong in ({"visibility": "x"}, {"silent_approval_days": "veel"}):
        assert browser.post("/labs/nieuw", data={**form, **wrong}).status_code == 422
    done = browser.post("/labs/nieuw", data={**form, "research_email": scholar.email})

    lab = db.session.query(Lab).one()
    assert done.status_code == 303
    assert done.location.endswith(f"/labs/{lab.id}")
    assert (lab.state, lab.proposed_by_id) == (LabState.PROPOSED, leader.id)
    page = browse(lead).get(f"/labs/{lab.id}")
    assert "Word je trekker van dit lab?" in page.text
    assert browse(lead).get("/labs/nieuw").status_code == 403


def test_a_school_asks_to_join_and_a_lead_answers(open_cast, browse):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = leader.affiliations[0].organisation
    path = f"/labs/{open_cast.lab.id}/leden"
    form = {"organisation": place.id, "kind": "participating", "motivation": "Wij ook."}

    assert "Doe mee met je school" in browse(leader).get(path).text
    refused = browse(leader).post(f"{path}/aanvraag", data=form)
    assert refused.status_code == 422
    assert "Wij ook." in refused.text
    assert browse(leader).post(f"{path}/aanvraag", data={**form, "agrees": 1}).status_code == 303
    row = db.session.query(LabMembership).filter_by(organisation_id=place.id).one()
    own = f"/labs/deelnames/{row.id}"
    step = {"action": "refuse", "version": row.version, "reason": ""}
    lead = browse(open_cast.research_lead)
    assert "Wij ook." in lead.get(own).text
    assert lead.post(f"{own}/stap", data=step).status_code == 422
    assert lead.post(f"{own}/stap", data={**step, "version": 99, "reason": "x"}).status_code == 409
    assert lead.post(f"{own}/stap", data={**step, "action": "admit"}).status_code == 303

    assert db.session.get(LabMembership, row.id).state is MembershipState.ACTIVE
    assert browse(open_cast.outsider).get(own).status_code == 404


def test_a_rule_in_the_way_is_shown_and_an_exception_can_be_asked(
    open_cast, browse, as_actor, programme_officer
):
    add_rule(
        as_actor(programme_officer),
        RuleInput(
            code="x", school_year=2026, kind=MembershipKind.CO_CREATING,
            excluded_kinds=["participating"], message_nl="Dat gaat niet samen.",
            message_en="No.", valid_from=date(2026, 8, 1),
        ),
    )  # fmt: skip
    other = make_lab()
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=other.other_school).user
    form = {
        "organisation": other.other_school.id, "kind": "co_creating", "motivation": "Graag",
        "agrees": 1,
    }  # fmt: skip
    path = f"/labs/{open_cast.lab.id}/leden/aanvraag"

    refused = browse(leader).post(path, data=form)
    assert refused.status_code == 409
    assert "Dat gaat niet samen." in refused.text
    assert "asks_exception" in refused.text
    asked = browse(leader).post(path, data={**form, "asks_exception": 1})
    assert asked.status_code == 303
    office = browse(programme_officer)
    assert "Waarom mag het hier wel?" in office.get(asked.location).text
    version = db.session.query(LabMembership).filter_by(asks_exception=True).one().version
    place = asked.location.partition("localhost")[2] or asked.location
    answer = office.post(f"{place}/uitzondering", data={"reason": "Mag", "version": version})

    assert answer.status_code == 303
    assert "Mag" in office.get(place).text


def test_a_lead_invites_and_the_invited_answer(cast, browse):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = leader.affiliations[0].organisation
    lead, path = browse(cast.practice_lead), f"/labs/{cast.lab.id}/leden"
    assert "Nodig een school of instelling uit" in lead.get(path).text

    assert lead.post(f"{path}/uitnodiging", data={"kind": "participating"}).status_code == 422
    sent = lead.post(
        f"{path}/uitnodiging", data={"organisation": place.id, "kind": "participating"}
    )
    assert sent.status_code == 303
    assert lead.post(f"{path}/meekijker", data={"email": "x@example.org"}).status_code == 422
    guest = lead.post(f"{path}/meekijker", data={"email": cast.outsider.email})
    assert guest.status_code == 303
    row = db.session.query(LabMembership).filter_by(organisation_id=place.id).one()
    page = browse(leader).get(f"/labs/{cast.lab.id}")
    assert "is uitgenodigd" in page.text
    step = {"action": "accept", "version": row.version, "agrees": 1}
    assert browse(leader).post(f"/labs/deelnames/{row.id}/stap", data=step).status_code == 303

    assert db.session.get(LabMembership, row.id).state is MembershipState.ACTIVE
    assert browse(cast.teacher).post(f"{path}/uitnodiging", data={
        "organisation": cast.school.id, "kind": "participating"}).status_code == 403  # fmt: skip


def test_roles_kinds_and_the_agreement_go_over_the_page(cast, browse):
    own = f"/labs/deelnames/{cast.practice.id}"
    leader, lead = browse(cast.leader), browse(cast.practice_lead)
    give = {"email": cast.bystander.email, "role": "lead"}
    assert lead.post(f"{own}/rollen", data={**give, "email": "x@example.org"}).status_code == 422
    assert lead.post(f"{own}/rollen", data=give).status_code == 303
    role = db.session.query(LabRole).filter_by(user_id=cast.bystander.id).one()
    successor = browse(cast.bystander)
    answer = f"/labs/rollen/{role.id}"
    assert successor.post(answer, data={"action": "accept"}).status_code == 303
    assert successor.post(answer, data={"action": "dance"}).status_code == 422
    assert lead.post(answer, data={"action": "leave"}).status_code == 403
    assert lead.post(answer, data={"action": "end"}).status_code == 303

    kind = {
        "kind": "participating",
        "version": db.session.get(LabMembership, cast.practice.id).version,
    }
    assert leader.post(f"{own}/soort", data=kind).status_code == 303
    assert "Gevraagd: Deelnemende vestiging" in lead.get(own).text
    drop = {"version": db.session.get(LabMembership, cast.practice.id).version}
    assert lead.post(f"{own}/soort", data=drop).status_code == 303

    cast.lab.agreement_number = 2
    db.session.commit()
    page = leader.get(f"/labs/{cast.lab.id}/overeenkomst")
    assert "Ja, akkoord" in page.text
    assert leader.post(f"{own}/akkoord", data={"number": 1}).status_code == 409
    assert leader.post(f"{own}/akkoord", data={"number": 2}).status_code == 303
    assert leader.post(f"{own}/verlengen", data={"version": 1}).status_code == 409


def test_settings_show_both_texts_when_somebody_was_first(cast, browse):
    path = f"/labs/{cast.lab.id}/instellingen"
    lead = browse(cast.practice_lead)
    form = {**FORM, "sectors": "po", "version": cast.lab.version}

    assert lead.get(path).status_code == 200
    assert lead.get(f"{path}/teksten").status_code == 200
    assert lead.post(f"{path}/teksten", data=form).status_code == 303
    conflict = lead.post(f"{path}/teksten", data={**form, "title": "<b>Mijn</b> naam"})
    assert conflict.status_code == 409
    assert "Leeslab" in conflict.text
    assert "&lt;b&gt;Mijn&lt;/b&gt; naam" in conflict.text
    assert lead.get(f"{path}/schakelaars").status_code == 200
    version = db.session.get(Lab, cast.lab.id).version
    wider = lead.post(f"{path}/schakelaars", data={**form, "version": version})
    assert wider.status_code == 303
    assert "beslist mee" in lead.get(path).text
    assert db.session.get(Lab, cast.lab.id).visibility is LabVisibility.PRIVATE
    assert browse(cast.teacher).get(path).status_code == 403
    person = {"wie": "privacy", "email": "x@example.org", "version": version}
    assert lead.post(f"{path}/mensen", data=person).status_code == 422


def test_the_office_gives_a_reason_to_look_into_a_private_lab(cast, browse, programme_officer):
    path = f"/labs/{cast.lab.id}/inzage"
    office = browse(programme_officer)

    assert office.get(f"/labs/{cast.lab.id}/bord").status_code == 403
    assert office.post(path, data={"reason": ""}).status_code == 422
    assert office.post(path, data={"reason": "Een klacht"}).status_code == 303
    assert office.get(f"/labs/{cast.lab.id}/bord").status_code == 200
    assert "Een klacht" in browse(cast.practice_lead).get(path).text
    assert browse(cast.teacher).get(path).status_code == 404


def test_a_step_of_both_leads_goes_over_the_page(cast, browse):
    path = f"/labs/{cast.lab.id}"
    step = {"action": "pause", "version": cast.lab.version, "reason": ""}
    practice, research = browse(cast.practice_lead), browse(cast.research_lead)
    refused = practice.post(f"{path}/stap", data=step)
    assert refused.status_code == 422
    assert "Schrijf op waarom." in refused.text
    assert practice.post(f"{path}/stap", data={**step, "reason": "Griep"}).status_code == 303
    assert "De trekker van de andere kant is aan zet." in practice.get(path).text
    assert "Zeg nee" in research.get(path).text
    assert research.post(f"{path}/voorstel").status_code == 303
    again = practice.post(f"{path}/stap", data={**step, "action": "start", "reason": "x"})
    assert again.status_code == 409
    assert practice.post(f"{path}/stap", data={**step, "action": "dance"}).status_code == 422


def test_somebody_follows_a_lab_and_reads_its_feed(open_cast, browse, as_actor, programme_officer):
    path = f"/labs/{open_cast.lab.id}"
    reader = browse(open_cast.outsider)
    assert reader.post(f"{path}/volgen", data={"aan": 1}).status_code == 303
    assert "Volg niet meer" in reader.get(path).text
    assert reader.post(f"{path}/volgen", data={"aan": 0}).status_code == 303
    labs.perform(
        as_actor(programme_officer), open_cast.lab, LabAction.PAUSE, version=None, reason="Geheim"
    )

    feed = browse().get(f"{path}/feed.atom")

    entries = ElementTree.fromstring(feed.text).findall("{http://www.w3.org/2005/Atom}entry")
    assert [entry.findtext("{http://www.w3.org/2005/Atom}title") for entry in entries] == [
        "Onderbroken"
    ]
    assert "Geheim" not in feed.text
    assert browse(open_cast.teacher).get(f"{path}/archief.zip").data[:2] == b"PK"


def test_the_rules_are_for_everybody_to_read_and_the_office_to_enter(browse, programme_officer):
    office = browse(programme_officer)
    form = {
        "code": "x", "school_year": 2026, "kind": "co_creating", "excluded_tracks": "a, b",
        "message_nl": "Gaat niet samen.", "message_en": "Not together.",
        "valid_from": "2026-08-01",
    }  # fmt: skip
    assert "nog geen regels" in browse().get("/regels").text

    assert office.post("/regels/nieuw", data={**form, "code": ""}).status_code == 422
    assert office.post("/regels/nieuw", data={**form, "valid_from": "x"}).status_code == 422
    assert office.post("/regels/nieuw", data=form).status_code == 303
    rule = list_rules()[0]
    assert rule.excluded_tracks == ["a", "b"]
    assert "Gaat niet samen." in office.get(f"/regels/nieuw?van={rule.id}").text
    form["message_nl"] = "Gaat echt niet samen."
    assert office.post(f"/regels/{rule.id}", data=form).status_code == 303
    assert "Gaat echt niet samen." in browse().get("/regels").text
    stranger = browse(AffiliationFactory().user)
    assert stranger.get(f"/regels/{rule.id}").status_code == 403
