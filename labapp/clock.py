"""What time it is. Tests and demonstrations may set it (LABAPP_CLOCK); nobody else can."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from labapp.errors import SettingError

LOCAL_ZONE = ZoneInfo("Europe/Amsterdam")


class _Clock:
    """The difference between the set time and the real one; time goes on from what was set."""

    offset: timedelta = timedelta(0)


def now() -> datetime:
    """Give this moment, in UTC and aware of it."""
    return datetime.now(UTC) + _Clock.offset


def today() -> date:
    """Give the date in the Netherlands, where a school's day begins."""
    return now().astimezone(LOCAL_ZONE).date()


def set_clock(moment: str | datetime | None) -> None:
    """Make it this moment from now on; None for the real time. A naive moment is Dutch time."""
    if moment is None or moment == "":
        _Clock.offset = timedelta(0)
        return
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise SettingError(
                f"LABAPP_CLOCK is {moment!r}; write a moment such as 2026-11-22T09:30."
            ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LOCAL_ZONE)
    _Clock.offset = moment.astimezone(UTC) - datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be another moment for a while: what a scenario says was done then."""
    before = _Clock.offset
    _Clock.offset = moment.astimezone(UTC) - datetime.now(UTC)
    try:
        yield
    finally:
        _Clock.offset = before
