"""The meetings of one's labs in one's own calendar, which fetches them again by itself."""

from flask import Blueprint, Response

from labapp.i18n import lazy_gettext as _l
from labapp.labs import activities
from labapp.labs.activity_views import calendar_file
from labapp.notifications import own_feed

pages = Blueprint("own_calendar", __name__)
own_feed.register("own_calendar.show", _l("Bijeenkomsten van je labs (iCalendar)"))


@pages.get("/agenda/<feed_token>.ics")
def show(feed_token: str) -> Response:
    """Give one's meetings to a calendar: the secret in the address says whose."""
    found = activities.list_own(own_feed.find_reader(feed_token))
    answer = calendar_file(found, "ontwikkelkracht-lab.ics")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
