"""The question agenda: collect, check, shorten, rank apart and together, publish."""

from contextlib import suppress

import pytest
from sqlalchemy import update

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import agenda_ranking, agendas
from labapp.labs.agenda_states import AgendaAction
from labapp.labs.question_models import Agenda, AgendaState, QuestionState, QuestionVisibility
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.asking import standing

A, S = AgendaAction, AgendaState
ALLOWED = {
    "check": "collecting", "shorten": "checking", "rank": "shortening", "publish": "ranking",
    "cancel": "collecting checking shortening ranking",
}  # fmt: skip
BROKERS = ("knowledge_broker", "programme_officer")


@pytest.fixture
def broker(knowledge_broker):
    return Actor.of(knowledge_broker)


@pytest.fixture
def agenda(broker, stranger):
    """An agenda with three questions."""
    for number in range(3):
        standing(QuestionState.ACCEPTED, title=f"Hoe lezen we beter ({number})?", asker=stranger)
    return start(broker)


def start(actor, **values):
    db.session.commit()
    given = {"theme": "reading", "school_year": today().year, "title": "Lezen 2026", **values}
    return agendas.start_agenda(actor, **given)


def go(actor, agenda, action):
    agendas.perform(actor, agenda, AgendaAction(action), version=agenda.version)


def to_ranking(actor, agenda, *, left_out=()):
    go(actor, agenda, "check")
    for item in agenda.items:
        agendas.note_known(actor, agenda, item.id, "Eén kaart over lezen.")
    go(actor, agenda, "shorten")
    for item in agenda.items:
        stays = item.id not in left_out
        agendas.decide(actor, agenda, item.id, stays=stays, because="" if stays else "Dubbel.")
    go(actor, agenda, "rank")


def test_an_agenda_from_collecting_to_what_became_of_it(broker, agenda, teacher, researcher):
    first, second, third = [item.id for item in agenda.items]
    with pytest.raises(ConflictError):
        go(broker, agenda, "shorten")
    to_ranking(broker, agenda, left_out=[third])
    with pytest.raises(ConflictError, match="praktijk"):
        go(broker, agenda, "publish")

    agenda_ranking.vote(Actor.of(teacher), agenda, {first: 1, second: 2})
    agenda_ranking.vote(Actor.of(teacher), agenda, {second: 1})  # changed their mind
    agenda_ranking.vote(Actor.of(researcher), agenda, {first: 2, second: 1})
    assert agenda_ranking.proposed(agenda) == {second: 1, first: 2}
    agenda_ranking.place_together(broker, agenda, {second: 1, first: 2})
    go(broker, agenda, "publish")

    items = {item.id: item for item in agendas.get_agenda(broker, agenda.id).items}
    assert [(items[i].practice_place, items[i].research_place) for i in (first, second)] == [
        (2, 2), (1, 1),
    ]  # fmt: skip
    states = [items[i].question.state for i in (first, second, third)]
    assert states == [QuestionState.PRIORITISED] * 2 + [QuestionState.ACCEPTED]
    agendas.note_outcome(broker, agenda, first, "Het leeslab nam haar op.")
    assert items[first].outcome == "Het leeslab nam haar op."


def test_questions_come_on_it_that_may_be_shared_and_were_accepted(broker, agenda, stranger):
    late = standing(QuestionState.NOT_ENOUGH_EVIDENCE, title="Hoe lezen we later?")
    other = standing(QuestionState.ACCEPTED, title="Hoe rekenen we?", theme="mathematics")
    hidden = standing(
        QuestionState.ACCEPTED, title="Hoe lezen wij?", acting_for=OrganisationFactory(),
        visibility=QuestionVisibility.ORGANISATION,
    )  # fmt: skip
    new = standing(QuestionState.SUBMITTED, title="Hoe lezen we straks?")

    assert agendas.collect(broker, agenda) == 1
    assert agendas.collect(broker, agenda) == 0
    agendas.add_question(broker, agenda, other.id)
    agendas.add_question(broker, agenda, other.id)

    for wrong in (hidden, new):
        with pytest.raises(InvalidError):
            agendas.add_question(broker, agenda, wrong.id)
    ids = {item.question_id for item in agendas.get_agenda(broker, agenda.id).items}
    assert {late.id, other.id} < ids
    assert len(ids) == 5


def test_each_side_chooses_for_itself_and_only_once_a_place(
    broker, agenda, teacher, researcher, outsider
):
    first, second, third = [item.id for item in agenda.items]
    with pytest.raises(ConflictError):
        agenda_ranking.vote(Actor.of(teacher), agenda, {first: 1})
    to_ranking(broker, agenda, left_out=[third])

    for wrong in ({}, {first: 1, second: 1}, {first: 11}, {third: 1}, {999: 1}):
        with pytest.raises(InvalidError):
            agenda_ranking.vote(Actor.of(teacher), agenda, wrong)
    for actor in (Actor.of(outsider), broker):
        with pytest.raises(ForbiddenError):
            agenda_ranking.vote(actor, agenda, {first: 1})
    with pytest.raises(ForbiddenError):
        agenda_ranking.place_together(Actor.of(teacher), agenda, {first: 1})
    assert list(agenda_ranking.count_voters(agenda).values()) == [0, 0]


def test_votes_add_up_and_the_first_asked_wins_a_tie(broker, agenda):
    first, second, third = [item.id for item in agenda.items]
    to_ranking(broker, agenda)
    for places in ({second: 1, first: 2}, {first: 1, second: 2}, {third: 10}):
        user = AffiliationFactory(role=Role.TEACHER).user
        db.session.commit()
        agenda_ranking.vote(Actor.of(user), agenda, places)

    places = {item.id: item.practice_place for item in agenda.items}
    assert places == {first: 1, second: 2, third: 3}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"), ({"title": "x" * 161}, "title"), ({"theme": "x"}, "theme"),
        ({"school_year": 1999}, "school_year"), ({"closes_on": today().replace(year=2020)},
                                                 "closes_on"),
    ],
)  # fmt: skip
def test_an_agenda_that_is_not_right_is_not_begun(broker, values, field):
    with pytest.raises(InvalidError) as refusal:
        start(broker, **values)

    assert field in refusal.value.fields


def test_agendas_are_of_the_people_of_the_programme(agenda, teacher, outsider):
    assert agendas.get_agenda(Actor.of(teacher), agenda.id).id == agenda.id
    with pytest.raises(NotFoundError):
        agendas.get_agenda(Actor.of(outsider), agenda.id)
    assert agendas.list_agendas(Actor.visitor()) == []
    for refused in (
        lambda: start(Actor.of(teacher)),
        lambda: agendas.collect(Actor.of(teacher), agenda),
    ):
        with pytest.raises(ForbiddenError):
            refused()


class Undo(Exception):  # noqa: N818
    """Ends a try without keeping what it did."""


def takes(actor, agenda, state, action):
    """Whether a step is taken; it is undone."""
    taken = False
    with suppress(Undo, ForbiddenError, ConflictError), transaction() as session:
        session.execute(update(Agenda).values(state=state))
        session.expire(agenda)
        agendas.perform(actor, agenda, action, version=None, reason="Zo.")
        taken = True
        raise Undo
    return taken


@pytest.mark.parametrize("role", [*BROKERS, "teacher", "researcher", "administrator", None])
def test_each_step_is_open_to_whom_the_table_says(request, agenda, role, browse):
    user = request.getfixturevalue(role) if role else None
    actor = Actor.of(user) if user else Actor.visitor()
    item_values = {"known": "Niets.", "is_shortlisted": True, "practice_place": 1,
                   "research_place": 1}  # fmt: skip
    for place, item in enumerate(agenda.items, start=1):
        for name, value in {**item_values, "place": place}.items():
            setattr(item, name, value)
    db.session.commit()

    for state in AgendaState:
        for action in AgendaAction:
            expected = role in BROKERS and state.value in ALLOWED[action.value].split()
            assert takes(actor, agenda, state, action) is expected, (state, action)
    answer = browse(user).post(
        f"/agenda/{agenda.id}/stap", data={"action": "check", "version": agenda.version}
    )
    assert answer.status_code == (303 if role in BROKERS or role is None else 403)
    db.session.expire_all()
    assert (agenda.state is S.CHECKING) is (role in BROKERS)
