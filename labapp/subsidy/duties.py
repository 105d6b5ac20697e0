"""What waits for a person in hours and claims: the lines of "Jouw beurt" on the start page."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import today
from labapp.database import db
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry
from labapp.subsidy.proposals import list_open

SHOWN = 3


@dataclass(frozen=True)
class Duties:
    """What one person still has to do; each list is short, each number a whole count."""

    to_sign: list[tuple[int, date]]  # declarations of months that are over: id and month
    proposals: int
    to_approve: int
    returned: list[tuple[int, str]]  # claims to complete within fourteen days: id and number
    to_assess: int
    to_decide: int

    @property
    def any(self) -> bool:
        """Whether something waits."""
        lists = self.to_sign or self.returned
        return bool(lists or self.proposals or self.to_approve or self.to_assess or self.to_decide)


def list_duties(actor: Actor) -> Duties:
    """Give what waits for somebody, in a number of statements that does not grow."""
    user_id = actor.require_user().id
    in_office = policies.is_office(actor)
    controls = policies.organisations_of(actor, Role.BOARD_CONTROLLER)
    return Duties(
        to_sign=_to_sign(user_id),
        proposals=len(list_open(actor)),
        to_approve=_to_approve(actor, user_id),
        returned=_returned(controls),
        to_assess=_count_claims(Claim.state == ClaimState.SUBMITTED) if in_office else 0,
        to_decide=_count_claims(Claim.state == ClaimState.ASSESSED) if in_office else 0,
    )


def _to_sign(user_id: int) -> list[tuple[int, date]]:
    with_hours = select(HourEntry.id).where(HourEntry.declaration_id == Declaration.id).exists()
    rows = db.session.execute(
        select(Declaration.id, Declaration.month)
        .where(
            Declaration.user_id == user_id,
            Declaration.state == DeclarationState.OPEN,
            Declaration.month < today().replace(day=1),
            with_hours,
        )
        .order_by(Declaration.month, Declaration.id)
        .limit(SHOWN)
    )
    return [(row.id, row.month) for row in rows]


def _to_approve(actor: Actor, user_id: int) -> int:
    led = policies.organisations_of(actor, Role.SCHOOL_LEADER)
    if not led:
        return 0
    waiting = select(func.count(Declaration.id)).where(
        Declaration.organisation_id.in_(led),
        Declaration.state == DeclarationState.SUBMITTED,
        Declaration.user_id != user_id,
    )
    return int(db.session.scalar(waiting) or 0)


def _returned(boards: list[int]) -> list[tuple[int, str]]:
    if not boards:
        return []
    rows = db.session.execute(
        select(Claim.id, Claim.number)
        .where(Claim.board_id.in_(boards), Claim.state == ClaimState.RETURNED)
        .order_by(Claim.expires_at, Claim.id)
        .limit(SHOWN)
    )
    return [(row.id, row.number or "") for row in rows]


def _count_claims(wanted: ColumnElement[bool]) -> int:
    return int(db.session.scalar(select(func.count(Claim.id)).where(wanted)) or 0)
