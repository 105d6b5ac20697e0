"""Labs from a proposal to the archive: proposed, started, paused by both sides, closed."""

from datetime import timedelta

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.clock import now, set_clock
from labapp.database import db, name_of
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import (
    access,
    both_leads,
    lab_duties,
    lab_proposing,
    lab_settings,
    lab_tasks,
    labs,
    policies,
    reading,
    roles,
)
from labapp.labs.lab_fields import LabSwitches, LabTexts, switches_of, texts_of
from labapp.labs.lab_models import (
    LabRoleKind,
    LabState,
    LabVisibility,
    MembershipState,
    Side,
)
from labapp.labs.lab_states import LabAction
from labapp.labs.labs import LabQuery
from labapp.labs.machine import list_steps
from labapp.labs.question_models import QuestionState
from labapp.labs.round_models import RoundDecision, RoundPhase
from labapp.notifications.models import Event
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.factories import (
    QuestionFactory,
    RoleFactory,
    RoundFactory,
    make_lab,
)

A = LabAction
TEXTS = LabTexts(
    theme="reading", title="Leeslab", goal="Wat houdt leerlingen aan het lezen?", sectors=["po"],
    agreement="We delen wat we vinden.",
)  # fmt: skip


@pytest.fixture
def people():
    """A school leader, a teacher of the same school, and a researcher."""
    school = OrganisationFactory(name="De Regenboog")
    place = OrganisationFactory(kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None)
    return {
        "leader": AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=school).user,
        "teacher": AffiliationFactory(role=Role.TEACHER, organisation=school).user,
        "researcher": AffiliationFactory(role=Role.RESEARCHER, organisation=place).user,
    }


def propose(people, who="leader", practice=None, research=None, texts=TEXTS, **extra):
    return lab_proposing.propose_lab(
        Actor.of(people[who]), texts, LabSwitches(),
        practice_email=practice or people["teacher"].email,
        research_email=research or people["researcher"].email, **extra,
    )  # fmt: skip


def test_a_proposal_names_both_leads_and_asks_their_places(people, as_actor, programme_officer):
    lab = propose(people)

    assert lab.state is LabState.PROPOSED
    states = {row.side: row.state for row in lab.memberships}
    assert states == {
        Side.PRACTICE: MembershipState.ACTIVE,  # its leader proposed it
        Side.RESEARCH: MembershipState.INVITED,
    }
    assert all(role.accepted_at is None for row in lab.memberships for role in row.roles)
    for name in people:
        assert policies.can_see(as_actor(people[name]), lab), name
    assert [duty.object for duty in lab_duties.list_lab_duties(as_actor(programme_officer))] == [
        name_of(lab)
    ]
    assert lab_duties.list_lab_duties(as_actor(people["teacher"]))


def test_only_a_leader_or_a_researcher_proposes(people):
    with pytest.raises(ForbiddenError):
        propose(people, who="teacher")

    assert propose(people, who="researcher").proposed_by_id == people["researcher"].id


@pytest.mark.parametrize(
    ("field", "extra"),
    [
        ("practice_email", {"practice": "niemand@example.org"}),
        ("title", {"texts": LabTexts(**{**vars(TEXTS), "title": " "})}),
        ("goal", {"texts": LabTexts(**{**vars(TEXTS), "goal": "x" * 50_000})}),
        ("theme", {"texts": LabTexts(**{**vars(TEXTS), "theme": "no-such"})}),
        ("pupil_data", {"texts": LabTexts(**{**vars(TEXTS), "goal": "Over 111222333."})}),
    ],
)
def test_a_proposal_says_what_is_wrong_at_the_field(people, field, extra):
    with pytest.raises(InvalidError) as refused:
        propose(people, **extra)

    assert set(refused.value.fields) == {field}


def test_nobody_is_a_lead_who_works_on_the_other_side(people):
    with pytest.raises(InvalidError) as refused:
        propose(people, practice=people["researcher"].email)

    assert "practice_email" in refused.value.fields


def test_a_lab_begins_once_both_sides_are_ready(people, as_actor, programme_officer):
    lab = propose(people)
    officer, teacher = as_actor(programme_officer), as_actor(people["teacher"])
    labs.perform(officer, lab, A.APPROVE, version=lab.version)
    roles.accept_role(teacher, roles.list_own_waiting(teacher)[0])

    with pytest.raises(ConflictError) as refused:
        labs.perform(teacher, lab, A.START, version=lab.version)
    assert "onderzoek" in str(refused.value)

    research = next(row for row in lab.memberships if row.side is Side.RESEARCH)
    research.state = MembershipState.ACTIVE
    db.session.commit()
    researcher = as_actor(people["researcher"])
    roles.accept_role(researcher, roles.list_own_waiting(researcher)[0])
    with pytest.raises(ConflictError) as refused:
        labs.perform(teacher, lab, A.START, version=lab.version)
    assert "akkoord" in str(refused.value)

    research.agreement_number, research.agreed_at = 1, now()
    db.session.commit()
    labs.perform(teacher, lab, A.START, version=lab.version)
    assert lab.state is LabState.ACTIVE
    assert lab.started_at is not None


def test_pausing_takes_both_leads(cast, as_actor):
    practice, research = as_actor(cast.practice_lead), as_actor(cast.research_lead)

    assert not labs.perform(practice, cast.lab, A.PAUSE, version=cast.lab.version, reason="Griep")
    assert cast.lab.state is LabState.ACTIVE
    with pytest.raises(ConflictError):
        labs.perform(practice, cast.lab, A.PAUSE, version=cast.lab.version, reason="Griep")
    duties = lab_duties.list_lab_duties(research)
    assert [duty.object for duty in duties] == [name_of(cast.lab)]

    assert labs.perform(research, cast.lab, A.PAUSE, version=cast.lab.version, reason="Akkoord")
    assert cast.lab.state is LabState.PAUSED
    assert both_leads.proposal_of(cast.lab) is None
    assert [step.action for step in list_steps(name_of(cast.lab))] == ["pause"]


def test_the_other_lead_may_say_no(cast, as_actor):
    practice, research = as_actor(cast.practice_lead), as_actor(cast.research_lead)
    labs.perform(practice, cast.lab, A.PAUSE, version=cast.lab.version, reason="Griep")

    with pytest.raises(ForbiddenError):
        labs.refuse_proposal(as_actor(cast.teacher), cast.lab)
    labs.refuse_proposal(research, cast.lab)

    assert both_leads.proposal_of(cast.lab) is None
    with pytest.raises(NotFoundError):
        labs.refuse_proposal(research, cast.lab)


def test_the_office_pauses_alone(cast, as_actor, programme_officer):
    assert labs.perform(
        as_actor(programme_officer), cast.lab, A.PAUSE, version=cast.lab.version, reason="Zorgen"
    )

    assert cast.lab.state is LabState.PAUSED


def test_a_lab_is_not_concluded_with_a_round_under_way(cast, as_actor):
    one = RoundFactory(lab=cast.lab)
    practice, research = as_actor(cast.practice_lead), as_actor(cast.research_lead)

    with pytest.raises(ConflictError):
        labs.perform(practice, cast.lab, A.CONCLUDE, version=cast.lab.version)
    one.phase = RoundPhase.DECIDE
    db.session.commit()
    labs.perform(practice, cast.lab, A.CONCLUDE, version=cast.lab.version)
    labs.perform(research, cast.lab, A.CONCLUDE, version=cast.lab.version)

    assert cast.lab.state is LabState.CONCLUDING


def test_a_lab_closes_when_each_question_and_round_has_its_end(cast, as_actor, programme_officer):
    cast.lab.state = LabState.CONCLUDING
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DECIDE)
    question = QuestionFactory(lab=cast.lab, state=QuestionState.ADOPTED)
    db.session.commit()
    officer = as_actor(programme_officer)

    with pytest.raises(ConflictError) as refused:
        labs.perform(officer, cast.lab, A.CLOSE, version=cast.lab.version)
    assert len(refused.value.problems) == 2
    question.state = QuestionState.ANSWERED
    one.phase, one.decision = RoundPhase.CLOSED, RoundDecision.STOP
    one.decision_reason, one.review_due_on = "Werkte niet", now().date()
    db.session.commit()
    labs.perform(officer, cast.lab, A.CLOSE, version=cast.lab.version)

    assert cast.lab.closed_at is not None


def test_a_year_later_a_closed_lab_is_in_the_archive_and_stays_found(cast, as_actor):
    cast.lab.state, cast.lab.closed_at = LabState.CLOSED, now()
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()

    assert lab_tasks.archive_closed() == 0
    set_clock(now() + timedelta(days=366))
    assert lab_tasks.archive_closed() == 1
    assert lab_tasks.archive_closed() == 0

    assert cast.lab.state is LabState.ARCHIVED
    assert labs.get_lab(as_actor(), cast.lab.id)
    with pytest.raises(ConflictError):
        lab_settings.change_texts(
            as_actor(cast.practice_lead), cast.lab, texts_of(cast.lab), version=None
        )


def test_who_read_an_older_version_changes_nothing(cast, as_actor):
    with pytest.raises(ConflictError):
        labs.perform(
            as_actor(cast.practice_lead),
            cast.lab,
            A.PAUSE,
            version=cast.lab.version - 1,
            reason="x",
        )

    with pytest.raises(ConflictError) as refused:
        lab_settings.change_texts(as_actor(cast.practice_lead), cast.lab, TEXTS, version=0)
    assert refused.value.yours["title"] == "Leeslab"
    assert refused.value.theirs["title"] == cast.lab.title


def test_another_agreement_is_agreed_to_anew(cast, as_actor):
    leader = as_actor(cast.leader)
    assert not lab_duties.list_lab_duties(leader)

    changed = LabTexts(**{**vars(texts_of(cast.lab)), "agreement": "We delen nu meer."})
    lab_settings.change_texts(
        as_actor(cast.practice_lead), cast.lab, changed, version=cast.lab.version
    )

    assert cast.lab.agreement_number == 2
    assert len(lab_duties.list_lab_duties(leader)) == 1


def test_more_readers_takes_both_leads_and_fewer_takes_one(cast, as_actor):
    practice, research = as_actor(cast.practice_lead), as_actor(cast.research_lead)
    wider = LabSwitches(**{**vars(switches_of(cast.lab)), "visibility": LabVisibility.PUBLIC})

    assert not lab_settings.change_switches(practice, cast.lab, wider, version=cast.lab.version)
    assert not lab_settings.change_switches(practice, cast.lab, wider, version=cast.lab.version)
    assert cast.lab.visibility is LabVisibility.PRIVATE
    assert not policies.can_read(as_actor(), cast.lab)
    assert lab_settings.change_switches(research, cast.lab, wider, version=cast.lab.version)
    assert policies.can_read(as_actor(), cast.lab)
    assert "public" in reading.audience_of_lab(cast.lab)

    narrow = LabSwitches(**{**vars(wider), "visibility": LabVisibility.PRIVATE})
    assert lab_settings.change_switches(practice, cast.lab, narrow, version=cast.lab.version)
    assert not policies.can_read(as_actor(), cast.lab)


def test_settings_are_for_the_leads(cast, as_actor, programme_officer, knowledge_broker):
    for user in (cast.teacher, cast.leader, cast.outsider, programme_officer):
        with pytest.raises(ForbiddenError):
            lab_settings.change_texts(as_actor(user), cast.lab, TEXTS, version=None)
    with pytest.raises(ForbiddenError):
        lab_settings.set_steward(
            as_actor(cast.practice_lead), cast.lab, knowledge_broker.email, version=None
        )

    officer = as_actor(programme_officer)
    lab_settings.set_steward(officer, cast.lab, knowledge_broker.email, version=cast.lab.version)
    assert policies.can_read(as_actor(knowledge_broker), cast.lab)
    with pytest.raises(InvalidError):
        lab_settings.set_steward(officer, cast.lab, cast.outsider.email, version=None)


def test_the_office_reads_a_private_lab_for_a_day_and_the_leads_are_told(
    cast, as_actor, programme_officer
):
    officer = as_actor(programme_officer)
    assert labs.get_lab(officer, cast.lab.id)
    with pytest.raises(ForbiddenError):
        labs.get_readable_lab(officer, cast.lab.id)
    with pytest.raises(InvalidError):
        access.look_into(officer, cast.lab, " ")
    with pytest.raises(ForbiddenError):
        access.look_into(as_actor(cast.teacher), cast.lab, "Nieuwsgierig")

    access.look_into(officer, cast.lab, "Een klacht van een school")

    assert labs.get_readable_lab(officer, cast.lab.id)
    told = db.session.query(Event).filter_by(type="lab.looked_into").one()
    assert told.subject == name_of(cast.lab)
    assert [one.reason for one in access.list_accesses(as_actor(cast.practice_lead), cast.lab)] == [
        "Een klacht van een school"
    ]
    assert access.list_accesses(as_actor(cast.teacher), cast.lab) == []
    set_clock(now() + timedelta(hours=25))
    assert not policies.can_read(as_actor(programme_officer), cast.lab)


def test_the_list_shows_what_one_may_see_in_a_constant_number_of_statements(
    cast, as_actor, count_queries
):
    for _ in range(3):
        make_lab(visibility=LabVisibility.PUBLIC)
    member = as_actor(cast.teacher)

    with count_queries() as queries:
        rows, total = labs.list_labs(member, LabQuery())
    assert total == 4
    assert [row.lab.id for row in rows if row.is_mine] == [cast.lab.id]
    assert {(row.schools, row.institutions) for row in rows} == {(2, 1)}
    assert len(queries) <= 5
    assert labs.list_labs(as_actor(), LabQuery())[1] == 3
    assert labs.list_labs(member, LabQuery(mine=True))[1] == 1
    assert labs.list_labs(member, LabQuery(text="100%"))[1] == 0
    assert labs.list_labs(member, LabQuery(theme="reading", sector="vo"))[1] == 0


def test_a_rejected_proposal_is_seen_by_who_proposed_it(people, as_actor, programme_officer):
    lab = propose(people)
    officer = as_actor(programme_officer)
    with pytest.raises(InvalidError):
        labs.perform(officer, lab, A.REJECT, version=lab.version)

    labs.perform(officer, lab, A.REJECT, version=lab.version, reason="Er is al zo'n lab.")

    assert labs.get_lab(as_actor(people["leader"]), lab.id).state is LabState.REJECTED
    assert labs.list_labs(officer, LabQuery())[1] == 0
    assert labs.list_labs(officer, LabQuery(state=LabState.REJECTED))[1] == 1


def test_the_office_is_told_of_a_lab_without_a_lead(cast, as_actor, programme_officer):
    officer = as_actor(programme_officer)
    assert lab_duties.list_lab_duties(officer) == []
    cast.research_lead.affiliations[0].until_on = now().date()
    db.session.commit()

    assert lab_tasks.end_roles_of_leavers() == 1
    assert lab_tasks.end_roles_of_leavers() == 0

    assert [duty.object for duty in lab_duties.list_lab_duties(officer)] == [name_of(cast.lab)]
    assert db.session.query(Event).filter_by(type="lab.without_lead").count() == 1


def test_a_second_practice_lead_does_not_stand_for_research(cast, as_actor):
    second = AffiliationFactory(organisation=cast.school).user
    RoleFactory(membership=cast.practice, user=second, kind=LabRoleKind.LEAD)
    labs.perform(as_actor(second), cast.lab, A.PAUSE, version=cast.lab.version, reason="Rust")

    with pytest.raises(ConflictError):
        labs.perform(
            as_actor(cast.practice_lead), cast.lab, A.PAUSE, version=cast.lab.version, reason="Rust"
        )

    assert cast.lab.state is LabState.ACTIVE
