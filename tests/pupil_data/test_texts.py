import pytest

from labapp import clock
from labapp.i18n import in_language
from labapp.pupil_data.findings import Kind, grouped, masked
from labapp.pupil_data.numbers import passes_eleven_test
from labapp.pupil_data.texts import MOST, find_in_text
from tests.pupil_data.examples import WITH, WITHOUT

pytestmark = pytest.mark.once  # no database is asked


@pytest.fixture(autouse=True)
def _day():
    clock.set_clock("2026-11-22T09:30")


@pytest.mark.parametrize(("kind", "text"), WITH, ids=range(len(WITH)))
def test_data_of_a_pupil_are_found(kind, text):
    assert Kind(kind) in {finding.kind for finding in find_in_text(text)}


@pytest.mark.parametrize("text", WITHOUT, ids=range(len(WITHOUT)))
def test_what_teachers_write_all_day_gives_no_warning(text):
    assert find_in_text(text) == []


def test_a_finding_says_where_it_is_and_does_not_repeat_it():
    text = "Het BSN van deze leerling is 123456782."

    (finding,) = find_in_text(text)

    assert text[finding.start : finding.end] == "123456782"
    assert finding.excerpt == "12•••••82"
    assert str(finding.words) == "Dit lijkt een burgerservicenummer (BSN)."
    with in_language("en"):
        assert str(finding.words) == "This looks like a citizen service number (BSN)."


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Emma de Vries, groep 6", "Em•• •• •••••, ••••• 6"),
        ("3B", "••"),
        ("", ""),
        ("abcd", "a••d"),
    ],
)
def test_an_excerpt_keeps_its_ends_only(text, hidden):
    assert masked(text) == hidden


def test_several_findings_of_a_kind_are_one_line_of_a_form():
    text = "Emma de Vries uit groep 6, Noah Bakker uit groep 6. Geboren op 3-4-2014. " * 4

    groups = grouped(find_in_text(text))

    assert [(group.kind, group.number) for group in groups] == [
        (Kind.BIRTH_DATE, 4),
        (Kind.NAME, 8),
    ]
    assert len(groups[1].excerpts) == 2
    assert str(groups[1].words).startswith("Dit lijkt de naam van een leerling")


def test_what_overlaps_is_one_finding():
    assert len(find_in_text("leerling Emma de Vries, groep 6")) == 1


def test_a_birth_date_is_seen_from_today():
    text = "Sara Mulder, 12-05-2013"
    as_pupil = find_in_text(text)

    clock.set_clock("2045-01-01T12:00")

    assert len(as_pupil) == 1
    assert find_in_text(text) == []


@pytest.mark.parametrize(
    ("digits", "passes"),
    [
        ("123456782", True),
        ("111222333", True),
        ("65677006", True),
        ("123456789", False),
        ("000000000", False),
        ("1234567", False),
    ],
)
def test_the_eleven_test(digits, passes):
    assert passes_eleven_test(digits) is passes


@pytest.mark.parametrize("day", ["20140101", "12012014"])
def test_a_day_that_passes_the_eleven_test_is_no_number(day):
    assert passes_eleven_test(day)
    assert find_in_text(f"Het bestand van {day}.") == []


def test_two_names_far_apart_are_both_found():
    far = " In groep 6 leest men elke dag." + " Er wordt geoefend." * 50

    found = find_in_text(f"{far} Emma de Vries uit groep 6.{far} Noah Bakker, 3B.{far}")

    assert [finding.kind for finding in found] == [Kind.NAME, Kind.NAME]


def test_no_more_is_reported_than_a_person_reads():
    assert len(find_in_text("BSN 123456782, " * 500)) == MOST


@pytest.mark.parametrize("text", ["", "\0", "é" * 5_000, "99-99-9999", "geboren op 31-02-2014"])
def test_text_that_says_nothing_gives_nothing(text):
    assert find_in_text(text) == []
