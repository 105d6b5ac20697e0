"""What waits for a person in reports of use: to finish, to set right, to confirm."""

from sqlalchemy import and_, or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.labs.review_models import UseReport, UseReportState
from labapp.labs.review_targets import titles_of
from labapp.notifications import addresses
from labapp.notifications.duties import Duty, register

MOST = 50
S = UseReportState


def list_use_report_duties(actor: Actor) -> list[Duty]:
    """Give what a leader still has to confirm, and what was given back to its author."""
    if actor.id is None:
        return []
    led = [a.organisation_id for a in actor.affiliations if a.role is Role.SCHOOL_LEADER]
    to_confirm = and_(UseReport.state == S.SUBMITTED, UseReport.organisation_id.in_(led))
    to_repair = and_(
        UseReport.state == S.RETURNED,
        UseReport.author_id == actor.id,
        UseReport.organisation_id.in_(sorted(actor.organisation_ids)),
    )
    query = select(UseReport).where(or_(to_confirm, to_repair)).order_by(UseReport.id).limit(MOST)
    rows = list(db.session.scalars(query))
    titles = titles_of({report.object for report in rows})
    return [
        Duty(
            _("Bevestig het gebruik van ‘%(title)s’", title=titles.get(report.object, ""))
            if report.state is S.SUBMITTED
            else _("Pas je verslag over ‘%(title)s’ aan", title=titles.get(report.object, "")),
            addresses.path("use_reports.show", report_id=report.id),
            since=report.created_at,
            icon="school",
            object=name_of(report),
        )
        for report in rows
    ]


register("labs.use_reports", list_use_report_duties)
