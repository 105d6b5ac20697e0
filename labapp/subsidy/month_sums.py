"""Sums beside the week: what stands in the month, and how much of the year's maximum is used."""

from collections.abc import Collection

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.contexts import Context
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.scheme_models import Cap, CapScope, CapUnit


def minutes_by_declaration(ids: Collection[int]) -> dict[int, int]:
    """Give the minutes on each declaration."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(HourEntry.declaration_id, func.sum(HourEntry.minutes))
        .where(HourEntry.declaration_id.in_(ids))
        .group_by(HourEntry.declaration_id)
    )
    return {number: int(minutes) for number, minutes in rows}


def year_use(actor: Actor, context: Context) -> tuple[int, int | None]:
    """Give one's minutes under a scheme, wherever worked, and the most that can be claimed."""
    used = db.session.scalar(
        select(func.coalesce(func.sum(HourEntry.minutes), 0)).where(
            HourEntry.user_id == actor.require_user().id,
            HourEntry.scheme_version_id == context.version.id,
        )
    )
    most = db.session.scalar(
        select(Cap.value).where(
            Cap.scheme_version_id == context.version.id,
            Cap.scope == CapScope.PERSON_YEAR,
            Cap.unit == CapUnit.MINUTES,
        )
    )
    return int(used or 0), most
