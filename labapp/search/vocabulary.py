"""Every word as it stands in some text, in memory: read when first asked for, then what is new."""

import threading

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Connection, select

from labapp.search.models import SearchWord

MOST_NEAR = 20
LONG_WORD = 8


class Vocabulary:
    """Words with their languages. Words are only added, in the order of their ids."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._languages: list[str] = []
        self._last = 0
        self._lock = threading.Lock()

    def near(self, connection: Connection, word: str) -> list[tuple[str, str, int]]:
        """Words that differ in one or two letters, with their language and how many differ."""
        self._catch_up(connection)
        most = 2 if len(word) >= LONG_WORD else 1
        found = process.extract(
            word, self._words, scorer=OSA.distance, score_cutoff=most, limit=MOST_NEAR
        )
        return [
            (other, self._languages[place], int(distance))
            for other, distance, place in found
            if distance
        ]

    def _catch_up(self, connection: Connection) -> None:
        with self._lock:
            rows = connection.execute(
                select(SearchWord.id, SearchWord.word, SearchWord.language)
                .where(SearchWord.id > self._last)
                .order_by(SearchWord.id)
            )
            words, languages, last = [], [], self._last
            for number, word, language in rows:
                words.append(word)
                languages.append(language)
                last = number
            self._languages += languages  # before the words: a place found must have both
            self._words += words
            self._last = last
