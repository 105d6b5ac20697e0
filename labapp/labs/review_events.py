"""What is told about reviews, what they are called, and who may see them."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.review_models import Review
from labapp.labs.review_rights import reviews_visible_to
from labapp.labs.review_targets import titles_of
from labapp.notifications import objects
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency

INVITED = "review.invited"
REMINDED = "review.reminded"
ANSWERED = "review.answered"
SUBMITTED = "review.submitted"
RETURNED = "review.returned"
PUBLISHED = "review.published"
REPLIED = "review.replied"
DISPUTED = "review.disputed"
DECIDED = "review.decided"

for _type in (
    EventType(INVITED, _l("Iemand vraagt je om een beoordeling"),
              _l("%(actor)s vraagt je mening: ‘%(title)s’."), is_duty=True),
    EventType(REMINDED, _l("Een beoordeling wacht nog op je"),
              _l("Er wacht nog iets op je: ‘%(title)s’."), is_duty=True),
    EventType(ANSWERED, _l("Een beoordelaar antwoordt, of juist niet"),
              _l("Er komt voorlopig geen beoordeling van wie je vroeg: ‘%(title)s’."),
              default=Frequency.AT_ONCE),
    EventType(SUBMITTED, _l("Een beoordeling wacht op de redactie"),
              _l("%(actor)s leverde iets in: ‘%(title)s’. Lees het en publiceer het."),
              is_duty=True),
    EventType(RETURNED, _l("De redactie vraagt een aanpassing van je beoordeling"),
              _l("%(actor)s vraagt een aanpassing: ‘%(title)s’."), is_duty=True),
    EventType(PUBLISHED, _l("Er is een beoordeling verschenen"),
              _l("Er is een nieuwe beoordeling: ‘%(title)s’."), to_followers=True),
    EventType(REPLIED, _l("De makers reageren op je beoordeling"),
              _l("%(actor)s reageert op ‘%(title)s’."), default=Frequency.AT_ONCE),
    EventType(DISPUTED, _l("Iemand maakt bezwaar tegen een beoordeling"),
              _l("%(actor)s maakt bezwaar: ‘%(title)s’. De redactie beslist."), is_duty=True),
    EventType(DECIDED, _l("De redactie beslist over een bezwaar"),
              _l("De redactie besliste over het bezwaar: ‘%(title)s’."),
              default=Frequency.AT_ONCE),
):  # fmt: skip
    register(_type)


def _titles(ids: Collection[int]) -> Mapping[int, str]:
    query = select(Review.id, Review.about).where(Review.id.in_(sorted(ids)))
    abouts = {row.id: row.about for row in db.session.execute(query)}
    known = titles_of(set(abouts.values()))
    return {
        number: _("Beoordeling van %(title)s", title=known[about])
        for number, about in abouts.items()
        if about in known
    }


objects.register(
    "reviews",
    objects.rows_of(Review, reviews_visible_to, "lab_reviews.show", "review_id", _titles),
)
