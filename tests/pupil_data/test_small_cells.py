import pytest

from labapp.pupil_data import small_cells as cells
from labapp.pupil_data.small_cells import small_cells
from labapp.pupil_data.small_groups import find_small_cells_in_markdown

pytestmark = pytest.mark.once  # no database is asked

HEAD = ["Groep", "Jongens", "Meisjes", "Totaal"]


def places(found):
    return [(one.row, one.column, one.is_derived) for one in found]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([["5", 12, 9, 21]], []),
        ([["5", 12, 0, 12]], []),
        ([["5", 12, 3, 15]], [("5", "Meisjes", False)]),
        ([["5", 12, None, 15]], [("5", "Meisjes", True)]),
        ([["5", 12, None, 18]], []),
        ([["5", 12, None, 12]], []),
        ([["5", None, None, 4]], [("5", "Totaal", False), ("5", "", True)]),
        ([["5", None, None, 20]], []),
        ([["5", 12, 9, 23]], [("5", "", True)]),
        ([["5", 12, None, None]], []),
        ([["5", 12, "veel", 15]], []),
        ([["5", 12, 9, 10]], []),
        ([[]], []),
        ([["5", 12]], []),
    ],
    ids=range(14),
)
def test_a_number_that_is_too_small_is_refused_also_where_it_follows(rows, refused):
    assert places(small_cells(HEAD, rows)) == refused


def test_what_columns_give_away_is_used_in_rows():
    rows = [["5", None, None, 30], ["6", 14, 13, 27], ["Totaal", 41, 16, 57]]

    found = small_cells(HEAD, rows)

    assert places(found) == [("5", "Meisjes", True)]
    assert found[0].words == (
        "Kolom “Meisjes”: uit het totaal volgt dat er 3 overblijft, en dat is minder dan 5. "
        "Laat ook het totaal of nog een getal weg."
    )


def test_a_hidden_total_that_follows_is_used_too():
    rows = [["5", 10, 10, None], ["6", 10, None, 12], ["Totaal", 20, None, 32]]

    assert places(small_cells(HEAD, rows)) == [("6", "Meisjes", True)]


def test_hiding_one_more_number_is_enough():
    rows = [["5", None, None, 30], ["6", None, None, 27], ["Totaal", 41, 16, 57]]

    assert small_cells(HEAD, rows) == []


def test_the_words_say_which_cell_and_what_to_do():
    (found,) = small_cells(HEAD, [["5", 12, 3, None]])

    assert found.words == (
        "Rij “5”, kolom “Meisjes”: 3 is minder dan 5. Voeg groepen samen of laat het getal weg."
    )


def test_the_smallest_number_is_a_setting(monkeypatch):
    rows = [["5", 12, 7, None]]
    as_it_is = small_cells(HEAD, rows)
    monkeypatch.setattr(cells, "rule", cells.Rule())

    cells.configure(10)

    assert as_it_is == []
    assert places(small_cells(HEAD, rows)) == [("5", "Meisjes", False)]
    assert small_cells(HEAD, rows, minimum=3) == []


def table(*lines):
    return "Inleiding\n\n" + "\n".join(lines) + "\n\nSlot"


REFUSED = [
    (table("| Groep | n |", "|---|--:|", "| 5 | 24 |", "| 6 | 3 |"), ["Rij “6”, kolom “n”"]),
    (table("Aanpak | Aantal leerlingen", "--- | ---", "A | 2"), ["Rij “A”"]),
    (
        table("| | A | B |", "|-|-|-|", "| gem. | 3,2 | 4 |", "| n | 24 | 4 |"),
        ["Rij “n”, kolom “B”"],
    ),
    (
        table("| Groep | Jongens | Meisjes | Totaal |", "|-|-|-|-|", "| 5 | 12 | - | 15 |"),
        ["uit het totaal volgt dat er 3 overblijft"],
    ),
    (
        table(
            "| Niveau | Voor | Na |",
            "|-|-|-|",
            "| I | <5 | 12 |",
            "| V | 20 | 9 |",
            "| Totaal | 22 | 21 |",
        ),
        ["Kolom “Voor”"],
    ),
    (table("| Groep | **n** |", "|:-:|:-:|", "| 5 | 4 (16%) |"), ["4 is minder dan 5"]),
    ("Er deden 3 leerlingen niet mee.", ["“3 leerlingen”"]),
    ("Vier leerlingen hadden dyslexie (n = 4).", ["“Vier leerlingen”", "“n = 4”"]),
    ("Het gold voor 2 van de 24 leerlingen.", ["“2 van de 24 leerlingen”"]),
    ("Van hen gingen 22 van de 24 leerlingen vooruit.", ["er 2 overblijven"]),
    ("We zagen één jongen die stopte.", ["“één jongen”"]),
    ("Bij N=3 is dat zo.", ["“N=3”"]),
    ("In die groep zaten drie anderstalige kinderen.", ["“drie anderstalige kinderen”"]),
]
ALLOWED = [
    table("| Groep | n |", "|---|---|", "| 5 | 24 |", "| 6 | 0 |"),
    table("| Groep | score |", "|---|---|", "| 5 | 3 |", "| 6 | 4 |"),
    table("| Groep | n | gemiddelde | uren per week |", "|-|-|-|-|", "| 5 | 24 | 3 | 2 |"),
    table("| Groep | Jongens | Meisjes | Totaal |", "|-|-|-|-|", "| 5 | - | - | 21 |"),
    table("| Les | Wat |", "|-|-|", "| 1 | Drie doelen |"),
    table("| Groep | n |", "| 5 | 3 |"),
    "Werk in groepjes van 4 leerlingen.",
    "Per 3 leerlingen is er één bord.",
    "Laat twee leerlingen elkaar uitleggen wat ze deden.",
    "Dat geldt voor minstens 2 leerlingen in elke groep.",
    "In groep 4 kinderen laten lezen helpt.",
    "Als een leerling vastloopt, vraagt die een maatje.",
    "Er deden 24 leerlingen mee, van 8 tot 10 jaar.",
    "Van de 24 leerlingen gingen 12 vooruit (n = 24).",
    "18 van de 24 leerlingen gingen vooruit, 0 van de 24 leerlingen achteruit.",
    "Dat duurt 3 lessen en kost 2 uur.",
    "a | b",
    "",
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=range(len(REFUSED)))
def test_small_groups_in_a_finding_are_refused_with_the_place(text, words):
    found = find_small_cells_in_markdown(text)

    assert len(found) == len(words)
    assert all(said in one.words for said, one in zip(words, found, strict=True))


@pytest.mark.parametrize("text", ALLOWED, ids=range(len(ALLOWED)))
def test_numbers_that_show_nobody_are_allowed(text):
    assert find_small_cells_in_markdown(text) == []
