"""Work of hours and subsidy that nobody waits for."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp.database import db, transaction
from labapp.jobs import services as jobs
from labapp.subsidy import hour_letters, reminders
from labapp.subsidy.declaration_states import Action
from labapp.subsidy.declarations import TELL
from labapp.subsidy.hour_models import Declaration


@jobs.handler(TELL)
def tell_decision(payload: dict[str, Any]) -> None:
    """Mail people that their declarations were approved, given back or opened again."""
    query = select(Declaration).where(Declaration.id.in_(payload["declarations"]))
    with transaction():
        for declaration in db.session.scalars(query.order_by(Declaration.id)):
            hour_letters.send_decision(declaration, Action(payload["action"]))


@jobs.handler("subsidy.reminders", every=timedelta(hours=6))
def remind_people(_payload: dict[str, Any]) -> None:
    """Remind people of hours to sign for, on the days for it; nobody twice on a day."""
    reminders.remind_people()


@jobs.handler("subsidy.approver_digest", every=timedelta(days=7))
def remind_approvers(_payload: dict[str, Any]) -> None:
    """Tell approvers what waits for them."""
    reminders.remind_approvers()
