"""How good the search is, per leg and fused; see the README beside this file.

    python benchmarks/retrieval.py --instance FOLDER [--ablations] [--json]

The public data are read from ../shared/data beside the project, and left out where missing. Vectors
are kept in the instance folder by the hash of their text, so that a second run takes seconds.
"""

import argparse
import hashlib
import json
import os
import platform
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from labapp.search import passages
from labapp.search.datasets import Dataset, Item, read
from labapp.search.encoders import load_encoder
from labapp.search.evaluate import Collection, score
from labapp.search.ranking import DEFAULTS

PROJECT = Path(__file__).parents[1]
DATA = PROJECT.parent / "shared" / "data"
GOLD = Path(__file__).parent / "gold"
OFF = {
    "no hubness": {"hubness": 0},
    "no language mean": {"language_mean": False},
    "no translated question": {"translation": 0},
    "no translated words": {"words_translated": 0},
    "languages not aligned": {"align_languages": False},
    "no words across languages": {"words_across": 0},
}


class Kept:
    """An encoder that keeps its vectors in a file, by the hash of model, side and text."""

    def __init__(self, encoder, path):
        self.encoder, self.name, self.fingerprint = encoder, encoder.name, encoder.fingerprint
        self.dimension = encoder.dimension
        self.store = sqlite3.connect(path)
        self.store.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)")

    def encode_queries(self, texts):
        return self._rows("query", texts, self.encoder.encode_queries)

    def encode_passages(self, texts, progress=None):
        return self._rows("passage", texts, lambda new: self.encoder.encode_passages(new, progress))

    def _rows(self, side, texts, encode):
        keys = {text: self._key(side, text) for text in texts}
        missing = [text for text, key in keys.items() if self._get(key) is None]
        for start in range(0, len(missing), 512):
            chunk = missing[start : start + 512]
            rows = [(keys[t], v.tobytes()) for t, v in zip(chunk, encode(chunk), strict=True)]
            with self.store:
                self.store.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
        found = [np.frombuffer(self._get(keys[text]), np.float32) for text in texts]
        return np.array(found, np.float32).reshape(-1, self.dimension)

    def _key(self, side, text):
        return hashlib.sha256(f"{self.fingerprint}\0{side}\0{text}".encode()).hexdigest()

    def _get(self, key):
        row = self.store.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return row and row[0]


def tatoeba():
    """Dutch sentences as questions, their English translations as texts."""
    folder = DATA / "tatoeba_nl_en"
    dutch, english = (
        (folder / f"tatoeba.nld-eng.{language}").read_text("utf-8").splitlines()
        for language in ("nld", "eng")
    )
    keys = [f"tatoeba/{number}" for number in range(len(english))]
    items = [Item(key, "", (text,), "en") for key, text in zip(keys, english, strict=True)]
    return Dataset(
        "tatoeba", items, dict(zip(keys, dutch, strict=True)), {key: {key: 1} for key in keys}
    )


def cards(language, *, translated=True, asked=True):
    """Our own cards as the index holds them."""
    for path in sorted((PROJECT / "seeds" / "cards" / language).glob("*.md")):
        _, front, body = path.read_text("utf-8").split("---\n", 2)
        card = yaml.safe_load(front)
        extra = [card.get(k) for k in ("question", "for_whom", "caveats", "side_effects")]
        steps = "\n".join(step["text"] for step in card.get("steps") or ())
        texts = [card["answer"], body.strip(), *extra, card.get("dutch_context"), steps]
        texts.append(", ".join(card.get("keywords") or ()))
        dutch = card.get("dutch") if translated else None
        more = []
        if dutch:
            parts = (dutch["answer"], ", ".join(dutch["keywords"]))
            more = [(text, "nl") for text in passages.split(dutch["title"], parts)]
        if asked:
            more += [(text, "nl") for text in passages.of_questions(card.get("also_asked") or ())]
        yield Item(card["id"], card["title"], tuple(filter(None, texts)), language, tuple(more))


def gold(name, half=None):
    """Our own questions, all or only the half kept from tuning."""
    lines = [json.loads(line) for line in (GOLD / name / "queries.jsonl").open(encoding="utf-8")]
    asked = {line["_id"]: line["text"] for line in lines if half in (None, line["half"])}
    judged = {}
    for line in (GOLD / name / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        question, card, grade = line.split("\t")
        judged.setdefault(question, {})[card] = int(grade)
    return Dataset(f"{name} {half or ''}".strip(), (), asked, judged)


def halves(dataset):
    """Questions taken by turns: one half to tune on, one to check with."""
    for offset, name in ((0, "even"), (1, "odd")):
        asked = dict(list(dataset.questions.items())[offset::2])
        yield replace(dataset, name=f"{dataset.name} {name}", questions=asked)


def own_tables(encoder):
    """Our own questions over our own cards; the last over English text only."""
    both = Collection([*cards("nl"), *cards("en")], encoder)
    plain = Collection([*cards("nl", asked=False), *cards("en", asked=False)], encoder)
    english = Collection(list(cards("en", translated=False, asked=False)), encoder)
    for half in ("tune", "held_out"):
        yield "all cards", gold("nl_cards", half), both
        yield "all cards", gold("nl_to_en", half), both
        yield "without also_asked", gold("nl_cards", half), plain
        yield "without also_asked", gold("nl_to_en", half), plain
        yield "English text only", gold("nl_to_en", half), english


def public_tables(encoder):
    if not DATA.is_dir():
        print("../shared/data is missing: SLO and Tatoeba are left out")
        return
    slo, english = read(DATA / "slo_doelen_retrieval"), tatoeba()
    alone = Collection(slo.items, encoder)
    mixed = Collection([*slo.items, *english.items], encoder)
    yield "SLO", slo, alone
    for half in halves(slo):
        yield "SLO", half, alone
    yield "SLO + Tatoeba", slo, mixed
    yield "SLO + Tatoeba", english, mixed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instance", type=Path, default=PROJECT / "instance")
    parser.add_argument("--model", default=os.environ.get("LABAPP_EMBEDDING_MODEL", ""))
    parser.add_argument("--ablations", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    loaded = load_encoder(options.model, options.instance, prepare=True)
    encoder = Kept(loaded, options.instance / "benchmark-vectors.sqlite3")
    tables = [*public_tables(encoder), *own_tables(encoder)]
    report = {}
    for label, settings in {"all parts": {}, **(OFF if options.ablations else {})}.items():
        used = replace(DEFAULTS, **settings)
        for collection, dataset, held in tables:
            report.setdefault(label, {})[f"{dataset.name} in {collection}"] = score(
                dataset, held, used, ks=(7,)
            )
    if options.json:
        print(json.dumps({"machine": platform.processor(), "model": encoder.name, **report}))
        return
    for label, rows in report.items():
        print(f"\n{label}\n{'':46} leg     ndcg@10  mrr@10  rec@7   rec@100")
        for name, legs in rows.items():
            for leg, figures in legs.items():
                shown = [figures[k] for k in ("ndcg@10", "mrr@10", "recall@7", "recall@100")]
                print(f"{name:46} {leg:8}" + "".join(f"{value:8.4f}" for value in shown))


if __name__ == "__main__":
    main()
