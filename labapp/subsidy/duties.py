"""What waits for a person in hours and claims: the lines of "Jouw beurt" on the start page."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import today
from labapp.database import Model, db
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.hour_models import (
    Declaration,
    DeclarationState,
    HourEntry,
    HourProposal,
    ProposalStatus,
)

SHOWN = 50


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
    office = policies.is_office(actor)
    return Duties(
        to_sign=_to_sign(user_id),
        proposals=_count(
            HourProposal,
            policies.proposals_visible_to(actor),
            HourProposal.status == ProposalStatus.OPEN,
        ),
        to_approve=_count(
            Declaration,
            policies.declarations_approvable_by(actor),
            Declaration.state == DeclarationState.SUBMITTED,
        ),
        returned=_returned(actor),
        to_assess=_count_claims(actor, ClaimState.SUBMITTED) if office else 0,
        to_decide=_count_claims(actor, ClaimState.ASSESSED) if office else 0,
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


def _returned(actor: Actor) -> list[tuple[int, str]]:
    boards = policies.organisations_of(actor, Role.BOARD_CONTROLLER)
    if not boards:
        return []
    rows = db.session.execute(
        select(Claim.id, Claim.number)
        .where(
            policies.claims_visible_to(actor),
            Claim.board_id.in_(boards),
            Claim.state == ClaimState.RETURNED,
        )
        .order_by(Claim.expires_at, Claim.id)
        .limit(SHOWN)
    )
    return [(row.id, row.number or "") for row in rows]


def _count_claims(actor: Actor, state: ClaimState) -> int:
    return _count(Claim, policies.claims_visible_to(actor), Claim.state == state)


def _count(model: type[Model], *wanted: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*wanted)) or 0
