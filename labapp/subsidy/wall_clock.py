"""Time on the clock of a branch: which day it is there, and how long a piece of a day lasted.

Twice a year a clock skips an hour or has one twice, and schools on Bonaire, Saba and Sint
Eustatius have a clock of their own. So lengths and overlaps are taken between real moments.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from labapp.clock import now

FOLDS = ((0, 0), (0, 1), (1, 1))  # of begin and end: the first pass of an hour, or the second


@dataclass(frozen=True)
class Span:
    """From a moment until a moment, which no longer belongs to it."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())

    @property
    def minutes(self) -> int:
        return self.seconds // 60

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


def today_at(zone: str) -> date:
    """Give the date that it is on a branch's clock."""
    return now().astimezone(ZoneInfo(zone)).date()


def exists(day: date, clock: time, zone: str) -> bool:
    """Whether a clock shows this time on this day; in spring it skips an hour."""
    local = datetime.combine(day, clock)
    aware = local.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local


def span_of(
    day: date, start: time, end: time, zone: str, minutes: int | None = None
) -> Span | None:
    """Give the piece of the day between two times; None when it does not end after its start.

    A time that comes twice is its first pass, unless the given minutes say another.
    """
    found = [
        Span(_moment(day, start, zone, first), _moment(day, end, zone, second))
        for first, second in FOLDS
    ]
    possible = [span for span in found if span.seconds > 0]
    told = [span for span in possible if minutes is not None and span.minutes == minutes]
    return next(iter(told or possible), None)


def _moment(day: date, clock: time, zone: str, fold: int) -> datetime:
    return datetime.combine(day, clock.replace(fold=fold), ZoneInfo(zone)).astimezone(UTC)
