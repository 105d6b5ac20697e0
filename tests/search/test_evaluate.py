import json

import pytest

from labapp.errors import InvalidError
from labapp.search import datasets
from labapp.search.encoders import HashingEncoder
from labapp.search.evaluate import evaluate

TEXTS = {
    "a": "Feedback helpt leerlingen verder.",
    "b": "Huiswerk maken in de avond.",
    "c": "Samen lezen met een maatje.",
}


@pytest.fixture
def folder(tmp_path):
    def write(name, texts, asked, judged):
        here = tmp_path / name
        here.mkdir()
        lines = [json.dumps({"_id": key, "text": text}) for key, text in texts.items()]
        (here / "corpus.jsonl").write_text("\n".join(lines), "utf-8")
        lines = [json.dumps({"_id": key, "text": text}) for key, text in asked.items()]
        (here / "queries.jsonl").write_text("\n".join(lines), "utf-8")
        rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in judged)]
        (here / "qrels.tsv").write_text("\n".join(rows), "utf-8")
        return here

    return write


def test_a_perfect_order_scores_one(folder):
    here = folder("set", TEXTS, {"q": "feedback aan leerlingen"}, [("q", "a", 2)])
    report = evaluate([here], encoder=HashingEncoder())
    assert set(report) == {"datasets", "model", "settings"}
    assert set(report["datasets"]["set"]) == {"fused", "meaning", "words"}
    assert report["datasets"]["set"]["words"] == {
        "ndcg@10": 1.0,
        "mrr@10": 1.0,
        "recall@10": 1.0,
        "recall@100": 1.0,
    }
    json.dumps(report)


def test_a_text_that_is_not_found_scores_nothing(folder):
    here = folder("set", TEXTS, {"q": "feedback"}, [("q", "b", 1)])
    assert evaluate([here], encoder=HashingEncoder())["datasets"]["set"]["words"]["ndcg@10"] == 0


def test_folders_are_mixed_or_scored_alone(folder):
    one = folder("one", {"a": "Feedback."}, {"q": "feedback"}, [("q", "a", 1)])
    two = folder("two", {"a": "Feedback feedback."}, {"q": "feedback"}, [("q", "a", 1)])
    mixed = evaluate([one, two], encoder=HashingEncoder())["datasets"]
    alone = evaluate([one, two], encoder=HashingEncoder(), separate=True)["datasets"]
    assert sorted(mixed[name]["words"]["mrr@10"] for name in mixed) == [0.5, 1.0]
    assert [alone[name]["words"]["mrr@10"] for name in alone] == [1.0, 1.0]


def test_the_language_is_told_or_seen(folder):
    texts = {"a": "How do children learn to read?", "b": "They read together.", "c": "Tom"}
    items = datasets.read(folder("set", texts, {}, [])).items
    assert [item.language for item in items] == ["en", "en", "en"]


def test_a_question_without_judgement_is_not_counted(folder):
    here = folder("set", TEXTS, {"q": "feedback", "r": "x"}, [("q", "a", 1), ("r", "b", 0)])
    assert evaluate([here], encoder=HashingEncoder())["datasets"]["set"]["words"]["mrr@10"] == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("corpus.jsonl", '{"_id": "a"}'),
        ("corpus.jsonl", "{broken"),
        ("corpus.jsonl", "[]"),
        ("queries.jsonl", '{"text": "x"}'),
        ("qrels.tsv", "header\nonly-one-column"),
        ("qrels.tsv", "header\nq\ta\tmuch"),
    ],
)
def test_a_broken_file_is_named(folder, file, content):
    here = folder("set", TEXTS, {"q": "feedback"}, [("q", "a", 1)])
    (here / file).write_text(content, "utf-8")
    with pytest.raises(InvalidError, match=file):
        evaluate([here], encoder=HashingEncoder())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InvalidError, match="nergens"):
        evaluate([tmp_path / "nergens"], encoder=HashingEncoder())
