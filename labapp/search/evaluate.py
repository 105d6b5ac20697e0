"""How good the ranking is on judged questions: the production code over a collection in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from labapp.search import analysis, hubness, passages, questions
from labapp.search.datasets import Dataset, Item, Rating, read
from labapp.search.encoders import Encoder
from labapp.search.lexical import WordIndex
from labapp.search.matching import ExactVectors, Question, rank
from labapp.search.ranking import DEFAULTS, RankingSettings, best_of_each

LEGS = ("fused", "meaning", "words")
RECALLS = (10, 100)

Progress = Callable[[int, int], None]


def evaluate(
    folders: Sequence[Path],
    *,
    encoder: Encoder,
    separate: bool = False,
    settings: RankingSettings = DEFAULTS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score each folder, in one collection of all texts or each alone.

    A folder holds `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`. Nothing is cut off, so that the
    recall counts what the order is worth.
    """
    datasets = [read(Path(folder)) for folder in folders]
    scored: dict[str, Any] = {}
    for group in [[one] for one in datasets] if separate else [datasets]:
        collection = Collection([item for one in group for item in one.items], encoder, progress)
        for dataset in group:
            scored[dataset.name] = score(dataset, collection, settings)
    return {"datasets": scored, "model": encoder.name, "settings": settings.as_dict()}


def score(
    dataset: Dataset,
    collection: "Collection",
    settings: RankingSettings = DEFAULTS,
    *,
    ks: Sequence[int] = (),
) -> dict[str, dict[str, float]]:
    """Mean figures of each leg over the questions that have a judgement; `ks`: more recalls."""
    names = ("ndcg@10", "mrr@10", *(f"recall@{cut}" for cut in (*RECALLS, *ks)))
    asked = {key: text for key, text in dataset.questions.items() if dataset.judgements.get(key)}
    prepared = collection.prepare(list(asked.values()))
    figures = {}
    for leg in LEGS:
        used = leg_settings(settings, leg)
        rows = [
            _figures(collection.order(one, used), dataset.judgements[key], (*RECALLS, *ks))
            for key, one in zip(asked, prepared[leg != "words"], strict=True)
        ]
        means = np.mean(rows, axis=0) if rows else np.zeros(len(names))
        figures[leg] = {
            name: round(float(mean), 4) for name, mean in zip(names, means, strict=True)
        }
    return figures


def leg_settings(settings: RankingSettings, leg: str) -> RankingSettings:
    """The settings with one leg only."""
    if leg == "meaning":
        return replace(settings, words=0, words_translated=0, words_across=0, cut=False)
    return replace(settings, cut=False)


class Collection:
    """Passages of many texts in memory, ranked as production ranks them."""

    def __init__(
        self, items: Sequence[Item], encoder: Encoder, progress: Progress | None = None
    ) -> None:
        self.ids = [item.id for item in items]
        self._encoder = encoder
        texts, languages, owners = [], [], []
        for number, item in enumerate(items):
            own = [(passage, item.language) for passage in split(item)]
            for passage, language in (*own, *item.more):
                texts.append(passage)
                languages.append(language)
                owners.append(number)
        self._owners = np.array(owners, np.int64)
        self._words = WordIndex()
        packed = [
            analysis.pack(analysis.count_terms(text, language))
            for text, language in zip(texts, languages, strict=True)
        ]
        self._words.add(packed, languages)
        vectors = encoder.encode_passages(texts, progress)
        self._vectors = ExactVectors(vectors, hubness.of(vectors, encoder), languages)

    def prepare(self, texts: Sequence[str]) -> tuple[list[Question], list[Question]]:
        """The questions taken apart: without vectors, and with them."""
        analysed = [questions.analyse(text) for text in texts]
        own = self._encoder.encode_queries([one.text for one in analysed])
        other = self._encoder.encode_queries([one.translation or one.text for one in analysed])
        full = [
            Question(one, vector, translated if one.translation else None)
            for one, vector, translated in zip(analysed, own, other, strict=True)
        ]
        return [Question(one) for one in analysed], full

    def order(self, question: Question, settings: RankingSettings) -> list[str]:
        """The ids of what was found, the best first, each once."""
        return [name for name, _score in self.rank(question, settings)]

    def rank(self, question: Question, settings: RankingSettings) -> list[tuple[str, float]]:
        """The ids of what was found with their scores, the best first, each once."""
        ranked = rank(question, self._vectors, self._words, None, settings)
        owners = self._owners[ranked.rows]
        return [
            (self.ids[owners[place]], float(ranked.scores[place])) for place in best_of_each(owners)
        ]


def split(item: Item) -> list[str]:
    """The passages of a text; one without words is a passage too, so that it is counted."""
    return passages.split(item.title, item.texts) or [""]


def _figures(found: Sequence[str], judged: Rating, cuts: Sequence[int]) -> list[float]:
    """nDCG@10, MRR@10 and the recalls of one question."""
    gains = np.array([judged.get(one, 0) for one in found[:10]], float)
    ideal = np.sort(np.fromiter(judged.values(), float))[::-1][:10]
    first = np.flatnonzero(gains)
    return [
        _discounted(gains) / _discounted(ideal),
        1 / (first[0] + 1) if len(first) else 0.0,
        *(len(set(found[:cut]) & set(judged)) / len(judged) for cut in cuts),
    ]


def _discounted(gains: "np.ndarray[Any, np.dtype[np.float64]]") -> float:
    return float((gains / np.log2(np.arange(len(gains)) + 2)).sum())
