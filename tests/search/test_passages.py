import pytest

from labapp.search import passages

LONG = "".join(f"In les {number} leren zij meer van uitleg die aansluit. " for number in range(80))


def test_the_first_passage_is_the_title_with_the_answer():
    found = passages.split("Feedback", ["Feedback helpt.", "Het werkt."])
    assert found == ["Feedback helpt.", "Feedback. Het werkt."]


def test_a_long_text_is_cut_at_sentences_and_repeats_the_title():
    found = passages.split("Uitleg", ["Kort.", LONG])
    assert len(found) > 3
    assert all(text.startswith("Uitleg. ") for text in found)
    assert all(text.endswith(".") for text in found)
    assert all(len(text.split()) <= passages.WORDS + passages.SHORTEST + 20 for text in found)


def test_a_heading_begins_a_passage():
    found = passages.split("T", ["A.", "## Wat is het?\nEen manier.\n\n## Kosten\nGeen."])
    assert found == ["T. A.", "T. Wat is het? Een manier.", "T. Kosten Geen."]


@pytest.mark.parametrize("text", ["woord " * 5000, "x" * 50_000, "Een. " * 9_000])
def test_no_passage_is_longer_than_the_model_reads(text):
    for passage in passages.split("T", ["A.", text]):
        assert len(passage) <= passages.LONGEST_SIGNS * 2
        assert len(passage.split()) <= passages.LONGEST_WORDS + 2


@pytest.mark.parametrize(("title", "texts"), [("", []), ("", [""]), (" ", ["  ", ""])])
def test_nothing_has_no_passage(title, texts):
    assert passages.split(title, texts) == []


def test_a_title_alone_is_a_passage():
    assert passages.split("Feedback", []) == ["Feedback"]


def test_ways_to_ask_are_one_passage_of_whole_sentences():
    found = passages.of_questions(["Waar  blijft het?", " ", "Ze weten niets meer", "Wat nu?"])
    assert found == ["Waar blijft het? Ze weten niets meer. Wat nu?"]


def test_many_ways_to_ask_are_cut_between_questions():
    asked = [
        f"Hoe leg ik nummer {number} uit aan een klas die nooit luistert?" for number in range(40)
    ]
    found = passages.of_questions(asked)
    assert len(found) > 1
    assert " ".join(found) == " ".join(asked)
    assert all(text.endswith("luistert?") for text in found)


def test_no_way_to_ask_has_no_passage():
    assert passages.of_questions([]) == passages.of_questions([" "]) == []
