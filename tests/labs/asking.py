"""Questions, as tests begin with them."""

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.knowledge import documents as knowledge_documents
from labapp.knowledge.models import CardStatus
from labapp.labs import documents, questions
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.question_states import NEXT, QuestionAction
from labapp.labs.question_writing import QuestionInput, draft_question
from labapp.labs.short_answers import ShortAnswer, Source
from tests.factories import CardFactory
from tests.labs.factories import QuestionFactory

ANSWER = ShortAnswer(
    answer="Vrij lezen helpt als een leraar boeken aanreikt.",
    body="## Waarom\n\nWie een boek kiest dat past, leest door.",
    sources=[Source("Lezen in de klas", "Instituut", 2024, "https://example.org/lezen")],
    sectors=["po"],
    theme="reading",
)


def write(user, title="Hoe houden we groep 7 aan het lezen?", seen="Ze haken af.", **values):
    """Write a question down as somebody."""
    db.session.commit()
    return draft_question(Actor.of(user), QuestionInput(title=title, seen=seen, **values))


def step(user, question, action, **extras):
    """Take a step as somebody, over what stands there now."""
    db.session.commit()
    actor = user if isinstance(user, Actor) else Actor.of(user)
    questions.perform(
        actor, question, QuestionAction(action), version=question.version, extras=Extras(**extras)
    )
    return question


def ask(user, title="Hoe houden we groep 7 aan het lezen?", **values):
    """Ask a question as somebody, all the way to the brokers."""
    question = write(user, title, **values)
    step(user, question, "look")
    return step(user, question, "submit")


def put(question):
    """Make a question findable that a factory made."""
    with transaction():
        documents.put_question(question)
    return question


def standing(state, **values):
    """Make a question that stands in a state."""
    if state is QuestionState.MERGED:
        values.setdefault("merged_into", QuestionFactory())
    return QuestionFactory(state=state, turn=NEXT[state].turn, next_step="", **values)


def card(title, answer="Dit helpt vaak.", **values):
    """Publish a card that the search knows."""
    with transaction():
        made = CardFactory(title=title, answer=answer, status=CardStatus.PUBLISHED, **values)
        knowledge_documents.put(made)
    return made


def fresh(question):
    """Read a question again."""
    db.session.rollback()
    return db.session.get(Question, question.id, populate_existing=True)
