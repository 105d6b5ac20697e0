"""After the years that they must be kept, hours lose their names and nothing else.

The years count from the end of the calendar year in which a claim was determined for the last
time, corrections included. That a name was taken out stands in the audit trail: only then may a
snapshot differ from its hash.
"""

from datetime import date
from pathlib import Path

from sqlalchemy import func, select, update

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE, today
from labapp.database import db, name_of, transaction
from labapp.subsidy.budget_models import BudgetEvent
from labapp.subsidy.claim_models import (
    Allocation,
    Claim,
    ClaimHour,
    ClaimLine,
    ClaimSnapshot,
    Decision,
    ExportRecord,
)
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.transitions import ENDED

SHREDDED = "claim.names_shredded"
NAMES = "names"  # of a declaration's snapshot: beside what is hashed
FOLDER = "exports"


def is_shredded(claim: Claim) -> bool:
    """Whether the names were taken out of a claim, as the trail says."""
    event = select(audit.AuditEvent.seq).where(
        audit.AuditEvent.action == SHREDDED, audit.AuditEvent.object == name_of(claim)
    )
    return db.session.scalar(event.limit(1)) is not None


def kept_until(claim: Claim) -> date | None:
    """Give the last day on which a claim keeps its names; None while it is not determined."""
    family = _family(claim)
    if any(one.state not in ENDED for one in family):
        return None
    determined = max(_determined_on(one) for one in family)
    return date(determined.year + claim.scheme_version.retention_years, 12, 31)


def shred_due(actor: Actor, instance: Path) -> list[str]:
    """Take the names out of every claim whose years are over; give the numbers of these."""
    claims = db.session.scalars(
        select(Claim).where(Claim.state.in_(ENDED), Claim.number.is_not(None)).order_by(Claim.id)
    ).all()
    day = today()
    due = []
    for claim in claims:
        until = kept_until(claim)
        if until is not None and until < day and not is_shredded(claim):
            due.append(claim.id)
    return [shred(actor, claim_id, instance) for claim_id in due]


def shred(actor: Actor, claim_id: int, instance: Path) -> str:
    """Take the names out of a claim, its declarations and the files kept of it."""
    with transaction() as session:
        claim = session.get_one(Claim, claim_id)
        of_claim = select(ClaimSnapshot.id).where(ClaimSnapshot.claim_id == claim.id)
        for model, values in (
            (ClaimHour, {"person_name": "", "approved_by": ""}),
            (ClaimLine, {"person_name": ""}),
        ):
            session.execute(update(model).where(model.snapshot_id.in_(of_claim)).values(**values))
        _shred_declarations(claim)
        files = set(
            session.scalars(
                select(ExportRecord.sha256).where(
                    ExportRecord.subject.startswith(f"{name_of(claim)}@", autoescape=True)
                )
            )
        )
        audit.record(actor.id, SHREDDED, claim, changes={"names": ["***", None]})
        number = str(claim.number)
    for sha256 in sorted(files):
        (instance / FOLDER / sha256).unlink(missing_ok=True)
    return number


def _shred_declarations(claim: Claim) -> None:
    """Take the names out of the declarations whose hours are in this claim alone."""
    session = db.session()
    declarations = session.scalars(
        select(Declaration)
        .where(
            Declaration.id.in_(
                select(HourEntry.declaration_id)
                .join(Allocation, Allocation.entry_id == HourEntry.id)
                .where(Allocation.claim_id == claim.id)
            )
        )
        .order_by(Declaration.id)
    ).all()
    for one in declarations:
        if one.snapshot and NAMES in one.snapshot:
            one.snapshot = {key: value for key, value in one.snapshot.items() if key != NAMES}
    session.flush()


def _family(claim: Claim) -> list[Claim]:
    """Give a claim with what it corrects and what corrects it."""
    root = claim.corrects_id or claim.id
    return list(
        db.session.scalars(select(Claim).where((Claim.id == root) | (Claim.corrects_id == root)))
    )


def _determined_on(claim: Claim) -> date:
    """Give the day on which a claim ended: paid or decided, else returned or submitted."""
    moved = db.session.scalar(
        select(func.max(BudgetEvent.at)).where(BudgetEvent.claim_id == claim.id)
    )
    decided = db.session.scalar(select(Decision.decided_at).where(Decision.claim_id == claim.id))
    moments = [claim.submitted_at, claim.returned_at, decided, moved, claim.created_at]
    return max(m.astimezone(LOCAL_ZONE).date() for m in moments if m is not None)
