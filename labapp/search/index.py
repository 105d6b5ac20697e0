"""The index of one database in this process: it catches up with the rows before each search.

What is in memory follows from the rows and the number of the last change. Usually nothing is new,
and one small query says so. Reading is done in a transaction of its own, so that a search sees what
was committed a moment ago, also when its request began before that.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from labapp.errors import UnavailableError
from labapp.search import pgvector, reading, snapshots
from labapp.search.content import Content, State
from labapp.search.locks import SharedLock

log = structlog.get_logger()

EMPTY = State("", 0, 0, "", 0)
RELOADED_ASIDE_FROM = 20_000
"""Passages: fewer are read anew while the search waits, more while it goes on with the old ones."""

SAVED_FROM = 2_000
SAVED_AGAIN = 1.1
"""A snapshot is written from so many passages, and again when they have grown by a tenth."""

MOST_DEAD = 0.5
FEWEST_DEAD = 5_000


class Index:
    """Safe for threads: many search at once, and one at a time brings it up to date."""

    def __init__(
        self, engine: Engine, *, folder: Path, approximate_from: int, in_database: bool = False
    ) -> None:
        self.engine = engine
        self.folder = folder
        self.approximate_from = approximate_from
        self.in_database = in_database
        self._content = Content(EMPTY, approximate_from=approximate_from)
        self._lock = SharedLock()
        self._catching_up = threading.Lock()
        self._reloading: threading.Thread | None = None
        self._saved_size = 0
        self._synchronised: State | None = None
        self.fault = ""

    @contextmanager
    def reading(self) -> Iterator[Content]:
        """The content as it was when the last change was read; nothing changes it meanwhile."""
        with self._lock.reading():
            yield self._content

    def catch_up(self) -> None:
        """Read what changed since the last time; usually nothing did."""
        with self.engine.connect() as connection:
            self.catch_up_by(connection)

    def catch_up_by(self, connection: Connection) -> None:
        """The same with a connection of the caller, in whose transaction nothing was read yet."""
        now = reading.read_state(connection)
        if now != self._content.state or now != self._synchronised:
            with self._catching_up:
                self._take_over(connection, now or EMPTY)
                self._synchronise(now or EMPTY)
        connection.rollback()

    def load(self, connection: Connection, state: State, *, keeps_vectors: bool = True) -> Content:
        """Make a content anew: from its snapshot and what came after, else from all rows."""
        options: dict[str, Any] = {
            "approximate_from": self.approximate_from,
            "keeps_vectors": keeps_vectors,
        }
        content = snapshots.load(self.folder, state, **options)
        if content is None:
            content = Content(state, **options)
            for changed in reading.read_all(connection, state.generation):
                content.apply(changed, ())
            content.vectors.settle()
        else:
            self._saved_size = len(content)
            self._apply_changes(connection, content, state)
        return content

    def _synchronise(self, now: State) -> None:
        """Let the database have the vectors that it compares; without it words are searched."""
        self.fault = ""
        if self.in_database:
            try:
                pgvector.synchronise(self.engine, now)
            except UnavailableError as error:
                self.fault = str(error)
                log.warning("search.without_pgvector", reason=self.fault)
        self._synchronised = now

    def save(self) -> None:
        """Keep a snapshot of what is in memory."""
        with self._lock.reading():
            content = self._content
        snapshots.save(self.folder, content, self._lock.reading())

    def _take_over(self, connection: Connection, now: State) -> None:
        self._bring_up_to_date(connection, now)
        size = len(self._content)
        if size >= SAVED_FROM and size > SAVED_AGAIN * self._saved_size:
            self._saved_size = size
            threading.Thread(target=self.save, name="search-snapshot", daemon=True).start()

    def _bring_up_to_date(self, connection: Connection, now: State) -> None:
        content = self._content
        if content.state == now:
            return  # another thread did it while we waited
        if content.state.same_origin(now) and now.number > content.state.number:
            if not self._is_worn(content):
                with self._lock.writing():
                    self._apply_changes(connection, content, now)
                return
        elif content.state.key == now.key and len(content) >= RELOADED_ASIDE_FROM:
            self._reload_aside(now)
            with self._lock.writing():
                self._apply_changes(connection, content, now)
            return
        fresh = self.load(connection, now, keeps_vectors=not self.in_database)
        with self._lock.writing():
            self._content = fresh

    def _apply_changes(self, connection: Connection, content: Content, now: State) -> None:
        generation = content.state.generation
        for changed, removed in reading.read_changes(connection, generation, content.state.number):
            content.apply(changed, removed)
        content.vectors.settle()
        old = content.state
        content.state = State(old.key, now.number, generation, old.fingerprint, old.dimension)

    def _is_worn(self, content: Content) -> bool:
        """Whether so much has been removed that it is better read anew."""
        return content.dead_passages > max(FEWEST_DEAD, MOST_DEAD * len(content))

    def _reload_aside(self, now: State) -> None:
        """Read another generation while searches go on with this one."""
        if self._reloading is not None and self._reloading.is_alive():
            return

        def reload() -> None:
            with self.engine.connect() as connection:
                fresh = self.load(connection, now, keeps_vectors=not self.in_database)
            with self._lock.writing():
                self._content = fresh
            log.info("search.generation_loaded", generation=now.generation)

        self._reloading = threading.Thread(target=reload, name="search-reload", daemon=True)
        self._reloading.start()
