"""Taking part: asked and answered by both sides, renewed with the school year, ended."""

import threading
from datetime import datetime, timedelta

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import LOCAL_ZONE, now, set_clock, today
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, LabappError, NotFoundError
from labapp.labs import (
    joining,
    lab_duties,
    lab_tasks,
    labs,
    membership_terms,
    memberships,
    policies,
    roles,
)
from labapp.labs.joining import Wish
from labapp.labs.lab_models import (
    JoinPolicy,
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabVisibility,
    MembershipKind,
    MembershipState,
)
from labapp.labs.membership_states import MembershipAction
from labapp.notifications.models import Delivery, Event
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.factories import RoleFactory

A, S, K = MembershipAction, MembershipState, MembershipKind
WISH = Wish(kind=K.PARTICIPATING, motivation="Wij zien hetzelfde.")


@pytest.fixture
def newcomer():
    """The leader of a school that does not take part."""
    school = OrganisationFactory(name="De Wilg")
    return AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=school).user


@pytest.fixture
def open_cast(cast):
    cast.lab.visibility = LabVisibility.PROGRAMME
    db.session.commit()
    return cast


def school_of(user):
    return user.affiliations[0].organisation


def request(cast, as_actor, newcomer, wish=WISH, **extra):
    agrees = extra.pop("agrees", True)
    return joining.request_membership(
        as_actor(newcomer), cast.lab, school_of(newcomer), wish, agrees=agrees
    )


def invite(cast, as_actor, newcomer, wish=WISH):
    return joining.invite_organisation(
        as_actor(cast.research_lead), cast.lab, school_of(newcomer), wish
    )


def perform(actor, row, action, **extra):
    return memberships.perform(actor, row, action, version=row.version, **extra)


def told(code, user):
    return (
        db.session.query(Delivery).join(Event, Event.id == Delivery.event_id)
        .filter(Event.type == code, Delivery.user_id == user.id).count()
    )  # fmt: skip


def test_a_leader_asks_and_a_lead_admits(open_cast, as_actor, newcomer):
    row = request(open_cast, as_actor, newcomer)
    lead = as_actor(open_cast.practice_lead)

    assert row.state is S.REQUESTED
    assert told("membership.requested", open_cast.research_lead)
    assert len(lab_duties.list_lab_duties(lead)) == 1
    perform(lead, row, A.ADMIT)

    assert row.state is S.ACTIVE
    assert row.agreement_number == open_cast.lab.agreement_number
    assert told("membership.stepped", newcomer)
    assert policies.can_read(as_actor(newcomer), open_cast.lab)


def test_a_refusal_needs_words_and_reaches_who_asked(cast, as_actor, newcomer):
    """Also of a lab that is private meanwhile: who asked reads the answer, and nothing else."""
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()
    row = request(cast, as_actor, newcomer)
    cast.lab.visibility = LabVisibility.PRIVATE
    db.session.commit()
    lead = as_actor(cast.research_lead)
    with pytest.raises(InvalidError) as refused:
        perform(lead, row, A.REFUSE)
    assert set(refused.value.fields) == {"reason"}

    perform(lead, row, A.REFUSE, reason="Dit jaar zijn we vol.")

    asker = as_actor(newcomer)
    assert memberships.get_membership(asker, row.id).reason == "Dit jaar zijn we vol."
    with pytest.raises(NotFoundError):
        labs.get_lab(asker, cast.lab.id)
    with pytest.raises(NotFoundError):
        memberships.get_membership(as_actor(cast.outsider), row.id)


@pytest.mark.parametrize(
    ("field", "wish", "agrees"),
    [
        ("motivation", Wish(kind=K.PARTICIPATING), True),
        ("motivation", Wish(kind=K.PARTICIPATING, motivation="x" * 50_000), True),
        ("kind", Wish(kind=K.RESEARCH, motivation="Ja"), True),
        ("agrees", WISH, False),
    ],
)
def test_a_request_says_what_is_missing(open_cast, as_actor, newcomer, field, wish, agrees):
    with pytest.raises(InvalidError) as refused:
        request(open_cast, as_actor, newcomer, wish, agrees=agrees)

    assert set(refused.value.fields) == {field}


def test_only_who_speaks_for_a_branch_asks_for_it(open_cast, as_actor, newcomer):
    teacher = AffiliationFactory(organisation=school_of(newcomer)).user
    other_leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    for user in (teacher, other_leader, open_cast.practice_lead):
        with pytest.raises(ForbiddenError):
            joining.request_membership(
                as_actor(user), open_cast.lab, school_of(newcomer), WISH, agrees=True
            )

    open_cast.lab.join_policy = JoinPolicy.INVITATION
    db.session.commit()
    with pytest.raises(ConflictError):
        request(open_cast, as_actor, newcomer)


def test_a_branch_asks_once_in_a_school_year(open_cast, as_actor, newcomer):
    request(open_cast, as_actor, newcomer)

    with pytest.raises(ConflictError):
        request(open_cast, as_actor, newcomer)
    with pytest.raises(ConflictError):
        invite(open_cast, as_actor, newcomer)

    assert school_of(newcomer) not in joining.can_request(as_actor(newcomer), open_cast.lab)


def test_an_invitation_is_answered_by_the_leader_of_that_branch(cast, as_actor, newcomer):
    row = invite(cast, as_actor, newcomer)
    teacher = AffiliationFactory(organisation=school_of(newcomer)).user
    elsewhere = AffiliationFactory(role=Role.SCHOOL_LEADER).user

    for user in (teacher, elsewhere, cast.practice_lead, cast.research_lead, cast.leader):
        with pytest.raises(ForbiddenError):
            perform(as_actor(user), row, A.ACCEPT, agrees=True)
    leader = as_actor(newcomer)
    assert policies.can_see(leader, cast.lab)
    assert not policies.can_read(leader, cast.lab)
    with pytest.raises(InvalidError):
        perform(leader, row, A.ACCEPT)
    perform(leader, row, A.ACCEPT, agrees=True)

    assert row.state is S.ACTIVE
    assert row.agreed_by_id == newcomer.id


def test_an_institution_answers_by_one_of_its_researchers(cast, as_actor, researcher):
    row = joining.invite_organisation(
        as_actor(cast.practice_lead), cast.lab, school_of(researcher), Wish(kind=K.RESEARCH)
    )

    perform(as_actor(researcher), row, A.ACCEPT, agrees=True)

    assert row.state is S.ACTIVE


def test_an_invitation_is_accepted_once(cast, as_actor, newcomer):
    row = invite(cast, as_actor, newcomer)
    version = row.version
    perform(as_actor(newcomer), row, A.ACCEPT, agrees=True)

    with pytest.raises(ConflictError):
        memberships.perform(as_actor(newcomer), row, A.ACCEPT, version=version, agrees=True)
    with pytest.raises(ConflictError):
        perform(as_actor(newcomer), row, A.ACCEPT, agrees=True)


def test_an_expired_invitation_is_not_accepted(cast, as_actor, newcomer):
    row = invite(cast, as_actor, newcomer)
    set_clock(now() + timedelta(days=31))

    with pytest.raises(ConflictError) as refused:
        perform(as_actor(newcomer), row, A.ACCEPT, agrees=True)
    assert "dertig dagen" in str(refused.value)
    assert lab_tasks.expire_unanswered() == 1
    assert lab_tasks.expire_unanswered() == 0

    assert row.state is S.EXPIRED
    assert told("membership.stepped", newcomer)
    assert invite(cast, as_actor, newcomer).state is S.INVITED


def test_a_member_may_not_invite_and_nobody_invites_a_closed_school(cast, as_actor, newcomer):
    with pytest.raises(ForbiddenError):
        joining.invite_organisation(as_actor(cast.teacher), cast.lab, school_of(newcomer), WISH)
    school_of(newcomer).closed_on = today()
    db.session.commit()
    with pytest.raises(InvalidError):
        invite(cast, as_actor, newcomer)


def test_one_person_may_be_invited_to_read_along(cast, as_actor):
    with pytest.raises(InvalidError) as refused:
        joining.invite_person(as_actor(cast.practice_lead), cast.lab, "onbekend@example.org")
    row = joining.invite_person(as_actor(cast.practice_lead), cast.lab, cast.outsider.email.upper())
    guest = as_actor(cast.outsider)

    assert set(refused.value.fields) == {"email"}
    assert not policies.can_read(guest, cast.lab)
    perform(guest, row, A.ACCEPT, agrees=True)
    assert policies.is_member(guest, cast.lab)
    perform(guest, row, A.END, reason="Geen tijd")
    assert not policies.can_see(guest, cast.lab)


def test_a_branch_changes_its_kind_in_mid_year_and_its_people_keep_their_roles(cast, as_actor):
    leader, lead = as_actor(cast.leader), as_actor(cast.practice_lead)
    membership_terms.ask_kind(leader, cast.practice, K.PARTICIPATING, version=None)
    with pytest.raises(ForbiddenError):
        perform(leader, cast.practice, A.CHANGE_KIND)
    assert told("membership.kind_asked", cast.research_lead)

    row = perform(lead, cast.practice, A.CHANGE_KIND)

    assert cast.practice.state is S.ENDED
    assert cast.practice.kind is K.CO_CREATING
    assert (row.state, row.kind) == (S.ACTIVE, K.PARTICIPATING)
    assert row.agreement_number == cast.practice.agreement_number
    assert policies.is_lead(lead, cast.lab)
    assert policies.is_member(as_actor(cast.teacher), cast.lab)
    assert roles.list_own_waiting(lead) == []


def test_the_lab_asks_for_another_kind_and_the_branch_decides(cast, as_actor):
    lead, leader = as_actor(cast.research_lead), as_actor(cast.leader)
    membership_terms.ask_kind(lead, cast.practice, K.OBSERVER, version=None)

    with pytest.raises(ForbiddenError):
        perform(lead, cast.practice, A.CHANGE_KIND)
    with pytest.raises(ConflictError):
        membership_terms.ask_kind(leader, cast.practice, K.PARTICIPATING, version=None)
    membership_terms.drop_kind(leader, cast.practice, version=cast.practice.version)

    assert cast.practice.asked_kind is None
    with pytest.raises(ConflictError):
        perform(leader, cast.practice, A.CHANGE_KIND)


def test_the_last_lead_of_a_side_stays_until_a_successor_accepted(cast, as_actor):
    lead, leader = as_actor(cast.practice_lead), as_actor(cast.leader)
    own = lead_role(cast.practice_lead)
    with pytest.raises(ConflictError):
        roles.end_own_role(lead, own)
    with pytest.raises(ConflictError):
        perform(leader, cast.practice, A.END, reason="Te druk")
    successor = as_actor(cast.bystander)
    role = roles.give_role(lead, cast.practice, cast.bystander.email, LabRoleKind.LEAD)
    with pytest.raises(ConflictError):
        roles.end_own_role(lead, own)

    roles.accept_role(successor, role)
    roles.end_own_role(lead, own)

    assert policies.is_lead(successor, cast.lab)
    assert not policies.is_lead(lead, cast.lab)
    with pytest.raises(ConflictError):
        roles.accept_role(successor, role)


def lead_role(user):
    return db.session.query(LabRole).filter_by(user_id=user.id, kind=LabRoleKind.LEAD).one()


def test_of_two_leads_who_leave_at_once_one_stays(app, cast):
    second = AffiliationFactory(organisation=cast.school).user
    RoleFactory(membership=cast.practice, user=second, kind=LabRoleKind.LEAD)
    ids = [(user.id, lead_role(user).id) for user in (cast.practice_lead, second)]
    lab_id = cast.lab.id
    db.session.commit()
    start, results = threading.Barrier(2), []

    def leave(user_id, role_id):
        with app.app_context():
            try:
                actor = Actor.of(db.session.get(type(second), user_id))
                role = roles.get_role(actor, role_id)
                start.wait()
                roles.end_own_role(actor, role)
                results.append("left")
            except ConflictError:
                results.append("stays")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=leave, args=pair) for pair in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["left", "stays"]
    db.session.rollback()
    leads = db.session.scalars(policies.members_of(lab_id, None, LabRoleKind.LEAD)).all()
    assert len(leads) == 2  # one on each side


def test_two_who_accept_at_once_are_one(app, cast, as_actor, newcomer):
    row = invite(cast, as_actor, newcomer)
    row_id, user_id, version = row.id, newcomer.id, row.version
    db.session.commit()
    start, results = threading.Barrier(2), []

    def accept():
        with app.app_context():
            try:
                actor = Actor.of(db.session.get(type(newcomer), user_id))
                found = memberships.get_membership(actor, row_id)
                start.wait()
                memberships.perform(actor, found, A.ACCEPT, version=version, agrees=True)
                results.append("accepted")
            except LabappError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["ConflictError", "accepted"]


def test_nobody_leads_on_both_sides(cast, as_actor):
    """Also somebody who works at the school and at the institution."""
    AffiliationFactory(user=cast.practice_lead, organisation=cast.institution, role=Role.RESEARCHER)

    with pytest.raises(ConflictError):
        roles.give_role(
            as_actor(cast.research_lead), cast.research, cast.practice_lead.email, LabRoleKind.LEAD
        )


def test_roles_are_given_to_who_works_there(cast, as_actor):
    lead = as_actor(cast.practice_lead)
    for email in (cast.outsider.email, "x@example.org", ""):
        with pytest.raises(InvalidError):
            roles.give_role(lead, cast.practice, email, LabRoleKind.TEACHER)
    with pytest.raises(ForbiddenError):
        roles.give_role(
            as_actor(cast.teacher), cast.practice, cast.bystander.email, LabRoleKind.TEACHER
        )
    with pytest.raises(ForbiddenError):  # of the other side
        roles.give_role(
            as_actor(cast.research_lead), cast.practice, cast.bystander.email, LabRoleKind.TEACHER
        )
    with pytest.raises(ForbiddenError):  # leads are named by leads
        roles.give_role(
            as_actor(cast.leader), cast.practice, cast.bystander.email, LabRoleKind.LEAD
        )
    with pytest.raises(InvalidError):
        roles.give_role(lead, cast.practice, cast.bystander.email, LabRoleKind.RESEARCHER)

    role = roles.give_role(
        as_actor(cast.leader), cast.practice, cast.bystander.email, LabRoleKind.COACH
    )

    assert policies.is_member(as_actor(cast.bystander), cast.lab)
    with pytest.raises(ConflictError):
        roles.give_role(lead, cast.practice, cast.bystander.email, LabRoleKind.COACH)
    with pytest.raises(NotFoundError):
        roles.get_role(as_actor(cast.outsider), role.id)
    roles.end_role_of(lead, role)
    assert not policies.is_member(as_actor(cast.bystander), cast.lab)


def test_a_suspended_school_does_not_read_and_may_come_back(cast, as_actor):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=cast.other_school).user
    lead, member = as_actor(cast.research_lead), as_actor(leader)
    assert policies.can_read(member, cast.lab)

    perform(lead, cast.participating, A.SUSPEND, reason="Afspraken niet gehouden")
    assert not policies.can_see(member, cast.lab)
    perform(lead, cast.participating, A.RESUME)

    assert policies.can_read(member, cast.lab)


def at(day):
    set_clock(datetime.fromisoformat(day).replace(tzinfo=LOCAL_ZONE))


def test_who_says_so_goes_on_in_the_next_school_year(cast, as_actor):
    with pytest.raises(ConflictError):
        membership_terms.renew(as_actor(cast.leader), cast.practice, renews=True, version=None)
    at("2027-05-03T12:00")
    assert lab_duties.list_lab_duties(as_actor(cast.leader))
    with pytest.raises(ForbiddenError):
        membership_terms.renew(as_actor(cast.teacher), cast.practice, renews=True, version=None)
    membership_terms.renew(as_actor(cast.leader), cast.practice, renews=True, version=None)
    membership_terms.renew(as_actor(cast.researcher), cast.research, renews=True, version=None)
    assert not lab_duties.list_lab_duties(as_actor(cast.leader))
    assert lab_tasks.turn_school_year() == 0

    at("2027-08-01T06:00")
    assert lab_tasks.turn_school_year() == 3
    assert lab_tasks.turn_school_year() == 0

    rows = db.session.query(LabMembership).filter_by(lab_id=cast.lab.id, state=S.ACTIVE).all()
    assert {row.organisation_id for row in rows} == {cast.school.id, cast.institution.id}
    assert {row.school_year for row in rows} == {2027}
    assert cast.participating.state is S.ENDED
    assert cast.participating.until_on.isoformat() == "2027-08-01"
    assert policies.is_lead(as_actor(cast.practice_lead), cast.lab)
    assert policies.is_member(as_actor(cast.teacher), cast.lab)


def test_without_renewal_all_ends_and_the_office_hears(cast, as_actor, programme_officer):
    at("2027-08-01T06:00")

    lab_tasks.keep_up({})

    assert not policies.can_read(as_actor(cast.practice_lead), cast.lab)
    assert told("lab.without_lead", programme_officer)
    assert db.session.get(Lab, cast.lab.id).state.value == "active"


def test_who_takes_part_is_shown_as_the_lab_wants(cast, as_actor, newcomer):
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()
    invite(cast, as_actor, newcomer)

    assert memberships.list_memberships(as_actor(), cast.lab) == []
    assert len(memberships.list_memberships(as_actor(cast.teacher), cast.lab)) == 4
    cast.lab.member_list = type(cast.lab.member_list)("readers")
    db.session.commit()
    assert len(memberships.list_memberships(as_actor(), cast.lab)) == 3
