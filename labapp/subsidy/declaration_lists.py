"""Lists of declarations: one's own by month, and those that wait for one's approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy import policies
from labapp.subsidy.declaration_snapshots import days_late
from labapp.subsidy.declarations import why_not_approve
from labapp.subsidy.hour_models import Declaration, DeclarationState
from labapp.subsidy.month_sums import minutes_by_declaration

LATE_DAYS = 10


@dataclass(frozen=True)
class Waiting:
    """A signed declaration, and why whoever looks cannot approve it (nothing: can)."""

    declaration: Declaration
    minutes: int
    late: int  # entries that were registered long after the day
    why_not: str | None


def list_own(actor: Actor) -> list[tuple[Declaration, int]]:
    """Give one's own declarations with their minutes, the newest month first."""
    query = select(Declaration).where(Declaration.user_id == actor.require_user().id)
    rows = list(db.session.scalars(_newest_first(query)))
    sums = minutes_by_declaration([one.id for one in rows])
    return [(one, sums.get(one.id, 0)) for one in rows]


def list_declarations(
    actor: Actor,
    *,
    state: DeclarationState | None = None,
    user_id: int | None = None,
    organisation_id: int | None = None,
    scheme_version_id: int | None = None,
    month: date | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[Declaration], int]:
    """Give the declarations that one may see, and how many there are."""
    wanted: list[ColumnElement[bool]] = [policies.declarations_visible_to(actor)]
    if state is not None:
        wanted.append(Declaration.state == state)
    if user_id is not None:
        wanted.append(Declaration.user_id == user_id)
    if organisation_id is not None:
        wanted.append(Declaration.organisation_id == organisation_id)
    if scheme_version_id is not None:
        wanted.append(Declaration.scheme_version_id == scheme_version_id)
    if month is not None:
        wanted.append(Declaration.month == month.replace(day=1))
    query = _newest_first(select(Declaration).where(*wanted)).limit(limit).offset(offset)
    total = db.session.scalar(select(func.count(Declaration.id)).where(*wanted))
    return list(db.session.scalars(query)), int(total or 0)


def list_waiting(actor: Actor) -> list[Waiting]:
    """Give what is signed at one's branches, what one can approve first."""
    query = (
        select(Declaration)
        .where(
            policies.declarations_visible_to(actor),
            Declaration.state == DeclarationState.SUBMITTED,
            Declaration.user_id != actor.id,
        )
        .options(joinedload(Declaration.user), selectinload(Declaration.entries))
        .order_by(Declaration.month, Declaration.organisation_id, Declaration.id)
    )
    signed = db.session.scalars(query).all()
    leaders = policies.leaders_among([(one.user_id, one.organisation_id) for one in signed])
    found = [_waiting(actor, one, leaders) for one in signed]
    return sorted(found, key=lambda one: one.why_not is not None)


def list_decided(actor: Actor, limit: int = 50) -> Sequence[Declaration]:
    """Give what was approved of late at one's branches."""
    query = (
        select(Declaration)
        .where(
            policies.declarations_visible_to(actor),
            Declaration.state == DeclarationState.APPROVED,
            Declaration.user_id != actor.id,
        )
        .options(joinedload(Declaration.user), joinedload(Declaration.approved_by))
        .order_by(Declaration.approved_at.desc(), Declaration.id.desc())
    )
    return db.session.scalars(query.limit(limit)).all()


def _waiting(actor: Actor, one: Declaration, leaders: set[tuple[int, int]]) -> Waiting:
    return Waiting(
        one,
        sum(entry.minutes for entry in one.entries),
        sum(days_late(entry) > LATE_DAYS for entry in one.entries),
        why_not_approve(actor, one, leaders),
    )


def _newest_first(query: Select[Declaration]) -> Select[Declaration]:
    return query.order_by(Declaration.month.desc(), Declaration.id.desc())
