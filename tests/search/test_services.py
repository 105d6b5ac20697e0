import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from labapp.database import db, transaction
from labapp.errors import ModelMissingError
from labapp.jobs import services as jobs
from labapp.search import encoders, runtime, services
from labapp.search.models import SearchIdentifier, SearchObject, SearchPassage
from tests.search.factories import PUBLIC, document, ids, query

HOSTILE = [
    "' OR 1=1 --",
    '"; DROP TABLE search_objects; --',
    "NEAR(a b) AND NOT col:x*",
    '"',
    '""""',
    "%",
    "_%_%",
    "\0",
    "\ud800",
    "🎓 🎒",
    "שלום עולם",
    "مرحبا",
    "-",
    "*",
    "(((",
    "a" * 10_000,
    "woord " * 2_000,
    '"' + "zin " * 3_000 + '"',
    "10.1000/" + "x" * 5_000,
]


def test_what_is_put_in_is_found():
    one = document("Feedback die werkt")

    services.put(one)

    found = services.search(query("feedback"))
    assert found.total == 1
    hit = found.hits[0]
    assert (hit.kind, hit.id, hit.language) == ("card", one.id, "nl")
    assert "volgende stap" in hit.passage


def test_what_else_is_in_the_index_changes_nothing_among_the_kinds_asked_for():
    """The middles are those of the kinds: much talk in labs may not cut off what cards answer."""
    services.put_all([document(f"Feedback in vak {number}", id=number) for number in range(1, 61)])
    asked = query("feedback in de klas", kinds=("card",), explain=True, per_page=100)
    before = services.search(asked)
    services.put_all(
        [
            document(f"Nieuwe roosters en lokalen {number}", kind="talk", id=number)
            for number in range(1, 121)
        ]
    )

    after = services.search(asked)

    assert before.total > 0
    assert [(hit.id, hit.parts["meaning"]) for hit in after.hits] == [
        (hit.id, hit.parts["meaning"]) for hit in before.hits
    ]
    services.remove("talk", 1)
    assert services.search(asked).total == before.total


def test_few_of_many_hits_are_quoted():
    services.put(document("Feedback die werkt", "Geef feedback. Noem de volgende stap."))

    (plain,) = services.search(query("volgende stap", quotes=False)).hits
    (whole,) = services.search(query("volgende stap")).hits

    assert (plain.sentence, plain.matched_words) == ("", ())
    assert services.quote([plain], "volgende stap") == [whole]


def test_how_near_a_hit_must_be_is_asked_for():
    services.put_all([document(f"Feedback {number}", "Iets anders.") for number in range(60)])
    services.put(document("Rooster en lokaal", "Over iets heel anders."))

    def total(near_cut):
        return services.search(query("feedback", near_cut=near_cut)).total

    assert total(0.0) > total(0.99)


def test_a_change_that_is_undone_is_not_found():
    class OopsError(Exception):
        pass

    def put_and_fail():
        with transaction():
            services.put(document("Feedback die werkt"))
            raise OopsError

    with pytest.raises(OopsError):
        put_and_fail()

    assert services.search(query("feedback")).total == 0


def test_another_text_takes_the_place_of_the_first():
    one = document("Zittenblijven")
    services.put(one)
    assert ids(services.search(query("zittenblijven"))) == [one.id]

    services.put(replace(one, title="Spelling", texts=("Woorden schrijven.",)))

    assert ids(services.search(query("spelling schrijven"))) == [one.id]
    assert services.search(query("zittenblijven")).hits[0].passage.startswith("Spelling")
    assert db.session.scalar(select(func.count()).select_from(SearchObject)) == 1


def test_what_is_taken_out_is_gone_and_may_come_back():
    one = document("Feedback die werkt", identifiers=("10.1000/abc",))
    services.put(one)

    services.remove("card", one.id)

    assert services.search(query("feedback")).total == 0
    assert services.search(query("10.1000/abc")).total == 0
    assert services.search(query()).total == 0
    services.put(one)
    assert services.search(query("10.1000/abc")).total == 1


def test_taking_out_what_was_never_there_is_no_fault():
    services.remove("card", 999)

    assert services.search(query()).total == 0


def test_the_same_texts_are_not_encoded_again(monkeypatch):
    one = document("Feedback die werkt", "Zeg de volgende stap.", "## Wat is het?\nIets anders.")
    services.put(one)
    encoded = count_encoded(monkeypatch)

    services.put(replace(one, audience=frozenset({"lab:1"}), numbers={"months": 3.0}))
    assert encoded == []
    services.put(replace(one, texts=(one.texts[0], "## Wat is het?\nIets heel anders.")))

    assert len(encoded) == 1
    assert "heel anders" in encoded[0]


def count_encoded(monkeypatch):
    encoder = runtime.current().encoder()
    encoded = []
    real = encoder.encode_passages

    def encode(texts, progress=None):
        encoded.extend(texts)
        return real(texts, progress)

    monkeypatch.setattr(encoder, "encode_passages", encode)
    return encoded


def test_later_words_are_found_at_once_and_meaning_by_a_job():
    one = document("Feedback die werkt")

    services.put_all([one, document("Spelling", "Woorden schrijven.")], later=True)

    assert ids(services.search(query("feedback"))) == [one.id]
    assert waiting() == 2
    assert jobs.run_waiting() == 1
    assert waiting() == 0
    hit = services.search(query("feedback", explain=True)).hits[0]
    assert hit.parts["meaning"] > 0


def waiting():
    return db.session.scalar(
        select(func.count()).select_from(SearchPassage).where(SearchPassage.vector.is_(None))
    )


@pytest.fixture
def no_model(monkeypatch):
    """A model that is out of order, until the test ends or it says so."""

    def missing(*_args, **_kwargs):
        raise ModelMissingError("Het taalmodel ontbreekt.")

    monkeypatch.setattr(runtime, "load_encoder", missing)
    return monkeypatch


def test_without_a_model_words_are_found_and_the_page_can_say_so(no_model):
    one = document("Feedback die werkt")

    services.put(one)

    found = services.search(query("feedback"))
    assert ids(found) == [one.id]
    assert not found.meaning_available
    assert services.search(query()).meaning_available  # browsing needs no model


def test_when_the_model_is_back_the_job_makes_the_vectors(no_model):
    services.put(document("Feedback die werkt"))
    assert waiting() == 1

    no_model.undo()
    jobs.run_waiting()

    assert waiting() == 0
    assert services.search(query("feedback")).meaning_available


def test_an_index_of_another_model_is_searched_by_words(monkeypatch):
    services.put(document("Feedback die werkt"))
    other = encoders.HashingEncoder()
    monkeypatch.setattr(other, "fingerprint", "other:1", raising=False)
    monkeypatch.setattr(runtime, "load_encoder", lambda *_args: other)

    found = services.search(query("feedback"))

    assert found.total == 1
    assert not found.meaning_available


def test_only_who_holds_a_key_finds_it():
    open_one = document("Feedback voor iedereen")
    secret = document("Feedback voor het lab", audience=frozenset({"lab:3"}), facets={"x": ("y",)})
    services.put_all([open_one, secret])

    as_visitor = services.search(query("feedback"))
    as_member = services.search(query("feedback", audiences=PUBLIC | {"lab:3"}))
    as_nobody = services.search(query("feedback", audiences=frozenset()))

    assert ids(as_visitor) == [open_one.id]
    assert as_visitor.facets.get("x", {}) == {}
    assert set(ids(as_member)) == {open_one.id, secret.id}
    assert as_nobody.total == 0


def test_taking_away_a_key_hides_it_at_once():
    one = document("Feedback die werkt")
    services.put(one)

    services.put(replace(one, audience=frozenset({"lab:3"})))

    assert services.search(query("feedback")).total == 0
    assert services.search(query("feedback", audiences=frozenset({"lab:3"}))).total == 1


@pytest.mark.parametrize(
    "asked",
    ["10.1000/ABC", "https://doi.org/10.1000/abc", "doi:10.1000/abc", "zie 10.1000/abc."],
)
def test_a_code_is_found_exactly_and_first(asked):
    services.put_all([document(f"Zie ook 1000 abc {number}") for number in range(3)])
    one = document("Iets heel anders", "Over koken.", identifiers=("10.1000/abc",))
    services.put(one)

    assert ids(services.search(query(asked)))[0] == one.id


@pytest.mark.parametrize("code", ["ED123456", "12AB00", "nl-feedback", "978-90-1234-567-8"])
def test_every_kind_of_code_is_found(code):
    one = document("Koken", identifiers=(code,))
    services.put_all([one, document("Fietsen")])

    assert ids(services.search(query(code.lower())))[0] == one.id
    assert ids(services.search(query(code.upper())))[0] == one.id


def test_a_code_of_what_one_may_not_see_finds_nothing():
    services.put(document(audience=frozenset({"lab:3"}), identifiers=("ED123456",)))

    assert services.search(query("ED123456")).total == 0


def test_a_quoted_phrase_goes_first():
    services.put_all([document("Een stap", "De volgende keer een stap.") for _ in range(3)])
    one = document("Anders", "Je noemt de Volgende  stap bij het stappen van de stap.")
    services.put(one)

    assert ids(services.search(query('"volgende stap"')))[0] == one.id


def test_without_a_question_everything_visible_is_browsed():
    services.put_all([document(f"Kaart {number}") for number in range(12)])
    services.put(document("Geheim", audience=frozenset({"lab:3"})))

    first, second = services.search(query()), services.search(query(page=2))

    assert first.total == 12
    assert len(ids(first)) == 10
    assert len(ids(second)) == 2
    assert not set(ids(first)) & set(ids(second))
    assert services.search(query(page=99)).hits == []
    assert services.search(query(page=0, per_page=0)).total == 12


def test_sorting_by_a_number_puts_the_unknown_last():
    low, high = document(numbers={"months": 1.0}), document(numbers={"months": 5.0})
    negative, unknown = document(numbers={"months": -2.0}), document()
    services.put_all([low, unknown, high, negative])

    descending = ids(services.search(query("feedback", sort="-months")))
    ascending = ids(services.search(query(sort="months")))

    assert descending == [high.id, low.id, negative.id, unknown.id]
    assert ascending == [negative.id, low.id, high.id, unknown.id]
    assert services.search(query(sort="nonsense")).total == 4


def test_what_is_preferred_goes_first_among_equals_and_leaves_nothing_out():
    secondary, primary = document(facets={"sector": ("vo",)}), document(facets={"sector": ("po",)})
    services.put_all([secondary, primary])

    assert ids(services.search(query("feedback", prefer={"sector": "po"})))[0] == primary.id
    assert ids(services.search(query("feedback", prefer={"sector": "vo"})))[0] == secondary.id
    assert services.search(query("feedback", prefer={"sector": "so"})).total == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_only_a_text(text):
    services.put(document("Feedback die werkt"))
    services.put(document(text[:300] or "leeg", text, identifiers=(text[:200],)))

    found = services.search(query(text))

    assert found.total <= 2
    services.suggest(text, PUBLIC)
    services.search(query("feedback", filters={text: (text,)}, sort=text, prefer={text: text}))
    assert services.search(query("feedback")).total >= 1


def test_searching_asks_the_database_the_same_number_of_times(count_queries):
    services.put_all([document(f"Feedback {number}") for number in range(3)])
    services.search(query("feedback"))
    with count_queries() as few:
        services.search(query("feedback"))
    services.put_all([document(f"Feedback {number}") for number in range(30)])
    services.search(query("feedback"))

    with count_queries() as many:
        services.search(query("feedback"))

    assert statements(few) == statements(many) == 3


def statements(asked):
    return len([text for text in asked if text != "BEGIN"])


def test_an_english_text_is_found_by_its_dutch_words():
    one = document(
        "Peer tutoring",
        "Pupils teach each other.",
        language="en",
        translated=("Leren van medeleerlingen", "Leerlingen geven elkaar les."),
    )
    services.put_all([one, document("Spelling", "Woorden schrijven.")])

    found = services.search(query("leren van medeleerlingen"))

    assert ids(found)[0] == one.id
    assert found.hits[0].language == "en"


def test_similar_objects_are_those_one_may_see():
    one = document("Feedback die werkt", kind="card")
    near = document("Feedback die helpt")
    far = document("Spelling", "Woorden schrijven zonder fouten.")
    secret = document("Feedback die werkt", audience=frozenset({"lab:3"}))
    services.put_all([one, near, far, secret, document("Feedback die werkt", kind="finding")])

    found = services.similar("card", one.id, PUBLIC)

    assert [hit.id for hit in found] == [near.id, far.id]
    assert services.similar("card", secret.id, PUBLIC) == []
    assert services.similar("card", 999_999, PUBLIC) == []


def test_many_threads_put_and_find(app):
    def work(number):
        with app.app_context():
            services.put(document(f"Feedback {number}"))
            assert services.search(query("feedback")).total >= 1
            db.session.remove()

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert services.search(query("feedback")).total == 8
    assert services.search(query()).total == 8


def test_identifiers_follow_what_is_put():
    one = document(identifiers=("ED123456", "12AB00"))
    services.put(one)

    services.put(replace(one, identifiers=("12AB00", "ED654321")))

    codes = set(db.session.scalars(select(SearchIdentifier.code)))
    assert codes == {"12ab00", "ed654321"}
