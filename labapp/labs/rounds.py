"""Rounds of research: begun with questions that the lab adopted, moved on by both leads."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import (
    both_leads,
    documents,
    plans,
    policies,
    reading,
    round_events,
    round_questions,
    round_rights,
    round_tasks,
    round_texts,
)
from labapp.labs.lab_models import Lab, LabRoleKind, LabState, LeadProposal, Side
from labapp.labs.machine import lock, note_step
from labapp.labs.round_models import Round
from labapp.labs.round_seal import seal_of
from labapp.labs.round_states import ENDED, MACHINE, RoundAction
from labapp.notifications import emitting

TEXTS = ("title", "aim", "known_already", "diagnosis", "design", "result_data")
LONGEST = {"title": round_texts.LONGEST_TITLE}
PROPOSED = "propose_"


def get_round(actor: Actor, round_id: int) -> Round:
    """Give a round of a lab that one may read."""
    query = (
        select(Round)
        .where(Round.id == round_id, reading.rounds_visible_to(actor))
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
        .where(Round.lab_id == lab.id, reading.rounds_visible_to(actor))
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
            reading.rounds_visible_to(actor),
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
        adopted = {question.id for question in round_questions.list_adopted(actor, lab)}
        wanted = sorted(set(question_ids))
        if not wanted or not set(wanted) <= adopted:
            words = _("Kies een vraag die dit lab heeft opgepakt.")
            raise InvalidError(words, {"questions": [words]})
        one = Round(lab_id=lab.id, created_by_id=actor.id, **texts)
        session.add(one)
        session.flush()
        round_questions.connect_questions(actor, one, wanted)
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
        MACHINE.require(actor, one, action)
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
