"""What is asked and not found, for the knowledge brokers: counts by day, never who asked.

Counts wait in memory and are written together every few seconds by a thread of their own, so that
no search waits for a write or fails by it. What looks like a person's data is not kept at all.
"""

import atexit
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import structlog
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from labapp.clock import today
from labapp.database import db
from labapp.search.models import SearchCount
from labapp.search.storing import clean
from labapp.search.tokens import normalise

log = structlog.get_logger()

FLUSH_SECONDS = 5.0
LONGEST = 120
MOST_WAITING = 5_000
KEPT = timedelta(days=400)
SEEN_OFTEN = 2
"""Fewer askings of something are shown only where nothing was found."""

_PERSONAL = re.compile(r"\S@\S|\d[\d\s.()+/-]{5,}\d|\b\d{4}\s?[a-z]{2}\s+\d", re.IGNORECASE)
_CODE = re.compile(
    r"10\.\d{4,9}/\S+|\be[dj]\d{5,7}\b|\b(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Asked:
    """A question and how often it was asked, found nothing and was followed by opening a result."""

    text: str
    asked: int
    without_hits: int
    clicked: int
    last_on: date


@dataclass
class _Waiting:
    """Counts of a process that are not written yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: Counter[tuple[date, str, str]] = field(default_factory=Counter)
    timer: threading.Timer | None = None


_waiting: dict[Engine, _Waiting] = {}


def note_search(text: str, total: int) -> None:
    """Count a search; cheap, and it cannot fail."""
    _note(text, ("asked", "without_hits") if not total else ("asked",))


def note_click(text: str) -> None:
    """Count that somebody opened a result of a search."""
    _note(text, ("clicked",))


def kept_text(text: str) -> str | None:
    """The question as it is counted; None for one that may tell of a person, or that is empty."""
    plain = " ".join(normalise(clean(text)).split())
    if not plain or len(plain) > LONGEST or _PERSONAL.search(_CODE.sub("", plain)):
        return None
    return plain


def list_without_hits(days: int = 90, limit: int = 100) -> list[Asked]:
    """Give the questions that found nothing, the most asked first."""
    flush()
    return _list(days, limit, func.sum(SearchCount.without_hits))


def list_without_clicks(days: int = 90, limit: int = 100) -> list[Asked]:
    """Give the questions after which nobody opened anything, the most asked first."""
    flush()
    found = _list(days, limit, func.sum(SearchCount.asked), clicked=False)
    return [one for one in found if one.asked >= SEEN_OFTEN]


def flush() -> None:
    """Write what waits for the database at hand; when it cannot be written now it waits on."""
    _flush(db.engine)


def forget_old() -> None:
    """Remove the counts of more than a year ago."""
    with db.engine.begin() as connection:
        connection.execute(delete(SearchCount).where(SearchCount.day < today() - KEPT))


def _note(text: str, columns: Sequence[str]) -> None:
    plain = kept_text(text)
    if plain is None:
        return
    engine = db.engine
    waiting = _waiting.setdefault(engine, _Waiting())
    with waiting.lock:
        if len(waiting.counts) < MOST_WAITING:
            waiting.counts.update((today(), plain, column) for column in columns)
        if waiting.timer is None:
            waiting.timer = threading.Timer(FLUSH_SECONDS, _flush, [engine])
            waiting.timer.daemon = True
            waiting.timer.start()


def _flush(engine: Engine) -> None:
    waiting = _waiting.get(engine)
    if waiting is None:
        return
    with waiting.lock:
        counts, waiting.counts, waiting.timer = waiting.counts, Counter(), None
    if not counts:
        return
    try:
        _write(engine, counts)
    except SQLAlchemyError as error:
        log.warning("search.counts_not_written", reason=type(error).__name__)
        with waiting.lock:
            waiting.counts.update(counts)


def _write(engine: Engine, counts: Counter[tuple[date, str, str]]) -> None:
    rows: dict[tuple[date, str], dict[str, int]] = {}
    for (day, text, column), number in counts.items():
        row = rows.setdefault((day, text), {"asked": 0, "without_hits": 0, "clicked": 0})
        row[column] += number
    dialect = postgresql if engine.name == "postgresql" else sqlite
    statement = dialect.insert(SearchCount)
    statement = statement.on_conflict_do_update(
        index_elements=["day", "text"],
        set_={
            name: getattr(SearchCount, name) + getattr(statement.excluded, name)
            for name in ("asked", "without_hits", "clicked")
        },
    )
    values = [{"day": day, "text": text, **row} for (day, text), row in sorted(rows.items())]
    with engine.execution_options(labapp_writes=True).begin() as connection:
        connection.execute(statement, values)


def _list(days: int, limit: int, order: object, *, clicked: bool = True) -> list[Asked]:
    total = func.sum(SearchCount.asked)
    without = func.sum(SearchCount.without_hits)
    clicks = func.sum(SearchCount.clicked)
    query = (
        select(SearchCount.text, total, without, clicks, func.max(SearchCount.day))
        .where(SearchCount.day > today() - timedelta(days=days))
        .group_by(SearchCount.text)
        .having(without > 0 if clicked else (clicks == 0) & (without < total))
        .order_by(order.desc(), SearchCount.text)  # type: ignore[attr-defined]
        .limit(limit)
    )
    return [Asked(*row) for row in db.session.execute(query)]


@atexit.register
def _flush_all() -> None:
    for engine in list(_waiting):
        _flush(engine)
