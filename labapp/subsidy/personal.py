"""What hours keep about a person: for their download, and for their erasure.

Hours that were signed for are evidence of money. Until the years that they must be kept are over
an erasure is refused, with the day from which it can be asked again.
"""

from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.clock import today
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimSnapshot
from labapp.subsidy.declaration_snapshots import UNHASHED, number_of
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry, HourProposal
from labapp.subsidy.retention import kept_until
from labapp.subsidy.scheme_models import SchemeVersion


def export_personal(user_id: int) -> dict[str, Any]:
    """Give somebody's hours, what was proposed to them, and what they signed and approved."""
    session = db.session
    written = (
        select(HourEntry)
        .where(HourEntry.user_id == user_id)
        .options(joinedload(HourEntry.organisation))
        .order_by(HourEntry.work_date, HourEntry.id)
    )
    proposed = select(HourProposal).where(HourProposal.user_id == user_id).order_by(HourProposal.id)
    signed = select(Declaration).where(Declaration.user_id == user_id).order_by(Declaration.id)
    approved = select(Declaration).where(Declaration.approved_by_id == user_id)
    return {
        "hours": [
            {
                "id": e.id,
                "date": e.work_date.isoformat(),
                "minutes": e.minutes,
                "school": e.organisation.name,
                "activity": e.category.code,
                "description": e.description,
                "evidence": e.evidence,
                "registered_at": e.created_at.isoformat(),
            }
            for e in session.scalars(written)
        ],
        "proposals": [
            {"date": p.work_date.isoformat(), "minutes": p.minutes, "status": p.status.value,
             "description": p.description}
            for p in session.scalars(proposed)
        ],
        "declarations": [
            {"number": number_of(d), "state": d.state.value,
             "signed_at": d.signed_at.isoformat() if d.signed_at else None,
             "snapshot": d.snapshot}
            for d in session.scalars(signed)
        ],
        "approved": [
            number_of(d) for d in session.scalars(approved.order_by(Declaration.id))
        ],
    }  # fmt: skip


def erase_personal(user_id: int) -> None:
    """Remove what was never signed for; refuse while what was must be kept."""
    until = kept_for(user_id)
    if until is not None and until >= today():
        raise ConflictError(
            _(
                "Uren waarvoor getekend is, moeten bewaard blijven tot en met %(day)s. Daarna kun"
                " je dit opnieuw vragen.",
                day=dag(until, "d MMMM y"),
            )
        )
    with transaction() as session:
        session.execute(delete(HourProposal).where(HourProposal.user_id == user_id))
        mine = select(Declaration).where(Declaration.user_id == user_id).order_by(Declaration.id)
        for one in session.scalars(mine):
            if one.state is DeclarationState.OPEN and one.entries:
                changes = {entry.id: [entry.minutes, None] for entry in one.entries}
                for entry in list(one.entries):
                    session.delete(entry)
                session.flush()
                audit.record(None, "hours.erased", name_of(one), changes=changes)
            elif one.snapshot and UNHASHED in one.snapshot:
                one.snapshot = {k: v for k, v in one.snapshot.items() if k != UNHASHED}
        session.flush()


def kept_for(user_id: int) -> date | None:
    """Give the last day on which what somebody signed or approved must be kept, if anything."""
    signed = [_year_end(version) for version in _signed_versions(user_id)]
    claims = _claims_of(user_id)
    claimed = [kept_until(claim) or _year_end(claim.scheme_version) for claim in claims]
    return max([*signed, *claimed], default=None)


def _signed_versions(user_id: int) -> list[SchemeVersion]:
    signed = select(Declaration.scheme_version_id).where(
        or_(Declaration.user_id == user_id, Declaration.approved_by_id == user_id),
        Declaration.state != DeclarationState.OPEN,
    )
    return list(db.session.scalars(select(SchemeVersion).where(SchemeVersion.id.in_(signed))))


def _claims_of(user_id: int) -> list[Claim]:
    """Give the claims in which somebody's hours are, or which they submitted."""
    with_hours = (
        select(ClaimSnapshot.claim_id)
        .join(ClaimHour, ClaimHour.snapshot_id == ClaimSnapshot.id)
        .where(ClaimHour.user_id == user_id)
    )
    query = select(Claim).where(or_(Claim.id.in_(with_hours), Claim.submitted_by_id == user_id))
    return list(db.session.scalars(query))


def _year_end(version: SchemeVersion) -> date:
    """Give the last day on which hours of a school year are kept, when no claim says otherwise."""
    return date(version.valid_to.year + version.retention_years, 12, 31)
