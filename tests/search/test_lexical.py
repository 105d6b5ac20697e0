import numpy as np

from labapp.search import analysis, questions
from labapp.search.lexical import MOST_SEGMENTS, WordIndex


def packed(*texts, language="nl"):
    return [analysis.pack(analysis.count_terms(text, language)) for text in texts]


def index_of(*texts):
    index = WordIndex()
    index.add(packed(*texts), ["nl"] * len(texts))
    return index


def shares(index, question, allowed=None):
    return index.shares(questions.analyse(question, "nl").concepts, allowed)


def test_a_text_with_all_words_of_the_question_goes_first():
    index = index_of("huiswerk op school", "feedback geven aan leerlingen", "feedback lezen")
    found = shares(index, "feedback aan leerlingen")
    assert found.argmax() == 1
    assert found[0] == 0
    assert 0 < found[2] < found[1] <= 1


def test_a_part_of_a_compound_is_found_after_the_word_itself():
    index = index_of("leesvaardigheid groeit", "vaardigheid groeit", "huiswerk groeit")
    found = shares(index, "leesvaardigheid")
    assert found[0] > found[1] > 0
    assert found[2] == 0


def test_a_dutch_question_finds_english_words():
    index = WordIndex()
    index.add(packed("Reading comprehension grows", "Outdoor play", language="en"), ["en"] * 2)
    index.add(packed("begrijpend lezen"), ["nl"])
    found = shares(index, "begrijpend lezen")
    assert found[0] > 0
    assert found[1] == 0
    assert found[2] > 0


def test_the_share_does_not_depend_on_an_unknown_word_being_there():
    index = index_of("feedback", "lezen")
    assert shares(index, "feedback")[0] > shares(index, "feedback knasterwaf")[0] > 0


def test_only_allowed_rows_are_found():
    index = index_of("feedback", "feedback")
    assert shares(index, "feedback", np.array([False, True])).tolist()[0] == 0


def test_a_removed_row_is_found_no_more_and_a_new_one_is():
    index = index_of("feedback", "lezen")
    index.remove([0, 0])
    assert not shares(index, "feedback").any()
    assert index.add(packed("feedback"), ["nl"]) == range(2, 3)
    assert shares(index, "feedback").argmax() == 2


def test_adding_one_by_one_is_the_same_as_at_once():
    texts = [f"feedback {'lezen ' * (number % 5)} woord{number}" for number in range(60)]
    together, alone = index_of(*texts), WordIndex()
    for text in texts:
        alone.add(packed(text), ["nl"])
        shares(alone, "feedback")
    assert np.allclose(shares(together, "feedback lezen"), shares(alone, "feedback lezen"))
    assert len(alone._segments) <= MOST_SEGMENTS


def test_an_empty_index_and_an_empty_question_find_nothing():
    assert not len(shares(WordIndex(), "feedback"))
    assert not shares(index_of("feedback"), "").any()
    assert not shares(index_of("", "feedback"), "de het een").any()
