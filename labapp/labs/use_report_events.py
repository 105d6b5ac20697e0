"""What is told about reports of use, what they are called, and who may see them."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.review_models import UseReport
from labapp.labs.review_targets import titles_of
from labapp.labs.use_report_rights import place_words, use_reports_visible_to
from labapp.notifications import objects
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency

SUBMITTED = "use_report.submitted"
RETURNED = "use_report.returned"
PUBLISHED = "use_report.published"
REPLIED = "use_report.replied"

for _type in (
    EventType(SUBMITTED, _l("Een gebruiksverslag van je school wacht op jou"),
              _l("%(actor)s vraagt je te bevestigen: ‘%(title)s’."), is_duty=True),
    EventType(RETURNED, _l("Je gebruiksverslag is teruggegeven"),
              _l("%(actor)s gaf terug: ‘%(title)s’. Lees de opmerking."), is_duty=True),
    EventType(PUBLISHED, _l("Een school vertelt wat zij deed met wat jij vroeg, maakte of volgt"),
              _l("Er is een nieuw gebruiksverslag: ‘%(title)s’."), to_followers=True),
    EventType(REPLIED, _l("De makers reageren op je gebruiksverslag"),
              _l("De makers reageren op ‘%(title)s’."), default=Frequency.AT_ONCE),
):  # fmt: skip
    register(_type)


def _titles(ids: Collection[int]) -> Mapping[int, str]:
    query = (
        select(UseReport)
        .where(UseReport.id.in_(sorted(ids)))
        .options(joinedload(UseReport.organisation))
    )
    rows = list(db.session.scalars(query))
    known = titles_of({report.object for report in rows})
    return {
        report.id: _(
            "%(place)s over %(title)s",
            place=place_words(report, with_name=report.names_school),
            title=known[report.object],
        )
        for report in rows
        if report.object in known
    }


objects.register(
    "use_reports",
    objects.rows_of(UseReport, use_reports_visible_to, "use_reports.show", "report_id", _titles),
)
