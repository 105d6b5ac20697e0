"""What waits: for editors what both sides signed, for a lab the rounds without a finding."""

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import finding_rights as rights
from labapp.labs import policies
from labapp.labs.finding_models import Finding, FindingVersion, VersionState
from labapp.labs.finding_writing import YIELDS
from labapp.labs.lab_models import Lab
from labapp.labs.round_models import Round

WITH_EDITORS = (VersionState.EDITORIAL, VersionState.SCHEDULED)


def is_editor(actor: Actor) -> bool:
    return policies.is_broker(actor)


def list_waiting(actor: Actor) -> list[FindingVersion]:
    """Give what lies with the editors, the longest waiting first; what is planned at the end."""
    if not is_editor(actor):
        raise ForbiddenError(_("Dit is voor de redactie."))
    query = (
        select(FindingVersion)
        .where(FindingVersion.state.in_(WITH_EDITORS))
        .options(
            joinedload(FindingVersion.finding).joinedload(Finding.lab),
            selectinload(FindingVersion.repairs),
            selectinload(FindingVersion.contributors),
        )
        .order_by(FindingVersion.state, FindingVersion.saved_at, FindingVersion.id)
    )
    return list(db.session.scalars(query))


def list_rounds_to_report(actor: Actor, lab: Lab) -> list[Round]:
    """Give the rounds of a lab of which nothing was written yet, to who may begin."""
    if not rights.works_along(actor, lab):
        return []
    without = ~exists().where(Finding.round_id == Round.id)
    query = select(Round).where(Round.lab_id == lab.id, Round.phase.in_(YIELDS), without)
    return list(db.session.scalars(query.order_by(Round.id)))
