"""One search: what is allowed, what answers, in which order, and what to say of it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.search import matching, ranking
from labapp.search.columns import Mask
from labapp.search.content import Content
from labapp.search.documents import Query
from labapp.search.facets import Choice, Scope
from labapp.search.lexical import WordIndex
from labapp.search.questions import Concept
from labapp.search.ranking import RankingSettings

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]

PREFERRED = np.float32(0.05)
"""What a preferred value adds to a score; the best meaning is 1."""

EXACT = np.float32(100)
PHRASE = np.float32(10)
MOST_PER_PAGE = 100
ASIDE_FROM = 200_000
"""Passages: with fewer the words are compared before another thread would have begun."""

_others = ThreadPoolExecutor(max_workers=2, thread_name_prefix="search-words")


@dataclass(frozen=True)
class Asked:
    """A query with its question taken apart, encoded, and its codes and phrases looked up.

    `vectors` gives those that the database compares, if it does.
    """

    query: Query
    question: matching.Question
    words: "RememberedWords"
    exact_rows: Sequence[int] = ()
    vectors: Callable[[Choice], matching.Vectors] | None = None

    @property
    def settings(self) -> RankingSettings:
        """The weights of the ranking, with what the query asks of them."""
        return replace(ranking.DEFAULTS, near_cut=self.query.near_cut)

    @property
    def is_browsing(self) -> bool:
        return not self.question.analysed.text


class RememberedWords:
    """The words of one search. With filters they are compared once and allowed in several ways.

    Of many passages they are compared by another thread, while this one compares vectors.
    """

    def __init__(self, words: WordIndex, *, is_reused: bool) -> None:
        self._words = words
        self._is_reused = is_reused
        self._running: Future[Floats] | None = None
        self._shares: Floats | None = None

    def start(self, concepts: Mapping[str, Sequence[Concept]], allowed: Mask) -> None:
        """Begin to compare what `shares` will ask for."""
        if len(self._words) >= ASIDE_FROM and self._shares is None:
            mask = None if self._is_reused else allowed
            self._running = _others.submit(self._words.shares, concepts, mask)

    def shares(
        self, concepts: Mapping[str, Sequence[Concept]], allowed: Mask | None = None
    ) -> Floats:
        """As `WordIndex.shares`; the concepts are the same each time."""
        if not self._is_reused:
            return self._result(concepts, allowed)
        if self._shares is None:
            self._shares = self._result(concepts, None)
        return self._shares if allowed is None else self._shares * allowed

    def _result(self, concepts: Mapping[str, Sequence[Concept]], allowed: Mask | None) -> Floats:
        running, self._running = self._running, None
        return running.result() if running else self._words.shares(concepts, allowed)


@dataclass(frozen=True)
class Order:
    """Objects in order, side by side: slot, score, best passage, parts of the score."""

    slots: Integers
    scores: Floats
    passages: Integers
    parts: dict[str, Floats]

    def taken(self, places: NDArray[Any] | slice) -> "Order":
        parts = {name: values[places] for name, values in self.parts.items()}
        return Order(self.slots[places], self.scores[places], self.passages[places], parts)


@dataclass(frozen=True)
class Page:
    """The counts of a result, and the part of it that is shown."""

    total: int
    order: Order
    row_ids: Integers
    revisions: Integers
    passage_ids: Integers
    facets: dict[str, dict[str, int]]
    kinds: dict[str, int]
    advice: dict[str, int]


def find(content: Content, asked: Asked) -> Page:
    """Answer a query out of memory."""
    query = asked.query
    scope = Scope(content.objects, query)
    everything = Choice(query)
    order = order_of(content, asked, everything, scope.allowed(everything))
    total = len(order.slots)

    def found(choice: Choice) -> Mask:
        allowed = scope.allowed(choice)
        if asked.is_browsing:
            return allowed
        return _mask(content, order_of(content, asked, choice, allowed).slots)

    result = _mask(content, order.slots)
    per_page = max(1, min(query.per_page, MOST_PER_PAGE))
    start = (max(query.page, 1) - 1) * per_page
    shown = _sorted(content, order, query.sort).taken(slice(start, start + per_page))
    return Page(
        total=total,
        order=shown,
        row_ids=content.objects.row_ids.values[shown.slots],
        revisions=content.objects.revisions.values[shown.slots],
        passage_ids=_ids(content, shown.passages),
        facets=scope.counts(result, found) if query.counts else {},
        kinds=scope.kinds(result, found) if query.counts else {},
        advice={} if total or not query.counts else scope.advice(found),
    )


def order_of(content: Content, asked: Asked, choice: Choice, allowed: Mask) -> Order:
    """The allowed objects that answer, the best first."""
    if asked.is_browsing:
        order = _browse(content, allowed)
    else:
        order = _rank(content, asked, choice, allowed)
    scores = order.scores.copy()
    for facet, value in asked.query.prefer.items():
        liked = content.objects.having(facet, [value])[order.slots]
        scores[liked] += PREFERRED
        order.parts[f"prefer {facet}"] = liked * PREFERRED
    by_score = np.argsort(-scores, kind="stable")
    return replace(order, scores=scores).taken(by_score)


def _browse(content: Content, allowed: Mask) -> Order:
    """Everything allowed, the newest first."""
    slots = np.flatnonzero(allowed)[::-1]
    first = content.objects.first_passage.values[slots].astype(np.int64)
    first[content.objects.passages.values[slots] == 0] = -1
    return Order(slots, np.zeros(len(slots), np.float32), first, {})


def _rank(content: Content, asked: Asked, choice: Choice, allowed: Mask) -> Order:
    passages = content.allowed_passages(allowed)
    vectors = asked.vectors(choice) if asked.vectors else content.vectors
    asked.words.start(asked.question.analysed.concepts, passages)
    ranked = matching.rank(
        asked.question, vectors, asked.words, passages, asked.settings, kinds=asked.query.kinds
    )
    slots = content.slots.values[ranked.rows].astype(np.int64)
    best = ranking.best_of_each(slots)
    parts = {name: values[best] for name, values in ranked.parts.items()}
    order = Order(slots[best], ranked.scores[best], ranked.rows[best], parts)
    return _with_exact(content, asked, order, allowed)


def _with_exact(content: Content, asked: Asked, order: Order, allowed: Mask) -> Order:
    """Objects with a code that was asked for, or the very phrase, go first."""
    exact = [slot for slot in map(content.objects.slot_of, asked.exact_rows) if slot is not None]
    exact = [slot for slot in exact if allowed[slot]]
    if not exact:
        return order
    is_exact = np.isin(order.slots, exact)
    new = np.setdiff1d(np.array(exact, np.int64), order.slots)
    first = content.objects.first_passage.values[new].astype(np.int64)
    first[content.objects.passages.values[new] == 0] = -1
    nothing = np.zeros(len(new), np.float32)
    parts = {name: np.concatenate([values, nothing]) for name, values in order.parts.items()}
    bonus = np.concatenate([is_exact * EXACT, nothing + EXACT])
    return Order(
        np.concatenate([order.slots, new]),
        np.concatenate([order.scores, nothing]) + bonus,
        np.concatenate([order.passages, first]),
        {**parts, "exact": bonus},
    )


def _sorted(content: Content, order: Order, sort: str) -> Order:
    """By a number, unknown last; what is equal stays in the order of relevance."""
    name = sort.removeprefix("-")
    if sort == "relevance" or name not in content.objects.numbers:
        return order
    values = content.objects.number(name)[order.slots]
    return order.taken(np.argsort(-values if sort.startswith("-") else values, kind="stable"))


def _mask(content: Content, slots: Integers) -> Mask:
    mask = np.zeros(len(content.objects), np.bool_)
    mask[slots] = True
    return mask


def _ids(content: Content, passages: Integers) -> Integers:
    ids = np.full(len(passages), -1, np.int64)
    there = passages >= 0
    ids[there] = content.passage_ids.values[passages[there]]
    return ids
