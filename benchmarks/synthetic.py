"""Made-up passages for benchmarks of size and speed, written as the search writes its own.

Vectors lie in clusters around a common direction, as those of texts do; words follow Zipf's law
over the words of our glossary; each object has three passages, a language, and facets.
"""

import sqlite3
import time

import numpy as np

from labapp.database import db, transaction
from labapp.search import analysis, glossary, storing
from labapp.search.models import SearchGeneration

DIMENSION = 384
PASSAGES = 3
WORDS = 40
CHUNK = 20_000
FINGERPRINT = "synthetic:1"
THEMES = [
    "feedback",
    "metacognition",
    "reading",
    "language",
    "writing",
    "mathematics",
    "behaviour",
    "motivation",
    "parents",
    "assessment",
    "collaboration",
    "tutoring",
    "differentiation",
    "homework",
    "equity",
    "transitions",
    "early-years",
    "professional-development",
    "improvement-culture",
    "digital",
    "wellbeing",
    "inclusion",
    "science",
    "student-voice",
    "curriculum",
    "instruction",
    "school-organisation",
    "physical-and-arts",
]
KINDS = [
    "meta_analysis",
    "review",
    "trial",
    "quasi_experiment",
    "practice_report",
    "lab_finding",
    "school_experience",
    "question_answered",
]


class Space:
    """Where vectors lie: one hundred passages a cluster, on average."""

    def __init__(self, passages, seed=0):
        source = np.random.default_rng(seed)
        self.common = source.normal(size=DIMENSION).astype("f4")
        self.common /= np.linalg.norm(self.common)
        self.centres = source.normal(size=(max(passages // 100, 10), DIMENSION)).astype("f4")

    def draw(self, number, source):
        """Vectors of length one with a mean cosine of about 0.75, as those of e5."""
        own = self.centres[source.integers(0, len(self.centres), number)]
        own = own + 0.6 * source.normal(size=own.shape).astype("f4")
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        rows = np.sqrt(0.75) * self.common + np.sqrt(0.25) * own
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


class Vocabulary:
    """Words, the most frequent first, with their terms in both languages."""

    def __init__(self):
        words = sorted(word for word in glossary.dutch_words() if len(word) > 3 and word.isalpha())
        source = np.random.default_rng(1)
        self.words = [words[place] for place in source.permutation(len(words))]
        ranks = np.arange(1, len(words) + 1)
        self.chances = (1 / ranks) / (1 / ranks).sum()
        self.terms = {
            language: np.array(
                [analysis.term(analysis.stem(word, language), language) for word in self.words],
                np.uint32,
            )
            for language in ("nl", "en")
        }

    def question(self, source):
        """Five words, frequent and rare."""
        return " ".join(self.words[place] for place in source.choice(len(self.words), 5))


class QuestionEncoder:
    """Gives a drawn vector for each question at once, so that what is measured is the search."""

    name = "synthetic"
    fingerprint = FINGERPRINT
    dimension = DIMENSION

    def __init__(self, space):
        self._space = space

    def encode_queries(self, texts):
        return np.concatenate(
            [
                self._space.draw(1, np.random.default_rng(sum(text.encode()) * 7919))
                for text in texts
            ]
        )

    encode_passages = encode_queries


def fill(passages, *, progress=print):
    """Write so many passages into the (SQLite) database of the app; gives the seconds it took."""
    began = time.perf_counter()
    with transaction() as session:
        storing.next_revision(session)
        generation = session.get_one(SearchGeneration, 1)
        generation.fingerprint, generation.dimension = FINGERPRINT, DIMENSION
    db.session.rollback()
    space, vocabulary = Space(passages), Vocabulary()
    source = np.random.default_rng(2)
    connection = sqlite3.connect(db.engine.url.database)
    connection.execute("PRAGMA synchronous = OFF")
    for start in range(0, passages, CHUNK):
        number = min(CHUNK, passages - start)
        _write(connection, start, number, space, vocabulary, source)
        connection.commit()
        if start % (CHUNK * 10) == 0:
            progress(f"  {start + number:,} passages written")
    connection.close()
    return time.perf_counter() - began


def _write(connection, start, number, space, vocabulary, source):  # noqa: PLR0917
    vectors = space.draw(number, source).astype("<f2")
    hubness = source.normal(0.75, 0.01, number)
    drawn = source.choice(len(vocabulary.words), (number, WORDS), p=vocabulary.chances)
    passages, objects = [], {}
    for place in range(number):
        passage_id = start + place + 1
        row_id = (passage_id - 1) // PASSAGES + 1
        language = "en" if row_id % 10 < 3 else "nl"
        terms, counts = np.unique(vocabulary.terms[language][drawn[place]], return_counts=True)
        packed = terms.astype("<u4").tobytes() + (2 * counts).astype("u1").tobytes()
        text = " ".join(vocabulary.words[one] for one in drawn[place, :12])
        passages.append(
            (passage_id, row_id, 1, (passage_id - 1) % PASSAGES, language, f"{text}.", packed,
             vectors[place].tobytes(), float(hubness[place]), f"{passage_id:x}")
        )  # fmt: skip
        objects.setdefault(row_id, (language, text))
    connection.executemany(
        "INSERT OR IGNORE INTO search_objects (id, kind, object_id, language, title, title_key,"
        " audience, facets, numbers, is_removed, revision, content_hash)"
        " VALUES (?, 'card', ?, ?, ?, ?, ?, ?, ?, 0, 1, '')",
        [_object(row_id, language, text) for row_id, (language, text) in objects.items()],
    )
    connection.executemany(
        "INSERT INTO search_passages (id, row_id, generation, position, language, text, words,"
        " vector, hubness, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        passages,
    )


def _object(row_id, language, text):
    rare = '"yes"' if row_id % 100 == 1 else '"no"'
    sectors = ('["po"]', '["vo"]', '["po", "vo"]', '["so"]')[row_id % 4]
    facets = (
        f'{{"language": ["{language}"], "rare": [{rare}], "sector": {sectors},'
        f' "theme": ["{THEMES[row_id % 28]}", "{THEMES[row_id // 28 % 28]}"],'
        f' "kind": ["{KINDS[row_id % 8]}"]}}'
    )
    audience = '["public"]' if row_id % 10 else '["programme"]'
    return (row_id, row_id, language, text, text[:120], audience, facets,
            f'{{"months": {row_id % 9}}}')  # fmt: skip
