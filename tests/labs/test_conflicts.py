"""Who may not review: what the platform knows, in clear words, and what somebody declares."""

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.database import db, name_of
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import in_language
from labapp.knowledge import cards
from labapp.knowledge.content import empty_content
from labapp.knowledge.models import Card
from labapp.labs import conflicts, reviews, rubric
from labapp.labs.finding_models import FindingContributor
from labapp.labs.lab_models import LabRole, LabRoleKind, MembershipKind, MembershipState
from labapp.labs.review_states import ReviewAction as A
from labapp.labs.review_targets import get_target
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.factories import LabFactory, MembershipFactory, RoleFactory
from tests.labs.reviewing import FREE, make_outside, review_step


@pytest.fixture
def outside(cast, knowledge_broker):
    return make_outside(cast, knowledge_broker)


@pytest.fixture
def target(outside):
    return get_target(Actor.system(), name_of(outside.made.finding))


def found(user, target):
    return " ".join(conflicts.found_for(Actor.of(user), target))


def test_who_has_nothing_to_do_with_it_is_free(outside, target):
    assert found(outside.expert, target) == ""
    assert found(outside.user, target) == ""


def test_somebody_of_the_same_board_gets_a_clear_refusal(
    cast, outside, target, knowledge_broker, as_actor
):
    board = OrganisationFactory(kind=OrganisationKind.BOARD, brin6=None, board_number="41234")
    cast.school.board_id = outside.school.board_id = board.id
    db.session.commit()

    assert "van hetzelfde bestuur" in found(outside.user, target)
    with pytest.raises(InvalidError, match="van hetzelfde bestuur"):
        reviews.invite(as_actor(knowledge_broker), target.about, outside.user.email)


def test_the_board_itself_is_of_the_same_board(cast, target):
    board = OrganisationFactory(kind=OrganisationKind.BOARD, brin6=None, board_number="41235")
    cast.school.board_id = board.id
    db.session.commit()

    assert "hetzelfde bestuur" in found(AffiliationFactory(organisation=board).user, target)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("practice_lead", "Je schreef of werkte er zelf aan mee."),
        ("research_lead", "Je tekende deze bevinding."),
        ("teacher", "Je hebt of had een rol in het lab"),
        ("bystander", "waar je werkt"),
        ("leader", "waar je werkt"),
    ],
)
def test_the_people_of_the_lab_and_its_schools_do_not_review(cast, target, who, words):
    assert words in found(getattr(cast, who), target)


def test_a_contributor_does_not_review(outside, target):
    db.session.add(
        FindingContributor(
            finding_version_id=outside.made.id, position=9, user_id=outside.expert.id, role="author"
        )
    )
    db.session.commit()

    assert "werkte er zelf aan mee" in found(outside.expert, target)


def test_who_works_with_a_maker_in_another_lab_does_not_review(cast, outside, target):
    other = LabFactory()
    own = MembershipFactory(lab=other, organisation=outside.school)
    theirs = MembershipFactory(lab=other, organisation=cast.school)
    RoleFactory(membership=own, user=outside.user, kind=LabRoleKind.TEACHER)
    RoleFactory(membership=theirs, user=cast.practice_lead, kind=LabRoleKind.TEACHER)

    assert "Je werkt nu samen met" in found(outside.user, target)

    own.state = MembershipState.ENDED
    db.session.commit()
    assert found(outside.user, target) == ""


def test_a_school_that_only_asked_to_take_part_is_not_near(cast, outside, target):
    MembershipFactory(
        lab=cast.lab, organisation=outside.school, kind=MembershipKind.PARTICIPATING,
        state=MembershipState.REQUESTED, from_on=None,
    )  # fmt: skip

    assert found(outside.user, target) == ""


def test_who_left_the_lab_still_does_not_review(cast, outside, target):
    RoleFactory(membership=cast.research, user=outside.expert, kind=LabRoleKind.RESEARCHER)
    db.session.query(LabRole).filter_by(user_id=outside.expert.id).update(
        {"until_on": cast.lab.created_at.date()}
    )
    db.session.commit()

    assert "had een rol" in found(outside.expert, target)


def test_the_author_of_a_card_and_the_school_do_not_review_it(teacher, colleague, outside):
    card = Card(external_id="k-1", title="Kaart", version_number=0, author_id=teacher.id)
    card.organisation_id = Actor.of(teacher).acting_for_id
    content = empty_content() | {"title": "Kaart", "answer": "Dit helpt."}
    cards.publish(Actor.system(), card, content, author_id=teacher.id)
    target = get_target(Actor.system(), f"cards:{card.id}")

    assert "werkte er zelf aan mee" in found(teacher, target)
    assert "waar je werkt" in found(colleague, target)
    assert found(outside.expert, target) == ""


def test_a_conflict_that_came_later_stops_the_reviewer_who_says_yes(
    cast, outside, target, knowledge_broker, as_actor
):
    review = reviews.invite(as_actor(knowledge_broker), target.about, outside.expert.email)
    RoleFactory(membership=cast.research, user=outside.expert, kind=LabRoleKind.RESEARCHER)

    with pytest.raises(ForbiddenError, match="rol in het lab"):
        review_step(outside.expert, review, A.ACCEPT, declared=FREE)
    review_step(outside.expert, review, A.DECLINE, decline_reason="interest")


def test_each_question_is_answered_and_a_yes_ends_it(outside, target, knowledge_broker, as_actor):
    review = reviews.invite(as_actor(knowledge_broker), target.about, outside.expert.email)

    with pytest.raises(InvalidError) as refused:
        review_step(outside.expert, review, A.ACCEPT, declared={"close": False, "gains": True})
    assert set(refused.value.fields) == {"gains", "works_along", "otherwise"}
    review_step(outside.expert, review, A.ACCEPT, declared=FREE)
    assert review.conflicts == FREE


def test_an_editor_with_an_interest_asks_nobody(cast, target, outside, as_actor):
    board = OrganisationFactory(kind=OrganisationKind.BOARD, brin6=None, board_number="41236")
    cast.school.board_id = board.id
    db.session.commit()
    editor = AffiliationFactory(role=Role.KNOWLEDGE_BROKER, organisation=board).user

    with pytest.raises(ForbiddenError, match="zonder belang"):
        reviews.invite(as_actor(editor), target.about, outside.expert.email)


@pytest.mark.once
def test_the_rubric_has_five_steps_with_an_example_in_both_languages():
    for language in ("nl", "en"):
        with in_language(language):
            found = rubric.questions()
        assert [one.name for one in found] == ["impact", "scalability", "certainty"]
        steps = [anchor for one in found for anchor in one.anchors]
        assert [anchor.score for anchor in steps] == [1, 2, 3, 4, 5] * 3
        assert all(anchor.text and anchor.example for anchor in steps)
