"""Moderation: one queue for all content. Reported, judged by one, appealed to another.

Who reported stays unknown to the author. What is reported as data of pupils is out of sight at
once, in the same transaction, until somebody decides.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import case_news, cases, pupil_guard, reportables
from labapp.labs.case_states import DECISIONS, LAST_WORDS, MACHINE, WAITING, CaseAction
from labapp.labs.machine import lock
from labapp.labs.thread_models import (
    CaseDecision,
    CaseState,
    ModerationCase,
    Report,
    ReportReason,
)

LOCKED_FOR = timedelta(minutes=30)
APPEAL = timedelta(days=14)  # in which an author may ask for a second judgement
LONGEST = 4_000


def report(
    actor: Actor, name: str, reason: ReportReason, text: str = "", *, confirmed: bool = False
) -> ModerationCase:
    """Report something that one reads; once for each person and object."""
    actor.require_user()
    thing = reportables.find(actor, name)
    if reportables.is_author(actor, name):
        raise ForbiddenError(_("Dit schreef je zelf. Je kunt het wijzigen of weghalen."))
    _require_length(text, "text")
    pupil_guard.check(text, confirmed=confirmed)
    with transaction() as session:
        lock(thing)
        _require_first(actor, name)
        case = _open_case(name) or _add_case(name, thing)
        session.add(Report(case=case, reporter_id=actor.id, reason=reason, text=text.strip()))
        session.flush()
        if reason is ReportReason.PUPIL_DATA and not reportables.is_hidden(thing):
            kind, _number = reportables.kind_of(name)
            kind.set_hidden(Actor.system(), thing, True, _("Gemeld. Iemand kijkt het na."))
            case_news.tell_authors(actor, case, case_news.AT_ONCE_HIDDEN)
        case_news.tell_judges(Actor.system(), case)
        audit.record(actor.id, "moderation_cases.report", case, changes={"reason": reason.value})
    return case


def take(actor: Actor, case: ModerationCase) -> None:
    """Take a case for half an hour, so that no two people work on it at once.

    Whoever does not read the lab otherwise reads what was reported from then on: that is kept.
    """
    with transaction() as session:
        lock(case)
        if case.state not in WAITING or not cases.decides(actor, case):
            raise ForbiddenError(_("Over deze melding beslis jij niet."))
        _require_free(actor, case)
        case.locked_by_id, case.locked_until = actor.id, now() + LOCKED_FOR
        session.flush()
        audit.record(actor.id, "moderation_cases.take", case)
        if not reportables.may_read(actor, case.object):
            audit.record(
                actor.id, "moderation_cases.read", case,
                changes={"object": [None, case.object]},
                reason=", ".join(sorted({one.reason.value for one in case.reports})),
            )  # fmt: skip


def perform(
    actor: Actor,
    case: ModerationCase,
    action: CaseAction,
    *,
    version: int | None = None,
    reason: str = "",
    confirmed: bool = False,
) -> None:
    """Take a step with a case: decide, appeal, or have the last word."""
    _require_length(reason, "reason")
    with transaction():
        lock(case)
        MACHINE.require(actor, case, action)
        if action in DECISIONS or action in LAST_WORDS:
            _require_free(actor, case)
            _require_read(actor, case)
        pupil_guard.check(reason, confirmed=confirmed)
        values = _values(actor, action, reason.strip())
        MACHINE.perform(actor, case, action, version=version, reason=reason, values=values)
        _carry_out(actor, case, action, reason.strip())
        if action is CaseAction.APPEAL:
            case_news.tell_judges(actor, case)
        elif action is not CaseAction.EXPIRE:
            case_news.tell_authors(actor, case, case_news.DECIDED)
        if action in DECISIONS:
            case_news.tell_reporters(case)


def close_old() -> None:
    """Close what nobody appealed in time: from then on a decision is final."""
    old = select(ModerationCase).where(
        ModerationCase.state == CaseState.DECIDED, ModerationCase.decided_at < now() - APPEAL
    )
    for case in db.session.scalars(old.order_by(ModerationCase.id).limit(500)).all():
        perform(Actor.system(), case, CaseAction.EXPIRE)


def _values(actor: Actor, action: CaseAction, reason: str) -> dict[str, Any]:
    free = {"locked_by_id": None, "locked_until": None}
    if action in DECISIONS:
        return {
            **free, "decision": DECISIONS[action], "reason": reason, "decided_by_id": actor.id,
            "decided_at": now(),
        }  # fmt: skip
    if action is CaseAction.APPEAL:
        return {"appeal": reason, "appealed_at": now()}
    return {**free, "appeal_decided_by_id": actor.id} if action in LAST_WORDS else free


def _carry_out(actor: Actor, case: ModerationCase, action: CaseAction, reason: str) -> None:
    kind, _number = reportables.kind_of(case.object)
    thing = reportables.load(case.object)
    if action in (CaseAction.KEEP, CaseAction.OVERTURN):
        kind.set_hidden(actor, thing, False, reason)
    elif action is CaseAction.REMOVE and kind.remove is not None:
        kind.remove(actor, thing, reason)
    elif action in (CaseAction.HIDE, CaseAction.REMOVE):
        kind.set_hidden(actor, thing, True, reason)
    elif action in (CaseAction.UPHOLD, CaseAction.EXPIRE) and case.decision is CaseDecision.REMOVE:
        kind.erase(thing)
        db.session.flush()


def _require_first(actor: Actor, name: str) -> None:
    query = (
        select(Report.id)
        .join(ModerationCase, ModerationCase.id == Report.case_id)
        .where(ModerationCase.object == name, Report.reporter_id == actor.id)
    )
    if db.session.scalar(query.limit(1)) is not None:
        raise ConflictError(_("Je hebt dit al gemeld. Dank je wel."))


def _open_case(name: str) -> ModerationCase | None:
    query = select(ModerationCase).where(
        ModerationCase.object == name, ModerationCase.state.in_(WAITING)
    )
    return db.session.scalar(query.order_by(ModerationCase.id).limit(1))


def _add_case(name: str, thing: Any) -> ModerationCase:
    kind, _number = reportables.kind_of(name)
    authors = sorted(kind.authors(thing))
    case = ModerationCase(
        object=name, lab_id=kind.lab_id(thing), author_id=authors[0] if authors else None
    )
    db.session.add(case)
    db.session.flush()
    return case


def _require_free(actor: Actor, case: ModerationCase) -> None:
    if cases.is_held_by_other(actor, case):
        raise ConflictError(_("Iemand anders kijkt hier nu naar. Over een half uur is het vrij."))


def _require_read(actor: Actor, case: ModerationCase) -> None:
    if cases.must_take(actor, case):
        raise ConflictError(_("Pak de melding eerst op. Dan lees je wat er gemeld is."))


def _require_length(text: str, field: str) -> None:
    if len(text) > LONGEST:
        said = _("Schrijf hoogstens %(most)s tekens.", most=LONGEST)
        raise InvalidError(said, {field: [said]})
