"""The schools of a round: asked by the leads, answered by the school leader of that branch."""

from datetime import timedelta

import pytest

from labapp.accounts.models import Role
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import round_duties, round_tasks, sites
from labapp.labs.lab_models import MembershipState
from labapp.labs.round_models import ConsentState, RoundPhase, RoundSite, TaskState
from labapp.labs.round_tasks import TaskInput
from labapp.labs.site_states import ConsentAction
from labapp.labs.sites import SiteMove
from labapp.labs.task_states import TaskAction
from tests.factories import AffiliationFactory
from tests.labs import working
from tests.labs.working import actor_of


@pytest.fixture
def work(cast):
    return working.start(cast)


@pytest.fixture
def site(cast, work):
    return sites.add_site(actor_of(cast.practice_lead), work.round, cast.school.id)


@pytest.fixture
def other_leader(cast):
    return AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=cast.other_school).user


def answer(user, site, action, **values):
    sites.perform(actor_of(user), site, action, version=site.version, **values)


def move(user, site, what, on=None, **values):
    sites.move_site(actor_of(user), site, what, on=on or today(), version=site.version, **values)


def test_the_school_leader_of_that_branch_answers(cast, site, other_leader):
    assert [duty.icon for duty in round_duties.list_duties(actor_of(cast.leader))] == ["school"]
    for user in (cast.practice_lead, cast.research_lead, cast.teacher, other_leader):
        with pytest.raises(ForbiddenError):
            answer(user, site, ConsentAction.GIVE)

    answer(cast.leader, site, ConsentAction.GIVE)

    assert (site.consent, site.consent_by_id) == (ConsentState.GIVEN, cast.leader.id)
    assert round_duties.list_duties(actor_of(cast.leader)) == []


def test_a_branch_takes_part_in_the_lab_first(cast, work):
    lead = actor_of(cast.research_lead)
    with transaction():
        cast.participating.state = MembershipState.SUSPENDED

    for place in (cast.other_school, cast.institution, cast.outsider.affiliations[0].organisation):
        with pytest.raises(InvalidError):
            sites.add_site(lead, work.round, place.id)
    with pytest.raises(ForbiddenError):
        sites.add_site(actor_of(cast.teacher), work.round, cast.school.id)


def test_a_branch_stands_once_on_the_list(cast, work, site):
    with pytest.raises(InvalidError, match="al bij de ronde"):
        sites.add_site(actor_of(cast.practice_lead), work.round, cast.school.id)


def test_a_no_comes_with_a_reason_and_can_be_asked_again(cast, site):
    with pytest.raises(InvalidError):
        answer(cast.leader, site, ConsentAction.REFUSE)
    answer(cast.leader, site, ConsentAction.REFUSE, reason="Te druk.")
    assert (site.consent, site.consent_note) == (ConsentState.REFUSED, "Te druk.")

    answer(cast.practice_lead, site, ConsentAction.ASK)

    assert (site.consent, site.consent_at) == (ConsentState.ASKED, None)


def test_consent_that_is_withdrawn_stops_the_work_and_the_data(cast, work):
    one = working.prepare(cast, work)
    site = one.sites[0]
    with transaction():
        one.phase, site.finished_on = RoundPhase.DETERMINE, None
    teacher = actor_of(cast.teacher)
    values = {"title": "Toets", "organisation_id": cast.school.id}
    task = round_tasks.add_task(teacher, one, TaskInput(**values, collects_data=True))
    round_tasks.perform(teacher, task, TaskAction.OPEN, version=task.version)

    answer(cast.leader, site, ConsentAction.WITHDRAW, reason="Ouders maken bezwaar.")

    assert (site.stopped_on, site.stop_reason) == (today(), "Ouders maken bezwaar.")
    assert task.state is TaskState.CANCELLED
    with pytest.raises(ConflictError, match="toestemming"):
        round_tasks.perform(teacher, task, TaskAction.REOPEN, version=task.version)


def test_a_school_begins_in_determine_and_ends_after_it_began(cast, work, site):
    answer(cast.leader, site, ConsentAction.GIVE)
    with pytest.raises(ConflictError, match="Beproeven"):
        move(cast.practice_lead, site, SiteMove.START)
    working.set_phase(work.round, RoundPhase.DETERMINE)
    with pytest.raises(ConflictError):
        move(cast.practice_lead, site, SiteMove.FINISH)
    with pytest.raises(InvalidError):
        move(cast.practice_lead, site, SiteMove.START, today() + timedelta(days=1))
    with pytest.raises(ForbiddenError):
        move(cast.teacher, site, SiteMove.START)

    move(cast.leader, site, SiteMove.START)
    with pytest.raises(InvalidError):
        move(cast.leader, site, SiteMove.FINISH, today() - timedelta(days=1))
    move(cast.practice_lead, site, SiteMove.FINISH)

    assert (site.started_on, site.finished_on) == (today(), today())


def test_a_school_stops_with_a_reason(cast, work, site):
    answer(cast.leader, site, ConsentAction.GIVE)
    with pytest.raises(InvalidError):
        move(cast.leader, site, SiteMove.STOP)

    move(cast.leader, site, SiteMove.STOP, reason="De leraar is ziek.")

    assert site.stop_reason == "De leraar is ziek."
    with pytest.raises(ConflictError):
        move(cast.leader, site, SiteMove.STOP, reason="Nog eens.")


def test_only_a_school_that_gave_no_consent_is_taken_off_the_list(cast, work, site):
    lead = actor_of(cast.practice_lead)
    answer(cast.leader, site, ConsentAction.GIVE)
    with pytest.raises(ConflictError):
        sites.remove_site(lead, site, version=site.version)
    other = sites.add_site(lead, work.round, cast.other_school.id)
    with pytest.raises(ConflictError):
        sites.remove_site(lead, other, version=other.version + 1)

    sites.remove_site(lead, other, version=other.version)

    assert db.session.get(RoundSite, other.id) is None


def test_who_is_not_in_the_lab_finds_no_site(cast, site):
    assert sites.get_site(actor_of(cast.teacher), site.id) is site
    for user in (None, cast.outsider, cast.bystander):
        with pytest.raises(NotFoundError):
            sites.get_site(actor_of(user), site.id)


def test_a_task_is_for_a_school_of_the_round_and_somebody_of_the_lab(cast, work, site):
    lead = actor_of(cast.practice_lead)
    wrong = [{"organisation_id": cast.other_school.id}, {"owner_id": cast.outsider.id},
             {"owner_id": cast.bystander.id}]  # fmt: skip
    for values in wrong:
        with pytest.raises(InvalidError) as refused:
            round_tasks.add_task(lead, work.round, TaskInput(title="Toets", **values))
        assert list(refused.value.fields) == list(values)
    with pytest.raises(ForbiddenError):
        round_tasks.add_task(actor_of(cast.leader), work.round, TaskInput(title="Toets"))

    task = round_tasks.add_task(
        lead, work.round, TaskInput(title="Toets", owner_id=cast.teacher.id)
    )

    assert [duty.words for duty in round_duties.list_duties(actor_of(cast.teacher))] == ["Toets"]
    assert round_tasks.list_tasks(actor_of(cast.bystander), work.round) == []
    changed = TaskInput(title="Toets 2", collects_data=True)
    round_tasks.change_task(lead, task, changed, version=task.version)
    with pytest.raises(ConflictError):
        round_tasks.change_task(lead, task, changed, version=task.version - 1)


def test_a_running_task_does_not_begin_to_collect_data(cast, work):
    lead = actor_of(cast.practice_lead)
    task = round_tasks.add_task(lead, work.round, TaskInput(title="Kijken"))
    round_tasks.perform(lead, task, TaskAction.OPEN, version=task.version)

    with pytest.raises(ConflictError, match="nieuwe"):
        round_tasks.change_task(
            lead, task, TaskInput(title="Kijken", collects_data=True), version=task.version
        )
