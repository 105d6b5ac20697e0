"""What events and duties of questions are about: titles, addresses, and who may see them."""

from sqlalchemy import ColumnElement, false, true

from labapp.accounts.actors import Actor
from labapp.labs import agendas, reading
from labapp.labs.question_models import Agenda, Question
from labapp.notifications import objects


def _agendas_visible_to(actor: Actor) -> ColumnElement[bool]:
    return true() if agendas.can_see(actor) else false()


objects.register(
    "questions",
    objects.rows_of(Question, reading.questions_visible_to, "questions.show", "question_id"),
)
objects.register(
    "agendas", objects.rows_of(Agenda, _agendas_visible_to, "agendas.show", "agenda_id")
)
