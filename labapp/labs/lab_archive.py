"""What a lab holds, as one reader may read it: the content of its archive."""

from contextlib import suppress
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, User
from labapp.clock import now
from labapp.database import db, name_of
from labapp.errors import ForbiddenError, NotFoundError
from labapp.labs import attachments, memberships, policies, reading
from labapp.labs.finding_models import Finding, FindingVersion, Retraction
from labapp.labs.lab_models import Lab, LabMembership
from labapp.labs.machine import list_steps
from labapp.labs.question_models import Question
from labapp.labs.round_models import Activity, Round
from labapp.labs.thread_models import Attachment, Contribution, ContributionState, Thread

FORMAT = "labapp-lab"
FORMAT_VERSION = 1


def read_lab(actor: Actor, lab: Lab) -> dict[str, Any]:
    """Give all that an actor may read of a lab, as plain values for JSON."""
    works = policies.works_in(actor, lab)
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "made_at": now().isoformat(),
        "lab": _lab(lab),
        "members": [_member(row) for row in _members(actor, lab)],
        "steps": _steps(actor, lab),
        "questions": _questions(actor, lab),
        "threads": _threads(actor, lab),
        "rounds": [_round(one, works=works) for one in _rounds(actor, lab)],
        "activities": _activities(lab) if works else [],
        "findings": _findings(actor, lab),
    }


def list_files(actor: Actor, lab: Lab) -> list[Attachment]:
    """Give the files of a lab that one may read, by the rule of what each hangs on."""
    names = select(Attachment.object).where(Attachment.lab_id == lab.id).distinct()
    found: list[Attachment] = []
    for name in db.session.scalars(names):
        with suppress(NotFoundError, ForbiddenError):
            found += attachments.list_attachments(actor, name)
    return sorted(found, key=lambda one: one.id)


def _lab(lab: Lab) -> dict[str, Any]:
    return {
        "id": lab.id,
        "title": lab.title,
        "goal": lab.goal,
        "theme": lab.theme,
        "sectors": lab.sectors,
        "state": lab.state.value,
        "visibility": lab.visibility.value,
        "agreement": lab.agreement,
        "agreement_number": lab.agreement_number,
        "created_at": lab.created_at.isoformat(),
        "started_at": _moment(lab.started_at),
        "closed_at": _moment(lab.closed_at),
    }


def _members(actor: Actor, lab: Lab) -> list[LabMembership]:
    if not policies.can_see_members(actor, lab):
        return []
    return memberships.list_memberships(actor, lab)


def _member(row: LabMembership) -> dict[str, Any]:
    return {
        "party": row.party,
        "kind": row.kind.value,
        "school_year": row.school_year,
        "state": row.state.value,
        "people": [
            {
                "name": role.user.name,
                "role": role.kind.value,
                "side": role.side.value,
                "from": role.from_on.isoformat(),
                "until": role.until_on.isoformat() if role.until_on else None,
            }
            for role in row.roles
            if role.accepted_at is not None
        ],
    }


def _steps(actor: Actor, lab: Lab) -> list[dict[str, Any]]:
    """The history of the lab itself; who and why only for who works in it."""
    works = policies.works_in(actor, lab)
    return [
        {
            "at": step.at.isoformat(),
            "action": step.action,
            "from": step.old_state,
            "to": step.new_state,
            **({"by": _name(step.user), "reason": step.reason} if works else {}),
        }
        for step in list_steps(name_of(lab))
    ]


def _questions(actor: Actor, lab: Lab) -> list[dict[str, Any]]:
    query = (
        select(Question)
        .where(Question.lab_id == lab.id, reading.questions_visible_to(actor))
        .options(joinedload(Question.acting_for))
        .order_by(Question.id)
    )
    return [
        {
            "id": one.id,
            "title": one.title,
            "seen": one.seen,
            "groups": one.groups,
            "tried": one.tried,
            "decision": one.decision,
            "state": one.state.value,
            "school": _place(one.acting_for),
            "answer": one.answer,
            "submitted_at": _moment(one.submitted_at),
        }
        for one in db.session.scalars(query)
    ]


def _threads(actor: Actor, lab: Lab) -> list[dict[str, Any]]:
    query = select(Thread).where(Thread.lab_id == lab.id, reading.threads_visible_to(actor))
    threads = list(db.session.scalars(query.order_by(Thread.id)))
    said: dict[int, list[dict[str, Any]]] = {thread.id: [] for thread in threads}
    contributions = (
        select(Contribution)
        .where(
            Contribution.thread_id.in_(sorted(said)),
            Contribution.state != ContributionState.HELD,
        )
        .options(joinedload(Contribution.author), joinedload(Contribution.acting_for))
        .order_by(Contribution.id)
    )
    for one in db.session.scalars(contributions):
        said[one.thread_id].append(_contribution(one))
    return [
        {
            "id": thread.id,
            "subject": thread.subject,
            "title": thread.title,
            "conclusion": thread.conclusion,
            "closed_at": _moment(thread.closed_at),
            "contributions": said[thread.id],
        }
        for thread in threads
    ]


def _contribution(one: Contribution) -> dict[str, Any]:
    """One contribution; of what was hidden or removed only that it was there."""
    base = {"id": one.id, "at": one.created_at.isoformat(), "state": one.state.value}
    if one.state is not ContributionState.POSTED:
        return base
    return {
        **base,
        "kind": one.kind.value,
        "author": _name(one.author),
        "for": _place(one.acting_for),
        "side": one.side.value if one.side else None,
        "reply_to": one.reply_to_id,
        "useful": one.is_useful,
        "body": one.body,
        "body_html": one.body_html,
    }


def _rounds(actor: Actor, lab: Lab) -> list[Round]:
    query = (
        select(Round)
        .where(Round.lab_id == lab.id, reading.rounds_visible_to(actor))
        .options(
            selectinload(Round.sites), selectinload(Round.plans), selectinload(Round.tasks),
            selectinload(Round.questions), joinedload(Round.privacy_sheet),
        )
        .order_by(Round.id)
    )  # fmt: skip
    return list(db.session.scalars(query).unique())


def _round(one: Round, *, works: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "aim": one.aim,
        "phase": one.phase.value,
        "known_already": one.known_already,
        "diagnosis": one.diagnosis,
        "design": one.design,
        "result_data": one.result_data,
        "decision": one.decision.value if one.decision else None,
        "decision_reason": one.decision_reason,
        "questions": [row.question_id for row in one.questions],
        "plans": [
            {"number": plan.number, "answers": plan.answers, "hash": plan.content_hash,
             "frozen_at": _moment(plan.frozen_at), "justification": plan.justification}
            for plan in one.plans
        ],
    }  # fmt: skip
    if works:
        found["sites"] = [
            {"school": _place(site.organisation), "kind": site.kind.value,
             "consent": site.consent.value, "stop_reason": site.stop_reason}
            for site in one.sites
        ]  # fmt: skip
        found["tasks"] = [
            {"title": task.title, "state": task.state.value, "collects_data": task.collects_data}
            for task in one.tasks
        ]
        sheet = one.privacy_sheet
        names = ("purpose", "data_list", "legal_ground", "retention", "who_sees")
        found["privacy_sheet"] = (
            {**{name: getattr(sheet, name) for name in names}, "state": sheet.state.value}
            if sheet
            else None
        )
    return found


def _activities(lab: Lab) -> list[dict[str, Any]]:
    query = select(Activity).where(Activity.lab_id == lab.id).order_by(Activity.held_on)
    return [
        {"title": one.title, "kind": one.kind.value, "held_on": one.held_on.isoformat(),
         "minutes": one.minutes, "state": one.state.value, "notes": one.notes}
        for one in db.session.scalars(query)
    ]  # fmt: skip


def _findings(actor: Actor, lab: Lab) -> list[dict[str, Any]]:
    gone = Finding.retraction.has(Retraction.done_at.is_not(None))  # its lab alone reads it
    stands = or_(~gone, policies.in_own_lab(actor, Finding.lab_id))
    rule = and_(reading.finding_versions_visible_to(actor), stands)
    query = (
        select(FindingVersion)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .where(Finding.lab_id == lab.id, rule)
        .options(selectinload(FindingVersion.signatures))
        .order_by(FindingVersion.finding_id, FindingVersion.number)
    )
    return [
        {"finding": one.finding_id, "number": one.number, "state": one.state.value,
         "content": one.content, "hash": one.content_hash, "licence": one.licence,
         "published_at": _moment(one.published_at),
         "signatures": [
             {"side": s.side.value, "name": s.name, "at": s.signed_at.isoformat()}
             for s in one.signatures if s.voided_at is None
         ]}
        for one in db.session.scalars(query)
    ]  # fmt: skip


def _moment(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def _name(user: User | None) -> str | None:
    return user.name if user else None


def _place(organisation: Organisation | None) -> str | None:
    return organisation.name if organisation else None
