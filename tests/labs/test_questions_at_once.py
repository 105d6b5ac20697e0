"""What holds when several do something with the same question at the same moment."""

import pytest
from sqlalchemy import func, select

from labapp.database import db, name_of
from labapp.labs import questions
from labapp.labs.lab_models import Step
from labapp.labs.question_models import Question, QuestionState
from labapp.links import LinkKind, links_of
from tests.labs.asking import standing
from tests.labs.factories import make_lab


@pytest.mark.parametrize("reads", [True, False], ids=["of one version", "each as it stands"])
def test_of_leads_who_adopt_a_question_at_once_one_does(cast, together, reads):
    other = make_lab()
    question = standing(QuestionState.ACCEPTED, asker=cast.bystander, acting_for=cast.school)
    number, name = question.id, name_of(question)
    version = question.version if reads else None

    def adopt_in(lab_id):
        def work(actor):
            found = questions.get_question(actor, number)
            questions.adopt(actor, found, lab_id, version=version)
            return lab_id

        return work

    answers = together(
        (cast.practice_lead, adopt_in(cast.lab.id)),
        (cast.research_lead, adopt_in(cast.lab.id)),
        (other.practice_lead, adopt_in(other.lab.id)),
    )

    winner = next(one for one in answers if isinstance(one, int))
    saved = db.session.get_one(Question, number)
    steps = db.session.scalar(select(func.count(Step.id)).where(Step.object == name))
    labs = [link.to_object for link in links_of(name) if link.kind is LinkKind.ASKED_IN]
    assert answers.count("ConflictError") == len(answers) - 1
    assert (saved.state, saved.lab_id, steps) == (QuestionState.ADOPTED, winner, 1)
    assert labs == [f"labs:{winner}"]
