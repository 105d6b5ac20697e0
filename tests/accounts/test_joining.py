"""Signing up, being confirmed, invited, leaving: over HTTP, refusal beside success."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts import invitations
from labapp.accounts.access_models import Invitation
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus, Organisation, Role, User
from labapp.accounts.recovery import find_by_email
from labapp.database import db
from labapp.errors import LabappError
from tests.accounts.conftest import PASSWORD
from tests.factories import AffiliationFactory, OrganisationFactory

REQUESTED, CONFIRMED = AffiliationStatus.REQUESTED, AffiliationStatus.CONFIRMED
NEW = {"given_name": "Aylin", "particle": "", "family_name": "Aydın", "password": PASSWORD}


@pytest.fixture
def apply(browse, school):
    def apply(**fields):
        form = {**NEW, "email": "aylin@example.org", "organisation": school.id, "role": "teacher"}
        return browse().post("/aanmelden", data={**form, **fields})

    return apply


@pytest.fixture
def waiting(school):
    """Somebody whose request waits at `school`."""
    return AffiliationFactory(organisation=school, status=REQUESTED)


@pytest.fixture
def invite(browse, school_leader, school, letters, link_in):
    """Let the school leader invite an address; give the path of the link."""

    def invite(email="nieuw@example.org", role="teacher"):
        answer = browse(school_leader).post(
            f"/organisaties/{school.id}/uitnodigen", data={"email": email, "role": role}
        )
        assert answer.status_code == 303
        return link_in(next(x for x in letters() if x.to == email))

    return invite


def test_who_signs_up_waits_for_the_address_and_for_the_school_leader(
    apply, school, school_leader, browse, sign_in, letters, link_in
):
    assert apply().location == "/aanmelden/gelukt"
    user = find_by_email("aylin@example.org")
    assert user.affiliations[0].status is REQUESTED
    (letter,) = letters()
    assert letter.to == "aylin@example.org"
    assert sign_in(user)[1].status_code == 200

    browse().get(link_in(letter))
    assert letters()[0].to == school_leader.email
    assert sign_in(user)[1].status_code == 302
    assert Actor.of(user).organisation_ids == frozenset()

    place = db.session.scalar(select(Affiliation).where(Affiliation.user_id == user.id))
    page = browse(school_leader).get(f"/organisaties/{school.id}").text
    assert "Aylin Aydın" in page
    browse(school_leader).post(f"/organisaties/aanvragen/{place.id}", data={"besluit": "bevestig"})
    assert Actor.of(db.session.get(User, user.id)).organisation_ids == {school.id}
    assert letters()[0].to == "aylin@example.org"


def test_signing_up_with_a_known_address_looks_the_same_and_makes_nothing(apply, person, letters):
    answer = apply(email=person.email)

    assert answer.location == "/aanmelden/gelukt"
    assert [(x.to, x.subject) for x in letters()] == [(person.email, "Je hebt al een account")]
    assert db.session.get(User, person.id).given_name == person.given_name
    assert len(person.affiliations) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "geen adres"}, "Vul een geldig e-mailadres in"),
        ({"given_name": " "}, "Vul je voornaam in."),
        ({"password": "kort"}, "ten minste 10 tekens"),
        ({"organisation": "99999999"}, "Kies je school uit de lijst."),
        ({"organisation": "'; DROP TABLE users"}, "Kies je school uit de lijst."),
        ({"role": "administrator"}, "Kies je rol uit de lijst."),
        ({"family_name": "x" * 200}, "Dit is te lang."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_made(apply, fields, words):
    answer = apply(**fields)

    assert answer.status_code == 422
    assert words in answer.text
    assert find_by_email("aylin@example.org") is None


def test_without_a_script_the_name_of_the_school_is_enough_or_a_choice_is_offered(apply, school):
    OrganisationFactory(name="De Horizon", municipality="Breda")
    OrganisationFactory(name="De Horizon", municipality="Goes")

    unclear = apply(organisation="", organisation_text="De Horizon")
    assert unclear.status_code == 422
    assert "De Horizon, Breda" in unclear.text

    assert apply(organisation="", organisation_text="de horizon, goes").status_code == 303


def test_nobody_signs_up_at_a_closed_school_or_an_office(apply, school, office):
    assert apply(organisation=office.id).status_code == 422
    school.closed_on = clock.today()
    db.session.commit()

    assert apply().status_code == 422


def test_where_a_school_has_no_leader_the_office_decides(apply, programme_officer, letters, browse):
    apply()
    user = find_by_email("aylin@example.org")
    user.confirmed_at = clock.now()
    db.session.commit()
    from labapp.accounts.affiliations import announce_requests

    announce_requests(user)

    assert programme_officer.email in {x.to for x in letters()}
    page = browse(programme_officer).get("/organisaties").text
    assert "Aylin Aydın" in page


def test_only_who_leads_the_school_or_the_office_decides(
    waiting, school, teacher, stranger, programme_officer, browse
):
    other_leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    path, yes = f"/organisaties/aanvragen/{waiting.id}", {"besluit": "bevestig"}

    assert browse().post(path, data=yes).status_code == 303
    assert browse(stranger).post(path, data=yes).status_code == 404
    assert browse(other_leader).post(path, data=yes).status_code == 404
    assert browse(teacher).post(path, data=yes).status_code == 403
    assert db.session.get(Affiliation, waiting.id).status is REQUESTED
    assert browse(programme_officer).post(path, data=yes).status_code == 303
    assert db.session.get(Affiliation, waiting.id).status is CONFIRMED
    assert browse(programme_officer).post(path, data={"besluit": "wijs-af"}).status_code == 409


def test_nobody_confirms_themselves(school, school_leader, browse):
    own = AffiliationFactory(
        user=school_leader, organisation=school, role=Role.TEACHER, status=REQUESTED
    )

    answer = browse(school_leader).post(
        f"/organisaties/aanvragen/{own.id}", data={"besluit": "bevestig"}
    )

    assert answer.status_code == 403
    assert db.session.get(Affiliation, own.id).status is REQUESTED


def test_a_refused_request_gives_no_rights_and_may_be_made_again(
    waiting, school_leader, browse, school
):
    path = f"/organisaties/aanvragen/{waiting.id}"
    browse(school_leader).post(path, data={"besluit": "wijs-af"})

    user = db.session.get(User, waiting.user_id)
    assert Actor.of(user).organisation_ids == frozenset()
    form = {"organisation": school.id, "role": "teacher"}
    assert browse(user).post("/mijn/werkplekken", data=form).status_code == 303
    assert browse(user).post("/mijn/werkplekken", data=form).status_code == 409


def test_a_school_leader_invites_and_the_invited_makes_an_account(invite, browse, school, sign_in):
    link = invite()
    assert "De Regenboog" in browse().get(link).text

    answer = browse().post(link, data=NEW)

    assert answer.location == "/inloggen"
    user = find_by_email("nieuw@example.org")
    assert user.name == "Aylin Aydın"
    assert Actor.of(user).has_role(Role.TEACHER, organisation_id=school.id)
    assert sign_in(user)[1].status_code == 302
    assert browse().get(link).status_code == 404
    assert browse().post(link, data=NEW).status_code == 404


def test_the_token_is_kept_only_as_a_hash(invite):
    token = invite().rsplit("/", 1)[1]

    assert db.session.scalar(select(Invitation.token_hash)) != token
    from labapp.audit import AuditEvent

    for event in db.session.scalars(select(AuditEvent)):
        assert token not in str(event.changes)
        assert "nieuw@example.org" not in str(event.changes)


def test_an_invitation_ends_after_two_weeks(invite, browse):
    link = invite()
    clock.set_clock(clock.now() + timedelta(days=14, minutes=1))

    assert browse().get(link).status_code == 404
    assert browse().post(link, data=NEW).status_code == 404
    assert find_by_email("nieuw@example.org") is None


def test_a_withdrawn_or_replaced_invitation_is_worthless(invite, browse, school_leader, stranger):
    first = invite()
    second = invite()
    assert browse().get(first).status_code == 404
    number = db.session.scalar(select(Invitation.id).order_by(Invitation.id.desc()).limit(1))
    path = f"/organisaties/uitnodigingen/{number}/intrekken"

    assert browse(stranger).post(path).status_code == 404
    assert browse().get(second).status_code == 200
    assert browse(school_leader).post(path).status_code == 303
    assert browse().get(second).status_code == 404


def test_who_has_an_account_accepts_as_themselves_only(invite, browse, stranger, outsider, school):
    link = invite(stranger.email)

    assert "Log in" in browse().get(link).text
    assert browse().post(link, data=NEW).status_code == 403
    assert browse(outsider).post(link).status_code == 403
    assert browse(stranger).post(link).status_code == 303
    assert Actor.of(db.session.get(User, stranger.id)).acting_for.id == school.id


def test_of_two_who_accept_at_once_one_succeeds(app, invite):
    token = invite().rsplit("/", 1)[1]
    people = [invitations.NewPerson(f"Naam{n}", "", "Achter", PASSWORD) for n in range(4)]
    outcomes = []

    def accept(person):
        with app.app_context():
            try:
                outcomes.append(invitations.accept(Actor.visitor(), token, person).id)
            except LabappError as error:
                outcomes.append(type(error).__name__)

    db.session.commit()
    threads = [threading.Thread(target=accept, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes))[1:] == ["NotFoundError"] * 3
    user = find_by_email("nieuw@example.org")
    assert len(user.affiliations) == 1


@pytest.mark.parametrize("role", ["programme_officer", "administrator", "researcher", "auditor"])
def test_a_school_leader_gives_only_roles_of_a_school(browse, school_leader, school, role):
    answer = browse(school_leader).post(
        f"/organisaties/{school.id}/uitnodigen", data={"email": "x@example.org", "role": role}
    )

    assert answer.status_code == 403
    assert db.session.scalar(select(Invitation.id)) is None


@pytest.mark.parametrize("who", ["teacher", "stranger", "researcher", "outsider"])
def test_who_leads_no_school_invites_nobody(browse, school, request, who):
    answer = browse(request.getfixturevalue(who)).post(
        f"/organisaties/{school.id}/uitnodigen", data={"email": "x@example.org", "role": "teacher"}
    )

    assert answer.status_code == 403
    assert db.session.scalar(select(Invitation.id)) is None


def test_only_an_administrator_makes_administrators(
    browse, office, programme_officer, administrator
):
    form = {"email": "x@example.org", "role": "administrator"}
    path = f"/organisaties/{office.id}/uitnodigen"

    assert browse(programme_officer).post(path, data=form).status_code == 403
    assert browse(administrator).post(path, data=form).status_code == 303


def test_ending_an_affiliation_ends_the_rights_that_day(
    browse, school, teacher, school_leader, stranger
):
    place = teacher.affiliations[0]
    path = f"/organisaties/mensen/{place.id}/beeindig"
    assert browse(stranger).post(path).status_code == 404
    page = f"/organisaties/{school.id}"
    assert school_leader.name in browse(teacher).get(page).text

    assert browse(school_leader).post(path).status_code == 303

    assert school_leader.name not in browse(teacher).get(page).text
    assert browse(school_leader).post(path).status_code == 409
    assert teacher.name not in browse(school_leader).get(page).text


def test_a_colleague_does_not_end_a_colleague_but_may_leave(browse, teacher, colleague):
    place = colleague.affiliations[0]

    assert browse(teacher).post(f"/organisaties/mensen/{place.id}/beeindig").status_code == 403
    assert browse(colleague).post(f"/mijn/werkplekken/{place.id}/beeindig").status_code == 303
    assert Actor.of(db.session.get(User, colleague.id)).organisation_ids == frozenset()


def test_a_stranger_sees_the_school_but_none_of_its_people(
    browse, school, teacher, school_leader, stranger, waiting, invite
):
    invite("geheim@example.org")
    path = f"/organisaties/{school.id}"

    seen = browse(stranger).get(path).text

    assert "De Regenboog" in seen
    for secret in (teacher.family_name, school_leader.family_name, waiting.user.family_name,
                   "geheim@example.org"):  # fmt: skip
        assert secret not in seen
    assert browse().get(path).status_code == 303
    inside = browse(teacher).get(path).text
    assert school_leader.family_name in inside
    assert waiting.user.family_name not in inside
    assert "geheim@example.org" not in inside
    assert browse(teacher).get("/organisaties/99999999").status_code == 404


def test_people_act_for_one_of_their_own_organisations(browse, teacher, school, stranger):
    second = AffiliationFactory(user=teacher, organisation=OrganisationFactory(name="De Kei"))
    foreign = stranger.affiliations[0].organisation_id
    browser = browse(teacher)

    answer = browser.post(
        "/handel-voor", data={"organisation": second.organisation_id, "next": "/mijn/profiel"}
    )

    assert answer.location == "/mijn/profiel"
    assert "Je handelt voor: De Kei" in " ".join(browser.get("/mijn/profiel").text.split())
    assert browser.post("/handel-voor", data={"organisation": foreign}).status_code == 404
    assert browser.post("/handel-voor", data={"organisation": "x"}).status_code == 404
    assert browser.post(
        "/handel-voor", data={"organisation": school.id, "next": "//evil.example"}
    ).location == "/"  # fmt: skip


def test_the_page_of_a_large_school_asks_a_constant_number_of_questions(
    browse, school, school_leader, count_queries
):
    browser = browse(school_leader)
    path = f"/organisaties/{school.id}"
    browser.get(path)
    with count_queries() as few:
        browser.get(path)
    for _ in range(8):
        AffiliationFactory(organisation=school)
        AffiliationFactory(organisation=school, status=REQUESTED)

    with count_queries() as many:
        browser.get(path)

    assert len(many) == len(few)
    assert db.session.get(Organisation, school.id) is not None
