"""One question into another: announced, objected to, done, undone; never in a circle."""

from datetime import timedelta

import pytest

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import merging, question_tasks, schools_too
from labapp.labs.question_models import MergeState, QuestionState, QuestionVisibility
from labapp.notifications import following
from tests.factories import OrganisationFactory
from tests.labs.asking import ask, fresh
from tests.labs.factories import QuestionFactory


@pytest.fixture
def pair(teacher, stranger):
    """The teacher's question, which goes into the stranger's."""
    return ask(teacher), ask(stranger, "Hoe blijven kinderen van 10 lezen?")


@pytest.fixture
def announced(pair, knowledge_broker):
    question, into = pair
    return merging.announce(
        Actor.of(knowledge_broker), question, into.id, "Beide gaan over lezen.",
        version=question.version,
    )  # fmt: skip


def schools(question):
    return {row.organisation_id for row in schools_too.list_schools(question)}


def test_what_nobody_objects_to_goes_in_after_fourteen_days(
    pair, announced, school_leader, colleague, knowledge_broker
):
    question, into = pair
    following.follow(Actor.of(colleague), f"questions:{question.id}")
    merging.carry_out_due()
    assert fresh(question).state is QuestionState.SUBMITTED

    clock.set_clock(now() + timedelta(days=15))
    question_tasks.merge_due({})
    question_tasks.merge_due({})

    assert fresh(question).state is QuestionState.MERGED
    assert question.merged_into_id == into.id
    assert colleague.id in following.followers_of(f"questions:{into.id}")
    assert question.acting_for_id in schools(into)
    assert [one.id for one in merging.list_merged(Actor.of(colleague), into)] == [question.id]


def test_the_asker_agrees_at_once_or_objects(pair, announced, teacher, knowledge_broker):
    asker, broker = Actor.of(teacher), Actor.of(knowledge_broker)

    with pytest.raises(InvalidError):
        merging.object_to(asker, announced, " ", version=announced.version)
    merging.object_to(asker, announced, "Bij ons gaat het om toetsen.", version=announced.version)
    clock.set_clock(now() + timedelta(days=20))
    merging.carry_out_due()
    assert fresh(pair[0]).state is QuestionState.SUBMITTED
    with pytest.raises(ConflictError):  # it was objected to, and is still open
        merging.announce(broker, pair[0], pair[1].id, "Toch.", version=pair[0].version)
    merging.agree(asker, announced, version=announced.version)

    assert fresh(pair[0]).state is QuestionState.MERGED


def test_undoing_gives_back_what_went_along(pair, announced, teacher, stranger, knowledge_broker):
    question, into = pair
    other = OrganisationFactory()
    db.session.add(
        schools_too.SchoolToo(question_id=question.id, organisation_id=other.id, confirmed_at=now())
    )
    db.session.commit()
    merging.agree(Actor.of(teacher), announced, version=announced.version)
    assert schools(into) == {other.id, question.acting_for_id}

    with pytest.raises(ForbiddenError):
        merging.undo(Actor.of(stranger), announced, version=announced.version)
    merging.undo(Actor.of(teacher), announced, version=announced.version)

    assert (fresh(question).state, question.merged_into_id) == (QuestionState.TRIAGE, None)
    assert schools(question) == {other.id}
    assert schools(into) == set()
    assert following.followers_of(f"questions:{into.id}") == [stranger.id]
    assert announced.state is MergeState.UNDONE


def test_undoing_is_possible_for_thirty_days(announced, teacher, knowledge_broker):
    merging.agree(Actor.of(teacher), announced, version=announced.version)
    clock.set_clock(now() + timedelta(days=31))

    with pytest.raises(ConflictError):
        merging.undo(Actor.of(knowledge_broker), announced, version=announced.version)


def test_a_question_goes_not_into_itself_nor_in_a_circle(pair, announced, knowledge_broker):
    question, into = pair
    broker = Actor.of(knowledge_broker)

    with pytest.raises(InvalidError, match="zichzelf"):
        merging.announce(broker, into, into.id, "Zo.", version=into.version)
    with pytest.raises(InvalidError, match="gaat zelf"):
        merging.announce(broker, into, question.id, "Terug.", version=into.version)
    with pytest.raises(NotFoundError):
        merging.announce(broker, into, 999, "Zo.", version=into.version)
    gone = QuestionFactory(state=QuestionState.WITHDRAWN)
    with pytest.raises(InvalidError):
        merging.announce(broker, into, gone.id, "Zo.", version=into.version)


def test_a_merge_is_off_when_the_other_question_went_away(pair, announced, knowledge_broker):
    question, into = pair
    into.state = QuestionState.WITHDRAWN
    db.session.commit()
    clock.set_clock(now() + timedelta(days=15))

    merging.carry_out_due()

    assert fresh(question).state is QuestionState.SUBMITTED
    db.session.refresh(announced)
    assert announced.state is MergeState.WITHDRAWN


def test_nobody_merges_into_what_the_asker_cannot_read(pair, knowledge_broker, stranger):
    hidden = ask(stranger, "Wie leest dit mee?", visibility=QuestionVisibility.ORGANISATION)

    with pytest.raises(InvalidError, match="niet lezen"):
        merging.announce(
            Actor.of(knowledge_broker), pair[0], hidden.id, "Zo.", version=pair[0].version
        )


def test_only_brokers_announce_and_only_the_asker_decides(
    pair, announced, stranger, school_leader, knowledge_broker
):
    with pytest.raises(ForbiddenError):
        merging.announce(Actor.of(stranger), pair[1], pair[0].id, "Zo.", version=pair[1].version)
    with pytest.raises(NotFoundError):
        merging.get_merge(Actor.of(stranger), announced.id)
    for actor in (Actor.of(school_leader), Actor.of(knowledge_broker)):
        with pytest.raises(ForbiddenError):
            merging.agree(actor, announced, version=announced.version)
    with pytest.raises(ForbiddenError):
        merging.withdraw(Actor.of(school_leader), announced, version=announced.version)
    merging.withdraw(Actor.of(knowledge_broker), announced, version=announced.version)
    assert merging.find_merge(pair[0]) is None
