"""Cases of moderation as somebody sees them: the queue, one case, decisions on what one wrote.

Who decides on something in a lab that one does not read, reads it only while one has taken the
case; until then kind, reason and age are enough to choose. Who wrote or reported something keeps
one's own words, one's own report and the decision, also after leaving the lab.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy import case as when
from sqlalchemy.orm import selectinload

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import policies, reportables
from labapp.labs.case_states import DECISIONS, LAST_WORDS, MACHINE, WAITING, CaseAction
from labapp.labs.lab_models import Lab
from labapp.labs.thread_models import ModerationCase, Report, ReportReason

PER_PAGE = 20
MOST = 50  # decisions on what one wrote


@dataclass(frozen=True)
class CaseView:
    """A case as somebody sees it.

    `text` is None for who may not read what it is about, or not yet (`must_take`); `reads` tells
    that one sees all of it, `reports` are all of them for who judges and else one's own.
    """

    actor: Actor
    case: ModerationCase
    words: str
    text: str | None
    judges: bool
    reads: bool
    must_take: bool
    is_author: bool
    is_hidden: bool
    actions: list[CaseAction]
    reports: list[Report]
    locked_by: User | None

    def text_of(self, report: Report) -> str:
        """Give what a reporter wrote beside the reason, to that person and who reads the case."""
        return report.text if self.reads or report.reporter_id == self.actor.id else ""

    @property
    def reason(self) -> str | None:
        """Why it was decided so: for the author, who reported it, who decided, who reads it."""
        decided_it = self.actor.id in (self.case.decided_by_id, self.case.appeal_decided_by_id)
        told = self.is_author or self.reads or self.has_reported or decided_it
        return self.case.reason if told and self.case.decision is not None else None

    @property
    def appeal(self) -> str:
        return self.case.appeal if self.is_author or self.reads else ""

    @property
    def has_reported(self) -> bool:
        return self.actor.id in {one.reporter_id for one in self.reports}


def get_case(actor: Actor, case_id: int) -> CaseView:
    """Give a case to who judges it, the office, who wrote it, and who reported it."""
    case = db.session.get(ModerationCase, case_id, options=[selectinload(ModerationCase.reports)])
    if case is None or actor.id is None:
        raise _gone()
    seen = view_of(actor, case)
    told = seen.is_author and (case.decision is not None or seen.is_hidden)
    if not (seen.judges or policies.is_office(actor) or told or seen.has_reported):
        raise _gone()
    return seen


def view_of(actor: Actor, case: ModerationCase) -> CaseView:
    """Give a case as somebody sees it, whoever that is."""
    with reportables.asked_once():
        return _view_of(actor, case)


def _view_of(actor: Actor, case: ModerationCase) -> CaseView:
    kind, _number = reportables.kind_of(case.object)
    thing = reportables.load(case.object)
    judges, is_author = (
        reportables.may_judge(actor, case.object), reportables.is_author(actor, case.object),
    )  # fmt: skip
    is_open = reportables.may_read(actor, case.object)
    held_by = holder(case)
    reads = judges and (is_open or held_by == actor.id)
    text = kind.text(thing) if reads or (is_author and is_open) else None
    if text is None and is_author and actor.id is not None:
        text = kind.own_words(thing, actor.id) or None
    return CaseView(
        actor=actor,
        case=case,
        words=str(kind.words),
        text=text,
        judges=judges,
        reads=reads,
        must_take=must_take(actor, case),
        is_author=is_author,
        is_hidden=reportables.is_hidden(thing),
        actions=_actions(actor, case),
        reports=[one for one in case.reports if judges or one.reporter_id == actor.id],
        locked_by=db.session.get(User, held_by) if held_by is not None else None,
    )


def list_queue(
    actor: Actor, *, page: int = 1, per_page: int = PER_PAGE
) -> tuple[list[CaseView], int]:
    """Give a page of what waits for a decision, and how much that is in all.

    Data of pupils come first, then what waits longest.
    """
    rule = _in_reach(actor)
    if rule is None:
        return [], 0
    about_pupils = exists().where(
        Report.case_id == ModerationCase.id, Report.reason == ReportReason.PUPIL_DATA
    )
    query = (
        select(ModerationCase)
        .where(ModerationCase.state.in_(WAITING), rule)
        .options(selectinload(ModerationCase.reports))
        .order_by(when((about_pupils, 0), else_=1), ModerationCase.id)
    )
    waiting = db.session.scalars(query).all()
    _things = reportables.load_all([case.object for case in waiting])  # at once, for what follows
    with reportables.asked_once():
        kept = [case for case in waiting if _is_for(actor, case)]
        some = kept[(page - 1) * per_page : page * per_page]
        return [view_of(actor, case) for case in some], len(kept)


def list_own(actor: Actor) -> list[ModerationCase]:
    """Give the decisions on what one wrote oneself, the newest first."""
    query = select(ModerationCase).where(
        ModerationCase.author_id == (actor.id or 0), ModerationCase.decision.is_not(None)
    )
    return list(db.session.scalars(query.order_by(ModerationCase.id.desc()).limit(MOST)))


def may_moderate(actor: Actor) -> bool:
    """Whether there is a queue for somebody."""
    return _in_reach(actor) is not None


def decides(actor: Actor, case: ModerationCase) -> bool:
    """Whether one may decide on a case as it stands now."""
    return any(_is_decision(action) for action in MACHINE.actions(actor, case))


def must_take(actor: Actor, case: ModerationCase) -> bool:
    """Whether one decides on what one reads only after taking the case, which is free now."""
    if holder(case) is not None or reportables.may_read(actor, case.object):
        return False
    return decides(actor, case)


def holder(case: ModerationCase) -> int | None:
    """Give the id of who has taken a case, for as long as that lasts."""
    is_held = case.locked_until is not None and case.locked_until > now()
    return case.locked_by_id if is_held else None


def is_held_by_other(actor: Actor, case: ModerationCase) -> bool:
    return holder(case) not in (None, actor.id)


def _actions(actor: Actor, case: ModerationCase) -> list[CaseAction]:
    if is_held_by_other(actor, case):
        return []
    waits = must_take(actor, case)
    return [one for one in MACHINE.actions(actor, case) if not (waits and _is_decision(one))]


def _is_decision(action: CaseAction) -> bool:
    return action in DECISIONS or action in LAST_WORDS


def _is_for(actor: Actor, case: ModerationCase) -> bool:
    """Whether a case stands in somebody's queue: the office knows of all but what is its own."""
    if policies.is_office(actor):
        return not reportables.is_author(actor, case.object)
    return reportables.may_judge(actor, case.object)


def _in_reach(actor: Actor) -> ColumnElement[bool] | None:
    """The cases that somebody may have to judge; None for who never does."""
    if actor.id is None:
        return None
    mine = select(Lab.id).where(policies.labs_led_by(actor) | policies.labs_looked_after_by(actor))
    if policies.is_office(actor):
        return true()
    if policies.is_broker(actor):
        readable = policies.in_readable_lab(actor, ModerationCase.lab_id)
        return or_(ModerationCase.lab_id.is_(None), readable)
    if db.session.scalar(mine.limit(1)) is None:
        return None
    return ModerationCase.lab_id.in_(mine)


def _gone() -> NotFoundError:
    return NotFoundError(_("Deze melding bestaat niet, of je mag haar niet zien."))
