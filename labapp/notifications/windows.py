"""The windows of digests: a calendar day or an ISO week in the Netherlands, named by a key.

A window is due from six in the morning after it ended. Nothing here looks at when a digest was
last sent, so a run that is late, or did not come at all, moves no window.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from labapp.clock import LOCAL_ZONE
from labapp.notifications.models import Frequency

SENT_FROM = timedelta(hours=6)  # on the clock of the wall: nobody wants mail at midnight


@dataclass(frozen=True)
class Window:
    """A day or a week: `key` such as 2026-11-22 or 2026-W47, first and last day."""

    key: str
    first_on: date
    last_on: date

    @property
    def ends_at(self) -> datetime:
        """The midnight at which it is over; what happened before it belongs to it."""
        return datetime.combine(self.last_on + timedelta(days=1), time.min, tzinfo=LOCAL_ZONE)


def last_due(frequency: Frequency, moment: datetime) -> Window:
    """Give the last window that is over, and due, at a moment."""
    today = (moment.astimezone(LOCAL_ZONE) - SENT_FROM).date()
    if frequency is Frequency.DAILY:
        return day_of(today - timedelta(days=1))
    return week_of(today - timedelta(days=7))


def of_key(frequency: Frequency, key: str) -> Window | None:
    """Give the window of a digest by its key; None for what came at once."""
    if frequency is Frequency.AT_ONCE:
        return None
    day = date.fromisoformat(key)
    return day_of(day) if frequency is Frequency.DAILY else week_of(day)


def day_of(day: date) -> Window:
    return Window(day.isoformat(), day, day)


def week_of(day: date) -> Window:
    monday = day - timedelta(days=day.weekday())
    year, week, _weekday = day.isocalendar()
    return Window(f"{year}-W{week:02}", monday, monday + timedelta(days=6))
