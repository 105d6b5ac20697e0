"""The gold sets: every judged card exists, and no Dutch question borrows a word from its card."""

import csv
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import Stemmer
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT / "benchmarks" / "gold"
CARDS = ROOT / "seeds" / "cards"
SHORTEST_PART = 4  # letters; shorter pieces of compounds say nothing

# Words without content: articles, pronouns, prepositions, conjunctions, auxiliaries, adverbs.
FUNCTION_TEXT = """
aan achteraf af al alle alleen allemaal allen alles als altijd ander andere anders ben bent bij
bijna binnen boven buiten daar daaraan daarbij daardoor daarmee daarna daarom dan dat de deed
den der des deze die dit doe doen doet door doordat drie dus een eens eentje eerst elk elkaar
elke en er eraf erbij ergens erin eronder erop eruit ervan ervoor even geen gehad geweest had
hadden heb hebben hebt heeft heel hele helemaal hem hen het hier hierbij hij hoe hoeveel hoewel
hun ieder iedere iedereen ieders iemand iets ik in ineens is ja je jij jou jouw juist jullie kan
kon konden kun kunnen kunt maar mag me mee meer men met mij mijn minder mochten moest moet
moeten mogen na naar nauwelijks nee niemand niet niets nog nooit nou nu of om omdat omheen onder
ons onze ook op over overal pas per reeds s sommige sommigen soms steeds straks tamelijk te
tegen ten tenzij ter terwijl tijdens toch toe toen tot totdat tussen twee u uit uw vaak vaker
van vanaf veel verder via vier volgende voor vooraf voordat waar waaraan waarbij waardoor waarin
waarmee waarom waarop waarvan waarvoor wanneer want waren was wat we weer weinig wel welk welke
werd werden wie wij wil willen wilt word worden wordt wou ze zei zelf zelfs zich zij zijn zo
zoals zodat zodra zonder zou zouden zowel zul zulke zullen zult één
"""
FUNCTION_WORDS = frozenset(FUNCTION_TEXT.split())
STEMMERS = (Stemmer.Stemmer("dutch"), Stemmer.Stemmer("dutch_porter"))


def content_words(text):
    words = re.findall(r"[^\W_]+", text.lower())
    return {word for word in words if len(word) > 1 and word not in FUNCTION_WORDS}


def shares(first, second):
    """Same word, same stem, or one of them a part at the start or end of the other."""
    for stemmer in STEMMERS:
        short, long = sorted(stemmer.stemWords([first, second]), key=len)
        if short == long:
            return True
        if len(short) >= SHORTEST_PART and (long.startswith(short) or long.endswith(short)):
            return True
    return False


@cache
def front_matter(path):
    return yaml.safe_load(path.read_text(encoding="utf-8").split("---\n", 2)[1])


@cache
def cards():
    found = (front_matter(path) for path in sorted(CARDS.glob("*/*.md")))
    return {card["id"]: card for card in found}


def queries(name):
    lines = (GOLD / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def judgements(name):
    with (GOLD / name / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["query-id"], row["corpus-id"], int(row["score"])) for row in rows]


def borrowed(question, card):
    """Pairs of a question's word and the card's word that it repeats."""
    parts = [card["title"], card["question"], card["answer"], *card["keywords"]]
    words = content_words(" ".join(parts))
    return {
        (asked, written)
        for asked in content_words(question)
        for written in words
        if shares(asked, written)
    }


@pytest.mark.parametrize(("name", "least"), [("nl_cards", 64), ("nl_to_en", 36)])
def test_every_question_has_one_best_card_that_exists(name, least):
    asked = [query["_id"] for query in queries(name)]
    assert len(asked) == len(set(asked)) >= least
    assert len({query["text"] for query in queries(name)}) == len(asked)
    best = Counter(query for query, _, score in judgements(name) if score == 2)
    assert best == Counter(asked)
    missing = {card for _, card, _ in judgements(name)} - cards().keys()
    assert not missing
    assert {score for _, _, score in judgements(name)} <= {1, 2}


@pytest.mark.parametrize("name", ["nl_cards", "nl_to_en"])
def test_half_of_the_questions_is_held_back(name):
    halves = [query["half"] for query in queries(name)]
    assert halves == ["tune" if place % 2 == 0 else "held_out" for place in range(len(halves))]


@pytest.mark.parametrize(("name", "language"), [("nl_cards", "nl"), ("nl_to_en", "en")])
def test_the_best_card_has_the_language_of_the_set(name, language):
    best = [card for _, card, score in judgements(name) if score == 2]
    assert {cards()[card]["language"] for card in best} == {language}


def test_no_dutch_question_borrows_a_content_word_from_its_card():
    texts = {query["_id"]: query["text"] for query in queries("nl_cards")}
    found = {
        (query, card): borrowed(texts[query], cards()[card])
        for query, card, score in judgements("nl_cards")
        if score == 2
    }
    assert not {pair: words for pair, words in found.items() if words}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("klas", "klassen", True),
        ("sommen", "rekensommen", True),
        ("lezen", "leesvaardigheid", True),
        ("lees", "leesvaardigheid", True),
        ("bel", "belonen", False),
    ],
)
def test_the_check_sees_stems_and_parts_of_compounds(first, second, expected):
    assert shares(first, second) is expected


def test_questions_without_an_answer_are_forty_different_ones():
    lines = (GOLD / "no_answer.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 40
    assert all(line.strip() for line in lines)


def test_the_background_of_hubness_holds_no_gold_question():
    background = (ROOT / "seeds" / "background_questions.txt").read_text(encoding="utf-8")
    asked = {query["text"] for name in ("nl_cards", "nl_to_en") for query in queries(name)}
    assert not asked & set(background.splitlines())
