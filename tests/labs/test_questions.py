"""Questions from asking to an answer that helps, and what nobody may do with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp import clock, links
from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.jobs import services as jobs
from labapp.knowledge.models import Card, CardKind, Visibility
from labapp.labs import question_duties, question_lists, question_tasks, questions, threads
from labapp.labs.finding_models import Finding
from labapp.labs.question_lists import Group, QuestionQuery, Scope
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility, Turn
from labapp.labs.question_states import NEXT, QUESTION, STATE_WORDS, QuestionAction, next_words
from labapp.labs.question_writing import QuestionInput, change_question, draft_question
from labapp.labs.thread_models import Contribution
from labapp.links import LinkKind
from labapp.notifications import following, inbox, objects, showing
from labapp.notifications.models import Delivery, Event
from labapp.notifications.showing import Told
from tests.labs.asking import ANSWER, ask, card, fresh, put, standing, step, write
from tests.labs.factories import QuestionFactory, RoundFactory

S = QuestionState


def told(user, code):
    """How many times somebody was told of a kind of event."""
    query = select(Delivery.event_id).join(Event, Event.id == Delivery.event_id)
    rows = db.session.scalars(query.where(Delivery.user_id == user.id, Event.type == code))
    return len(set(rows))


def test_no_state_is_without_a_next_step_that_the_asker_sees(teacher, browse):
    assert set(NEXT) == set(S) == set(STATE_WORDS)
    client = browse(teacher)

    for state in S:
        question = standing(state, asker=teacher)
        question.next_step_due_on = today() + timedelta(days=5) if NEXT[state].days else None
        db.session.commit()
        page = client.get(f"/vragen/{question.id}").text

        assert str(NEXT[state].words) in page, state
        assert str(STATE_WORDS[state]) in page, state
        ways_on = [a for (s, a) in QUESTION.transitions if s is state]
        assert ways_on or NEXT[state].turn is Turn.NOBODY, state
        assert NEXT[state].days or NEXT[state].turn is Turn.NOBODY, state


def test_each_step_says_whose_turn_it_is_and_by_when(teacher, knowledge_broker):
    question = ask(teacher)
    assert (question.state, question.turn) == (S.SUBMITTED, Turn.BROKER)
    assert question.next_step_due_on == today() + timedelta(days=7)

    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "ask_back", reason="Welke boeken?",
         due_on=today() + timedelta(days=3))  # fmt: skip

    assert (question.turn, question.broker_id) == (Turn.ASKER, knowledge_broker.id)
    assert question.next_step_due_on == today() + timedelta(days=3)
    assert told(teacher, "question.asked_back") == 1
    said = db.session.scalars(select(Contribution.body)).all()
    assert said == ["Welke boeken?"]
    assert threads.find_thread(Actor.of(teacher), f"questions:{question.id}") is not None


def test_a_question_and_its_conversation_are_one_line_of_news(teacher, colleague, knowledge_broker):
    question = ask(teacher)
    other = ask(teacher, "Hoe leren leerlingen lange teksten lezen?")
    following.follow(Actor.of(colleague), f"questions:{question.id}")
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "ask_back", reason="Welke boeken?")
    step(knowledge_broker, other, "take_up")
    me = Actor.of(teacher)

    newest, first = inbox.list_inbox(me).lines
    told_apart = showing.group(
        [Told(n, "question.stepped", f"questions:{question.id}", about, None, {}, now())
         for n, about in enumerate((f"questions:{question.id}", "threads:1"))],
        objects.places_of({f"questions:{question.id}", "threads:1"}),
    )  # fmt: skip
    inbox.open_notification(me, first.delivery_id)

    assert (newest.title, first.title) == (other.title, question.title)
    assert (first.count, first.type) == (3, "question.asked_back")
    assert [(one.delivery_id, one.count) for one in told_apart] == [(1, 2)]
    assert [line.is_unread for line in inbox.list_inbox(me).lines] == [True, False]
    assert inbox.unread_count(me) == 1


def test_a_short_answer_is_a_card_that_everybody_upstream_hears_of_once(
    teacher, colleague, knowledge_broker
):
    question = ask(teacher, theme="reading")
    following.follow(Actor.of(colleague), f"questions:{question.id}")
    step(knowledge_broker, question, "take_up")

    step(knowledge_broker, question, "answer", answer=ANSWER)

    made = db.session.scalars(select(Card)).one()
    assert (made.kind, made.is_published) == (CardKind.QUESTION_ANSWERED, True)
    assert made.sources[0].title == "Lezen in de klas"
    kinds = {link.kind for link in links.links_of(f"questions:{question.id}")}
    assert kinds == {LinkKind.PUBLISHED_AS, LinkKind.ANSWERS}
    assert [told(user, "question.answered") for user in (teacher, colleague)] == [1, 1]
    assert question.review_due_on > today()

    step(teacher, question, "reopen", reason="En in groep 3?")
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "answer", answer=replace(ANSWER, answer="Ook in groep 3."))
    again = db.session.scalars(select(Card)).one()  # the same card, another version
    assert (again.version_number, again.answer) == (2, "Ook in groep 3.")
    assert told(teacher, "question.answered") == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sources": []}, "sources"),
        ({"answer": ""}, "answer"),
        ({"sectors": []}, "sectors"),
        ({"body": "x" * 20_001}, "body"),
        ({"sources": [replace(ANSWER.sources[0], url="javascript:alert(1)")]}, "sources"),
    ],
)
def test_an_answer_that_lacks_something_makes_no_card(teacher, knowledge_broker, change, field):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")

    with pytest.raises(InvalidError) as refusal:
        step(knowledge_broker, question, "answer", answer=replace(ANSWER, **change))

    assert field in refusal.value.fields
    assert fresh(question).state is S.TRIAGE
    assert db.session.scalars(select(Card)).all() == []


def test_the_answer_to_a_question_of_one_school_stays_in_that_school(
    teacher, stranger, knowledge_broker
):
    question = ask(teacher, visibility=QuestionVisibility.ORGANISATION)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "answer", answer=ANSWER)

    made = db.session.scalars(select(Card)).one()
    assert (made.visibility, made.organisation_id) == (
        Visibility.ORGANISATION, question.acting_for_id,
    )  # fmt: skip
    with pytest.raises(NotFoundError):
        questions.get_question(Actor.of(stranger), question.id)


def test_taking_what_is_there_already_counts_and_is_asked_after_six_weeks(teacher):
    known = card("Leesmotivatie in groep 7")
    question = write(teacher)
    step(teacher, question, "look")

    step(teacher, question, "take_existing", object=f"cards:{known.id}")

    assert (question.state, question.taken_object) == (S.ANSWERED_BY_EXISTING, f"cards:{known.id}")
    assert question.submitted_at is not None
    clock.set_clock(now() + timedelta(days=43))
    jobs.enqueue("questions.ask_helped")
    question_tasks.ask_helped({})
    question_tasks.ask_helped({})
    assert told(teacher, "question.helped") == 1
    questions.tell_whether_helped(
        Actor.of(teacher), question, helped=True, version=question.version
    )
    assert (question.state, question.helped) == (S.CONFIRMED, True)


def test_nobody_takes_as_an_answer_what_they_may_not_read(teacher, stranger):
    hidden = ask(stranger, visibility=QuestionVisibility.ORGANISATION)
    question = write(teacher)
    step(teacher, question, "look")

    for wrong in (f"questions:{hidden.id}", f"questions:{question.id}", "users:1", "cards:x", ""):
        with pytest.raises(InvalidError):
            step(teacher, question, "take_existing", object=wrong)
    assert fresh(question).state is S.MATCHING


def test_too_little_is_known_only_when_a_broker_and_a_researcher_say_so(
    teacher, knowledge_broker, researcher
):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "doubt", reason="We vonden geen onderzoek.")
    assert "tweede lezer" in next_words(question)
    duties = question_duties.list_duties(Actor.of(researcher))
    assert [duty.object for duty in duties] == [f"questions:{question.id}"]

    with pytest.raises(ForbiddenError):
        step(knowledge_broker, question, "no_evidence")
    step(researcher, question, "no_evidence")

    assert question.state is S.NOT_ENOUGH_EVIDENCE
    assert question.end_reason == "We vonden geen onderzoek."


def test_a_question_of_one_school_has_no_second_reader(teacher, knowledge_broker):
    question = ask(teacher, visibility=QuestionVisibility.ORGANISATION)
    step(knowledge_broker, question, "take_up")

    with pytest.raises(ConflictError, match="delen"):
        step(knowledge_broker, question, "doubt", reason="Niets gevonden.")


def test_a_lab_adopts_answers_by_its_finding_or_gives_back(cast, knowledge_broker):
    question = ask(cast.bystander)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "accept")
    other = ask(cast.bystander, "Hoe leren kinderen klokkijken?")
    step(knowledge_broker, other, "take_up")
    questions.adopt(Actor.of(cast.practice_lead), question, cast.lab.id, version=question.version)
    questions.adopt(Actor.of(cast.research_lead), other, cast.lab.id, version=other.version)
    name = f"questions:{question.id}"
    assert (question.turn, question.lab_id) == (Turn.LAB, cast.lab.id)
    assert [link.kind for link in links.links_of(name)] == [LinkKind.ASKED_IN]

    with pytest.raises(InvalidError):
        step(cast.practice_lead, other, "hand_back")
    step(cast.practice_lead, other, "hand_back", reason="Past niet in deze ronde.")
    made, one = card("Bevinding"), RoundFactory(lab=cast.lab)
    with transaction() as session:
        finding = Finding(lab_id=cast.lab.id, round_id=one.id, title="Werkt", card_id=made.id)
        session.add(finding)
    questions.mark_answered_by_finding(Actor.system(), question, finding)

    assert (other.state, other.lab_id) == (S.ACCEPTED, None)
    assert links.links_of(f"questions:{other.id}") == []
    assert question.state is S.ANSWERED
    assert LinkKind.ANSWERS in {link.kind for link in links.links_of(name)}


def test_nobody_adopts_into_a_lab_that_they_do_not_lead(cast, knowledge_broker):
    question = standing(S.ACCEPTED)

    with pytest.raises(ForbiddenError):
        step(cast.outsider, question, "adopt", lab_id=cast.lab.id)
    with pytest.raises(InvalidError):
        step(cast.practice_lead, question, "adopt", lab_id=999)


def test_a_stale_step_and_a_stale_change_are_refused_with_both_texts(teacher, knowledge_broker):
    question = ask(teacher)
    old = question.version
    step(knowledge_broker, question, "take_up")

    with pytest.raises(ConflictError):
        questions.perform(Actor.of(teacher), question, QuestionAction.WITHDRAW, version=old)
    with pytest.raises(ConflictError) as clash:
        change_question(
            Actor.of(teacher), question, QuestionInput("Een heel andere vraag?", seen="Anders."),
            version=old,
        )  # fmt: skip
    assert clash.value.theirs["seen"] == "Ze haken af."
    assert clash.value.yours["seen"] == "Anders."


def test_what_was_shared_does_not_become_private_again(teacher):
    question = ask(teacher)
    narrowed = QuestionInput.of(question)

    with pytest.raises(InvalidError):
        change_question(
            Actor.of(teacher), question,
            replace(narrowed, visibility=QuestionVisibility.ORGANISATION),
            version=question.version,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "Kort?"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"seen": "x" * 50_000}, "seen"),
        ({"theme": "onzin"}, "theme"),
        ({"subject": "onzin"}, "subject"),
        ({"seen": "Emma de Vries uit groep 6 leest niet."}, "pupil_data"),
    ],
)
def test_a_question_that_is_not_right_is_refused_with_words(teacher, values, field):
    with pytest.raises(InvalidError) as refusal:
        write(teacher, **values)

    assert field in refusal.value.fields
    assert db.session.scalars(select(Question)).all() == []


def test_a_warning_that_was_read_is_kept_with_the_question(teacher):
    given = QuestionInput("Hoe helpen we een kind?", seen="Emma de Vries uit groep 6 leest niet.")

    question = draft_question(Actor.of(teacher), given, confirmed=True)

    assert question.warned_of


def test_who_belongs_nowhere_asks_nothing(outsider):
    with pytest.raises(ForbiddenError):
        write(outsider)


def test_the_school_leader_speaks_for_an_asker_who_left(teacher, school_leader, knowledge_broker):
    question = ask(teacher)
    with pytest.raises(ForbiddenError):
        step(school_leader, question, "withdraw")

    teacher.affiliations[0].until_on = today()
    db.session.commit()
    step(school_leader, question, "withdraw")

    assert question.state is S.WITHDRAWN


def test_a_day_that_passed_is_on_the_list_of_the_brokers(teacher, knowledge_broker):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "accept")
    broker = Actor.of(knowledge_broker)
    assert question_duties.list_duties(broker) == []

    clock.set_clock(now() + timedelta(days=95))
    assert len(question_duties.list_duties(broker)) == 1
    questions.set_expectation(
        broker, question, words="We zoeken een lab.", due_on=today() + timedelta(days=30),
        version=question.version,
    )  # fmt: skip

    assert question_duties.list_duties(broker) == []
    assert next_words(question) == "We zoeken een lab."
    assert told(teacher, "question.expected") == 1
    with pytest.raises(ForbiddenError):
        questions.set_expectation(
            Actor.of(teacher), question, words="Nu!", due_on=today(), version=question.version
        )


def test_an_answer_is_checked_again_after_a_year(teacher, knowledge_broker):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "answer", answer=replace(ANSWER, theme="reading"))
    clock.set_clock(now() + timedelta(days=400))
    broker = Actor.of(knowledge_broker)
    assert "klopt" in str(question_duties.list_duties(broker)[0].words)

    questions.note_checked(broker, question, version=question.version)

    assert question_duties.list_duties(broker) == []
    with pytest.raises(ForbiddenError):
        questions.note_checked(Actor.of(teacher), question, version=question.version)


def test_lists_give_what_one_may_read_and_nothing_else(teacher, stranger, knowledge_broker):
    mine = ask(teacher, "Hoe leren we kinderen klokkijken?", theme="mathematics")
    hidden = ask(stranger, "Hoe blijft dit onder ons?", visibility=QuestionVisibility.ORGANISATION)
    draft = write(teacher, "Een vraag die nog niet af is?")
    me, broker = Actor.of(teacher), Actor.of(knowledge_broker)

    def ids(actor, **values):
        return {
            one.id for one in question_lists.list_questions(actor, QuestionQuery(**values)).items
        }

    assert ids(me) == {mine.id}
    assert ids(me, scope=Scope.MINE) == {mine.id, draft.id}
    assert ids(Actor.visitor()) == set()
    assert ids(broker, scope=Scope.WAITING) == {mine.id, hidden.id}
    assert ids(me, scope=Scope.WAITING) == set()
    assert ids(me, theme="mathematics", group=Group.OPEN) == {mine.id}
    assert ids(me, group=Group.ANSWERED) == set()
    assert ids(me, text="klokkijken") == {mine.id}
    assert hidden.id not in ids(me, text="onder ons")
    assert hidden.id in ids(broker, text="onder ons")


def test_the_list_costs_the_same_however_long_it_is(teacher, browse, count_queries):
    client = browse(teacher)
    for _ in range(2):
        put(QuestionFactory(asker=teacher))
    client.get("/vragen")
    with count_queries() as few:
        client.get("/vragen")
    for _ in range(8):
        QuestionFactory(asker=teacher, acting_for=teacher.affiliations[0].organisation)
    with count_queries() as many:
        client.get("/vragen")

    assert len(many) == len(few)
