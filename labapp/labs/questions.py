"""Questions: getting one, and each step from asking to an answer that helps."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit, links
from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import documents, machine, matching, policies, question_effects, reading
from labapp.labs.finding_models import Finding
from labapp.labs.question_effects import LONGEST_WAIT, Extras
from labapp.labs.question_models import Question, QuestionState, Turn
from labapp.labs.question_rights import is_asker
from labapp.labs.question_states import ANSWERED, OWN_WAY, QUESTION, QuestionAction
from labapp.labs.question_writing import QuestionInput, change_question, first_step
from labapp.labs.short_answers import GOOD_FOR
from labapp.links import LinkKind

LONGEST_STEP = 500
WHOLE = (
    joinedload(Question.asker),
    joinedload(Question.acting_for),
    joinedload(Question.broker),
    joinedload(Question.lab),
    joinedload(Question.merged_into),
)


def get_question(actor: Actor, question_id: int) -> Question:
    """Give a question that one may read; every page and resource gets questions here."""
    found = db.session.scalar(
        select(Question)
        .where(Question.id == question_id, reading.questions_visible_to(actor))
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError(_("Deze vraag bestaat niet, of je mag haar niet lezen."))
    return found


def perform(
    actor: Actor,
    question: Question,
    action: QuestionAction,
    *,
    version: int | None,
    extras: Extras | None = None,
) -> None:
    """Take a step with a question; `version` is the one that was read.

    Merging, an agenda and a finding take theirs by their own services.
    """
    if action in OWN_WAY:
        raise ForbiddenError(_("Dit mag je hier niet doen."))
    given = extras or Extras()
    if action is QuestionAction.LOOK and QUESTION.is_allowed(actor, question, action):
        found = matching.match_question(actor, question)  # before others must wait for us
        given = Extras(matches=found)
    take_step(actor, question, action, given, version=version)


def take_step(
    actor: Actor,
    question: Question,
    action: QuestionAction,
    extras: Extras,
    *,
    version: int | None = None,
) -> None:
    """Take any step, with all that goes with it, in the caller's transaction."""
    with transaction():
        machine.lock(question)
        new = QUESTION.require(actor, question, action)
        machine.require_version(question, version)
        values = question_effects.columns_of(actor, question, action, extras)
        values |= first_step(new)
        if extras.due_on is not None:
            values["next_step_due_on"] = extras.due_on
        QUESTION.perform(
            actor, question, action, version=version, reason=extras.reason, values=values
        )
        question_effects.follow_up(actor, question, action, extras)
        documents.put_question(question)


def look_with_theme(actor: Actor, question: Question, theme: str, *, version: int) -> None:
    """Choose the theme of a question while one looks what is there, and look again."""
    found = matching.match_question(actor, question, theme=theme)
    with transaction():
        take_step(actor, question, QuestionAction.REWRITE, Extras(), version=version)
        values = replace(QuestionInput.of(question), theme=theme)
        change_question(actor, question, values, version=question.version, confirmed=True)
        take_step(actor, question, QuestionAction.LOOK, Extras(matches=found))


def adopt(actor: Actor, question: Question, lab_id: int, *, version: int | None) -> None:
    """Take a question up in a lab that one leads."""
    extras = Extras(lab_id=lab_id)
    perform(actor, question, QuestionAction.ADOPT, version=version, extras=extras)


def mark_answered_by_finding(actor: Actor, question: Question, finding: Finding) -> None:
    """Say that a published finding answers a question, in the transaction that publishes it.

    The one who publishes tells everybody upstream; a question that has an answer keeps its state.
    """
    with transaction():
        card = f"cards:{finding.card_id}"
        links.connect(card, LinkKind.ANSWERS, name_of(question), actor_id=actor.id)
        machine.lock(question)
        if question.state is QuestionState.ADOPTED:
            take_step(actor, question, QuestionAction.ANSWER_BY_FINDING, Extras())


def can_expect(actor: Actor, question: Question) -> bool:
    """Whether one may say when the asker hears more: a broker, or a lead of the lab it is at."""
    if question.turn not in (Turn.BROKER, Turn.LAB):
        return False
    leads = question.lab is not None and policies.is_lead(actor, question.lab)
    return policies.is_broker(actor) or leads


def set_expectation(
    actor: Actor, question: Question, *, words: str, due_on: date | None, version: int
) -> None:
    """Say in words what comes next and by which day, so that nobody waits for nothing."""
    with transaction():
        machine.lock(question)
        if not can_expect(actor, question):
            raise ForbiddenError(_("Je kunt hier niet zeggen wat er nu komt."))
        machine.require_version(question, version)
        said = " ".join(words.split())
        fields = {}
        if len(said) > LONGEST_STEP:
            fields["words"] = [_("Dit is te lang: hoogstens %(most)s tekens.", most=LONGEST_STEP)]
        if due_on is None or not today() <= due_on <= today() + LONGEST_WAIT:
            fields["due_on"] = [_("Kies een dag die nog komt, binnen twee jaar.")]
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        old = question.next_step_due_on
        question.next_step, question.next_step_due_on = said, due_on
        question_effects.tell_expected(actor, question)
        audit.record(
            actor.id, "questions.expected", question, on_behalf_of=actor.acting_for_id,
            changes={"next_step_due_on": [old, due_on]},
        )  # fmt: skip


def tell_whether_helped(actor: Actor, question: Question, *, helped: bool, version: int) -> None:
    """Say of an answer whether it helped; when it did not, opening again needs what is missing."""
    with transaction():
        machine.lock(question)
        if not is_asker(actor, question):
            raise ForbiddenError(_("Alleen de steller zegt of het hielp."))
        machine.require_version(question, version)
        if question.answered_at is None or not QUESTION.leads_on(question, QuestionAction.REOPEN):
            raise ConflictError(_("Deze vraag heeft nu geen antwoord."))
        if helped and QUESTION.leads_on(question, QuestionAction.CONFIRM):
            take_step(actor, question, QuestionAction.CONFIRM, Extras())
            return
        question.helped = helped
        audit.record(
            actor.id, "questions.helped", question, on_behalf_of=actor.acting_for_id,
            changes={"helped": [None, helped]},
        )  # fmt: skip


def note_checked(actor: Actor, question: Question, *, version: int) -> None:
    """Say as a broker that the answer still holds, for another year."""
    with transaction():
        machine.lock(question)
        if not policies.is_broker(actor):
            raise ForbiddenError(_("Alleen een kennismakelaar kijkt antwoorden na."))
        machine.require_version(question, version)
        if question.state not in ANSWERED:
            raise ConflictError(_("Deze vraag heeft nu geen antwoord."))
        old, question.review_due_on = question.review_due_on, today() + GOOD_FOR
        audit.record(
            actor.id, "questions.checked", question, on_behalf_of=actor.acting_for_id,
            changes={"review_due_on": [old, question.review_due_on]},
        )  # fmt: skip
