"""What a claim would ask for if it were submitted now, and all that stands in its way."""

from sqlalchemy import select

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.subsidy import candidates, caps, claim_checks, claim_lines, corrections, ledger
from labapp.subsidy.claim_lines import Plan
from labapp.subsidy.claim_models import Claim, ClaimKind, ClaimState
from labapp.subsidy.problems import Problem
from labapp.subsidy.scheme_models import Grant, SchemeKind
from labapp.subsidy.transitions import VOID


def make_plan(claim: Claim) -> Plan:
    """Compute hours, lines and problems of a claim that can still change."""
    found = candidates.list_candidates(claim)
    entries = candidates.chosen(claim, found)
    kept = {entry.id for entry in entries}
    plan = Plan(entries=entries, left_out=[entry for entry in found if entry.id not in kept])
    plan.problems.extend(claim_checks.problems(claim, entries))
    if claim.kind is ClaimKind.CORRECTION:
        corrections.correction_lines(claim, plan)
    elif claim.scheme_version.kind is SchemeKind.HOURLY:
        claim_lines.hourly_lines(claim, plan)
        claim_lines.check_minutes(plan)
    else:
        claim_lines.evidence_lines(plan)
        claim_lines.check_minutes(plan)
        _add_instalment(claim, plan)
    if not plan.lines:
        words = _("Er zijn geen goedgekeurde uren om op te nemen.")
        plan.problems.append(Problem("no_hours", words))
    caps.apply(claim, plan)
    plan.number_lines()
    above = ledger.ceiling_problem(claim.scheme_version, plan.total_cents - reserved(claim))
    if above:
        plan.problems.append(above)
    return plan


def reserved(claim: Claim) -> int:
    """Give what the claim holds of the ceiling already: a returned one keeps it."""
    return claim.total_cents if claim.state is ClaimState.RETURNED else 0


def instalments(grant: Grant | None) -> list[int]:
    """Give the cents of each instalment; a grant without any is paid at once."""
    if grant is None:
        return []
    return [int(one["cents"]) for one in grant.instalments] or [grant.amount_cents]


def claimed_instalments(claim: Claim) -> set[int]:
    """Give the instalments of the branch's grant that other claims ask or had."""
    taken = select(Claim.instalment).where(
        Claim.scheme_version_id == claim.scheme_version_id,
        Claim.organisation_id == claim.organisation_id,
        Claim.id != claim.id,
        Claim.instalment.is_not(None),
        Claim.state.not_in([ClaimState.DRAFT, *VOID]),
    )
    return {number for number in db.session.scalars(taken) if number is not None}


def _add_instalment(claim: Claim, plan: Plan) -> None:
    grant = claim_checks.grant_of(claim)
    amounts = instalments(grant)
    if grant is None:
        words = _("Voor deze vestiging is geen verlening vastgelegd.")
        plan.problems.append(Problem("grant_missing", words))
    elif claim.instalment is None or not 1 <= claim.instalment <= len(amounts):
        words = _("Kies welke termijn van de verlening je claimt.")
        plan.problems.append(Problem("instalment_missing", words))
    else:
        if claim.instalment in claimed_instalments(claim):
            words = _("Deze termijn zit al in een andere claim.")
            plan.problems.append(Problem("instalment_claimed", words))
        line = claim_lines.instalment_line(claim, amounts[claim.instalment - 1])
        plan.lines.insert(0, line)
