from dataclasses import replace

import numpy as np
import pytest

from labapp.search import analysis, questions, ranking
from labapp.search.lexical import WordIndex
from labapp.search.matching import ExactVectors, Question, find_candidates, highest, rank
from labapp.search.ranking import Candidates, RankingSettings

UNCUT = RankingSettings(cut=False)
NAN = float("nan")


def candidates(meaning, shares=None, languages=None, field=NAN):
    count = len(meaning)
    codes = np.array(languages or [0] * count, np.int8)
    return Candidates(
        rows=np.arange(count),
        languages=codes,
        own=codes == 0,
        meaning=np.array(meaning, np.float32),
        shares=np.array(shares or [0] * count, np.float32),
        field=field,
    )


def order(found, settings=UNCUT):
    return ranking.fuse(found, settings).rows.tolist()


def test_meaning_alone_gives_the_order_of_meaning():
    assert order(candidates([0.1, 0.3, 0.2])) == [1, 2, 0]


def test_words_of_the_question_lift_a_passage():
    assert order(candidates([0.10, 0.09], [0, 0.5])) == [1, 0]
    assert order(candidates([0.10, 0.09], [0, 0.5]), replace(UNCUT, words=0, words_across=0)) == [
        0,
        1,
    ]


def test_dutch_words_do_not_bury_the_best_english_passage():
    found = candidates([0.05, 0.06, 0.20], [0.5, 0.4, 0.0], [0, 0, 1])
    assert order(found)[0] == 2
    assert order(found, replace(UNCUT, align_languages=False))[-1] == 2


def test_a_passage_without_a_vector_is_found_by_its_words():
    found = candidates([NAN, 0.1], [0.9, 0.0])
    assert order(found) == [0, 1]
    assert order(found, RankingSettings()) == [0, 1]


def test_what_is_far_below_the_best_is_no_result():
    assert order(candidates([0.1, 0.04, 0.09]), RankingSettings()) == [0, 2]


def test_a_question_from_another_field_finds_only_what_holds_its_words():
    found = candidates([0.1, 0.1], [0.0, 0.4], field=-0.03)
    assert order(found, RankingSettings()) == [1]
    assert order(replace(found, field=0.01), RankingSettings()) == [1, 0]


def test_nothing_is_found_among_nothing():
    assert order(candidates([]), RankingSettings()) == []


def test_the_parts_of_a_score_are_told():
    ranked = ranking.fuse(candidates([0.1, 0.2], [0.5, 0.0]), UNCUT)
    assert set(ranked.parts) == {"meaning", "words"}
    assert all(len(values) == 2 for values in ranked.parts.values())


def test_a_card_stands_where_its_best_passage_stands():
    assert ranking.best_of_each(np.array([7, 3, 7, 3, 5])).tolist() == [0, 1, 4]


def test_a_mean_of_few_passages_is_not_used():
    assert ranking.language_means({0: 0.8}, {0: 5}) == {0: 0.0}


def test_few_passages_of_a_language_share_the_mean_of_all():
    means = {0: 0.8, 1: 0.7}
    assert ranking.language_means(means, {0: 60, 1: 60}) == means
    few = ranking.language_means(means, {0: 90, 1: 10})
    assert few[0] == 0.8
    assert few[1] == pytest.approx(0.79)


def test_hubness_is_taken_off_by_one_inner_product():
    vectors, hubness = np.eye(3, dtype=np.float32), np.array([0.2, 0.0, 0.4], np.float32)
    asked = ranking.augment_question(vectors[0], RankingSettings(hubness=0.5))
    assert ranking.augment(vectors, hubness) @ asked == pytest.approx([0.9, 0, -0.2])


def test_only_other_languages_are_compared_with_the_translation():
    one, two = np.eye(2, dtype=np.float32)
    own, other = ranking.question_vectors(one, two, RankingSettings(translation=0.5))
    assert own.tolist() == [1, 0]
    assert other == pytest.approx([0.5**0.5, 0.5**0.5])
    assert ranking.question_vectors(one, None)[1] is one


@pytest.fixture
def indexed():
    """Four passages, two a language; vectors along the axes."""
    texts = [("feedback geven", "nl"), ("huiswerk", "nl"), ("feedback", "en"), ("recess", "en")]
    words = WordIndex()
    packed = [analysis.pack(analysis.count_terms(text, language)) for text, language in texts]
    languages = [language for _text, language in texts]
    words.add(packed, languages)
    return ExactVectors(np.eye(4, dtype=np.float32), np.zeros(4, np.float32), languages), words


def test_both_legs_bring_candidates_of_both_languages(indexed):
    asked = Question(questions.analyse("feedback", "nl"), np.eye(4, dtype=np.float32)[1])
    found = find_candidates(asked, *indexed, settings=replace(UNCUT, depth=1))
    assert set(found.rows.tolist()) >= {0, 1, 2}


def test_words_work_without_vectors(indexed):
    ranked = rank(Question(questions.analyse("huiswerk", "nl")), *indexed)
    assert ranked.rows.tolist() == [1]


def test_what_may_not_be_seen_is_not_ranked(indexed):
    asked = Question(questions.analyse("feedback", "nl"), np.eye(4, dtype=np.float32)[0])
    allowed = np.array([False, True, False, True])
    assert set(rank(asked, *indexed, allowed, UNCUT).rows.tolist()) == {1, 3}


def test_the_highest_allowed_values_are_taken():
    values = np.array([5.0, 4.0, 3.0, 2.0], np.float32)
    assert set(highest(values, 2, np.array([False, True, True, True])).tolist()) == {1, 2}
    assert len(highest(values, 9, np.ones(4, bool))) == 4
