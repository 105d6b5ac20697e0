"""Writing, keeping, judging and following cards: what is allowed, beside what is refused."""

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.jobs import services as jobs
from labapp.knowledge import card_lists, cards, collections, feedback, finding, saved_searches
from labapp.knowledge.finding import CardQuery
from labapp.knowledge.models import CardStatus
from labapp.knowledge.use_models import DigestFrequency
from labapp.mail.models import Letter
from tests.knowledge.conftest import content_for


def titles(actor, **query):
    return [item.card.title for item in finding.search_cards(actor, CardQuery(**query)).items]


def test_a_card_goes_from_writer_to_reviewer_to_reader(teacher, knowledge_broker, as_actor):
    writer, reviewer = as_actor(teacher), as_actor(knowledge_broker)

    card = cards.start_card(writer, content_for(title="Hardop lezen"))
    draft = cards.get_draft(writer, card.id)
    cards.submit_draft(writer, draft)
    assert [one.card_id for one in card_lists.list_to_review(reviewer)] == [card.id]
    cards.publish_draft(reviewer, cards.get_draft(reviewer, card.id), "Eerste versie")

    assert cards.get_card(Actor.visitor(), card.id).status is CardStatus.PUBLISHED
    assert titles(Actor.visitor(), text="hardop lezen") == ["Hardop lezen"]
    assert db.session.scalar(select(AuditEvent.action).order_by(AuditEvent.seq.desc())) == (
        "card.published"
    )


def test_nobody_reviews_their_own_card(knowledge_broker, submitted, as_actor):
    card = submitted(knowledge_broker)
    actor = as_actor(knowledge_broker)

    assert card_lists.list_to_review(actor) == []
    with pytest.raises(ForbiddenError):
        cards.publish_draft(actor, cards.get_draft(actor, card.id))


def test_a_teacher_reviews_nothing(teacher, colleague, submitted, as_actor):
    card = submitted(teacher)

    with pytest.raises(NotFoundError):
        cards.get_draft(as_actor(colleague), card.id)


def test_an_incomplete_card_is_not_handed_in(teacher, as_actor):
    actor = as_actor(teacher)
    card = cards.start_card(actor, {"title": "Leeg"})

    with pytest.raises(InvalidError) as refusal:
        cards.submit_draft(actor, cards.get_draft(actor, card.id))

    assert {"question", "answer", "body", "sectors", "themes", "sources"} == set(
        refusal.value.fields
    )


def test_an_english_card_needs_dutch_words(teacher, draft_of, as_actor):
    actor = as_actor(teacher)
    card = draft_of(teacher, language="en")

    with pytest.raises(InvalidError) as refusal:
        cards.submit_draft(actor, cards.get_draft(actor, card.id))

    assert set(refusal.value.fields) == {"dutch"}


def test_two_writers_at_once_meet_a_conflict_with_both_texts(teacher, draft_of, as_actor):
    actor = as_actor(teacher)
    draft = cards.get_draft(actor, draft_of(teacher).id)
    seen = draft.version
    cards.save_draft(actor, draft, {"title": "Van de een"}, version=seen)

    with pytest.raises(ConflictError) as refusal:
        cards.save_draft(actor, draft, {"title": "Van de ander"}, version=seen)

    assert refusal.value.theirs == {"title": "Van de een"}
    assert refusal.value.yours == {"title": "Van de ander"}


def test_a_withdrawn_card_is_gone_from_the_search_and_leaves_a_reason(
    publish, knowledge_broker, teacher, as_actor
):
    card, other = publish(title="Oud idee"), publish(title="Nieuw idee")
    actor = as_actor(knowledge_broker)

    with pytest.raises(ForbiddenError):
        cards.withdraw_card(as_actor(teacher), card, "Onjuist.")
    with pytest.raises(InvalidError):
        cards.withdraw_card(actor, card, " ")
    cards.withdraw_card(actor, card, "Onjuist.", other)

    assert titles(Actor.visitor()) == ["Nieuw idee"]
    assert cards.get_card(Actor.visitor(), card.id).withdrawn_reason == "Onjuist."
    with pytest.raises(ConflictError):
        cards.withdraw_card(actor, card, "Nog eens.")


def test_an_outdated_card_stays_findable_and_says_why(publish, knowledge_broker, as_actor):
    card = publish()
    actor = as_actor(knowledge_broker)

    with pytest.raises(InvalidError):
        cards.mark_outdated(actor, card, "")
    cards.mark_outdated(actor, card, "Er is nieuw onderzoek.")

    assert titles(Actor.visitor(), text="feedback") == ["Feedback"]
    assert card.outdated_reason == "Er is nieuw onderzoek."


def test_a_discarded_new_card_is_gone_and_a_published_one_stays(
    teacher, draft_of, publish, as_actor
):
    actor = as_actor(teacher)
    new, known = draft_of(teacher), publish(author=teacher)
    cards.open_draft(actor, known)

    cards.discard_draft(actor, cards.get_draft(actor, new.id))
    cards.discard_draft(actor, cards.get_draft(actor, known.id))

    with pytest.raises(NotFoundError):
        cards.get_card(actor, new.id)
    assert cards.get_card(actor, known.id).is_published


def test_only_the_same_card_in_another_language_is_a_translation(publish, school):
    dutch = publish(title="Feedback geven")
    english = publish(title="Giving feedback", language="en", translated_from=dutch.external_id)
    publish(title="Verborgen", language="en", translated_from=dutch.external_id,
            visibility="organisation", organisation=school)  # fmt: skip

    assert card_lists.list_translations(Actor.visitor(), dutch) == [english]
    assert card_lists.list_translations(Actor.visitor(), english) == [dutch]


def test_a_card_is_kept_once_and_dropped(publish, teacher, as_actor):
    actor, card = as_actor(teacher), publish()

    first = collections.keep_card(actor, card)
    again = collections.keep_card(actor, card)

    assert first.id == again.id
    assert collections.kept_card_ids(actor, [card.id]) == {card.id}
    collections.drop_card(actor, card)
    assert collections.kept_card_ids(actor, [card.id]) == set()


def test_a_visitor_keeps_nothing(publish):
    with pytest.raises(ForbiddenError):
        collections.keep_card(Actor.visitor(), publish())


def test_a_withdrawn_card_is_not_kept_and_not_listed(publish, teacher, knowledge_broker, as_actor):
    actor, card = as_actor(teacher), publish()
    collection = collections.keep_card(actor, card)
    cards.withdraw_card(as_actor(knowledge_broker), card, "Onjuist.")

    assert collections.list_items(actor, collection) == []
    assert collections.count_items(actor, [collection]) == {}
    with pytest.raises(ConflictError):
        collections.keep_card(actor, card)


def test_a_team_shares_a_collection_and_a_stranger_does_not_see_it(
    publish, teacher, colleague, stranger, as_actor
):
    shared = collections.create_collection(as_actor(teacher), "Studiedag", for_team=True)
    card = publish()

    collections.keep_card(as_actor(colleague), card, shared)

    items = collections.list_items(as_actor(teacher), shared)
    assert [item.card_id for item in items] == [card.id]
    with pytest.raises(NotFoundError):
        collections.get_collection(as_actor(stranger), shared.id)
    with pytest.raises(ForbiddenError):
        collections.keep_card(as_actor(stranger), card, shared)
    with pytest.raises(ForbiddenError):
        collections.remove_collection(as_actor(colleague), shared)


def test_the_school_leader_removes_a_collection_of_the_team(teacher, school_leader, as_actor):
    shared = collections.create_collection(as_actor(teacher), "Studiedag", for_team=True)

    collections.remove_collection(as_actor(school_leader), shared)

    assert collections.list_collections(as_actor(teacher)) == []


def test_a_private_collection_is_private(teacher, colleague, as_actor):
    own = collections.create_collection(as_actor(teacher), "  Voor   mij ")

    assert own.name == "Voor mij"
    with pytest.raises(NotFoundError):
        collections.get_collection(as_actor(colleague), own.id)
    with pytest.raises(InvalidError):
        collections.change_collection(as_actor(teacher), own, name=" ", description="")


def test_cards_move_up_and_down_in_a_collection(publish, teacher, as_actor):
    actor = as_actor(teacher)
    kept = [publish(title=title) for title in ("Een", "Twee", "Drie")]
    for card in kept:
        collection = collections.keep_card(actor, card)

    collections.move_card(actor, collection, kept[2], -1)
    collections.move_card(actor, collection, kept[0], -1)

    order = [item.card.title for item in collections.list_items(actor, collection)]
    assert order == ["Een", "Drie", "Twee"]
    with pytest.raises(NotFoundError):
        collections.move_card(actor, collection, publish(), 1)


def test_a_judgement_is_changed_not_doubled_and_leaves_without_a_name(
    publish, teacher, knowledge_broker, as_actor
):
    card = publish()

    feedback.give_feedback(as_actor(teacher), card, is_useful=False, query="wat  helpt")
    feedback.give_feedback(as_actor(teacher), card, is_useful=True, query="wat helpt")

    assert feedback.count_feedback(card) == (1, 0)
    judged = list(feedback.list_judgements(as_actor(knowledge_broker)))
    assert judged == [("wat helpt", card.external_id, 1)]
    with pytest.raises(ForbiddenError):
        list(feedback.list_judgements(as_actor(teacher)))
    with pytest.raises(ForbiddenError):
        feedback.give_feedback(Actor.visitor(), card, is_useful=True)


def test_the_digest_names_new_cards_once_and_only_those_one_may_see(
    publish, teacher, school, stranger, as_actor
):
    clock.set_clock("2027-02-01 09:00")
    saved_searches.save_search(as_actor(teacher), "Feedback", CardQuery(text="feedback"))
    saved_searches.save_search(as_actor(stranger), "Feedback", CardQuery(text="feedback"))
    clock.set_clock("2027-02-05 09:00")
    publish(title="Feedback in onze school", visibility="organisation", organisation=school)

    clock.set_clock("2027-02-09 09:00")
    assert saved_searches.send_digests("https://lab.example") == 1
    assert saved_searches.send_digests("https://lab.example") == 0

    letters = list(db.session.scalars(select(Letter)))
    assert [letter.to for letter in letters] == [teacher.email]
    assert "Feedback in onze school" in letters[0].text


def test_a_digest_of_cards_comes_again_without_a_card_that_is_gone(publish, teacher, as_actor):
    clock.set_clock("2027-02-01 09:00")
    saved_searches.save_search(as_actor(teacher), "Feedback", CardQuery(text="feedback"))
    clock.set_clock("2027-02-05 09:00")
    gone = publish(title="Feedback van Pien")
    publish(title="Feedback die blijft")
    clock.set_clock("2027-02-09 09:00")
    saved_searches.send_digests("https://lab.example")

    cards.withdraw_card(Actor.system(), gone, "Er staat een naam in.")
    jobs.run_waiting()

    db.session.expire_all()
    old, new = db.session.scalars(select(Letter).order_by(Letter.id))
    assert (old.text, old.withdrawn_at is not None) == ("", True)
    assert "Feedback die blijft" in new.text
    assert "Pien" not in new.text


def test_past_searches_are_ones_own_and_a_change_of_filter_is_no_new_one(teacher, as_actor):
    actor = as_actor(teacher)

    saved_searches.note_past_search(actor, CardQuery(text="lezen"))
    saved_searches.note_past_search(actor, CardQuery(text="lezen", filters={"sector": ("po",)}))
    saved_searches.note_past_search(actor, CardQuery(text="rekenen"))
    saved_searches.note_past_search(Actor.visitor(), CardQuery(text="geheim"))

    past = [one.parameters for one in saved_searches.list_past_searches(actor)]
    assert past == [{"q": "rekenen"}, {"q": "lezen", "sector": ["po"]}]
    saved_searches.forget_past_searches(actor)
    assert saved_searches.list_past_searches(actor) == []


def test_a_saved_search_is_ones_own(teacher, colleague, as_actor):
    saved = saved_searches.save_search(as_actor(teacher), "", CardQuery(text="lezen"))

    assert saved.name == "lezen"
    with pytest.raises(NotFoundError):
        saved_searches.set_frequency(as_actor(colleague), saved, DigestFrequency.DAILY)
    with pytest.raises(NotFoundError):
        saved_searches.remove_saved_search(as_actor(colleague), saved)
    with pytest.raises(InvalidError):
        saved_searches.save_search(as_actor(teacher), " ", CardQuery())


def test_what_was_not_found_is_for_the_brokers(teacher, knowledge_broker, as_actor):
    assert finding.list_unanswered(as_actor(knowledge_broker)) == ([], [])
    with pytest.raises(ForbiddenError):
        finding.list_unanswered(as_actor(teacher))
