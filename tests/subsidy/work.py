"""Hours and declarations, made through the models in the order that the database allows."""

from datetime import date

from labapp.clock import now
from labapp.database import db
from labapp.subsidy.declaration_snapshots import hash_of, make_snapshot
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry

MONTH = date(2026, 9, 1)


def declare(user, branch, category, minutes, *, by=None, submit=True, month=MONTH, **extra):
    """Give a declaration with an entry on each day; approved when `by` somebody."""
    version = category.scheme_version
    one = Declaration(
        user_id=user.id, organisation_id=branch.id, scheme_version_id=version.id, month=month,
        seq=extra.pop("seq", 1),
    )  # fmt: skip
    db.session.add(one)
    db.session.flush()
    for day, amount in enumerate(minutes, 1):
        entry = HourEntry(
            user_id=user.id, organisation_id=branch.id, scheme_version_id=version.id,
            category_id=category.id, declaration_id=one.id, work_date=month.replace(day=day),
            minutes=amount, created_by_id=user.id, touched_by=[user.id], **extra,
        )  # fmt: skip
        db.session.add(entry)
    db.session.commit()
    if submit:
        one.snapshot = make_snapshot(one, one.entries, user.affiliations)
        one.snapshot_sha256 = hash_of(one.snapshot)
        one.state, one.signed_at, one.signed_by_id = DeclarationState.SUBMITTED, now(), user.id
        db.session.commit()
    if by is not None:
        one.state, one.approved_at, one.approved_by_id = DeclarationState.APPROVED, now(), by.id
        db.session.commit()
    return one
