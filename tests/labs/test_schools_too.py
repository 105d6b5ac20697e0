"""Our school too: a school, not a person; its leader decides."""

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, Sector
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import question_duties, schools_too
from labapp.labs.question_models import QuestionVisibility
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.asking import ask


@pytest.fixture
def question(stranger):
    return ask(stranger)


def test_a_teacher_proposes_and_the_leader_decides(question, teacher, colleague, school_leader):
    schools_too.join(Actor.of(teacher), question, "Groep 7, veel lezers haken af.")
    schools_too.join(Actor.of(colleague), question, "Ook in groep 8.")  # the same school
    assert schools_too.list_schools(question) == []
    leader = Actor.of(school_leader)
    assert len(question_duties.list_duties(leader)) == 1

    with pytest.raises(ForbiddenError):
        schools_too.confirm(Actor.of(teacher), question, leader.acting_for_id)
    schools_too.confirm(leader, question, leader.acting_for_id)

    rows = schools_too.list_schools(question)
    assert [(row.context, row.confirmed_by_id) for row in rows] == [
        ("Ook in groep 8.", school_leader.id)
    ]
    assert question_duties.list_duties(leader) == []
    with pytest.raises(ConflictError):
        schools_too.join(Actor.of(teacher), question, "Anders.")


def test_schools_are_counted_by_sector(question, school_leader):
    schools_too.join(Actor.of(school_leader), question)
    for sector in (Sector.PO, Sector.VO):
        place = OrganisationFactory(sector=sector)
        leader = AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=place).user
        schools_too.join(Actor.of(leader), question)

    counts = schools_too.count_by_sector(schools_too.list_schools(question))

    assert [(one.sector, one.count) for one in counts] == [("po", 2), ("vo", 1)]


def test_a_leader_says_no_and_a_proposer_takes_it_back(question, teacher, school_leader):
    for user in (school_leader, teacher):
        row = schools_too.join(Actor.of(teacher), question)
        schools_too.leave(Actor.of(user), question, row.organisation_id)
        assert schools_too.find_own(Actor.of(teacher), question) is None
    with pytest.raises(NotFoundError):
        schools_too.leave(Actor.of(teacher), question, 1)


def test_who_cannot_join(question, stranger, researcher, teacher):
    with pytest.raises(ConflictError):
        schools_too.join(Actor.of(stranger), question)  # their own question
    with pytest.raises(ForbiddenError):
        schools_too.join(Actor.of(researcher), question)  # no school
    with pytest.raises(InvalidError):
        schools_too.join(Actor.of(teacher), question, "x" * 2001)
    hidden = ask(stranger, "Wie leest dit mee?", visibility=QuestionVisibility.ORGANISATION)
    with pytest.raises(ConflictError):
        schools_too.join(Actor.of(teacher), hidden)
