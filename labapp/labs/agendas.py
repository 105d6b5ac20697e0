"""The question agenda: which questions of a theme and a year matter most, and what became of them.

Collect, check against what is known, shorten, let practice and research rank apart and then
together, publish the first ten.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload, selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, insert_new, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs import machine, policies, question_events, question_people, reading
from labapp.labs.agenda_states import AGENDA, TOP, AgendaAction, shortlist
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import (
    Agenda,
    AgendaItem,
    AgendaState,
    Question,
    QuestionState,
    QuestionVisibility,
)
from labapp.labs.question_states import QUESTION, QuestionAction
from labapp.labs.questions import take_step
from labapp.notifications import objects
from labapp.notifications.emitting import emit

LONGEST_TITLE = 160
LONGEST = 5_000
LONGEST_REASON = 1_000
MOST_ITEMS = 200
FITTING = (QuestionState.ACCEPTED, QuestionState.NOT_ENOUGH_EVIDENCE)


def can_see(actor: Actor) -> bool:
    """Whether one may read the agendas: everybody of the programme, as their questions."""
    return actor.is_system or bool(actor.affiliations)


def list_agendas(actor: Actor) -> Sequence[Agenda]:
    """Give the agendas, the newest first."""
    if not can_see(actor):
        return []
    query = select(Agenda).order_by(Agenda.school_year.desc(), Agenda.id.desc())
    return db.session.scalars(query).all()


def get_agenda(actor: Actor, agenda_id: int) -> Agenda:
    """Give an agenda with its questions."""
    agenda = db.session.scalar(
        select(Agenda)
        .where(Agenda.id == agenda_id)
        .options(selectinload(Agenda.items).joinedload(AgendaItem.question))
        .execution_options(populate_existing=True)
    )
    if agenda is None or not can_see(actor):
        raise NotFoundError(_("Deze agenda bestaat niet, of je mag haar niet zien."))
    return agenda


def list_items(actor: Actor, agenda: Agenda) -> list[AgendaItem]:
    """Give the items whose question one may read."""
    ids = [item.question_id for item in agenda.items]
    seen = objects.visible_ids(Question, reading.questions_visible_to(actor), ids)
    return [item for item in agenda.items if item.question_id in seen]


def start_agenda(
    actor: Actor, *, theme: str, school_year: int, title: str, closes_on: date | None = None
) -> Agenda:
    """Begin an agenda with the questions of a theme that were accepted already."""
    _require_broker(actor)
    fields: dict[str, list[str]] = {}
    words = " ".join(title.split())
    if not words or len(words) > LONGEST_TITLE:
        fields["title"] = [_("Geef een titel van hoogstens %(most)s tekens.", most=LONGEST_TITLE)]
    if theme not in vocabulary.themes():
        fields["theme"] = [_("Kies een thema uit de lijst.")]
    if not today().year - 1 <= school_year <= today().year + 2:
        fields["school_year"] = [_("Kies dit schooljaar of een dat komt.")]
    if closes_on is not None and closes_on < today():
        fields["closes_on"] = [_("Kies een dag die nog komt.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    with transaction() as session:
        agenda = Agenda(
            theme=theme, school_year=school_year, title=words, closes_on=closes_on,
            started_by_id=actor.id,
        )  # fmt: skip
        session.add(agenda)
        session.flush()
        _collect(agenda)
        audit.record(actor.id, "agendas.started", agenda, on_behalf_of=actor.acting_for_id)
    return agenda


def collect(actor: Actor, agenda: Agenda) -> int:
    """Put on the agenda what was accepted of its theme since; give how many are new."""
    with transaction():
        _open(actor, agenda, AgendaState.COLLECTING)
        count = _collect(agenda)
        _record(actor, agenda, "collected", {"questions": [None, count]})
    return count


def list_addable(actor: Actor, agenda: Agenda) -> Sequence[Question]:
    """Give to a broker the questions that may come on an agenda, whatever their theme."""
    if not policies.is_broker(actor) or agenda.state is not AgendaState.COLLECTING:
        return []
    query = (
        select(Question)
        .where(
            _fitting(),
            reading.questions_visible_to(actor),
            Question.id.not_in([item.question_id for item in agenda.items]),
        )
        .order_by(Question.submitted_at.desc(), Question.id.desc())
        .limit(MOST_ITEMS)
    )
    return db.session.scalars(query).all()


def add_question(actor: Actor, agenda: Agenda, question_id: int) -> None:
    """Put a question of another theme, or of none, on the agenda."""
    with transaction():
        _open(actor, agenda, AgendaState.COLLECTING)
        question = db.session.scalar(
            select(Question).where(Question.id == question_id, reading.questions_visible_to(actor))
        )
        if question is None or not _fits(question):
            words = _("Kies een gedeelde vraag die op de kennisagenda mag.")
            raise InvalidError(words, {"question_id": [words]})
        _add(agenda, question.id)
        _record(actor, agenda, "question_added", {"question": [None, question_id]})


def note_known(actor: Actor, agenda: Agenda, item_id: int, known: str) -> None:
    """Say what existing knowledge says of a question."""
    with transaction():
        _open(actor, agenda, AgendaState.CHECKING)
        item = _item(agenda, item_id)
        item.known, item.checked_by_id = _text(known, "known", LONGEST, needed=True), actor.id
        _record(actor, agenda, "checked", {"question": [None, item.question_id]})


def decide(actor: Actor, agenda: Agenda, item_id: int, *, stays: bool, because: str = "") -> None:
    """Say whether a question stays on the list; one that goes says why."""
    with transaction():
        _open(actor, agenda, AgendaState.SHORTENING)
        item = _item(agenda, item_id)
        item.left_out_because = _text(because, "because", LONGEST_REASON, needed=not stays)
        item.is_shortlisted = stays
        _record(actor, agenda, "shortened", {"question": [None, item.question_id],
                                             "stays": [None, stays]})  # fmt: skip


def note_outcome(actor: Actor, agenda: Agenda, item_id: int, outcome: str) -> None:
    """Say what became of a question, beside what its own state says."""
    with transaction():
        _open(actor, agenda, AgendaState.PUBLISHED)
        item = _item(agenda, item_id)
        item.outcome = _text(outcome, "outcome", LONGEST, needed=False)
        _record(actor, agenda, "outcome", {"question": [None, item.question_id]})


def perform(
    actor: Actor, agenda: Agenda, action: AgendaAction, *, version: int | None, reason: str = "",
    closes_on: date | None = None,
) -> None:  # fmt: skip
    """Take the next step with an agenda; `closes_on` is the last day of the step that begins."""
    if closes_on is not None and closes_on < today():
        words = _("Kies een dag die nog komt.")
        raise InvalidError(words, {"closes_on": [words]})
    _text(reason, "reason", LONGEST_REASON, needed=False)
    with transaction():
        values = {"closes_on": closes_on}
        if action is AgendaAction.PUBLISH:
            values["published_at"] = now()
        AGENDA.perform(actor, agenda, action, version=version, reason=reason, values=values)
        people = _askers(agenda)
        if action is not AgendaAction.PUBLISH:
            emit(actor, question_events.AGENDA_STEPPED, agenda, people)
            return
        for item in shortlist(agenda)[:TOP]:
            question = item.question
            if QUESTION.leads_on(question, QuestionAction.PRIORITISE):
                take_step(actor, question, QuestionAction.PRIORITISE, Extras())
        emit(actor, question_events.AGENDA_PUBLISHED, agenda, people, key=f"agenda:{agenda.id}")


def _askers(agenda: Agenda) -> set[int]:
    people: set[int] = set()
    for item in agenda.items:
        people |= question_people.askers_of(item.question)
    return people


def _fits(question: Question) -> bool:
    return question.visibility is QuestionVisibility.PROGRAMME and question.state in FITTING


def _fitting() -> ColumnElement[bool]:
    """The same of questions in the database."""
    return and_(Question.visibility == QuestionVisibility.PROGRAMME, Question.state.in_(FITTING))


def _collect(agenda: Agenda) -> int:
    there = {item.question_id for item in agenda.items}
    query = select(Question.id).where(Question.theme == agenda.theme, _fitting())
    new = [number for number in db.session.scalars(query.order_by(Question.id))
           if number not in there]  # fmt: skip
    new = new[: MOST_ITEMS - len(there)]
    for number in new:
        _add(agenda, number)
    return len(new)


def _add(agenda: Agenda, question_id: int) -> None:
    session = db.session()
    if len(agenda.items) >= MOST_ITEMS:
        raise ConflictError(_("Er passen hoogstens %(most)s vragen op.", most=MOST_ITEMS))
    insert_new(
        AgendaItem, agenda_id=agenda.id, question_id=question_id, known="", left_out_because="",
        outcome="",
    )  # fmt: skip
    session.expire(agenda, ["items"])


def _open(actor: Actor, agenda: Agenda, state: AgendaState) -> None:
    """Lock an agenda for its broker, in the step in which this is done."""
    machine.lock(agenda)
    _require_broker(actor)
    if agenda.state is not state:
        words = str(AGENDA.words[agenda.state])
        raise ConflictError(_("Dat kan nu niet: de stand is ‘%(state)s’.", state=words))


def _require_broker(actor: Actor) -> None:
    if not policies.is_broker(actor):
        raise ForbiddenError(_("Alleen een kennismakelaar houdt de kennisagenda bij."))


def _item(agenda: Agenda, item_id: int) -> AgendaItem:
    item = db.session.scalar(
        select(AgendaItem)
        .where(AgendaItem.id == item_id, AgendaItem.agenda_id == agenda.id)
        .options(joinedload(AgendaItem.question))
    )
    if item is None:
        raise NotFoundError(_("Deze vraag staat niet op de agenda."))
    return item


def _text(text: str, field: str, longest: int, *, needed: bool) -> str:
    words = text.strip()
    if needed and not words:
        said = _("Vul dit in.")
        raise InvalidError(said, {field: [said]})
    if len(words) > longest:
        said = _("Dit is te lang: hoogstens %(most)s tekens.", most=longest)
        raise InvalidError(said, {field: [said]})
    return words


def _record(actor: Actor, agenda: Agenda, action: str, changes: dict[str, list[object]]) -> None:
    audit.record(
        actor.id, f"agendas.{action}", agenda, on_behalf_of=actor.acting_for_id, changes=changes
    )
