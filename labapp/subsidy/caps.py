"""The most that may be claimed: per person, branch, board and grant, in a scheme's school year.

What was used is the minutes of all hours in claims (reversals count down), over all schools and
boards, less what a trimming cap took; or the cents that claims ask or were granted.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy import money
from labapp.subsidy.candidates import ACTIVE
from labapp.subsidy.claim_checks import grant_of
from labapp.subsidy.claim_lines import Line, Plan
from labapp.subsidy.claim_models import (
    Allocation,
    Claim,
    ClaimKind,
    ClaimLine,
    ClaimSnapshot,
    ClaimState,
    Decision,
)
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.problems import Problem
from labapp.subsidy.scheme_models import CapScope, CapUnit, OverCapPolicy, SchemeVersion
from labapp.subsidy.transitions import VOID

WORDS = {
    CapScope.PERSON_YEAR: _l("per persoon"),
    CapScope.BRANCH_YEAR: _l("per vestiging"),
    CapScope.BOARD_YEAR: _l("per bestuur"),
    CapScope.GRANT: _l("van de verlening"),
}
ORDER = list(CapScope)
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Limit:
    """A cap as it meets a claim: for one person, or (None) for the claim as a whole."""

    scope: CapScope
    unit: CapUnit
    value: int
    user_id: int | None = None
    name: str = ""


def apply(claim: Claim, plan: Plan) -> None:
    """Note each cap that the plan goes beyond; under a trimming scheme take the minutes off."""
    trims = (
        claim.scheme_version.over_cap_policy is OverCapPolicy.TRIM
        and claim.kind is ClaimKind.NORMAL
    )
    for limit in _limits(claim, plan):
        lines = [
            line for line in plan.lines if limit.user_id is None or line.user_id == limit.user_id
        ]
        by_minutes = limit.unit is CapUnit.MINUTES
        requested = sum(line.minutes if by_minutes else line.cents for line in lines)
        used = _used(claim, limit)
        over = min(used + requested - limit.value, requested)
        if over <= 0:
            continue
        if trims and by_minutes:
            _trim(plan, lines, over)
        else:
            plan.problems.append(_exceeded(limit, used, requested))


def family(version: SchemeVersion) -> ColumnElement[bool]:
    """The condition that a claim is of the same scheme and school year."""
    same = select(SchemeVersion.id).where(
        SchemeVersion.scheme_id == version.scheme_id,
        SchemeVersion.school_year == version.school_year,
    )
    return Claim.scheme_version_id.in_(same)


def _limits(claim: Claim, plan: Plan) -> Iterator[Limit]:
    grant = grant_of(claim)
    people = {line.user_id: line.person_name for line in plan.lines if line.user_id is not None}
    caps = sorted(claim.scheme_version.caps, key=lambda cap: (ORDER.index(cap.scope), cap.id))
    for cap in caps:
        if cap.scope is CapScope.PERSON_YEAR:
            for user_id, name in sorted(people.items()):
                yield Limit(cap.scope, cap.unit, cap.value, user_id, name)
        elif cap.scope is not CapScope.GRANT or grant is not None:
            yield Limit(cap.scope, cap.unit, cap.value)
    if grant is not None:
        yield Limit(CapScope.GRANT, CapUnit.CENTS, grant.amount_cents)


def _others(claim: Claim, limit: Limit) -> ColumnElement[bool]:
    """The condition on Claim: other claims that count under the same cap."""
    same = {
        CapScope.PERSON_YEAR: family(claim.scheme_version),
        CapScope.BRANCH_YEAR: and_(
            family(claim.scheme_version), Claim.organisation_id == claim.organisation_id
        ),
        CapScope.BOARD_YEAR: and_(family(claim.scheme_version), Claim.board_id == claim.board_id),
        CapScope.GRANT: and_(  # also what was claimed before the grant was registered
            Claim.scheme_version_id == claim.scheme_version_id,
            Claim.organisation_id == claim.organisation_id,
        ),
    }
    return and_(same[limit.scope], Claim.id != claim.id)


def _used(claim: Claim, limit: Limit) -> int:
    others = _others(claim, limit)
    if limit.unit is CapUnit.MINUTES:
        return _used_minutes(others, limit)
    if limit.user_id is not None:
        return _used_cents_of(others, limit.user_id)
    asked = func.coalesce(Claim.granted_cents, Claim.total_cents)
    return _sum(select(func.sum(asked)).where(others, _asks()))


def _used_minutes(others: ColumnElement[bool], limit: Limit) -> int:
    held = (
        select(func.sum(Allocation.minutes))
        .join(Allocation.claim)
        .where(others, ACTIVE)
    )  # fmt: skip
    trimmed = _current_lines(select(func.sum(ClaimLine.minutes)), others).where(
        ClaimLine.is_cap_adjustment
    )
    if limit.user_id is not None:
        held = held.join(Allocation.entry).where(HourEntry.user_id == limit.user_id)
        trimmed = trimmed.where(ClaimLine.user_id == limit.user_id)
    return _sum(held) + _sum(trimmed)


def _used_cents_of(others: ColumnElement[bool], user_id: int) -> int:
    lines = db.session.execute(
        _current_lines(select(Claim.id, ClaimLine.number, ClaimLine.cents), others).where(
            ClaimLine.user_id == user_id
        )
    ).all()
    taken_off: dict[tuple[int, int], int] = defaultdict(int)
    decisions = select(Decision).where(Decision.claim_id.in_({row.id for row in lines}))
    for decision in db.session.scalars(decisions):
        for reduction in decision.reductions:
            taken_off[decision.claim_id, reduction["line"]] += reduction["cents"]
    return sum(row.cents - taken_off[row.id, row.number] for row in lines)


def _current_lines(query: Query, others: ColumnElement[bool]) -> Query:
    """Take the lines of claims that ask something, as they were last submitted."""
    return (
        query.select_from(ClaimLine)
        .join(ClaimSnapshot, ClaimSnapshot.id == ClaimLine.snapshot_id)
        .join(
            Claim,
            and_(Claim.id == ClaimSnapshot.claim_id, Claim.revision == ClaimSnapshot.revision),
        )
        .where(others, _asks())
    )


def _asks() -> ColumnElement[bool]:
    return Claim.state.not_in([ClaimState.DRAFT, *VOID])


def _sum(query: Select[Any]) -> int:
    return int(db.session.scalar(query) or 0)


def _trim(plan: Plan, lines: list[Line], over: int) -> None:
    """Take minutes off by negative lines, from the latest hours back; each key rounded once."""
    latest_first = sorted(
        (line for line in lines if line.user_id is not None and not line.is_cap_adjustment),
        key=lambda line: (line.period_to, line.key),
        reverse=True,
    )
    for line in latest_first:
        same = [one for one in plan.lines if one.key == line.key]
        left = sum(one.minutes for one in same)
        taken = min(over, left)
        if taken <= 0:
            continue
        asked = sum(one.cents for one in same)
        allowed = money.cents(left - taken, line.rate_cents, line.percentage_bp)
        plan.lines.append(
            replace(line, minutes=-taken, cents=allowed - asked, is_cap_adjustment=True)
        )
        over -= taken


def _exceeded(limit: Limit, used: int, requested: int) -> Problem:
    remaining = max(0, limit.value - used)
    words = {
        "limit": _amount(limit.unit, limit.value),
        "used": _amount(limit.unit, used),
        "asked": _amount(limit.unit, requested),
        "left": _amount(limit.unit, remaining),
        "scope": str(WORDS[limit.scope]),
    }
    message = _(
        "Het maximum %(scope)s is %(limit)s. Daarvan is %(used)s gebruikt; je vraagt %(asked)s"
        " en er is nog %(left)s over.",
        **words,
    )
    figures: dict[str, Any] = {
        "scope": limit.scope.value, "unit": limit.unit.value, "limit": limit.value,
        "used": used, "requested": requested, "remaining": remaining,
    }  # fmt: skip
    if limit.user_id is not None:
        figures["user_id"] = limit.user_id
        message = f"{limit.name}: {message}"
    return Problem("cap_exceeded", message, figures)


def _amount(unit: CapUnit, value: int) -> str:
    if unit is CapUnit.CENTS:
        return "€ " + money.decimal_text(value)
    try:
        return _("%(hours)s uur", hours=money.hours_text(value))
    except ValueError:  # a cap need not be exact in hours
        return _("%(minutes)s minuten", minutes=value)
