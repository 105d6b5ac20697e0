"""What the page of a lab shows: its rounds, its next steps, what waits for whoever looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import both_leads, joining, lab_rights, memberships, policies, reading, roles
from labapp.labs.finding_models import Finding
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    LeadProposal,
    MembershipState,
)
from labapp.labs.lab_settings import WIDEN
from labapp.labs.lab_states import ACTION_WORDS, BOTH_LEADS, MACHINE, STATE_WORDS, LabAction
from labapp.labs.machine import list_steps
from labapp.labs.question_models import Question
from labapp.labs.round_models import Round, RoundPhase
from labapp.labs.thread_models import Thread

TONES = {
    LabState.PROPOSED: "sun", LabState.RECRUITING: "sky", LabState.ACTIVE: "ok",
    LabState.PAUSED: "sun", LabState.CONCLUDING: "plum",
}  # fmt: skip
NEXT = {
    LabState.PROPOSED: _l("Het programmabureau beoordeelt dit voorstel."),
    LabState.RECRUITING: _l("Zodra beide kanten klaar zijn, laat een trekker het lab beginnen."),
    LabState.ACTIVE: _l("Het lab werkt aan zijn rondes."),
    LabState.PAUSED: _l("Het lab ligt even stil. De trekkers laten het weer verdergaan."),
    LabState.CONCLUDING: _l("Het programmabureau sluit af als elke vraag een uitkomst heeft."),
    LabState.CLOSED: _l("Een jaar na het afsluiten gaat het lab naar het archief."),
    LabState.ARCHIVED: _l("Alles blijft te lezen; er verandert niets meer."),
    LabState.REJECTED: _l("Dit voorstel is afgewezen."),
    LabState.WITHDRAWN: _l("Dit voorstel is teruggenomen."),
}
RARE = (LabAction.REJECT, LabAction.WITHDRAW, LabAction.PAUSE, LabAction.CONCLUDE)
OTHER_STEPS = {
    "propose": _l("Voorgesteld"),
    "refuse_proposal": _l("Een voorstel van tafel"),
}


@dataclass(frozen=True)
class Possible:
    """A step that whoever looks can take or propose, and what is missing first."""

    action: str
    words: str
    missing: Sequence[str]
    asks_reason: bool
    is_shared: bool  # the other side must take it too
    is_confirmation: bool
    is_rare: bool  # folded away until it is wanted


@dataclass(frozen=True)
class Waiting:
    """What the other lead proposed, or one's own side did."""

    words: str
    who: str
    reason: str
    is_ours: bool
    since: datetime


def tabs(lab: Lab) -> list[tuple[str, str, bool, None]]:
    """Give the tabs of a lab for whoever asks; templates call it `lab_tabs(lab)`."""
    actor = current_actor()
    base = url_for("labs.show", lab_id=lab.id)
    reads = policies.can_read(actor, lab)
    works = reads and policies.works_in(actor, lab)
    wanted = (
        (_("Overzicht"), "", True),
        (_("Gesprekken"), "/gesprekken", reads),
        (_("Rondes"), "/rondes", reads),
        (_("Bevindingen"), "/bevindingen", reads),
        (_("Bijeenkomsten"), "/bijeenkomsten", works),
        (_("Wie meedoet"), "/leden", True),
        (_("Bord"), "/bord", reads),
        (_("Instellingen"), "/instellingen", lab_rights.can_set(actor, lab)),
    )
    return [
        (label, base + path, request.path == base + path, None)
        for label, path, is_shown in wanted
        if is_shown
    ]


def running_rounds(actor: Actor, lab: Lab) -> list[Round]:
    """Give the rounds that are under way: their phases lead the page."""
    done = (RoundPhase.CLOSED, RoundPhase.STOPPED)
    of_lab = (Round.lab_id == lab.id, Round.phase.not_in(done))
    query = select(Round).where(*of_lab, reading.rounds_visible_to(actor))
    return list(db.session.scalars(query.order_by(Round.id)))


def counts(actor: Actor, lab: Lab) -> dict[str, int]:
    """Give how much of each sort whoever looks may read in a lab."""
    asked = (
        ("questions", Question, Question.lab_id == lab.id, reading.questions_visible_to(actor)),
        ("threads", Thread, Thread.lab_id == lab.id, reading.threads_visible_to(actor)),
        ("findings", Finding, Finding.lab_id == lab.id, reading.findings_visible_to(actor)),
    )
    return {
        name: db.session.scalar(select(func.count()).select_from(model).where(of_lab, rule)) or 0
        for name, model, of_lab, rule in asked
    }


def questions_of(actor: Actor, lab: Lab) -> list[Question]:
    """Give the questions that a lab adopted, the newest first."""
    query = select(Question).where(Question.lab_id == lab.id, reading.questions_visible_to(actor))
    return list(db.session.scalars(query.order_by(Question.id.desc()).limit(10)))


def leads_of(lab: Lab) -> list[LabRole]:
    """Give the leads who accepted, practice first."""
    query = (
        select(LabRole)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            LabRole.lab_id == lab.id,
            LabRole.kind == LabRoleKind.LEAD,
            LabMembership.state == MembershipState.ACTIVE,
            policies.role_is_current(),
        )
        .options(
            joinedload(LabRole.user),
            joinedload(LabRole.membership).joinedload(LabMembership.organisation),
        )
        .order_by(LabRole.side, LabRole.id)
    )
    return list(db.session.scalars(query))


def possible_steps(actor: Actor, lab: Lab) -> list[Possible]:
    """Give the steps for whoever looks; what the other side proposed is taken by the same."""
    known = both_leads.proposal_of(lab)
    side = policies.lead_side(actor, lab)
    found = []
    for action in MACHINE.actions(actor, lab):
        is_shared = action in BOTH_LEADS and side is not None
        if known is not None and known.side is side and known.action == action.value:
            continue
        is_answer = known is not None and known.action == action.value and is_shared
        found.append(
            Possible(
                action.value,
                str(ACTION_WORDS[action]),
                MACHINE.missing(lab, action),
                action in MACHINE.reasons,
                is_shared,
                is_answer,
                action in RARE and not is_answer,
            )
        )
    return found


def waiting_proposal(actor: Actor, lab: Lab) -> Waiting | None:
    """Give what lies between the leads, for a lead."""
    side = policies.lead_side(actor, lab)
    known = both_leads.proposal_of(lab) if side is not None else None
    if known is None:
        return None
    return Waiting(
        _proposed(known),
        known.user.name if known.user else "",
        known.reason,
        known.side is side,
        known.created_at,
    )


def _proposed(known: LeadProposal) -> str:
    if known.action == WIDEN:
        return _("Laat meer mensen meelezen")
    return str(ACTION_WORDS[LabAction(known.action)])


def own_rows(actor: Actor, lab: Lab) -> list[LabMembership]:
    """Give the rows for which whoever looks says yes or no, and that wait or take part."""
    if not actor.is_signed_in:
        return []
    rows = memberships.list_memberships(actor, lab)
    return [row for row in rows if lab_rights.speaks_for_party(actor, row)]


def own_roles(actor: Actor, lab: Lab) -> list[LabRole]:
    """Give the leaderships of this lab that wait for whoever looks."""
    return [role for role in roles.list_own_waiting(actor) if role.lab_id == lab.id]


def can_ask(actor: Actor, lab: Lab) -> bool:
    return bool(joining.can_request(actor, lab))


def history(lab: Lab) -> list[tuple[datetime, str, str]]:
    """Give when a lab went to which state, and why: the reasons for who works in it."""
    found = []
    for step in list_steps(name_of(lab)):
        known = {state.value for state in LabState}
        words = OTHER_STEPS.get(step.action)
        if words is None and step.new_state in known:
            words = STATE_WORDS[LabState(step.new_state)]
        found.append((step.at, str(words or step.action), step.reason))
    return found
