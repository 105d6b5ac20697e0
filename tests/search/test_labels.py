"""Labels of a question: those of the example questions it is most like."""

import pytest

from labapp.errors import UnavailableError
from labapp.search import encoders, labels, runtime
from labapp.search.labels import Group
from labapp.search.questions import analyse

PLACES = ("Zwolle", "Assen", "Breda", "Delft", "Emmen", "Gouda", "Hoorn", "Leiden", "Meppel")
READING = Group(("Hoe krijg ik kinderen aan het lezen?", "Boeken uitlezen lukt niet"), ("reading",))
SUMS = Group(("Breuken en tafels oefenen met sommen", "Rekenen met breuken"), ("mathematics",))
OTHERS = [
    Group((f"Waar ligt {place} {number}?", f"Hoe kom je in {place}?"), ("places",))
    for place in PLACES
    for number in (1, 2)
]
GROUPS = [READING, SUMS, *OTHERS]


@pytest.fixture(autouse=True)
def forget():
    """What one test learnt is not known in the next."""
    yield
    for path in runtime.current().index.folder.glob("labels-*"):
        path.unlink()


def best_of(text):
    found = labels.guess("themes", text)
    return max(found, key=found.get) if found else None


def test_a_question_takes_the_labels_of_what_it_is_like():
    assert labels.guess("themes", "Ze leggen hun boeken weg") == {}
    assert labels.learn("themes", GROUPS)

    found = labels.guess("themes", "Ze leggen hun boeken weg zonder ze uit te lezen")

    assert max(found.values()) == pytest.approx(1)
    assert max(found, key=found.get) == "reading"
    assert best_of("Met breuken oefenen") == "mathematics"
    assert best_of("Hoe kom je van Leiden in Gouda?") == "places"
    assert labels.guess("something else", "Met breuken oefenen") == {}


def test_nothing_is_learnt_twice_and_what_changed_is():
    assert labels.learn("themes", GROUPS)
    assert not labels.learn("themes", GROUPS)
    assert best_of("Met breuken oefenen") == "mathematics"

    other = Group(SUMS.questions, ("numbers",))
    assert labels.learn("themes", [READING, other, *OTHERS])

    assert best_of("Met breuken oefenen") == "numbers"


def test_of_too_few_groups_nothing_is_learnt_and_what_was_is_forgotten():
    assert labels.learn("themes", GROUPS)
    few = [*GROUPS[: labels.FEWEST_GROUPS - 1], Group((), ("reading",)), Group(("Hoe?",), ())]

    assert not labels.learn("themes", few)

    assert labels.guess("themes", "Met breuken oefenen") == {}


def test_a_broken_file_and_another_model_mean_no_guess(monkeypatch):
    labels.learn("themes", GROUPS)
    monkeypatch.setattr(encoders.HashingEncoder, "fingerprint", "hashing:2")
    assert labels.guess("themes", "Met breuken oefenen") == {}
    monkeypatch.undo()

    (runtime.current().index.folder / "labels-themes.npz").write_bytes(b"PK\x03\x04 half a file")

    assert labels.guess("themes", "Met breuken oefenen") == {}
    assert labels.learn("themes", GROUPS)
    assert best_of("Met breuken oefenen") == "mathematics"


def test_without_a_model_nothing_is_guessed_and_learning_says_so(monkeypatch):
    labels.learn("themes", GROUPS)
    monkeypatch.setattr(runtime.current(), "model", "/is/er/niet")

    assert labels.guess("themes", "Met breuken oefenen") == {}
    with pytest.raises(UnavailableError):
        labels.learn("themes", GROUPS)


@pytest.mark.parametrize("text", ["", " ", "\0", "🎓", "x" * 50_000])
def test_odd_texts_are_no_fault(text):
    labels.learn("themes", GROUPS)

    assert set(labels.guess("themes", text)) <= {"reading", "mathematics", "places"}


def test_a_label_that_many_have_counts_less():
    many = [Group((f"Oefenen met breuken {place}",), ("often",)) for place in PLACES * 2]
    one = Group(("Oefenen met breuken thuis",), ("often", "seldom"))
    labeller = labels.make([one, READING, *many], encoders.HashingEncoder())
    asked = encoders.HashingEncoder().encode_queries([analyse("Oefenen met breuken thuis").text])

    found = labeller.guess(asked[0], None)

    assert found["seldom"] == pytest.approx(1)
    assert found["often"] < found["seldom"]
