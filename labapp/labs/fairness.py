"""Fair and fresh: how practice and research share in a lab, and what was not checked for long.

Every figure is counted from what stands in the lab; nothing is estimated. A share of nothing is
None, not zero.
"""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, or_, select

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db, name_of
from labapp.labs import policies, reading
from labapp.labs.finding_models import Finding, FindingVersion, Signature
from labapp.labs.lab_models import Lab, LabMembership, LabRole, MembershipState, Side, Step
from labapp.labs.question_models import Question
from labapp.labs.round_models import Round, RoundPhase, RoundQuestion, RoundTask, TaskState
from labapp.labs.thread_models import Contribution, ContributionState, Thread

SECONDS_IN_HOUR = 3600
MOST_SHOWN = 100


@dataclass(frozen=True)
class Share:
    """How many of something came from each side; `neither` from no side (guests, brokers)."""

    practice: int
    research: int
    neither: int = 0

    @property
    def of_practice(self) -> float | None:
        """The part of practice among both sides, from 0 to 1."""
        both = self.practice + self.research
        return self.practice / both if both else None


@dataclass(frozen=True)
class Late:
    """Something of which the day on which it would be looked at again is over."""

    name: str
    title: str
    since: date


@dataclass(frozen=True)
class Board:
    """The figures of a lab on one day."""

    reply_hours: float | None  # median, of conversations that were answered
    answered: int
    unanswered: int
    requests: int
    open_tasks: int
    late_tasks: int
    orphaned_tasks: int  # of who no longer takes part
    to_agree: int
    contributions: Share
    signatures: Share
    steps: Share
    questions: int
    questions_in_rounds: int
    not_checked: list[Late]

    @property
    def open_duties(self) -> int:
        return self.requests + self.open_tasks + self.to_agree


def board_of(actor: Actor, lab: Lab) -> Board:
    """Count the figures of a lab that somebody may read, in a fixed number of statements.

    What was not checked is named as far as that reader may read it.
    """
    answered, unanswered = _reply_times(lab)
    open_tasks, late_tasks, orphaned = _tasks(lab)
    requests, to_agree = _waiting(lab)
    questions, in_rounds = _questions(lab)
    return Board(
        reply_hours=median(answered) if answered else None,
        answered=len(answered),
        unanswered=unanswered,
        requests=requests,
        open_tasks=open_tasks,
        late_tasks=late_tasks,
        orphaned_tasks=orphaned,
        to_agree=to_agree,
        contributions=_contributions(lab),
        signatures=_signatures(lab),
        steps=_steps(lab),
        questions=questions,
        questions_in_rounds=in_rounds,
        not_checked=_not_checked(actor, lab),
    )


def _reply_times(lab: Lab) -> tuple[list[float], int]:
    """Give the hours until another person answered each conversation, and how many wait."""
    first = func.min(Contribution.created_at)
    query = (
        select(Thread.created_at, first)
        .outerjoin(
            Contribution,
            and_(
                Contribution.thread_id == Thread.id,
                Contribution.state == ContributionState.POSTED,
                or_(
                    Thread.starter_id.is_(None),
                    Contribution.author_id.is_(None),
                    Contribution.author_id != Thread.starter_id,
                ),
            ),
        )
        .where(Thread.lab_id == lab.id)
        .group_by(Thread.id, Thread.created_at)
    )
    hours, waiting = [], 0
    for started, replied in db.session.execute(query):
        if replied is None:
            waiting += 1
        else:
            hours.append(_hours(started, replied))
    return hours, waiting


def _hours(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() / SECONDS_IN_HOUR)


def _tasks(lab: Lab) -> tuple[int, int, int]:
    """Give the open tasks, those that are late, and those whose owner left."""
    is_late = RoundTask.due_on < today()
    members = policies.members_of(lab.id)
    is_orphan = and_(RoundTask.owner_id.is_not(None), RoundTask.owner_id.not_in(members))
    row = db.session.execute(
        select(_count(), _count(is_late), _count(is_orphan))
        .select_from(RoundTask)
        .join(Round, Round.id == RoundTask.round_id)
        .where(Round.lab_id == lab.id, RoundTask.state.in_((TaskState.PLANNED, TaskState.OPEN)))
    ).one()
    return row[0], row[1], row[2]


def _waiting(lab: Lab) -> tuple[int, int]:
    """Give the requests to answer, and who did not agree to the text that holds now."""
    is_request = LabMembership.state == MembershipState.REQUESTED
    disagrees = and_(
        LabMembership.state == MembershipState.ACTIVE,
        or_(
            LabMembership.agreement_number.is_(None),
            LabMembership.agreement_number != lab.agreement_number,
        ),
    )
    row = db.session.execute(
        select(_count(is_request), _count(disagrees)).where(LabMembership.lab_id == lab.id)
    ).one()
    return row[0], row[1]


def _contributions(lab: Lab) -> Share:
    query = (
        select(Contribution.side, func.count())
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(Thread.lab_id == lab.id, Contribution.state == ContributionState.POSTED)
        .group_by(Contribution.side)
    )
    return _share(query)


def _signatures(lab: Lab) -> Share:
    """Signatures that hold; one that was given by silence counts for nobody."""
    query = (
        select(Signature.side, func.count())
        .join(FindingVersion, FindingVersion.id == Signature.finding_version_id)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .where(
            Finding.lab_id == lab.id,
            Signature.voided_at.is_(None),
            Signature.is_silent.is_(False),
        )
        .group_by(Signature.side)
    )
    return _share(query)


def _steps(lab: Lab) -> Share:
    """Decisions on the lab and its rounds, by the side on which who took them stood."""
    rounds = select(literal("rounds:") + cast(Round.id, String)).where(Round.lab_id == lab.id)
    query = (
        select(LabRole.side, func.count(Step.id.distinct()))
        .join(LabRole, and_(LabRole.user_id == Step.user_id, LabRole.lab_id == lab.id))
        .where(or_(Step.object == name_of(lab), Step.object.in_(rounds)))
        .group_by(LabRole.side)
    )
    return _share(query)


def _share(query: Select[Any, int]) -> Share:
    """Read numbers by side."""
    counts = {side: number for side, number in db.session.execute(query)}  # noqa: C416
    known = {side: counts.get(side, 0) for side in Side}
    return Share(known[Side.PRACTICE], known[Side.RESEARCH], counts.get(None, 0))


def _questions(lab: Lab) -> tuple[int, int]:
    """Give the questions that the lab adopted, and those of them that a round works on."""
    in_round = (
        select(RoundQuestion.id)
        .join(Round, Round.id == RoundQuestion.round_id)
        .where(RoundQuestion.question_id == Question.id, Round.lab_id == lab.id)
        .correlate(Question)
        .exists()
    )
    row = db.session.execute(select(_count(), _count(in_round)).where(Question.lab_id == lab.id))
    first, second = row.one()
    return first, second


def _not_checked(actor: Actor, lab: Lab) -> list[Late]:
    """Give the findings, rounds and questions whose day of review is over, the oldest first."""
    found: list[Late] = []
    sorts: tuple[tuple[Any, ColumnElement[bool]], ...] = (
        (Finding, and_(Finding.published_at.is_not(None), reading.findings_visible_to(actor))),
        (Round, and_(Round.phase == RoundPhase.CLOSED, reading.rounds_visible_to(actor))),
        (
            Question,
            and_(Question.answered_at.is_not(None), reading.questions_visible_to(actor)),
        ),
    )
    for model, rule in sorts:
        query = (
            select(model)
            .where(model.lab_id == lab.id, model.review_due_on < today(), rule)
            .order_by(model.review_due_on, model.id)
            .limit(MOST_SHOWN)
        )
        found += [
            Late(name_of(row), row.title, row.review_due_on) for row in db.session.scalars(query)
        ]
    return sorted(found, key=lambda late: late.since)


def _count(rule: ColumnElement[bool] | None = None) -> ColumnElement[int]:
    return func.count() if rule is None else func.count().filter(rule)
