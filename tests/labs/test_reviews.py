"""Reviews: asked, begun after use, counted from three on, answered once, disputed, expired."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from labapp import clock
from labapp.accounts.models import Role
from labapp.database import db, name_of
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.knowledge import cards
from labapp.knowledge.content import empty_content
from labapp.knowledge.models import Card
from labapp.labs import review_scores, reviews
from labapp.labs.finding_models import FindingVersion
from labapp.labs.lab_models import ReviewPolicy
from labapp.labs.review_duties import list_review_duties
from labapp.labs.review_models import Review, ReviewBasis, ReviewState, UseReportState
from labapp.labs.review_states import ReviewAction as A
from labapp.labs.review_targets import counted, get_target
from labapp.labs.review_tasks import look_after_reviews
from labapp.notifications.models import Channel, Delivery, Event
from tests.conftest import unguarded
from tests.factories import AffiliationFactory
from tests.labs.reviewing import (
    FREE,
    TEXT,
    make_outside,
    put_report,
    put_review,
    review_step,
    reviewed,
)

S = ReviewState


@pytest.fixture
def outside(cast, knowledge_broker):
    return make_outside(cast, knowledge_broker)


@pytest.fixture
def about(outside):
    return name_of(outside.made.finding)


def told(user, code):
    query = (
        select(Event.key)
        .join(Delivery, Delivery.event_id == Event.id)
        .where(Event.type == code, Delivery.user_id == user.id, Delivery.channel == Channel.IN_APP)
    )
    return db.session.scalars(query).all()


def experts(count):
    return [AffiliationFactory(role=Role.RESEARCHER).user for _number in range(count)]


def test_an_expert_is_asked_writes_and_is_published(outside, cast, knowledge_broker, as_actor):
    review = reviewed(outside, knowledge_broker)

    assert review.state is S.PUBLISHED
    assert review.basis is ReviewBasis.EXPERT
    assert review.expires_at is None
    visitor = reviews.get_review(as_actor(), review.id)
    assert visitor.strengths == TEXT["strengths"]
    assert told(outside.expert, "review.invited")
    assert told(knowledge_broker, "review.submitted")
    assert told(cast.practice_lead, "review.published")


def test_only_an_editor_asks(outside, about, as_actor):
    with pytest.raises(ForbiddenError, match="redactie"):
        reviews.invite(as_actor(outside.user), about, outside.expert.email)


@pytest.mark.parametrize("email", ["", "niemand@example.org", "geen adres"])
def test_an_address_that_nobody_has_is_refused_at_its_field(
    outside, about, knowledge_broker, as_actor, email
):
    with pytest.raises(InvalidError) as refused:
        reviews.invite(as_actor(knowledge_broker), about, email)

    assert "email" in refused.value.fields


def test_a_person_has_one_review_of_a_version(outside, about, knowledge_broker, as_actor):
    put_review(outside, outside.expert)

    with pytest.raises(ConflictError, match="heeft al een beoordeling"):
        reviews.invite(as_actor(knowledge_broker), about, outside.expert.email)
    with pytest.raises(IntegrityError):
        put_review(outside, outside.expert)
    db.session.rollback()


def test_who_used_it_begins_a_review_in_the_state_accepted(outside, about, as_actor):
    put_report(outside)

    review = reviews.start(as_actor(outside.user), about, FREE)

    assert (review.state, review.basis) == (S.ACCEPTED, ReviewBasis.CONFIRMED_USE)
    assert review.acting_for_id == outside.school.id


def test_without_a_confirmed_report_nobody_begins_a_review(outside, about, as_actor):
    put_report(outside, UseReportState.SUBMITTED)

    with pytest.raises(ForbiddenError, match="gebruiksverslag"):
        reviews.start(as_actor(outside.user), about, FREE)


def test_a_lab_may_leave_reviewing_to_who_is_asked(cast, outside, about, as_actor):
    put_report(outside)
    cast.lab.review_policy = ReviewPolicy.INVITED
    db.session.commit()

    with pytest.raises(ForbiddenError, match="gevraagde experts"):
        reviews.start(as_actor(outside.user), about, FREE)


def test_a_report_that_was_withdrawn_carries_no_review(outside, about, as_actor):
    report = put_report(outside)
    review = reviews.start(as_actor(outside.user), about, FREE)
    report.state = UseReportState.WITHDRAWN
    db.session.commit()

    with pytest.raises(ConflictError, match="gebruiksverslag"):
        review_step(outside.user, review, A.SUBMIT, **TEXT)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"impact": 0}, "impact"),
        ({"scalability": 6}, "scalability"),
        ({"certainty": None}, "certainty"),
        ({"strengths": "  "}, "strengths"),
        ({"concerns": "x" * 50_000}, "concerns"),
        ({"concerns": "Jan uit groep 6, bsn 111222333"}, "pupil_data"),
    ],
)
def test_what_is_not_whole_is_refused_at_its_field(outside, given, field):
    review = put_review(outside, outside.expert, S.ACCEPTED)

    with pytest.raises(InvalidError) as refused:
        review_step(outside.expert, review, A.SUBMIT, **{**TEXT, **given})

    assert field in refused.value.fields


def test_a_stale_version_is_refused(outside, as_actor):
    review = put_review(outside, outside.expert, S.ACCEPTED)
    review_step(outside.expert, review, A.SUBMIT, **TEXT)

    with pytest.raises(ConflictError, match="Iemand was je voor"):
        reviews.perform(as_actor(outside.expert), review, A.WITHDRAW, version=1, reason="Toch niet")


def test_scores_show_from_three_reviews_on_with_their_spread(outside, about, as_actor):
    put_review(outside, outside.user, basis=ReviewBasis.CONFIRMED_USE, impact=1)
    first, second = experts(2)
    put_review(outside, first, impact=5)
    target = get_target(as_actor(), about)

    assert review_scores.reviews_of(as_actor(), target).spreads() == []
    put_review(outside, second, impact=3)
    found = review_scores.reviews_of(as_actor(), target)

    spread = {(one.score, one.basis): one for one in found.spreads()}
    both = spread["impact", None]
    assert (both.count, both.median, both.lowest, both.highest) == (3, 3, 1, 5)
    assert spread["impact", ReviewBasis.EXPERT].median == 4
    assert spread["impact", ReviewBasis.CONFIRMED_USE].count == 1


def test_a_review_in_dispute_does_not_count(cast, outside, about, knowledge_broker, as_actor):
    people = [put_review(outside, one) for one in experts(3)]
    review_step(cast.practice_lead, people[0], A.DISPUTE, reason="Dit klopt niet.")
    target = get_target(as_actor(), about)

    assert not review_scores.reviews_of(as_actor(), target).shows_scores
    review_step(knowledge_broker, people[0], A.UPHOLD, reason="Het klopt wel.")
    assert review_scores.reviews_of(as_actor(), target).shows_scores
    with pytest.raises(ConflictError, match="besliste al"):
        review_step(cast.research_lead, people[0], A.DISPUTE, reason="Toch niet.")


def test_a_hidden_review_counts_for_nobody_also_not_for_who_may_read_it(
    outside, about, knowledge_broker, as_actor
):
    people = experts(3)
    hidden, *_others = [put_review(outside, one) for one in people]
    target = get_target(as_actor(), about)
    readers = [as_actor(), as_actor(knowledge_broker), as_actor(people[0])]
    assert all(review_scores.reviews_of(one, target).shows_scores for one in readers)

    hidden.is_hidden = True
    db.session.commit()

    for reader in readers:
        found = review_scores.reviews_of(reader, target)
        assert (found.shows_scores, found.lacking, found.spreads()) == (False, 1, [])
        assert hidden not in (*found.now, *found.before)
    assert reviews.get_review(readers[1], hidden.id).id == hidden.id
    put_review(outside, experts(1)[0])
    assert {one.count for one in review_scores.reviews_of(readers[1], target).spreads()} == {3}


def test_the_reviewed_side_replies_once(cast, outside):
    review = put_review(outside, outside.expert)

    review_step(cast.practice_lead, review, A.REPLY, "Dank, dat passen we aan.")

    assert review.reply == "Dank, dat passen we aan."
    assert told(outside.expert, "review.replied")
    with pytest.raises(ConflictError, match="één keer"):
        review_step(cast.research_lead, review, A.REPLY, "En nog iets.")


def test_reviews_stay_with_a_version_that_changed_in_essence(outside, about, as_actor):
    review = put_review(outside, outside.expert)
    old = outside.made
    content = {**old.content, "method": "Anders."}

    for number, needs_new in ((2, False), (3, True)):
        db.session.add(
            FindingVersion(
                finding_id=old.finding_id, number=number, content=content,
                content_hash=f"{number}" * 64, needs_new_review=needs_new,
            )
        )  # fmt: skip
        db.session.commit()
        newest = db.session.scalars(select(FindingVersion).filter_by(number=number)).one()
        release(old, newest)
        found = review_scores.reviews_of(as_actor(), get_target(as_actor(), about))
        assert (review in found.now) is not needs_new
        assert (review in found.before) is needs_new
        assert found.numbers[review.target] == 1
        old = newest


def release(old, new):
    """Let a version follow another, as publication does."""
    db.session.commit()
    first, second = old.id, new.id
    db.session.rollback()
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql(
            f"UPDATE finding_versions SET state = 'superseded' WHERE id = {first}"
        )
        connection.exec_driver_sql(
            "UPDATE finding_versions SET state = 'published', published_at = created_at"
            f" WHERE id = {second}"
        )
    db.session.rollback()


def test_a_card_that_says_something_else_starts_without_reviews(outside, as_actor):
    card = Card(external_id="k-1", title="Kaart", version_number=0)
    content = empty_content() | {"title": "Kaart", "answer": "Dit helpt."}
    for changed in ({}, {"title": "Kaartje"}, {"answer": "Dit helpt niet."}):
        cards.publish(as_actor(), card, content | changed, author_id=None)
        content |= changed
    numbers = counted(get_target(as_actor(), f"cards:{card.id}"))

    assert list(numbers.values()) == [3]


def test_what_is_not_answered_expires_after_reminders_and_the_editor_hears(
    outside, about, knowledge_broker, as_actor
):
    review = reviews.invite(as_actor(knowledge_broker), about, outside.expert.email)
    begin = clock.now()
    for day in (6, 7, 8, 15, 20):
        clock.set_clock(begin + timedelta(days=day))
        look_after_reviews({})
        look_after_reviews({})
    assert len(told(outside.expert, "review.reminded")) == 2

    clock.set_clock(begin + timedelta(days=22))
    look_after_reviews({})

    db.session.refresh(review)
    assert review.state is S.EXPIRED
    assert told(knowledge_broker, "review.answered")
    review_step(knowledge_broker, review, A.INVITE_AGAIN)
    assert review.state is S.INVITED


def test_who_is_not_theirs_finds_no_review_that_is_not_out(
    cast, outside, knowledge_broker, as_actor
):
    review = put_review(outside, outside.expert, S.SUBMITTED)

    for user in (None, outside.user, cast.practice_lead, cast.outsider):
        with pytest.raises(NotFoundError):
            reviews.get_review(as_actor(user), review.id)
    for user in (outside.expert, knowledge_broker):
        assert reviews.get_review(as_actor(user), review.id) == review


def test_duties_are_for_who_must_act(cast, outside, knowledge_broker, as_actor):
    review = put_review(outside, outside.expert, S.INVITED)

    assert len(list_review_duties(as_actor(outside.expert))) == 1
    assert list_review_duties(as_actor(knowledge_broker)) == []
    review_step(outside.expert, review, A.ACCEPT, declared=FREE)
    review_step(outside.expert, review, A.SUBMIT, **TEXT)
    assert list_review_duties(as_actor(outside.expert)) == []
    assert len(list_review_duties(as_actor(knowledge_broker))) == 1
    assert list_review_duties(as_actor(cast.practice_lead)) == []


def test_a_review_of_what_is_not_out_does_not_exist(cast, as_actor):
    with pytest.raises(NotFoundError):
        get_target(as_actor(cast.practice_lead), "findings:999")


def test_the_reviews_of_something_take_a_number_of_statements_that_does_not_grow(
    outside, about, as_actor, count_queries
):
    counts = []
    for group in (experts(1), experts(6)):
        for one in group:
            put_review(outside, one)
        target = get_target(as_actor(), about)
        with count_queries() as queries:
            found = review_scores.reviews_of(as_actor(), target)
            assert [one.reviewer.name for one in found.now]
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert db.session.query(Review).count() == 7
