import pytest

from labapp.search import services
from tests.search.factories import PUBLIC, document, query

LAB = PUBLIC | {"lab:3"}


@pytest.fixture(autouse=True)
def texts():
    services.put_all(
        [
            document("Begrijpend lezen in de bovenbouw", "Leesstrategieën en coöperatief werken."),
            document("Één voor allen", "Samen."),
            document("Metacognitie", "Leerlingen leren plannen."),
            document("Begripsgeheim", "Zwartewaterwoord.", audience=frozenset({"lab:3"})),
        ]
    )


def test_titles_that_begin_so_are_suggested():
    assert services.suggest("begr", PUBLIC)[0] == "Begrijpend lezen in de bovenbouw"
    assert services.suggest("EEN VOOR", PUBLIC) == ["Één voor allen"]


def test_words_go_on_the_last_word():
    assert "leren plannen" in services.suggest("leren plann", PUBLIC)
    assert "leesstrategieen" in services.suggest("leess", PUBLIC)


def test_what_one_may_not_see_is_not_suggested():
    assert services.suggest("begripsg", PUBLIC) == []
    assert services.suggest("zwartew", PUBLIC) == []
    assert services.suggest("begripsg", LAB)[0] == "Begripsgeheim"
    assert services.suggest("zwartew", LAB) == ["zwartewaterwoord"]


@pytest.mark.parametrize("prefix", ["", "a", " ", "%%", "__", "\0\0", "'; --", "x" * 10_000])
def test_any_prefix_is_only_a_prefix(prefix):
    assert services.suggest(prefix, PUBLIC) == []


def test_no_more_is_suggested_than_asked_for():
    services.put_all([document(f"Lezen {number:03}") for number in range(250)])

    assert len(services.suggest("lezen", PUBLIC, 8)) == 8


def test_many_hidden_titles_do_not_hide_a_visible_one():
    hidden = [document(f"Lezen {n:03}", audience=frozenset({"lab:9"})) for n in range(300)]
    services.put_all([*hidden, document("Lezen 999")])

    assert "Lezen 999" in services.suggest("lezen", PUBLIC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("metacognitei", "metacognitie"),
        ("metacognitie", None),
        ("hoe werkt metacongitie bij rekenen", "hoe werkt metacognitie bij rekenen"),
        ("ED123457", None),
        ("12ab00", None),
        ("hoe", None),
        ("", None),
    ],
)
def test_a_typing_error_is_spelt_right(typed, meant):
    assert services.search(query(typed)).did_you_mean == meant


def test_a_hidden_word_is_not_what_one_meant():
    assert services.search(query("zwartewaterwoort")).did_you_mean is None
    asked = query("zwartewaterwoort", audiences=LAB)
    assert services.search(asked).did_you_mean == "zwartewaterwoord"
