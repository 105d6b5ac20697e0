import random

import pytest

from labapp.search import services
from tests.search.factories import PUBLIC, document, ids, query

SECTORS = ("po", "vo", "so")


@pytest.fixture
def cards():
    made = [
        document(
            f"Feedback {number}",
            facets={
                "sector": SECTORS[: number % 3 + 1],
                "language": ("nl" if number % 4 else "en",),
                "kind": ("review",) if number % 2 else ("trial",),
            },
            numbers={"months": float(number % 5)} if number % 5 else {},
        )
        for number in range(20)
    ]
    secret = document("Feedback", audience=frozenset({"lab:3"}), facets={"kind": ("secret",)})
    services.put_all([*made, secret])
    return made


@pytest.mark.parametrize("text", ["", "feedback", "feedback 3"])
def test_the_values_of_a_single_valued_facet_add_up_to_the_total(cards, text):
    found = services.search(query(text))

    assert sum(found.facets["language"].values()) == found.total
    assert sum(found.facets["kind"].values()) == found.total
    assert found.kinds == {"card": found.total}


def test_counts_are_those_of_the_whole_result_and_the_same_on_each_page(cards):
    first, second = (services.search(query("feedback", page=page)) for page in (1, 2))

    assert first.total == second.total == 20
    assert first.facets == second.facets
    assert first.facets["sector"] == {"po": 20, "vo": 13, "so": 6}


def test_a_filter_counts_for_the_other_facets_but_not_for_its_own(cards):
    found = services.search(query("feedback", filters={"kind": ("trial",)}))

    assert found.total == 10
    assert found.facets["kind"] == {"review": 10, "trial": 10}
    assert sum(found.facets["language"].values()) == 10


def test_a_count_is_what_one_gets_by_choosing_the_value(cards):
    start = query("feedback", filters={"sector": ("so",)})
    facets = services.search(start).facets

    for facet, values in facets.items():
        for value, number in values.items():
            chosen = {**start.filters, facet: (value,)}
            assert services.search(query("feedback", filters=chosen)).total == number


def test_values_of_one_facet_are_alternatives_and_facets_go_together(cards):
    either = services.search(query(filters={"language": ("nl", "en")}))
    both = services.search(query(filters={"language": ("en",), "kind": ("review",)}))

    assert either.total == 20
    assert both.total == 0
    assert services.search(query(filters={"language": ()})).total == 20


def test_what_is_unknown_is_never_high_enough(cards):
    found = services.search(query("feedback", minimum={"months": 0.0}))

    assert found.total == 16
    assert services.search(query(minimum={"months": -99.0})).total == 16
    assert services.search(query(minimum={"nonsense": 0.0})).total == 0


def test_nothing_found_says_what_one_would_find_without_each_filter(cards):
    found = services.search(query("feedback", filters={"language": ("en",), "kind": ("review",)}))

    assert found.total == 0
    assert found.advice == {"language": 10, "kind": 5}


def test_what_one_may_not_see_is_counted_nowhere(cards):
    for asked in (query(), query("feedback"), query(kinds=("card",)), query(minimum={"x": 1.0})):
        found = services.search(asked)
        assert "secret" not in found.facets["kind"]
        assert found.kinds.get("card", 0) <= 20


def test_kinds_are_counted_without_the_choice_of_kinds(cards):
    services.put_all([document("Feedback", kind="finding"), document("Feedback", kind="lab")])

    found = services.search(query("feedback", kinds=("card",)))

    assert found.total == 20
    assert found.kinds == {"card": 20, "finding": 1, "lab": 1}
    assert services.search(query("feedback", kinds=("nonsense",))).total == 0


def test_a_filter_never_leaves_too_little():
    few = [document("Koken", "Over soep.", facets={"rare": ("yes",)}) for _ in range(5)]
    services.put_all([document(f"Feedback {number}") for number in range(300)])
    services.put_all(few)

    found = services.search(query("soep koken", filters={"rare": ("yes",)}))

    assert set(ids(found)) == {one.id for one in few}


def test_memory_agrees_with_plain_counting():
    source = random.Random(7)
    made = [
        document(
            facets={"a": tuple(source.sample("xyz", source.randint(0, 3)))},
            audience=frozenset(source.sample(["public", "lab:1", "lab:2"], 2)),
        )
        for _ in range(60)
    ]
    services.put_all(made)
    for one in source.sample(made, 20):
        services.remove("card", one.id)
        made.remove(one)

    for audiences in (PUBLIC, {"lab:1"}, {"lab:1", "lab:2"}, set()):
        for wanted in ((), ("x",), ("y", "z")):
            asked = query(audiences=frozenset(audiences), filters={"a": wanted}, per_page=100)
            found = services.search(asked)
            expected = {
                one.id
                for one in made
                if one.audience & audiences and (not wanted or set(one.facets["a"]) & set(wanted))
            }
            assert set(ids(found)) == expected
            for value, number in found.facets.get("a", {}).items():
                visible = [one for one in made if one.audience & audiences]
                assert number == sum(value in one.facets["a"] for one in visible)
