"""The glossary, the synonyms and the background questions: complete, tidy and without doubles."""

import csv
from collections import Counter
from pathlib import Path

import pytest

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DOMAIN_NAMES = """
learner teacher lesson assessment reading language mathematics behaviour wellbeing organisation
family inclusion transition research general subject digital
"""
DOMAINS = frozenset(DOMAIN_NAMES.split())
ASKED_FOR = [
    ("leswisseling", "transition between lessons"),
    ("begrijpend lezen", "reading comprehension"),
    ("brugklas", "first year of secondary school"),
    ("zittenblijven", "grade retention"),
    ("nieuwkomer", "newcomer student"),
    ("opletten", "pay attention"),
    ("effectgrootte", "effect size"),
]


def glossary():
    with (SEEDS / "glossary.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def parts(cell):
    return cell.split("|") if cell else []


def lines(name):
    return (SEEDS / name).read_text(encoding="utf-8").splitlines()


def test_glossary_has_the_columns_and_enough_terms():
    assert lines("glossary.tsv")[0] == "dutch\tenglish\tforms\tdomain"
    assert all(line.count("\t") == 3 for line in lines("glossary.tsv"))
    assert len(glossary()) >= 1000


def test_every_term_is_complete():
    for row in glossary():
        assert row["dutch"], row
        assert row["english"], row
        assert row["domain"] in DOMAINS, row
        cells = [row["dutch"], *parts(row["english"]), *parts(row["forms"])]
        assert all(cell and cell == cell.strip() for cell in cells), row


def test_no_term_or_form_stands_twice():
    written = Counter(word for row in glossary() for word in [row["dutch"], *parts(row["forms"])])
    assert not [word for word, times in written.items() if times > 1]
    assert all(len(set(parts(row["english"]))) == len(parts(row["english"])) for row in glossary())


def test_every_domain_is_covered():
    assert {row["domain"] for row in glossary()} == DOMAINS


@pytest.mark.parametrize(("dutch", "english"), ASKED_FOR)
def test_words_of_the_classroom_have_their_english(dutch, english):
    assert english in {row["dutch"]: parts(row["english"]) for row in glossary()}[dutch]


def test_synonyms_are_groups_of_different_words():
    header, *groups = lines("synonyms.tsv")
    assert header == "words"
    assert len(groups) >= 120
    words = Counter(word for group in groups for word in group.split("|"))
    assert not [word for word, times in words.items() if times > 1]
    assert all(len(group.split("|")) > 1 for group in groups)
    assert all(word and word == word.strip() for word in words)


def test_background_has_a_thousand_different_sentences():
    sentences = lines("background_questions.txt")
    assert len(sentences) == len({sentence.casefold() for sentence in sentences}) == 1000
    assert all(sentence == sentence.strip() and len(sentence.split()) > 2 for sentence in sentences)
