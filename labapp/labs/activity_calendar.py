"""Meetings as an iCalendar file, for the calendar of whoever takes part."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from labapp.clock import LOCAL_ZONE, now
from labapp.labs.round_models import Activity, ActivityState

PRODUCT = "-//Ontwikkelkracht lab//Bijeenkomsten//NL"
LONGEST_NOTES = 2000


def calendar_of(activities: Sequence[tuple[Activity, str]], host: str) -> bytes:
    """Give the file with meetings and the whole address of each; times are in UTC."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for activity, url in activities:
        calendar.add_component(_event(activity, url, host))
    return bytes(calendar.to_ical())


def _event(activity: Activity, url: str, host: str) -> Event:
    event = Event()
    event.add("uid", f"activity-{activity.id}@{host}")
    event.add("dtstamp", now())
    event.add("sequence", activity.version)
    event.add("summary", activity.title)
    event.add("url", url)
    is_off = activity.state is ActivityState.CANCELLED
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if activity.starts_at is None:
        event.add("dtstart", activity.held_on)
    else:
        begin = datetime.combine(activity.held_on, activity.starts_at, LOCAL_ZONE)
        begin = begin.astimezone(now().tzinfo)
        event.add("dtstart", begin)
        event.add("dtend", begin + timedelta(minutes=activity.minutes))
    if activity.place:
        event.add("location", activity.place)
    if activity.notes:
        event.add("description", activity.notes[:LONGEST_NOTES])
    return event
