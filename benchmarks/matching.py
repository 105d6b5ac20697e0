"""How well matching finds what is there already, before a question is asked; see the README.

    python -m benchmarks.matching --instance FOLDER [--all] [--json]

The pairs are those of `gold/matching.yaml`. Even ids are held back: without --all only the others
are shown, so that one tunes on those. The collection has every known question, every other one and
all seeded cards; ranking and choice are those of production, cut-off included. "Wrong" is what is
of another theme than the question. FOLDER holds the model, and vectors by the hash of their text.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import yaml

from benchmarks.retrieval import Kept, cards
from labapp.labs import matching
from labapp.search import analysis, labels, questions
from labapp.search.datasets import Item
from labapp.search.encoders import load_encoder
from labapp.search.evaluate import Collection
from labapp.search.ranking import DEFAULTS
from tests.seeds.test_gold import content_words, shares

GOLD = Path(__file__).parent / "gold" / "matching.yaml"


def read():
    return yaml.safe_load(GOLD.read_text("utf-8"))


def shared(pair):
    """What a pair has in common and should not: words, stems, and parts of compounds."""
    known = f"{pair['known']} {pair['more']}"
    words = [(a, b) for a in content_words(pair["asked"]) for b in content_words(known)]
    return {couple for couple in words if shares(*couple)} | (_stems(pair["asked"]) & _stems(known))


def _stems(text):
    """The stems that the search itself compares."""
    found = set()
    for word in analysis.content_words(text, "nl"):
        found |= {analysis.stem(word, "nl"), *analysis.part_stems(word, "nl")}
    return found


def questions_of(gold):
    """What is there beside the cards, as the index holds it."""
    for pair in gold["pairs"]:
        yield Item(f"pair/{pair['id']}", pair["known"], (pair["more"],), "nl")
    for number, one in enumerate(gold["others"]):
        yield Item(f"other/{number}", one["asked"], (), "nl")


def groups():
    """What is learnt of the cards: the questions they answer, with their themes."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "seeds" / "cards").rglob("*.md")):
        front = yaml.safe_load(path.read_text("utf-8").split("---\n", 2)[1])
        found.append(labels.Group(tuple(front["also_asked"]), tuple(front["themes"])))
    return found


def facets(gold):
    """Theme, sector and keywords of each text."""
    found = {}
    for pair in gold["pairs"]:
        found[f"pair/{pair['id']}"] = ({pair["theme"]}, {pair["sector"]}, ())
    for number, one in enumerate(gold["others"]):
        found[f"other/{number}"] = ({one["theme"]}, {one["sector"]}, ())
    for path in (Path(__file__).parents[1] / "seeds" / "cards").rglob("*.md"):
        front = yaml.safe_load(path.read_text("utf-8").split("---\n", 2)[1])
        words = (front.get("dutch") or {}).get("keywords") or front.get("keywords") or ()
        found[front["id"]] = (set(front["themes"]), set(front["sectors"]), words)
    return found


@dataclass(frozen=True)
class Found:
    name: str
    score: float


class Matcher:
    """Matching as production does it, over collections in memory."""

    def __init__(self, gold, encoder):
        self.cards = Collection([*cards("nl"), *cards("en")], encoder)
        self.others = Collection(list(questions_of(gold)), encoder)
        self.facets = facets(gold)
        self.labeller = labels.make(groups(), encoder)
        self.encoder = encoder

    def shown(self, pair, *, with_theme, asked="asked"):
        """The names of what is shown to who types a question, with the theme chosen or not."""
        theme, sector = (pair["theme"], pair["sector"]) if with_theme else ("", "")
        text = pair[asked][:200]
        self.likely = {} if theme else self._guess(text)
        first = self._best(self.cards, text, theme, sector)
        words = [self.facets[one.name][2] for one in first.by_search[: matching.EXPLAINED_BY]]
        wide = matching.with_keywords(text, words)
        second = self._best(self.others, wide, theme, sector, matching.NEAR_CUT)
        return [one.name for one in matching.arrange(first.ranked, second.ranked)]

    def _best(self, collection, text, theme, sector, near_cut=DEFAULTS.near_cut):
        _without, (question,) = collection.prepare([text])
        found = collection.rank(question, replace(DEFAULTS, near_cut=near_cut))[
            : matching.LOOKED_AT
        ]
        by_search = [Found(name, score) for name, score in found]
        liked = [Found(one.name, one.score + self._bonus(one.name, theme, sector))
                 for one in by_search]  # fmt: skip
        return SimpleNamespace(by_search=by_search, ranked=matching.ranked(liked))

    def _bonus(self, name, theme, sector):
        themes, sectors, _words = self.facets[name]
        signs = [sign for sign, holds in (("theme", theme in themes), ("sector", sector in sectors))
                 if holds]  # fmt: skip
        return matching.bonus_of(signs, max(self.likely.get(one, 0) for one in themes))

    def _guess(self, text):
        english = questions.analyse(text).translation
        vectors = self.encoder.encode_queries([text, english or text])
        return self.labeller.guess(vectors[0], vectors[1] if english else None)


def measure(pairs, matcher, **options):
    """Recall among what is shown, and the share of what is shown that is of another theme."""
    found = shown = wrong = 0
    missed = []
    for pair in pairs:
        names = matcher.shown(pair, **options)
        name = f"pair/{pair['id']}"
        found += name in names
        missed += [] if name in names else [pair["id"]]
        shown += len(names)
        wrong += sum(pair["theme"] not in matcher.facets[one][0] for one in names)
    return {
        "pairs": len(pairs), "recall@7": round(found / len(pairs), 4),
        "wrong": round(wrong / shown, 4) if shown else None,
        "shown": round(shown / len(pairs), 2), "missed": missed,
    }  # fmt: skip


def halves(gold, *, everything):
    found = {"tuning": [pair for pair in gold["pairs"] if pair["id"] % 2]}
    if everything:
        found["held back"] = [pair for pair in gold["pairs"] if not pair["id"] % 2]
        found["all"] = gold["pairs"]
    return found


def quality(instance, *, everything):
    """The figures of each half, with and without a theme; and of the known text itself as asked."""
    gold = read()
    for pair in gold["pairs"]:
        assert not shared(pair), (pair["id"], shared(pair))
    encoder = Kept(load_encoder("", instance, prepare=True), instance / "matching.sqlite")
    matcher = Matcher(gold, encoder)
    for name, pairs in halves(gold, everything=everything).items():
        for sector in ("", "po", "vo"):
            some = [pair for pair in pairs if sector in ("", pair["sector"])]
            label = f"{name} {sector}".strip()
            yield f"{label}, theme chosen", measure(some, matcher, with_theme=True)
            yield f"{label}, no theme", measure(some, matcher, with_theme=False)
    yield (
        "the known title itself, no theme",
        measure(gold["pairs"], matcher, with_theme=False, asked="known"),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instance", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="the half held back from tuning too")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = dict(quality(given.instance, everything=given.all))
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{platform.python_version()}, {time.strftime('%d %B %Y')}")
    for name, row in found.items():
        print(f"{name:32} {row}")


if __name__ == "__main__":
    main()
