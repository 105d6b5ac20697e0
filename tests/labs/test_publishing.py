"""Publishing: an editor without an interest brings out what both sides signed, whole or not."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from labapp import clock, links
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import today
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.knowledge import collections, finding, policies
from labapp.knowledge.finding import CardQuery
from labapp.knowledge.models import Card, CardKind, CardVersion
from labapp.labs import finding_writing, findings, personal, publishing, questions, red_thread
from labapp.labs.finding_models import FindingVersion, VersionState
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.question_models import QuestionState, SchoolToo
from labapp.notifications import following, inbox
from tests.factories import AffiliationFactory, CardFactory
from tests.labs.factories import QuestionFactory, RoleFactory
from tests.labs.findings import make_finding, published, sign, signed, step


def told(user):
    return [line.words for line in inbox.list_newest(Actor.of(user))]


@pytest.fixture
def question(cast):
    """A question of a school outside the lab, which the lab adopted."""
    asker = AffiliationFactory().user
    return QuestionFactory(
        asker=asker, acting_for=asker.affiliations[0].organisation, lab=cast.lab,
        state=QuestionState.ADOPTED,
    )  # fmt: skip


def test_a_published_finding_is_a_card_that_a_teacher_finds(cast, knowledge_broker, as_actor):
    made = published(cast, knowledge_broker)

    found = finding.search_cards(as_actor(), CardQuery(text="een kwartier vrij lezen"))
    card = found.items[0].card
    assert (card.kind, card.title, card.answer) == (
        CardKind.LAB_FINDING, made.content["title"], made.content["plain"],
    )  # fmt: skip
    assert card.made_from == f"findings:{made.finding_id}"
    assert (card.evidence_strength, card.cost, card.themes) == (3, 2, ["reading"])
    assert card.ratings[0].value == "0.3"
    assert card.sources[0].url.endswith(f"/bevindingen/{made.finding_id}")
    assert [author["family"] for author in card.sources[0].authors]
    assert {step["kind"] for step in card.steps} == {"do", "adapt"}
    assert "Wat is het?" in card.body
    assert made.editor_id == knowledge_broker.id
    assert made.finding.review_due_on is None or made.finding.review_due_on > today()


def test_a_private_lab_stays_unnamed_on_what_it_publishes(cast, knowledge_broker, as_actor):
    made = published(cast, knowledge_broker)

    card = made.finding.card
    assert (
        cast.lab.title not in f"{card.body} {card.sources[0].organisation} {card.sources[0].title}"
    )
    assert findings.get_finding(as_actor(), made.finding_id).title == made.content["title"]


def test_the_red_thread_is_tied_and_everybody_upstream_hears_it_once(
    cast, knowledge_broker, question
):
    school = AffiliationFactory(role=Role.SCHOOL_LEADER)
    db.session.add(
        SchoolToo(
            question_id=question.id, organisation_id=school.organisation_id,
            confirmed_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    made = signed(cast, make_finding(cast, question))
    following.follow(Actor.of(cast.leader), f"findings:{made.finding_id}")
    links.connect(
        f"questions:{question.id}", links.LinkKind.STUDIED_BY, f"rounds:{made.finding.round_id}",
        actor_id=None,
    )  # fmt: skip

    step(knowledge_broker, made, A.PUBLISH, no_interest=True)

    card = f"cards:{made.finding.card_id}"
    kinds = {(one.from_object, one.kind.value, one.to_object) for one in links.links_of(card)}
    assert {
        (f"findings:{made.finding_id}", "published_as", card),
        (card, "based_on", f"findings:{made.finding_id}"),
        (card, "answers", f"questions:{question.id}"),
        (f"questions:{question.id}", "published_as", card),
    } <= kinds
    db.session.refresh(question)
    assert question.state is QuestionState.ANSWERED
    words = "De bevinding ‘Een kwartier vrij lezen helpt’ is gepubliceerd."
    for user in (question.asker, cast.leader, school.user, cast.teacher, cast.researcher):
        assert told(user).count(words) == 1
    assert told(cast.outsider) == []
    assert knowledge_broker.id not in red_thread.upstream_people(card)


@pytest.mark.parametrize("who", ["author", "contributor", "member", "same board"])
def test_an_editor_with_an_interest_does_not_decide(cast, office, who):
    editor = AffiliationFactory(role=Role.KNOWLEDGE_BROKER, organisation=office).user
    made = make_finding(cast)
    if who == "author":
        made.author_id = editor.id
    elif who == "contributor":
        made.contributors[0].user_id = editor.id
    elif who == "member":
        RoleFactory(membership=cast.practice, user=editor, until_on=today())
    else:
        AffiliationFactory(user=editor, organisation=cast.other_school)
    db.session.commit()
    signed(cast, made)

    for action in (A.PUBLISH, A.SCHEDULE):
        with pytest.raises(ForbiddenError, match="zonder belang"):
            step(editor, made, action, no_interest=True)
    with pytest.raises(ForbiddenError):
        step(editor, made, A.REQUEST_CHANGES, reason="Zo niet.")
    assert made.finding.card is None


def test_an_editor_declares_to_have_no_interest(cast, knowledge_broker):
    made = signed(cast, make_finding(cast))

    with pytest.raises(InvalidError) as caught:
        step(knowledge_broker, made, A.PUBLISH)
    assert "no_interest" in caught.value.fields
    step(knowledge_broker, made, A.PUBLISH, no_interest=True)
    with pytest.raises(ConflictError):
        step(knowledge_broker, made, A.PUBLISH, no_interest=True)


def test_changes_that_an_editor_asks_reach_the_writers(cast, knowledge_broker):
    made = signed(cast, make_finding(cast))

    step(knowledge_broker, made, A.REQUEST_CHANGES, reason="Noem de kosten per klas.")

    assert made.state is VersionState.CHANGES_REQUESTED
    assert any("vraagt een aanpassing" in words for words in told(cast.practice_lead))
    with pytest.raises(InvalidError):
        step(cast.practice_lead, to_editor(cast, made), A.REQUEST_CHANGES, reason=" ")


def to_editor(cast, made):
    finding_writing.save_draft(
        Actor.of(cast.practice_lead), made, {"costs": "20 euro."}, version=made.version
    )
    return signed(cast, made)


def test_what_fails_on_the_way_out_leaves_nothing(cast, knowledge_broker):
    made = signed(cast, make_finding(cast))
    CardFactory(external_id=f"bevinding-{made.finding_id}")  # somebody took its name

    with pytest.raises(IntegrityError):
        step(knowledge_broker, made, A.PUBLISH, no_interest=True)

    db.session.expire_all()
    assert (made.state, made.published_at) == (VersionState.EDITORIAL, None)
    assert made.finding.card is None
    assert [one.kind.value for one in links.links_of(f"findings:{made.finding_id}")] == [
        "resulted_in"
    ]
    assert told(cast.teacher) == []


def test_a_finding_under_embargo_comes_out_on_its_day(cast, knowledge_broker, as_actor):
    day = today() + timedelta(days=30)
    content = {"embargo_until": day.isoformat(), "embargo_reason": "Een artikel komt eerst."}
    made = signed(cast, make_finding(cast, **content))
    with pytest.raises(ConflictError, match="embargo"):
        step(knowledge_broker, made, A.PUBLISH, no_interest=True)
    step(knowledge_broker, made, A.SCHEDULE, no_interest=True)
    assert publishing.release_due() == 0
    assert findings.list_published(as_actor())[1] == 0

    clock.set_clock(clock.now() + timedelta(days=31))
    assert publishing.release_due() == 1

    db.session.refresh(made)
    assert made.state is VersionState.PUBLISHED
    assert findings.list_published(as_actor())[1] == 1
    assert publishing.release_due() == 0


def test_without_embargo_nothing_is_planned(cast, knowledge_broker):
    made = signed(cast, make_finding(cast))

    with pytest.raises(ConflictError, match="Publiceer meteen"):
        step(knowledge_broker, made, A.SCHEDULE, no_interest=True)


def test_a_new_version_takes_the_place_of_the_former_on_the_same_card(cast, knowledge_broker):
    first = published(cast, knowledge_broker)
    card_id, finding_id = first.finding.card_id, first.finding_id
    step(cast.research_lead, first, A.START_VERSION, reason="Een jaar later gemeten.")
    second = findings.open_version(Actor.of(cast.teacher), first.finding)
    with pytest.raises(ConflictError, match="al aan een nieuwe versie"):
        step(cast.research_lead, first, A.START_VERSION, reason="Nog een.")
    finding_writing.save_draft(
        Actor.of(cast.researcher), second, {"effect_value": 0.2, "title": "Vrij lezen helpt iets"},
        version=second.version,
    )  # fmt: skip
    assert first.finding.title == "Een kwartier vrij lezen helpt"  # until it is out

    step(cast.research_lead, second, A.SUBMIT)
    step(cast.research_lead, second, A.START_SIGNING)
    sign(cast.practice_lead, second)
    sign(cast.research_lead, second)
    step(knowledge_broker, second, A.PUBLISH, no_interest=True)

    db.session.expire_all()
    assert (first.state, second.state) == (VersionState.SUPERSEDED, VersionState.PUBLISHED)
    assert (second.number, second.changed_keys) == (2, ["effect_value", "title"])
    assert second.needs_new_review
    assert second.finding.card_id == card_id
    assert second.finding.card.title == "Vrij lezen helpt iets"
    versions = sorted(card_versions(card_id), key=lambda one: one.number)
    assert [one.summary for one in versions] == ["", "Een jaar later gemeten."]
    assert findings.shown_version(Actor.visitor(), second.finding).number == 2
    assert first.content["effect_value"] == 0.3
    assert db.session.get_one(FindingVersion, first.id).finding_id == finding_id


def test_a_finding_says_how_it_stands_to_another_and_what_it_rests_on(
    cast, knowledge_broker, browse
):
    first = published(cast, knowledge_broker)
    again = {"relations": [{"kind": "replicates", "finding": first.finding_id}]}
    lines = ["Vos (2020). https://doi.org/10.1000/abc.", "Wolf. https://example.org/x", "Das"]
    second = published(cast, knowledge_broker, **again, literature=lines, title="Nog eens gemeten")

    own = links.links_of(f"findings:{second.finding_id}")
    assert ("replicates", f"findings:{first.finding_id}") in {
        (one.kind.value, one.to_object) for one in own
    }
    sources = second.finding.card.sources[1:]
    assert [(one.doi, one.url) for one in sources] == [
        ("10.1000/abc", ""), ("", "https://example.org/x"), ("", ""),
    ]  # fmt: skip
    page = browse().get(f"/bevindingen/{first.finding_id}/onderzoek").text
    assert "Herhaald en bevestigd door" in page
    assert "Nog eens gemeten" in page

    step(cast.practice_lead, second, A.START_VERSION, reason="Toch niet herhaald.")
    third = findings.open_version(Actor.of(cast.teacher), second.finding)
    finding_writing.save_draft(
        Actor.of(cast.teacher), third, {"relations": []}, version=third.version
    )
    step(knowledge_broker, signed(cast, third), A.PUBLISH, no_interest=True)
    kinds = {one.kind.value for one in links.links_of(f"findings:{second.finding_id}")}
    assert "replicates" not in kinds


def test_the_card_of_a_finding_changes_only_with_it(
    cast, knowledge_broker, administrator, as_actor
):
    card = published(cast, knowledge_broker).finding.card

    for user in (knowledge_broker, administrator, cast.practice_lead):
        assert not policies.can_edit(as_actor(user), card)
        assert not policies.can_withdraw(as_actor(user), card)


def test_a_team_takes_it_into_its_cycle_once(cast, knowledge_broker, as_actor, outsider):
    card = published(cast, knowledge_broker).finding.card
    first = collections.use_card(as_actor(cast.outsider), card)
    second = collections.use_card(as_actor(cast.outsider), card)

    assert first.id == second.id
    assert first.organisation_id == cast.outsider.affiliations[0].organisation_id
    assert [item.card_id for item in first.items] == [card.id]
    applied = list(links.links_of(f"collections:{first.id}"))
    assert [(one.from_object, one.kind.value) for one in applied] == [
        (f"cards:{card.id}", "applied_in")
    ]
    with pytest.raises(ForbiddenError, match="organisatie"):
        collections.use_card(as_actor(outsider), card)


def test_a_question_that_was_answered_before_keeps_its_state(cast, knowledge_broker, question):
    made = signed(cast, make_finding(cast, question))
    question.state = QuestionState.CONFIRMED
    db.session.commit()

    step(knowledge_broker, made, A.PUBLISH, no_interest=True)

    db.session.refresh(question)
    assert question.state is QuestionState.CONFIRMED
    assert questions.get_question(Actor.system(), question.id) is question


def test_an_erased_name_is_gone_from_the_card_and_all_its_versions(cast, knowledge_broker):
    name = cast.practice_lead.family_name
    card = published(cast, knowledge_broker).finding.card
    written = [json.dumps(version.content) for version in card_versions(card.id)]
    assert name in str(card.sources[0].authors)
    assert name in written[0]

    personal.erase_personal(cast.practice_lead.id)

    db.session.expire_all()
    left = [json.dumps(version.content) for version in card_versions(card.id)]
    assert not [text for text in left if name in text]
    assert "Oud-deelnemer" in str(db.session.get(Card, card.id).sources[0].authors)


def card_versions(card_id):
    return db.session.scalars(select(CardVersion).where(CardVersion.card_id == card_id)).all()
