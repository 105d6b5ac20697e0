import json
from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock
from sqlalchemy import delete, func, select, update

from labapp.database import db, transaction
from labapp.errors import ConflictError, ModelMissingError, UnavailableError
from labapp.jobs import services as jobs
from labapp.search import encoders, rebuilding, runtime, services, storing
from labapp.search.models import SearchGeneration, SearchObject, SearchPassage
from tests.search.factories import document, ids, query
from tests.search.test_services import count_encoded


class OtherModel(encoders.HashingEncoder):
    """Another model: its vectors have another dimension."""

    fingerprint = "other:1"
    dimension = 128


@pytest.fixture
def shelf(monkeypatch):
    """What the owner of the cards has, by id."""
    owned = {}
    here = runtime.current()
    monkeypatch.setattr(here, "sources", {"card": lambda: iter(list(owned.values()))})
    return owned


@pytest.fixture
def cards(shelf):
    made = [document(f"Feedback {number}", f"Les {number * 7} van de week.") for number in range(8)]
    shelf.update({one.id: one for one in made})
    services.put_all(made)
    return made


@pytest.fixture
def other_model(monkeypatch):
    encoder = OtherModel()
    monkeypatch.setattr(runtime, "load_encoder", lambda *_args: encoder)
    return encoder


def test_a_new_model_is_searched_after_a_rebuild_and_by_words_until_then(cards, other_model):
    assert not services.search(query("feedback")).meaning_available

    done = rebuilding.rebuild(runtime.current())

    found = services.search(query("feedback"))
    assert found.meaning_available
    assert found.total == 8
    assert (done.generation, done.objects, done.passages) == (2, 8, 8)


def test_the_former_generation_is_kept_and_going_back_is_quick(cards, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "load_encoder", lambda *_args: OtherModel())
        rebuilding.rebuild(runtime.current())
    encoded = count_encoded(monkeypatch)

    done = rebuilding.rebuild(runtime.current())

    assert done.generation == 1
    assert len(encoded) <= len(cards)  # the sample of the check alone
    assert services.search(query("feedback")).meaning_available


def test_no_more_than_the_former_one_is_kept(cards, monkeypatch):
    for number in range(3):
        encoder = OtherModel()
        encoder.fingerprint = f"other:{number}"
        monkeypatch.setattr(runtime, "load_encoder", lambda *_args, one=encoder: one)
        rebuilding.rebuild(runtime.current())

    numbers = set(db.session.scalars(select(SearchGeneration.number)))
    assert numbers == set(db.session.scalars(select(SearchPassage.generation))) == {3, 4}


def test_with_the_same_model_nothing_is_encoded_but_what_is_asked(cards, monkeypatch):
    encoded = count_encoded(monkeypatch)
    rebuilding.rebuild(runtime.current())
    assert len(encoded) <= rebuilding.CHECKED
    del encoded[:]

    rebuilding.rebuild(runtime.current(), again=True)

    assert len(encoded) >= len(cards)


def test_what_went_missing_comes_back_and_what_should_be_gone_goes(cards, shelf):
    with transaction() as session:
        session.execute(delete(SearchPassage).where(SearchPassage.row_id == 1))
        session.execute(delete(SearchObject).where(SearchObject.object_id == cards[1].id))
    del shelf[cards[2].id]
    shelf[cards[3].id] = replace(cards[3], audience=frozenset({"lab:1"}))

    rebuilding.rebuild(runtime.current())

    gone = {cards[2].id, cards[3].id}
    assert set(ids(services.search(query("feedback")))) == {one.id for one in cards} - gone


def test_what_changes_meanwhile_is_in_the_new_one(cards, shelf, other_model, monkeypatch):
    real = rebuilding.embedding.embed_waiting

    def busy(*args, **kwargs):
        services.put(replace(cards[0], title="Spelling", texts=("Schrijven.",)))
        services.remove("card", cards[1].id)
        services.put(document("Nieuw", "Iets over zaagvissen."))
        return real(*args, **kwargs)

    monkeypatch.setattr(rebuilding.embedding, "embed_waiting", busy)

    rebuilding.rebuild(runtime.current())

    found = services.search(query(per_page=50))
    assert found.total == 8
    assert cards[1].id not in ids(found)
    assert services.search(query("zaagvissen")).hits[0].passage.startswith("Nieuw")
    assert services.search(query("spelling")).hits[0].id == cards[0].id
    assert no_vector() == 0


def test_a_stale_list_does_not_bring_back_what_was_withdrawn(cards, shelf, monkeypatch):
    here = runtime.current()

    def listed_before():
        listed = list(shelf.values())
        services.remove("card", cards[0].id)
        services.put(replace(cards[1], texts=("Vers.",)))
        return iter(listed)

    monkeypatch.setattr(here, "sources", {"card": listed_before})

    rebuilding.rebuild(here)

    assert cards[0].id not in ids(services.search(query(per_page=50)))
    assert "Vers." in services.search(query("vers")).hits[0].passage


def no_vector():
    return db.session.scalar(
        select(func.count())
        .select_from(SearchPassage)
        .join(SearchGeneration, SearchGeneration.number == SearchPassage.generation)
        .where(SearchPassage.vector.is_(None), SearchGeneration.number == 2)
    )


def test_stopped_half_way_it_goes_on_and_nothing_changed_for_those_who_search(
    cards, other_model, monkeypatch
):
    monkeypatch.setattr(rebuilding.embedding, "AT_ONCE", 3)
    real, calls = other_model.encode_passages, []

    def killed(texts, progress=None):
        calls.append(len(texts))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(texts, progress)

    monkeypatch.setattr(other_model, "encode_passages", killed)
    with pytest.raises(KeyboardInterrupt):
        rebuilding.rebuild(runtime.current())
    assert db.session.scalars(storing.CURRENT).one().number == 1
    assert services.search(query("feedback")).total == 8
    assert no_vector() == 5

    done = rebuilding.rebuild(runtime.current())

    assert done.generation == 2
    assert sum(calls[2:4]) == 5


def test_a_new_index_that_finds_nothing_is_not_used(cards, other_model, monkeypatch):
    monkeypatch.setattr(
        other_model,
        "encode_passages",
        lambda texts, _progress=None: (
            np.random.default_rng().normal(size=(len(texts), 128)).astype("f4")
        ),
    )

    with pytest.raises(UnavailableError):
        rebuilding.rebuild(runtime.current())

    assert db.session.scalars(storing.CURRENT).one().number == 1
    assert services.search(query("feedback")).total == 8


def test_two_at_once_are_refused(cards):
    folder = runtime.current().index.folder
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "rebuild.lock"), pytest.raises(ConflictError):
        rebuilding.rebuild(runtime.current())


def test_an_empty_database_can_be_rebuilt(shelf):
    assert rebuilding.rebuild(runtime.current()).passages == 0


def test_it_is_a_job_too(cards):
    with transaction():
        jobs.enqueue("search.rebuild", {"again": True})

    jobs.run_waiting()

    assert db.session.scalars(storing.CURRENT).one().number == 2


def test_without_a_model_the_old_index_stays(cards, monkeypatch):
    def missing(*_args):
        raise ModelMissingError("Het taalmodel ontbreekt.")

    monkeypatch.setattr(runtime, "load_encoder", missing)

    with pytest.raises(ModelMissingError):
        rebuilding.rebuild(runtime.current())

    assert services.search(query("feedback")).total == 8


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=["search", *words])


def test_status_says_how_the_index_is(cards, run, other_model):
    found = json.loads(run("status", "--json").stdout)

    assert found["objects"] == {"card": 8}
    assert found["passages_in_memory"] == 8
    assert found["needs_rebuild"]
    assert found["waiting"] == 0
    shown = run("status").stdout
    assert "objects: card 8" in shown
    assert "labapp search rebuild" in shown


def test_the_doctor_says_that_the_index_is_of_another_model(cards, app, other_model):
    found = app.test_cli_runner().invoke(args=["doctor"]).output

    assert "run `labapp search rebuild`" in found


def test_rebuild_is_a_command(cards, run):
    answer = run("rebuild", "--json")

    assert answer.exit_code == 0
    done = json.loads(answer.stdout)
    assert (done["generation"], done["objects"], done["passages"]) == (2, 8, 8)
    assert "generation 3: 8 objects" in run("rebuild", "--again").stdout
    assert "is ready" in run("prepare").stdout


def test_the_checksum_is_that_of_the_rows(cards):
    done = rebuilding.rebuild(runtime.current())
    with transaction() as session:
        assert rebuilding.count_and_sum(session, 2) == (8, done.checksum)
        session.execute(
            update(SearchPassage).where(SearchPassage.generation == 2).values(words=b"")
        )
        assert rebuilding.count_and_sum(session, 2)[1] != done.checksum
