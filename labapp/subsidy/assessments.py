"""What the programme does with a submitted claim: return, assess, decide; and what expires.

It is the programme's own decision, or the registration of the one of the subsidy's grantor; never
that decision itself.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import claims, four_eyes, ledger, policies, snapshots, submission, transitions
from labapp.subsidy import reductions as reducing
from labapp.subsidy.budget_models import Budget, BudgetEventType
from labapp.subsidy.claim_models import (
    Assessment,
    Claim,
    ClaimHour,
    ClaimSnapshot,
    ClaimState,
    Decision,
    ReductionReason,
)
from labapp.subsidy.reductions import Reduction
from labapp.subsidy.transitions import ClaimAction

TIME_TO_COMPLETE = timedelta(days=14)
LONGEST_TEXT = 4_000


@dataclass(frozen=True)
class Ruling:
    """What is decided: nothing taken off, something, or (`is_rejected`) everything."""

    reductions: Sequence[Reduction] = ()
    is_rejected: bool = False
    reusable: bool = False  # of a rejection: the hours may be claimed again
    text: str = ""
    external_number: str = ""
    external_date: date | None = None
    reason: ReductionReason = field(default=ReductionReason.NOT_ELIGIBLE)  # of a rejection


def return_claim(actor: Actor, claim: Claim, reason: str, *, version: int) -> None:
    """Ask the board to change something; it keeps its hours and reservation for 14 days."""
    claim_id, version_id = claim.id, claim.scheme_version_id
    words = _checked(reason, "reason", required=True)
    with ledger.money_transaction():
        ledger.lock(version_id)
        claim = _of_office(actor, claim_id, version)
        four_eyes.require_assessor(actor, claim)
        claim.state = transitions.after(claim, ClaimAction.RETURN)
        claim.returned_at, claim.return_reason = now(), words
        claim.expires_at = now() + TIME_TO_COMPLETE
        audit.record(
            actor.id, "claim.returned", claim, on_behalf_of=actor.acting_for_id, reason=words
        )


def assess(
    actor: Actor, claim: Claim, proposed: Sequence[Reduction], text: str, *, version: int
) -> Assessment:
    """Propose what to take off each line, with reasons; another person decides."""
    claim_id, version_id = claim.id, claim.scheme_version_id
    words = _checked(text, "text")
    with ledger.money_transaction() as session:
        ledger.lock(version_id)
        claim = _of_office(actor, claim_id, version)
        four_eyes.require_assessor(actor, claim)
        state = transitions.after(claim, ClaimAction.ASSESS)
        snapshot = current_snapshot(claim)
        reducing.check(snapshots.lines_of(snapshot), proposed)
        made = Assessment(
            claim_id=claim.id,
            snapshot_id=snapshot.id,
            reductions=[one.as_json() for one in proposed],
            text=words,
            assessed_by_id=actor.require_user().id,
        )
        session.add(made)
        claim.state = state
        audit.record(
            actor.id, "claim.assessed", claim, on_behalf_of=actor.acting_for_id, reason=words,
            changes={"reduced_cents": [None, sum(one.cents for one in proposed)]},
        )  # fmt: skip
    return made


def decide(actor: Actor, claim: Claim, ruling: Ruling, *, version: int) -> Decision:
    """Grant, grant in part or reject; who took part in the claim before does not decide.

    What is granted is committed, the rest of the reservation released. Hours become free only where
    the decision says so.
    """
    claim_id, version_id = claim.id, claim.scheme_version_id
    words = _checked(ruling.text, "text", required=ruling.is_rejected)
    with ledger.money_transaction() as session:
        budget = ledger.lock(version_id)
        claim = _of_office(actor, claim_id, version)
        four_eyes.require_decider(actor, claim)
        snapshot = current_snapshot(claim)
        taken = _taken_off(snapshot, ruling)
        granted = claim.total_cents - sum(one.cents for one in taken)
        action = _action(ruling, taken)
        state = transitions.after(claim, action)
        if action is ClaimAction.GRANT_PART and granted == 0:
            raise InvalidError(_("Er blijft niets over: wijs de claim af."))
        made = Decision(
            claim_id=claim.id,
            snapshot_id=snapshot.id,
            outcome=state.value,
            granted_cents=0 if ruling.is_rejected else granted,
            reductions=[one.as_json() for one in taken],
            text=words,
            external_number=ruling.external_number.strip(),
            external_date=ruling.external_date,
            decided_by_id=actor.require_user().id,
        )
        session.add(made)
        session.flush()
        _settle_reservation(actor, budget, claim, made)
        claim.state, claim.granted_cents = state, made.granted_cents
        _free_hours(claim, snapshot, ruling, taken)
        audit.record(
            actor.id, f"claim.{state.value}", claim, on_behalf_of=actor.acting_for_id, reason=words,
            changes={"granted_cents": [None, made.granted_cents]},
        )  # fmt: skip
    return made


def expire_claims() -> int:
    """End the returned claims whose fourteen days are over, each by itself; give how many."""
    due = select(Claim.id, Claim.scheme_version_id).where(
        Claim.state == ClaimState.RETURNED, Claim.expires_at <= now()
    )
    count = 0
    for claim_id, version_id in db.session.execute(due).all():
        with suppress(ConflictError):  # it was submitted again meanwhile
            _expire(claim_id, version_id)
            count += 1
    return count


def current_snapshot(claim: Claim) -> ClaimSnapshot:
    """Give the claim as it was last submitted."""
    return db.session.scalars(
        select(ClaimSnapshot).where(
            ClaimSnapshot.claim_id == claim.id, ClaimSnapshot.revision == claim.revision
        )
    ).one()


def assessment_of(claim: Claim) -> Assessment | None:
    """Give the proposal about the claim as it stands."""
    return db.session.scalar(
        select(Assessment)
        .where(Assessment.claim_id == claim.id)
        .order_by(Assessment.id.desc())
        .limit(1)
    )


def decision_of(claim: Claim) -> Decision | None:
    return db.session.scalar(select(Decision).where(Decision.claim_id == claim.id))


def _of_office(actor: Actor, claim_id: int, version: int) -> Claim:
    """Give a claim for the office to work on; who may not see it does not find it."""
    claims.get_claim(actor, claim_id)
    claim = submission.locked(claim_id)
    if not policies.is_office(actor):
        raise ForbiddenError(_("Alleen het programmabureau beoordeelt claims en beslist."))
    if not actor.may("claims:assess"):
        raise ForbiddenError(_("Dit token mag geen claims beoordelen."))
    claims.require_version(claim, version)
    return claim


def _expire(claim_id: int, version_id: int) -> None:
    actor = Actor.system()
    with ledger.money_transaction():
        budget = ledger.lock(version_id)
        claim = submission.locked(claim_id)
        if claim.expires_at is None or now() < claim.expires_at:
            raise ConflictError(_("Deze claim is nog niet verlopen."))
        claim.state = transitions.after(claim, ClaimAction.EXPIRE)
        submission.let_go(actor, budget, claim)
        audit.record(None, "claim.expired", claim)


def _taken_off(snapshot: ClaimSnapshot, ruling: Ruling) -> list[Reduction]:
    """Give the reductions of a ruling; of a rejection that is all there is."""
    lines = snapshots.lines_of(snapshot)
    if not ruling.is_rejected:
        reducing.check(lines, ruling.reductions)
        return list(ruling.reductions)
    return [
        Reduction(line.number, line.cents, ruling.reason, reusable=ruling.reusable)
        for line in lines
    ]


def _action(ruling: Ruling, taken: Sequence[Reduction]) -> ClaimAction:
    if ruling.is_rejected:
        return ClaimAction.REJECT
    return ClaimAction.GRANT_PART if taken else ClaimAction.GRANT


def _settle_reservation(actor: Actor, budget: Budget, claim: Claim, decision: Decision) -> None:
    released = claim.total_cents - decision.granted_cents
    for kind, cents in (
        (BudgetEventType.RELEASE, released),
        (BudgetEventType.COMMIT, decision.granted_cents),
    ):
        ledger.move(budget, kind, cents, actor_id=actor.id, claim=claim)


def _free_hours(
    claim: Claim, snapshot: ClaimSnapshot, ruling: Ruling, taken: Sequence[Reduction]
) -> None:
    if ruling.is_rejected:
        if ruling.reusable:
            submission.release_hours(claim.id)
        return
    lines = [one.line for one in taken if one.reusable]
    if lines:
        held = select(ClaimHour.entry_id).where(
            ClaimHour.snapshot_id == snapshot.id, ClaimHour.line_number.in_(lines)
        )
        submission.release_hours(claim.id, list(db.session.scalars(held)))


def _checked(text: str, name: str, *, required: bool = False) -> str:
    words = text.strip()
    if required and not words:
        raise InvalidError(_("Zeg waarom."), {name: [_("Zeg waarom.")]})
    if len(words) > LONGEST_TEXT:
        too_long = _("Schrijf hoogstens 4000 tekens.")
        raise InvalidError(too_long, {name: [too_long]})
    return words
