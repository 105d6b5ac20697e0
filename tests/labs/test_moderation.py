"""Moderation: every kind in one queue, hidden at once, judged by another, appealed once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import Model, db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import cases, contributions, documents, moderation, reportables, rounds, threads
from labapp.labs.case_states import CaseAction
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.lab_models import Hideable, LabVisibility
from labapp.labs.review_models import Review, ReviewBasis, ReviewState, UseReport, UseReportState
from labapp.labs.thread_models import (
    CaseDecision,
    CaseState,
    Contribution,
    ContributionState,
    ModerationCase,
    Report,
    ReportReason,
)
from labapp.notifications import objects
from labapp.search.models import SearchObject
from tests.factories import CardFactory
from tests.labs.factories import QuestionFactory, RoundFactory
from tests.labs.findings import published
from tests.labs.talking import begin, say, told
from tests.labs.test_attachments import add

NOT_CONTENT = {
    "contribution_texts": "earlier words of a contribution, hidden and erased with it",
    "errata": "stands with the finding, hidden with it",
    "retractions": "stands with the finding, hidden with it",
}


def tell(user, thing, reason=ReportReason.RUDE, text="", **more):
    db.session.commit()
    name = thing if isinstance(thing, str) else name_of(thing)
    return moderation.report(Actor.of(user), name, reason, text, **more)


def decide(user, case, action, reason="Daarom."):
    db.session.refresh(case)
    moderation.perform(Actor.of(user), case, action, version=case.version, reason=reason)
    return case


@pytest.fixture
def said(cast):
    cast.lab.visibility = LabVisibility.PUBLIC
    return begin(cast.teacher, cast.lab)


def findable():
    rows = db.session.execute(
        select(SearchObject.kind, SearchObject.object_id).where(SearchObject.is_removed.is_(False))
    )
    return {(row.kind, row.object_id) for row in rows}


def everything(cast, editor):
    """One thing of each kind that the outsider reads."""
    cast.lab.visibility = LabVisibility.PUBLIC
    said = begin(cast.teacher, cast.lab)
    made = published(cast, editor)
    question = QuestionFactory(asker=cast.bystander, acting_for=cast.school)
    one = RoundFactory(lab=cast.lab, created_by_id=cast.teacher.id)
    file = add(cast.teacher, name_of(said))
    card = CardFactory()
    db.session.flush()
    review = Review(
        target=name_of(made), about=name_of(made.finding), reviewer_id=cast.bystander.id,
        basis=ReviewBasis.EXPERT, state=ReviewState.PUBLISHED, impact=3, scalability=3,
        certainty=3, lab_id=cast.lab.id, published_at=now(),
    )  # fmt: skip
    used = UseReport(
        object=name_of(card), organisation_id=cast.school.id, author_id=cast.bystander.id,
        did="Gelezen.", outcome="Meer lezen.", state=UseReportState.PUBLISHED,
    )  # fmt: skip
    db.session.add_all([review, used])
    db.session.commit()
    return {
        "contributions": said, "threads": say(cast.teacher, said.thread).contribution.thread,
        "questions": question, "rounds": one, "labs": cast.lab, "finding_versions": made,
        "attachments": file, "reviews": review, "use_reports": used,
    }  # fmt: skip


def test_every_kind_of_content_can_be_reported_and_is_in_the_queue(
    cast, as_actor, knowledge_broker, programme_officer
):
    things = everything(cast, knowledge_broker)
    assert set(things) == set(reportables.KINDS)

    for thing in things.values():
        tell(cast.outsider, thing)

    waiting = {one.case.object for one in cases.list_queue(as_actor(programme_officer))[0]}
    assert waiting == {name_of(thing) for thing in things.values()}


def test_no_table_that_can_be_hidden_is_without_a_way_to_report_it():
    hideable = {m.class_.__tablename__ for m in Model.registry.mappers
                if issubclass(m.class_, Hideable)}  # fmt: skip

    assert hideable | {"contributions"} == set(reportables.KINDS)
    assert not set(NOT_CONTENT) & set(reportables.KINDS)


def test_data_of_pupils_are_out_of_sight_at_once_and_come_back(
    cast, as_actor, knowledge_broker, programme_officer
):
    things = everything(cast, knowledge_broker)
    outsider = as_actor(cast.outsider)
    wrong = []
    for kind, thing in things.items():
        if kind == "labs":
            continue
        name = name_of(thing)
        case = tell(cast.outsider, thing, ReportReason.PUPIL_DATA)
        try:
            reportables.find(outsider, name)
            wrong.append((kind, "still there"))
        except NotFoundError:
            pass
        if name in objects.visible(outsider, [name]):
            wrong.append((kind, "in notifications"))
        decide(programme_officer, case, CaseAction.KEEP)
        if reportables.find(outsider, name) is None:
            wrong.append((kind, "not back"))

    assert wrong == []


def test_what_is_hidden_is_in_no_search(cast, knowledge_broker, said):
    question = QuestionFactory(asker=cast.bystander, acting_for=cast.school)
    one = RoundFactory(lab=cast.lab)
    made = published(cast, knowledge_broker)
    with transaction():
        documents.put_question(question)
        documents.put_round(one)
    cards = {("card", made.finding.card_id)}
    lab_things = {("contribution", said.id), ("question", question.id), ("round", one.id)}
    assert lab_things | cards <= findable()

    for thing in (said, question, one, made):
        tell(cast.outsider, thing, ReportReason.PUPIL_DATA)

    assert not findable() & (lab_things | cards)
    assert not made.finding.card.is_published


def test_a_hidden_lab_is_open_to_its_people_only(cast, as_actor, knowledge_broker):
    cast.lab.visibility = LabVisibility.PUBLIC
    one = RoundFactory(lab=cast.lab)
    tell(cast.outsider, cast.lab, ReportReason.PUPIL_DATA)

    with pytest.raises(NotFoundError):
        rounds.get_round(as_actor(cast.outsider), one.id)
    assert rounds.get_round(as_actor(cast.teacher), one.id).id == one.id


def test_one_reports_a_thing_once_and_never_ones_own(cast, said):
    case = tell(cast.outsider, said)
    with pytest.raises(ConflictError):
        tell(cast.outsider, said)
    with pytest.raises(ForbiddenError):
        tell(cast.teacher, said)
    with pytest.raises(InvalidError):
        tell(cast.researcher, said, text="BSN 111222333")

    assert tell(cast.researcher, said, ReportReason.SPAM).id == case.id
    assert len(db.session.scalars(select(Report)).all()) == 2


def test_nobody_reports_what_one_may_not_read(cast):
    said = begin(cast.teacher, cast.lab)

    with pytest.raises(NotFoundError):
        tell(cast.outsider, said)


def test_the_author_reads_why_and_appeals_to_another_person(
    cast, said, as_actor, knowledge_broker, programme_officer
):
    case = tell(cast.outsider, said)
    with pytest.raises(NotFoundError):
        cases.get_case(as_actor(cast.teacher), case.id)
    decide(knowledge_broker, case, CaseAction.REMOVE, "Hier staat een naam.")
    assert said.state is ContributionState.REMOVED

    seen = cases.get_case(as_actor(cast.teacher), case.id)
    assert (seen.case.reason, seen.reports) == ("Hier staat een naam.", [])
    decide(cast.teacher, case, CaseAction.APPEAL, "Het is de naam van een boek.")
    with pytest.raises(ForbiddenError):
        decide(knowledge_broker, case, CaseAction.UPHOLD)
    decide(programme_officer, case, CaseAction.OVERTURN)

    db.session.refresh(said)
    assert (said.state, case.state) == (ContributionState.POSTED, CaseState.CLOSED)
    with pytest.raises(ConflictError):
        decide(cast.teacher, case, CaseAction.APPEAL)
    assert cast.teacher.id in told("moderation.decided")
    assert cast.outsider.id in told("moderation.answered")


def test_a_removal_is_final_when_nobody_appeals(cast, said, programme_officer):
    file = add(cast.teacher, name_of(said))
    case = decide(programme_officer, tell(cast.outsider, said), CaseAction.REMOVE)
    db.session.commit()
    moderation.close_old()
    db.session.refresh(case)
    assert case.state is CaseState.DECIDED

    clock.set_clock((now() + timedelta(days=15)).isoformat())
    moderation.close_old()

    for row in (case, said, file):
        db.session.refresh(row)
    assert (case.state, said.body) == (CaseState.CLOSED, "")
    assert file.removed_at is not None


def test_two_people_do_not_work_on_one_case(cast, said, knowledge_broker, programme_officer):
    case = tell(cast.outsider, said)
    moderation.take(Actor.of(knowledge_broker), case)

    with pytest.raises(ConflictError):
        moderation.take(Actor.of(programme_officer), case)
    with pytest.raises(ConflictError):
        decide(programme_officer, case, CaseAction.KEEP)
    clock.set_clock((now() + timedelta(minutes=31)).isoformat())
    decide(programme_officer, case, CaseAction.KEEP)

    assert case.decision is CaseDecision.KEEP


def test_a_lead_who_hides_something_can_be_appealed_from(cast, said, as_actor, programme_officer):
    contributions.perform(
        as_actor(cast.practice_lead), said, ContributionAction.HIDE, reason="Niet hier."
    )
    case = cases.list_own(as_actor(cast.teacher))[0]

    decide(cast.teacher, case, CaseAction.APPEAL)
    decide(programme_officer, case, CaseAction.OVERTURN)

    assert said.state is ContributionState.POSTED


def test_the_words_of_a_guest_wait_in_the_same_queue(cast, as_actor, programme_officer):
    said = begin(cast.teacher, cast.lab)
    cast.lab.visibility, cast.lab.pre_moderates_guests = LabVisibility.PUBLIC, True
    cast.lab.posting_policy = type(cast.lab.posting_policy).GUESTS
    guest = say(cast.outsider, said.thread).contribution
    (seen,) = cases.list_queue(as_actor(cast.practice_lead))[0]

    decide(cast.practice_lead, seen.case, CaseAction.KEEP)

    assert guest.state is ContributionState.POSTED
    assert cases.list_queue(as_actor(programme_officer))[0] == []


def test_who_made_a_finding_does_not_judge_it(cast, as_actor, knowledge_broker):
    made = published(cast, knowledge_broker)
    case = tell(cast.outsider, made)

    assert cases.list_queue(as_actor(cast.practice_lead))[0] == []
    with pytest.raises(ForbiddenError):
        decide(cast.practice_lead, case, CaseAction.KEEP)


def test_in_a_private_lab_the_office_knows_of_a_case_and_reads_nothing(
    cast, as_actor, knowledge_broker, programme_officer
):
    said = begin(cast.teacher, cast.lab, body="Geheim van het lab.")
    case = tell(cast.researcher, said)

    assert cases.list_queue(as_actor(knowledge_broker))[0] == []
    seen = cases.get_case(as_actor(programme_officer), case.id)
    assert (seen.text, seen.actions) == (None, [])
    with pytest.raises(ForbiddenError):
        decide(programme_officer, case, CaseAction.KEEP)
    assert cases.get_case(as_actor(cast.research_lead), case.id).text == "Geheim van het lab."


def test_a_conversation_that_is_hidden_takes_its_words_along(cast, as_actor, said):
    tell(cast.outsider, said.thread, ReportReason.PUPIL_DATA)

    with pytest.raises(NotFoundError):
        threads.get_thread(as_actor(cast.researcher), said.thread_id)
    with pytest.raises(NotFoundError):
        contributions.get_contribution(as_actor(cast.outsider), said.id)


def test_a_case_belongs_to_something(cast, said):
    tell(cast.outsider, said)

    assert db.session.scalars(select(ModerationCase.author_id)).one() == cast.teacher.id
    assert db.session.get(Contribution, said.id).state is ContributionState.POSTED
