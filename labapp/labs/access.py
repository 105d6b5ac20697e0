"""The office looks into a private lab: with a reason, for a day, and the leads are told."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import lab_events, lab_rights, policies
from labapp.labs.lab_models import Lab, LabAccess
from labapp.labs.membership_rows import require_text
from labapp.notifications import emitting

LASTS = timedelta(hours=24)


def look_into(actor: Actor, lab: Lab, reason: str) -> LabAccess:
    """Let one of the office read a lab for a day; it stands in the trail."""
    if not policies.is_office(actor) or actor.id is None:
        raise ForbiddenError(_("Meekijken doet het programmabureau, met een reden."))
    require_text("reason", reason)
    with transaction() as session:
        if policies.works_in(actor, lab):
            raise ConflictError(_("Je kunt dit lab nu al lezen."))
        access = LabAccess(
            lab_id=lab.id, user_id=actor.id, reason=reason.strip(), until_at=now() + LASTS
        )
        session.add(access)
        session.flush()
        emitting.emit(actor, lab_events.LOOKED_INTO, lab, lab_rights.leads_of(lab.id))
        audit.record(
            actor.id, "labs.looked_into", lab, changes={"until_at": [None, access.until_at]},
            on_behalf_of=actor.acting_for_id, reason=access.reason,
        )  # fmt: skip
    return access


def list_accesses(actor: Actor, lab: Lab) -> list[LabAccess]:
    """Give who of the office looked into a lab and why, the newest first: for its leads too."""
    if not (policies.is_lead(actor, lab) or policies.is_office(actor)):
        return []
    query = (
        select(LabAccess)
        .where(LabAccess.lab_id == lab.id)
        .options(joinedload(LabAccess.user))
        .order_by(LabAccess.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(query))
