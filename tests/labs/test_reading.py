"""Who may read what of a lab: the rule for one, for lists and for the search is one rule."""

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db
from labapp.labs import policies, reading
from labapp.labs.lab_models import LabState, LabVisibility, Side
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility
from tests.labs.factories import QuestionFactory

MEMBERS = ("practice_lead", "research_lead", "teacher", "researcher", "leader")
OTHERS = ("bystander", "outsider")


@pytest.mark.parametrize("who", [*MEMBERS, *OTHERS, "visitor", "knowledge_broker"])
@pytest.mark.parametrize("visibility", LabVisibility)
def test_a_private_lab_is_there_for_its_people_only(
    cast, as_actor, knowledge_broker, who, visibility
):
    cast.lab.visibility = visibility
    db.session.commit()
    user = {"visitor": None, "knowledge_broker": knowledge_broker}.get(
        who, getattr(cast, who, None)
    )
    actor = as_actor(user)

    is_open = visibility is LabVisibility.PUBLIC or (
        visibility is LabVisibility.PROGRAMME and who != "visitor"
    )
    assert policies.can_read(actor, cast.lab) is (is_open or who in MEMBERS)
    keys = reading.audience_of_lab(cast.lab) & reading.audiences_of(actor)
    in_list = db.session.scalars(policies.readable_lab_ids(actor)).all()
    assert bool(keys) is bool(in_list) is policies.can_read(actor, cast.lab)


def test_who_leaves_the_school_leaves_the_lab(cast, as_actor):
    assert policies.is_lead(as_actor(cast.practice_lead), cast.lab, Side.PRACTICE)

    cast.practice_lead.affiliations[0].until_on = today()
    db.session.commit()

    assert not policies.is_lead(as_actor(cast.practice_lead), cast.lab)
    assert cast.practice_lead.id not in db.session.scalars(policies.members_of(cast.lab.id)).all()


def test_a_proposed_lab_is_not_open_yet(cast, as_actor):
    cast.lab.state, cast.lab.visibility = LabState.PROPOSED, LabVisibility.PUBLIC
    db.session.commit()

    assert not policies.can_see(as_actor(cast.outsider), cast.lab)
    assert not policies.can_read(as_actor(), cast.lab)


@pytest.mark.parametrize("visibility", QuestionVisibility)
@pytest.mark.parametrize("state", [QuestionState.DRAFT, QuestionState.ADOPTED])
def test_the_rule_for_a_question_is_the_same_in_the_search(
    cast, as_actor, knowledge_broker, administrator, visibility, state
):
    question = QuestionFactory(
        asker=cast.bystander,
        acting_for=cast.school,
        visibility=visibility,
        state=state,
        lab=cast.lab,
    )
    people = [getattr(cast, name) for name in (*MEMBERS, *OTHERS)]

    for user in [*people, knowledge_broker, administrator, None]:
        actor = as_actor(user)
        rule = reading.questions_visible_to(actor)
        may_read = db.session.scalar(select(Question.id).where(rule)) == question.id
        keys = reading.audience_of_question(question) & reading.audiences_of(actor)
        if state is QuestionState.ADOPTED:
            assert bool(keys) is may_read
        else:
            assert may_read is (user is cast.bystander)
            assert not keys


def test_the_platform_itself_reads_all(cast):
    system = Actor.system()

    assert policies.can_read(system, cast.lab)
    assert reading.can_read_question(system, QuestionFactory(state=QuestionState.DRAFT))
