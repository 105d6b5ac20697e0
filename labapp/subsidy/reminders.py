"""Who is reminded when: people of hours to sign for, approvers once a week of what waits."""

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import Update, func, select, update
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, Role, User
from labapp.clock import today
from labapp.database import db, transaction
from labapp.subsidy import hour_letters, policies
from labapp.subsidy.declaration_checks import last_day
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry

DAYS_BEFORE_END = 3
DAYS_AFTER_END = (3, 8)


def months_due(day: date) -> list[date]:
    """Give the months that people are reminded of on a day."""
    this = day.replace(day=1)
    due = [this] if day == last_day(this) - timedelta(days=DAYS_BEFORE_END) else []
    return [(this - timedelta(days=1)).replace(day=1), *due] if day.day in DAYS_AFTER_END else due


def remind_people() -> int:
    """Send a letter for each person and month with hours that wait for a signature."""
    day, sent = today(), 0
    for month in months_due(day):
        for user_id, minutes in _waiting(month, day):
            with transaction() as session:
                session.execute(_mark(user_id, month, day))
                user = session.get_one(User, user_id)
                hour_letters.send_reminder(user, month, minutes)
                sent += 1
    return sent


def _waiting(month: date, day: date) -> list[tuple[int, int]]:
    """Give who has open hours in a month, and how many minutes; not who heard of it today."""
    rows = db.session.execute(
        select(Declaration.user_id, func.sum(HourEntry.minutes))
        .join(HourEntry, HourEntry.declaration_id == Declaration.id)
        .where(
            Declaration.month == month,
            Declaration.state == DeclarationState.OPEN,
            Declaration.reminded_on.is_(None) | (Declaration.reminded_on < day),
        )
        .group_by(Declaration.user_id)
        .order_by(Declaration.user_id)
    )
    return [(user_id, int(minutes)) for user_id, minutes in rows]


def _mark(user_id: int, month: date, day: date) -> Update:
    return (
        update(Declaration)
        .where(
            Declaration.user_id == user_id,
            Declaration.month == month,
            Declaration.state == DeclarationState.OPEN,
        )
        .values(reminded_on=day)
        .execution_options(synchronize_session=False)
    )


def remind_approvers() -> int:
    """Let each approver know how many declarations wait; called once a week."""
    counts = _counts_by_approver()
    with transaction() as session:
        for user_id, count in sorted(counts.items()):
            hour_letters.send_digest(session.get_one(User, user_id), count)
    return len(counts)


def _counts_by_approver() -> dict[int, int]:
    waiting = db.session.scalars(
        select(Declaration)
        .where(Declaration.state == DeclarationState.SUBMITTED)
        .options(selectinload(Declaration.entries))
    ).all()
    actors = _approvers({one.organisation for one in waiting})
    counts: dict[int, int] = defaultdict(int)
    for one in waiting:
        for actor in actors[one.organisation_id]:
            if actor.id is not None and policies.can_approve(actor, one):
                counts[actor.id] += 1
    return counts


def _approvers(branches: set[Organisation]) -> dict[int, list[Actor]]:
    """Give for each branch its leaders and the controllers of its board, of today."""
    places = {b.id for b in branches} | {b.board_id for b in branches if b.board_id}
    held = select(Affiliation).where(
        Affiliation.organisation_id.in_(places),
        Affiliation.role.in_((Role.SCHOOL_LEADER, Role.BOARD_CONTROLLER)),
    )
    day = today()
    at: dict[int | None, set[User]] = defaultdict(set)
    for one in db.session.scalars(held.options(joinedload(Affiliation.user))):
        if one.is_active_on(day) and one.user.active:
            at[one.organisation_id].add(one.user)
    return {b.id: [Actor.of(user) for user in at[b.id] | at[b.board_id]] for b in branches}
