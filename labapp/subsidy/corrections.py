"""Claims that correct a decided one, by the delta method with its frozen rates (spec 3.8).

For each line: what the minutes that are left are worth, less what was granted for it before. So
repeated corrections leave no cent behind, and a reduction by the programme is not paid out or
taken back a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.subsidy import claim_lines, money
from labapp.subsidy.candidates import ACTIVE
from labapp.subsidy.claim_lines import Key, Plan
from labapp.subsidy.claim_models import (
    Allocation,
    Claim,
    ClaimHour,
    ClaimLine,
    ClaimSnapshot,
    ClaimState,
    Decision,
)
from labapp.subsidy.hour_models import EntryKind, HourEntry
from labapp.subsidy.problems import Problem
from labapp.subsidy.rates import RateError, RateTable
from labapp.subsidy.scheme_models import SchemeKind
from labapp.subsidy.transitions import DECIDED, VOID

UNDER_WAY = (ClaimState.SUBMITTED, ClaimState.RETURNED, ClaimState.ASSESSED)


@dataclass
class Before:
    """What stands for one key: of the first claim, and after all corrections so far."""

    root_line: int | None = None
    root_minutes: int = 0
    root_granted: int = 0
    minutes: int = 0
    granted: int = 0
    reduced_later: int = 0  # by decisions on corrections

    def worth(self, minutes: int, rate_cents: int, percentage_bp: int) -> int:
        """Give what should stand when these minutes are left."""
        exact = money.cents(minutes, rate_cents, percentage_bp)
        more = exact - money.cents(self.root_minutes, rate_cents, percentage_bp)
        return min(exact, max(0, self.root_granted - self.reduced_later + max(0, more)))


def correction_lines(claim: Claim, plan: Plan) -> None:
    """Fill the plan of a correction with its lines."""
    if claim.scheme_version.kind is SchemeKind.FIXED:
        claim_lines.evidence_lines(plan)
    else:
        claim_lines.fill(plan, _priced(claim, plan))
    before = history(claim)
    for line in plan.lines:
        known = before.get(line.key, Before())
        left = known.minutes + line.minutes
        line.corrects_line = known.root_line
        if left < 0:
            plan.problems.append(claim_lines.below_zero(line.person_name))
            continue
        worth = known.worth(left, line.rate_cents, line.percentage_bp)
        line.cents = worth - known.granted
    plan.problems.extend(_state_problems(claim))


def history(claim: Claim) -> dict[Key, Before]:
    """Give by key what the corrected claim and its other corrections amount to."""
    rows = db.session.execute(
        select(Claim.id, ClaimLine)
        .join(ClaimSnapshot, ClaimSnapshot.id == ClaimLine.snapshot_id)
        .join(
            Claim,
            and_(Claim.id == ClaimSnapshot.claim_id, Claim.revision == ClaimSnapshot.revision),
        )
        .where(
            (Claim.id == claim.corrects_id) | (Claim.corrects_id == claim.corrects_id),
            Claim.id != claim.id,
            Claim.state.not_in([ClaimState.DRAFT, *VOID]),
        )
        .order_by(Claim.id, ClaimLine.number)
    ).all()
    reductions = reductions_of({row.id for row in rows})
    found: dict[Key, Before] = {}
    for claim_id, line in rows:
        key = claim_lines.key_of(
            line.user_id, line.category_code, line.rate_cents, line.percentage_bp
        )
        reduction = reductions.get((claim_id, line.number), 0)
        _add(found.setdefault(key, Before()), line, reduction, claim_id == claim.corrects_id)
    return found


def reductions_of(claim_ids: set[int]) -> dict[tuple[int, int], int]:
    """Give the cents that decisions took off, by claim and line number."""
    found: dict[tuple[int, int], int] = {}
    for decision in db.session.scalars(select(Decision).where(Decision.claim_id.in_(claim_ids))):
        for reduction in decision.reductions:
            place = decision.claim_id, reduction["line"]
            found[place] = found.get(place, 0) + reduction["cents"]
    return found


def list_corrections(claim: Claim) -> Sequence[Claim]:
    """Give the claims that correct this one, the oldest first."""
    return db.session.scalars(
        select(Claim).where(Claim.corrects_id == claim.id).order_by(Claim.id)
    ).all()


def _add(before: Before, line: ClaimLine, reduction: int, is_root: bool) -> None:
    before.minutes += line.minutes
    before.granted += line.cents - reduction
    if not is_root:
        before.reduced_later += reduction
        return
    before.root_minutes += line.minutes
    before.root_granted += line.cents - reduction
    if not line.is_cap_adjustment:
        before.root_line = line.number


def _priced(claim: Claim, plan: Plan) -> list[tuple[HourEntry, int, int]]:
    table = RateTable(claim.scheme_version.rates)
    frozen = _frozen_rates([one.corrects_id for one in plan.entries if one.corrects_id])
    found = []
    for entry in plan.entries:
        try:
            found.append((entry, *_rate(claim, table, entry, frozen)))
        except RateError as error:
            claim_lines.note_rate(plan, error)
    return found


def _rate(
    claim: Claim, table: RateTable, entry: HourEntry, frozen: Mapping[str, tuple[int, int]]
) -> tuple[int, int]:
    """Give rate and percentage: of a reversal those of what it takes back, as they were frozen."""
    if entry.kind is EntryKind.REVERSAL:
        known = frozen.get(entry.corrects_id or "")
        if known is not None:
            return known
        if entry.corrects is not None:
            return _rate(claim, table, entry.corrects, frozen)
    return claim_lines.rate_of(table, entry), claim.scheme_version.percentage_bp


def _frozen_rates(entry_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Give rate and percentage of the hours that a claim holds now, as they were submitted."""
    rows = db.session.execute(
        select(ClaimHour.entry_id, ClaimLine.rate_cents, ClaimLine.percentage_bp)
        .join(
            ClaimLine,
            and_(
                ClaimLine.snapshot_id == ClaimHour.snapshot_id,
                ClaimLine.number == ClaimHour.line_number,
            ),
        )
        .join(ClaimSnapshot, ClaimSnapshot.id == ClaimHour.snapshot_id)
        .join(
            Claim,
            and_(Claim.id == ClaimSnapshot.claim_id, Claim.revision == ClaimSnapshot.revision),
        )
        .join(
            Allocation,
            and_(Allocation.claim_id == Claim.id, Allocation.entry_id == ClaimHour.entry_id),
        )
        .where(ClaimHour.entry_id.in_(entry_ids), ACTIVE)
    )
    return {entry_id: (rate, percentage) for entry_id, rate, percentage in rows}


def _state_problems(claim: Claim) -> list[Problem]:
    problems = []
    if claim.corrects is None or claim.corrects.state not in DECIDED:
        problems.append(
            Problem("not_decided", _("Alleen een claim waarover beslist is kun je corrigeren."))
        )
    other = select(Claim.number).where(
        Claim.corrects_id == claim.corrects_id,
        Claim.id != claim.id,
        Claim.state.in_(UNDER_WAY),
    )
    number = db.session.scalar(other.limit(1))
    if number is not None:
        problems.append(
            Problem(
                "correction_open",
                _("Over de correctie %(number)s is nog niet beslist.", number=number),
            )
        )
    return problems
