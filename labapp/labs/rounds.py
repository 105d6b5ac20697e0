"""Rounds of research: begun with questions that the lab adopted, moved on by both leads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import (
    both_leads,
    documents,
    plans,
    policies,
    reading,
    round_events,
    round_rights,
    round_tasks,
    round_texts,
)
from labapp.labs.lab_models import Lab, LabRoleKind, LabState, LeadProposal, Side
from labapp.labs.machine import lock, note_step
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import Round, RoundDecision, RoundPhase, RoundQuestion
from labapp.labs.round_seal import seal_of
from labapp.labs.round_states import ENDED, MACHINE, RoundAction
from labapp.links import LinkKind, connect, disconnect
from labapp.notifications import emitting

TEXTS = ("title", "aim", "known_already", "diagnosis", "design", "result_data")
LONGEST = {"title": round_texts.LONGEST_TITLE}
LATEST_REVIEW = timedelta(days=5 * 366)
PROPOSED = "propose_"


def get_round(actor: Actor, round_id: int) -> Round:
    """Give a round of a lab that one may read."""
    query = (
        select(Round)
        .where(Round.id == round_id, policies.in_readable_lab(actor, Round.lab_id))
        .options(joinedload(Round.lab))
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFoundError(_("Deze ronde bestaat niet, of je mag haar niet zien."))
    return found


def list_rounds(actor: Actor, lab: Lab) -> list[Round]:
    """Give the rounds of a lab, the newest first."""
    query = (
        select(Round)
        .where(Round.lab_id == lab.id, policies.in_readable_lab(actor, Round.lab_id))
        .order_by(Round.id.desc())
    )
    return list(db.session.scalars(query))


def find_running(actor: Actor, lab: Lab) -> Round | None:
    """Give the round whose phases lead the page of a lab: the newest that has not ended."""
    query = (
        select(Round)
        .where(
            Round.lab_id == lab.id,
            Round.phase.not_in(ENDED),
            policies.in_readable_lab(actor, Round.lab_id),
        )
        .order_by(Round.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def get_lab_of_rounds(actor: Actor, lab_id: int) -> Lab:
    """Give a lab in which one may read."""
    query = select(Lab).where(Lab.id == lab_id, policies.labs_readable_by(actor))
    found = db.session.scalar(query)
    if found is None:
        raise NotFoundError(_("Dit lab bestaat niet, of je mag het niet zien."))
    return found


def list_questions(actor: Actor, one: Round) -> list[Question]:
    """Give the questions that a round works on, as far as one may read them."""
    query = (
        select(Question)
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .where(RoundQuestion.round_id == one.id, reading.questions_visible_to(actor))
        .order_by(RoundQuestion.id)
    )
    return list(db.session.scalars(query))


def list_adopted(actor: Actor, lab: Lab) -> list[Question]:
    """Give the questions that a lab adopted and that wait for an answer."""
    query = (
        select(Question)
        .where(
            Question.lab_id == lab.id,
            Question.state == QuestionState.ADOPTED,
            reading.questions_visible_to(actor),
        )
        .order_by(Question.id)
    )
    return list(db.session.scalars(query))


def can_create(actor: Actor, lab: Lab) -> bool:
    return lab.state is LabState.ACTIVE and policies.is_lead(actor, lab)


def create_round(
    actor: Actor,
    lab: Lab,
    values: Mapping[str, str],
    question_ids: Collection[int],
    *,
    confirmed: bool = False,
) -> Round:
    """Begin a round with questions that the lab adopted; a lead of either side does."""
    round_rights.require_lead(actor, lab)
    texts = round_texts.clean(values, confirmed=confirmed, longest=LONGEST)
    round_texts.require_title(texts.get("title", ""))
    with transaction() as session:
        lock(lab)
        if lab.state is not LabState.ACTIVE:
            raise ConflictError(_("Een ronde begint in een lab dat loopt."))
        adopted = {question.id for question in list_adopted(actor, lab)}
        wanted = sorted(set(question_ids))
        if not wanted or not set(wanted) <= adopted:
            words = _("Kies een vraag die dit lab heeft opgepakt.")
            raise InvalidError(words, {"questions": [words]})
        one = Round(lab_id=lab.id, created_by_id=actor.id, **texts)
        session.add(one)
        session.flush()
        _connect(actor, one, wanted)
        documents.put_round(one)
        people = session.scalars(policies.members_of(lab.id))
        emitting.emit(actor, round_events.CREATED, one, people, about=lab)
        note_step(actor, one, "create", "", one.phase.value)
    return one


def change_round(
    actor: Actor,
    one: Round,
    values: Mapping[str, str],
    *,
    version: int,
    checked: bool | None = None,
    confirmed: bool = False,
) -> Round:
    """Change texts of a round; `checked`: one looked for what is known already."""
    texts = round_texts.clean(values, confirmed=confirmed, longest=LONGEST)
    if "title" in texts:
        round_texts.require_title(texts["title"])
    with transaction() as session:
        lock(one)
        round_rights.require_work(actor, one.lab)
        round_rights.require_open(one)
        round_texts.require_same(one, version, texts)
        changed = [name for name, text in texts.items() if getattr(one, name) != text]
        for name in changed:
            setattr(one, name, texts[name])
        if checked is not None and checked is not (one.known_checked_at is not None):
            one.known_checked_at = now() if checked else None
            changed.append("known_checked_at")
        if changed:
            session.flush()
            documents.put_round(one)
            audit.record(
                actor.id, "rounds.changed", one, on_behalf_of=actor.acting_for_id,
                changes={"texts": [None, changed]},
            )  # fmt: skip
    return one


def take_decision(
    actor: Actor,
    one: Round,
    *,
    decision: RoundDecision,
    reason: str,
    review_due_on: date | None,
    version: int,
    confirmed: bool = False,
) -> Round:
    """Write down what was decided; both leads agree to it when they close the round."""
    text = round_texts.clean({"decision_reason": reason}, confirmed=confirmed)["decision_reason"]
    fields: dict[str, list[str]] = {}
    if not text:
        fields["decision_reason"] = [_("Schrijf op waarom.")]
    if review_due_on is None or not today() < review_due_on <= today() + LATEST_REVIEW:
        fields["review_due_on"] = [_("Kies een dag in de komende vijf jaar.")]
    with transaction() as session:
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        if one.phase is not RoundPhase.DECIDE:
            raise ConflictError(_("Een besluit neem je in de fase Besluiten."))
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        values = {"decision": decision, "decision_reason": text, "review_due_on": review_due_on}
        round_texts.require_same(one, version, values)
        old = one.decision.value if one.decision else None
        for name, value in values.items():
            setattr(one, name, value)
        session.flush()
        audit.record(
            actor.id, "rounds.decided", one, on_behalf_of=actor.acting_for_id, reason=text,
            changes={"decision": [old, decision.value]},
        )  # fmt: skip
    return one


def review_decision(
    actor: Actor, one: Round, *, review_due_on: date | None, note: str, version: int
) -> Round:
    """Look again at what was decided, once its date came, and say when to look next."""
    text = round_texts.clean({"note": note}, confirmed=True)["note"]
    fields: dict[str, list[str]] = {}
    if not text:
        fields["note"] = [_("Schrijf op wat jullie zagen.")]
    if review_due_on is None or not today() < review_due_on <= today() + LATEST_REVIEW:
        fields["review_due_on"] = [_("Kies een dag in de komende vijf jaar.")]
    with transaction():
        lock(one)
        round_rights.require_lead(actor, one.lab)
        if one.phase is not RoundPhase.CLOSED:
            raise ConflictError(_("Er is nog geen besluit om opnieuw te bekijken."))
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        round_texts.require_same(one, version, {"review_due_on": review_due_on})
        one.review_due_on = review_due_on
        phase = one.phase.value
        note_step(actor, one, "review", phase, phase, reason=text)
    return one


def add_question(actor: Actor, one: Round, question_id: int) -> None:
    """Let a round work on another question that the lab adopted."""
    with transaction():
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        if question_id not in {question.id for question in list_adopted(actor, one.lab)}:
            words = _("Kies een vraag die dit lab heeft opgepakt.")
            raise InvalidError(words, {"question_id": [words]})
        if question_id not in {link.question_id for link in one.questions}:
            _connect(actor, one, [question_id])


def remove_question(actor: Actor, one: Round, question_id: int) -> None:
    """Let a round leave a question; the last one stays."""
    with transaction() as session:
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        link = next((link for link in one.questions if link.question_id == question_id), None)
        if link is None:
            raise NotFoundError(_("Deze vraag hoort niet bij de ronde."))
        if len(one.questions) == 1:
            raise ConflictError(_("Een ronde houdt ten minste één vraag."))
        session.delete(link)
        disconnect(f"questions:{question_id}", LinkKind.STUDIED_BY, name_of(one))
        audit.record(
            actor.id, "rounds.question_removed", one, on_behalf_of=actor.acting_for_id,
            changes={"question_id": [question_id, None]},
        )  # fmt: skip


def proposal_of(one: Round) -> LeadProposal | None:
    """Give the step that one side proposed, unless what was agreed on changed since then."""
    known = both_leads.proposal_of(one)
    return known if known is not None and known.values.get("seal") == seal_of(one) else None


def perform(
    actor: Actor, one: Round, action: RoundAction, *, version: int, reason: str = ""
) -> bool:
    """Propose a step, or take the one that the other side proposed; tell whether it was taken.

    A proposal holds for what stood there: when texts, plan, sites, sheet or decision change, it
    lapses.
    """
    with transaction() as session:
        lock(one)
        known = proposal_of(one)
        if known is None:
            both_leads.drop(one)
        elif known.action == action.value:
            reason = reason.strip() or known.reason
        MACHINE.check(actor, one, action, version=version, reason=reason)
        round_rights.require_running(one.lab)
        values = {"seal": seal_of(one)}
        agreed = both_leads.agree(actor, one.lab, one, action.value, reason=reason, values=values)
        if agreed is None:
            _tell_other_side(actor, one, action)
            phase = one.phase.value
            note_step(actor, one, PROPOSED + action.value, phase, phase, reason=reason)
            return False
        _prepare(actor, one, action)
        both_leads.drop(one)
        cleared = {"decision": None, "decision_reason": "", "review_due_on": None}
        MACHINE.perform(
            actor, one, action, version=version, reason=reason,
            values={"phase_since": now(), **(cleared if action is RoundAction.ADAPT else {})},
        )  # fmt: skip
        documents.put_round(one)
        people = session.scalars(policies.members_of(one.lab_id))
        emitting.emit(
            actor, round_events.MOVED, one, people, about=one, values={"phase": one.phase.value}
        )
        return True


def refuse_step(actor: Actor, one: Round, *, reason: str = "") -> None:
    """Say no to what the other side proposed, with a reason, or take back one's own."""
    with transaction():
        lock(one)
        known = both_leads.proposal_of(one)
        is_own = known is not None and known.side is policies.lead_side(actor, one.lab)
        if known is not None and not is_own and not reason.strip():
            raise InvalidError(_("Schrijf op waarom."), {"reason": [_("Schrijf op waarom.")]})
        proposer = known.user_id if known else None
        both_leads.refuse(actor, one.lab, one, reason=reason)
        if proposer and not is_own:
            emitting.emit(actor, round_events.STEP_REFUSED, one, [proposer])


def _connect(actor: Actor, one: Round, question_ids: Sequence[int]) -> None:
    session = db.session()
    for number in question_ids:
        session.add(RoundQuestion(round_id=one.id, question_id=number, added_by_id=actor.id))
        connect(f"questions:{number}", LinkKind.STUDIED_BY, name_of(one), actor_id=actor.id)
    session.flush()
    audit.record(
        actor.id, "rounds.questions_added", one, on_behalf_of=actor.acting_for_id,
        changes={"question_ids": [None, list(question_ids)]},
    )  # fmt: skip


def _tell_other_side(actor: Actor, one: Round, action: RoundAction) -> None:
    side = policies.lead_side(actor, one.lab)
    other = Side.RESEARCH if side is Side.PRACTICE else Side.PRACTICE
    leads = db.session.scalars(policies.members_of(one.lab_id, other, LabRoleKind.LEAD)).all()
    if not leads:
        raise ConflictError(
            _("De andere kant heeft nu geen trekker. Zoek eerst een nieuwe trekker.")
        )
    emitting.emit(actor, round_events.STEP_PROPOSED, one, leads, values={"action": action.value})


def _prepare(actor: Actor, one: Round, action: RoundAction) -> None:
    """Do what goes with a step: the plan is frozen, what is no longer to be done is taken off."""
    if action is RoundAction.DETERMINE:
        plans.freeze(actor, one)
    if action in (RoundAction.CLOSE, RoundAction.STOP):
        round_tasks.cancel_open(one)
    if action is RoundAction.ADAPT:
        for site in one.sites:
            site.finished_on = None  # the work there goes on, with another design
