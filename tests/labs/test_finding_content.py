"""What a finding must say before it can be signed, and how plain that is."""

from datetime import timedelta

import pytest

from labapp.clock import today
from labapp.labs import finding_diffing, reading_level
from labapp.labs.finding_content import canonical, changed_fields, empty_content, hash_of, required
from tests.labs.findings import PLAIN, WHOLE

LONG = "Het kind " + "leest dan ook " * 10 + "graag."
HARD = "Begripsontwikkeling en metacognitieve strategie-instructie faciliteren differentiatie."


def missing(**content):
    return required(empty_content() | WHOLE | content, contributors=1)


def test_a_whole_finding_lacks_nothing():
    assert missing() == {}


def test_an_empty_finding_says_what_is_needed_at_each_field():
    found = required(empty_content(), contributors=0)

    assert {"title", "plain", "question", "method", "context", "limitations", "conditions",
            "costs", "funding", "effect_kind", "certainty", "do", "keep", "adapt", "time_needed",
            "money_needed", "works_when", "schools_from", "pupils_from", "hours_from",
            "contributors"} <= set(found)  # fmt: skip
    assert all(words and all(words) for words in found.values())


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"effect_value": None}, "effect_value"),
        ({"effect_low": None}, "uncertainty"),
        ({"effect_low": 0.9}, "effect_low"),
        ({"effect_kind": "qualitative"}, "claim"),
        ({"effect_kind": "qualitative", "claim": "Ze lezen meer."}, "ground"),
        ({"schools_from": 9}, "schools_from"),
        ({"pupils_from": 2, "pupils_to": 4}, "pupils_to"),
        ({"limitations": "Slechts 3 leerlingen haakten af."}, "limitations"),
        ({"embargo_until": "2040-01-01", "embargo_reason": "Artikel"}, "embargo_until"),
    ],
)
def test_what_does_not_hold_together_is_said_at_its_field(content, field):
    assert field in missing(**content)


def test_a_claim_with_its_ground_is_enough_without_a_figure():
    claim = {"claim": "Ze lezen meer.", "ground": "Zes leraren zagen het.", "effect_value": None}

    assert missing(effect_kind="qualitative", **claim) == {}


def test_an_embargo_asks_for_a_reason():
    day = (today() + timedelta(days=100)).isoformat()

    assert set(missing(embargo_until=day)) == {"embargo_reason"}
    assert missing(embargo_until=day, embargo_reason="Een artikel komt eerst.") == {}


def test_a_plain_text_is_short_and_readable():
    assert "hoogstens 150 woorden" in missing(plain="Dat werkt. " * 80)["plain"][0]
    assert "Knip" in missing(plain=LONG)["plain"][0]
    assert "kortere woorden" in missing(plain=f"{HARD} {HARD} {HARD} {HARD}")["plain"][-1]
    assert "plain" not in missing(plain=PLAIN)


@pytest.mark.parametrize(("level", "fits"), [("A2", False), ("B1", True), ("B2", True)])
def test_the_level_says_how_long_a_sentence_may_be(level, fits):
    text = "Elke dag las de hele klas een kwartier in een boek dat ieder zelf weer koos. Dat hielp."

    assert reading_level.read(text, level).fits is fits


def test_a_text_of_nothing_has_nothing_too_long():
    assert reading_level.read("").fits
    assert reading_level.read("...").words == 0


def test_the_hash_is_over_every_field_in_one_writing():
    whole = empty_content() | WHOLE
    other = whole | {"funding": "Iemand anders."}

    assert hash_of(whole) == hash_of(dict(reversed(whole.items())))
    assert hash_of(whole) != hash_of(other)
    assert hash_of(WHOLE) == hash_of(whole)
    assert '"licence":"CC-BY-4.0"' in canonical(WHOLE)
    assert changed_fields(whole, other) == {"funding": ["Het programma.", "Iemand anders."]}


def test_differences_are_shown_in_words():
    old = empty_content() | WHOLE
    new = old | {
        "effect_direction": "none", "certainty": 1, "sectors": ["po", "vo"], "pupils_to": 310,
        "do": ["Lees elke dag een kwartier."], "relations": [{"kind": "contradicts", "finding": 4}],
        "licence": "CC0-1.0",
    }  # fmt: skip

    found = {one.field: one for one in finding_diffing.compare(old, new)}

    assert list(found) == [
        "do", "certainty", "effect_direction", "pupils_to", "relations", "sectors", "licence",
    ]  # fmt: skip
    said = {name: "".join(t for line in one.lines for _k, t in line) for name, one in found.items()}
    assert "Geen verschil gezien" in said["effect_direction"]
    assert "Zeer onzeker" in said["certainty"]
    assert "Voortgezet onderwijs" in said["sectors"]
    assert said["relations"] == "Spreekt tegen bevinding 4"
    assert found["do"].label == "Doe dit"
