import pytest

from labapp.search import questions
from labapp.search.highlights import LONGEST_SENTENCE, highlight

PASSAGE = "Feedback. Wat is het? Leerlingen horen waar zij staan. Goede feedback gaat over de taak."


def shown(passage, question, language="nl"):
    found = highlight(passage, language, questions.analyse(question, "nl"))
    assert [found.sentence[a:b] for a, b in found.spans if found.sentence[a:b] in found.words]
    return found


def test_the_sentence_with_most_of_the_question_is_shown():
    found = shown(PASSAGE, "feedback op een taak")
    assert found.sentence == "Goede feedback gaat over de taak."
    assert found.words == ("feedback", "taak")


def test_another_form_of_the_word_is_marked():
    assert shown("Lezen. Zij leest elke dag.", "gelezen").words == ("leest",)


def test_only_the_part_of_a_compound_that_was_asked_for_is_marked():
    assert shown("Taal. De leesvaardigheid groeit.", "vaardigheid").words == ("vaardigheid",)


def test_english_words_explain_a_dutch_question():
    found = shown("Play. Outdoor recess helps pupils.", "helpt buitenspelen de leerling", "en")
    assert "pupils" in found.words


def test_without_a_word_of_the_question_the_first_sentence_after_the_title_is_shown():
    found = highlight(PASSAGE, "nl", questions.analyse("ouders", "nl"))
    assert (found.sentence, found.spans) == ("Wat is het?", ())


@pytest.mark.parametrize("passage", ["", "x" * 5000, "woord " * 900 + "feedback", "😀 feedback"])
def test_any_passage_gives_a_short_sentence_with_places_inside(passage):
    found = highlight(passage, "nl", questions.analyse("feedback", "nl"))
    assert len(found.sentence) <= LONGEST_SENTENCE
    assert all(0 <= a < b <= len(found.sentence) for a, b in found.spans)
