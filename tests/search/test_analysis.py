import pytest

from labapp.search import analysis, compounds, questions, tokens


def test_words_are_found_without_capitals_and_accents():
    found = tokens.words("Één créatieve LEERLING, hè?")
    assert [word.text for word in found] == ["een", "creatieve", "leerling", "he"]


def test_a_word_knows_its_place_in_the_text():
    text = "De ﬁjne leraar"
    for word in tokens.words(text):
        assert text[word.start : word.end].strip() == text[word.start : word.end]
    assert text[tokens.words(text)[2].start :] == "leraar"


@pytest.mark.parametrize("form", ["leest", "gelezen", "lezen", "Lezen"])
def test_forms_of_a_dutch_word_have_one_stem(form):
    assert analysis.stem(tokens.normalise(form), "nl") == analysis.stem("lezen", "nl")


@pytest.mark.parametrize("form", ["taught", "teaching", "teaches"])
def test_forms_of_an_english_word_have_one_stem(form):
    assert analysis.stem(form, "en") == analysis.stem("teach", "en")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("leesvaardigheid", ("lees", "vaardigheid")),
        ("wiskundeonderwijs", ("wiskunde", "onderwijs")),
        ("leswisseling", ("les", "wisseling")),
        ("taalontwikkeling", ("taal", "ontwikkeling")),
        ("verandering", ()),
        ("school", ()),
    ],
)
def test_a_compound_is_split_into_known_words(word, parts):
    assert compounds.parts(word) == parts


def test_the_parts_of_a_compound_count_less_than_the_word():
    counted = analysis.count_terms("leesvaardigheid", "nl")
    whole = analysis.term(analysis.stem("leesvaardigheid", "nl"), "nl")
    part = analysis.term(analysis.stem("lees", "nl"), "nl")
    assert counted[whole] > counted[part] > 0


def test_stop_words_are_no_terms():
    assert not analysis.count_terms("het is de van een", "nl")


def test_packed_terms_are_the_terms():
    counted = analysis.count_terms("leerlingen lezen en leerlingen schrijven " * 200, "nl")
    terms, weights = analysis.unpack(analysis.pack(counted))
    assert dict(zip(terms.tolist(), weights.tolist(), strict=True)) == {
        term: min(weight, 255) for term, weight in counted.items()
    }
    assert analysis.unpack(analysis.pack({}))[0].size == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hoe leer ik kinderen lezen?", "nl"),
        ("How do I teach children to read?", "en"),
        ("feedback", "nl"),
        ("", "nl"),
        ("PK/BWI/A", "nl"),
    ],
)
def test_the_language_shows_in_small_words(text, language):
    assert analysis.detect_language(text) == language


def test_a_term_of_education_becomes_english_as_a_whole():
    asked = questions.analyse("begrijpend lezen in de brugklas")
    assert "reading comprehension" in asked.translation
    assert {concept.label for concept in asked.concepts["en"]} == {"begrijpend lezen", "brugklas"}


def test_the_usual_form_of_an_everyday_word_becomes_english():
    assert "mother" in questions.analyse("Mijn moeder leest graag").translation


def test_codes_and_quoted_phrases_are_seen():
    asked = questions.analyse('Bij 11dq00 staat "leren leren" (EJ1234567, doi:10.1080/abc.2020/1).')
    assert asked.identifiers == ("11dq00", "EJ1234567", "10.1080/abc.2020/1")
    assert asked.phrases == ("leren leren",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        "' OR 1=1; DROP TABLE cards; --",
        'NEAR("a" "b") AND * ^title:',
        "😀😀 feedback 👩‍🏫",
        "كيف أقدم ملاحظات",
        "\u202eachterstevoren",
        "\x00\ud800",
        "a" * 10_000,
        "feedback " * 2_000,
        '"' * 10_000,
        "10." * 3_000,
    ],
)
def test_any_text_is_safe(text):
    asked = questions.analyse(text)
    assert len(asked.text) <= questions.LONGEST_QUESTION
    assert all(len(asked.concepts[language]) <= 300 for language in asked.concepts)
