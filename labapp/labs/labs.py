"""Labs: found, read, and moved from one state to the next."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import both_leads, documents, lab_events, lab_rights, policies, reading
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabState,
    MembershipKind,
    MembershipState,
)
from labapp.labs.lab_states import BOTH_LEADS, MACHINE, LabAction
from labapp.labs.living import may_count
from labapp.labs.machine import lock
from labapp.notifications import emitting

PER_PAGE = 20
RUNNING = (LabState.RECRUITING, LabState.ACTIVE, LabState.PAUSED, LabState.CONCLUDING)
NOT_LISTED = (LabState.REJECTED, LabState.WITHDRAWN)  # but under their own state


@dataclass(frozen=True, kw_only=True)
class LabQuery:
    """What a list of labs is asked for; empty is everything that one may see."""

    text: str = ""
    theme: str = ""
    sector: str = ""
    state: LabState | None = None
    mine: bool = False
    page: int = 1
    per_page: int = PER_PAGE


@dataclass(frozen=True)
class LabRow:
    """A lab in a list, with how many take part on each side."""

    lab: Lab
    schools: int
    institutions: int
    is_mine: bool


def get_lab(actor: Actor, lab_id: int) -> Lab:
    """Give a lab that one may know of."""
    query = select(Lab).where(Lab.id == lab_id, policies.labs_visible_to(actor))
    found = db.session.scalar(query)
    if found is None:
        raise NotFoundError(_("Dit lab bestaat niet, of je mag het niet zien."))
    return found


def get_readable_lab(actor: Actor, lab_id: int) -> Lab:
    """Give a lab whose discussion, rounds and drafts one may read."""
    lab = get_lab(actor, lab_id)
    if not policies.can_read(actor, lab):
        raise ForbiddenError(_("Wat er in dit lab staat, lees je zodra je meedoet."))
    return lab


def list_labs(actor: Actor, wanted: LabQuery) -> tuple[list[LabRow], int]:
    """Give a page of the labs that one may see, running ones first, and how many there are."""
    rule = policies.labs_visible_to(actor)
    mine = _mine(actor)
    query = select(Lab).where(rule, *_conditions(wanted, mine))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    is_running = Lab.state.in_(RUNNING)
    page = query.order_by(is_running.desc(), func.lower(Lab.title), Lab.id)
    start = (wanted.page - 1) * wanted.per_page
    found = list(db.session.scalars(page.limit(wanted.per_page).offset(start)))
    return _rows(found, mine), total


def _mine(actor: Actor) -> Select[int]:
    """The labs in which one has a role or an invitation to one."""
    return select(LabRole.lab_id).where(LabRole.user_id == actor.id, may_count(actor))


def _conditions(wanted: LabQuery, mine: Select[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    text = wanted.text.strip()
    if text:
        in_title = Lab.title.icontains(text, autoescape=True)
        found.append(or_(in_title, Lab.goal.icontains(text, autoescape=True)))
    if wanted.theme:
        found.append(Lab.theme == wanted.theme)
    if wanted.sector:
        found.append(cast(Lab.sectors, String).contains(f'"{wanted.sector}"', autoescape=True))
    if wanted.state is not None:
        found.append(Lab.state == wanted.state)
    else:
        found.append(Lab.state.not_in(NOT_LISTED))
    if wanted.mine:
        found.append(Lab.id.in_(mine))
    return found


def _rows(labs: list[Lab], mine: Select[int]) -> list[LabRow]:
    ids = [lab.id for lab in labs]
    if not ids:
        return []
    own = set(db.session.scalars(mine.where(LabRole.lab_id.in_(ids))))
    counts: dict[tuple[int, bool], int] = {}
    query = (
        select(LabMembership.lab_id, LabMembership.kind, func.count())
        .where(
            LabMembership.lab_id.in_(ids),
            LabMembership.state == MembershipState.ACTIVE,
            LabMembership.organisation_id.is_not(None),
            LabMembership.kind != MembershipKind.OBSERVER,
        )
        .group_by(LabMembership.lab_id, LabMembership.kind)
    )
    for lab_id, kind, number in db.session.execute(query):
        key = (lab_id, kind is MembershipKind.RESEARCH)
        counts[key] = counts.get(key, 0) + number
    return [
        LabRow(lab, counts.get((lab.id, False), 0), counts.get((lab.id, True), 0), lab.id in own)
        for lab in labs
    ]


def perform(
    actor: Actor,
    lab: Lab,
    action: LabAction,
    *,
    version: int | None,
    reason: str = "",
) -> bool:
    """Take a step, or propose one that both leads take; tell whether it was taken.

    The office pauses and resumes by itself. Who reads the lab may change with its state, and what
    the search knows with that.
    """
    with transaction():
        lock(lab)
        if action in BOTH_LEADS and policies.is_lead(actor, lab):
            MACHINE.check(actor, lab, action, version=version, reason=reason)
            if both_leads.agree(actor, lab, lab, action.value, reason=reason) is None:
                ask_other_side(actor, lab, action.value)
                return False
        before = reading.audience_of_lab(lab)
        MACHINE.perform(
            actor, lab, action, version=version, reason=reason, values=_moments(lab, action)
        )
        both_leads.drop(lab)
        if reading.audience_of_lab(lab) != before:
            documents.put_whole_lab(lab)
        _tell(actor, lab)
    return True


def refuse_proposal(actor: Actor, lab: Lab, *, reason: str = "") -> None:
    """Say no to what the other lead proposed, or take one's own proposal back."""
    with transaction():
        lock(lab)
        both_leads.refuse(actor, lab, lab, reason=reason)


def ask_other_side(actor: Actor, lab: Lab, action: str) -> None:
    """Tell the leads of the other side that they are asked, in the caller's transaction."""
    side = policies.lead_side(actor, lab)
    others = set(lab_rights.leads_of(lab.id)) - set(lab_rights.leads_of(lab.id, side))
    emitting.emit(actor, lab_events.BOTH_ASKED, lab, others, values={"action": action})


def _moments(lab: Lab, action: LabAction) -> dict[str, Any]:
    if action is LabAction.START:
        return {"started_at": lab.started_at or now()}
    return {"closed_at": now()} if action is LabAction.CLOSE else {}


def _tell(actor: Actor, lab: Lab) -> None:
    people = set(lab_rights.people_of(lab.id))
    if lab.proposed_by_id is not None:
        people.add(lab.proposed_by_id)
    emitting.emit(actor, lab_events.STEPPED, lab, people, values={"state": lab.state.value})
