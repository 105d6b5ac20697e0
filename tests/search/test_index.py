import multiprocessing
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update

from labapp import create_app
from labapp.database import db, transaction
from labapp.search import index as indexes
from labapp.search import runtime, services, snapshots
from labapp.search.index import Index
from labapp.search.locks import SharedLock
from labapp.search.models import SearchRevision
from tests.processes import processes
from tests.search.factories import PUBLIC, document, ids, query


@pytest.fixture
def other(app, monkeypatch, tmp_path):
    """Search as another process would: with an index of its own."""
    here = runtime.current()
    index = Index(db.engine, folder=tmp_path / "index", approximate_from=150_000)

    def search(asked):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, "current", lambda: replace(here, index=index))
            return services.search(asked)

    search.index = index
    return search


def test_another_process_sees_what_was_put_changed_and_taken_out(other):
    one = document("Feedback die werkt")
    assert other(query("feedback")).total == 0

    services.put(one)
    assert ids(other(query("feedback"))) == [one.id]
    services.put(replace(one, title="Spelling", texts=("Schrijven.",)))
    assert "Spelling" in other(query("spelling")).hits[0].passage
    services.remove("card", one.id)
    assert other(query("spelling")).total == 0


def test_catching_up_with_nothing_is_one_small_query(other, count_queries):
    services.put(document())
    other.index.catch_up()

    with count_queries() as queries:
        other.index.catch_up()

    assert len([text for text in queries if text != "BEGIN"]) == 1


def test_what_was_withdrawn_during_a_search_is_gone_before_the_answer(other, monkeypatch):
    one, two = document("Feedback een"), document("Feedback twee")
    services.put_all([one, two])
    assert other(query("feedback")).total == 2
    real = services.showing.load_rows

    def withdraw_first(connection, page):
        monkeypatch.setattr(services.showing, "load_rows", real)
        services.remove("card", one.id)
        return real(connection, page)

    monkeypatch.setattr(services.showing, "load_rows", withdraw_first)

    found = other(query("feedback"))

    assert ids(found) == [two.id]
    assert found.total == 1


def serve_searches(settings, pipe):
    """Another process: it answers each question it is sent with the ids it finds."""
    app = create_app(**settings)
    with app.app_context():
        while (text := pipe.recv()) is not None:
            pipe.send(ids(services.search(query(text))))
            db.session.remove()


def asked_there(pipe):
    pipe.send("feedback")
    assert pipe.poll(60), "the other process does not answer"
    return pipe.recv()


def test_a_real_other_process_sees_each_change_at_once(app):
    here, there = multiprocessing.Pipe()
    settings = {
        "TESTING": True,
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "INSTANCE": app.config["INSTANCE"],
        "SECRET_KEY": "test",
        "EMBEDDING_MODEL": "hashing",
    }
    process = processes.Process(target=serve_searches, args=[settings, there], daemon=True)
    process.start()
    try:
        for _ in range(5):
            one = document("Feedback die werkt")
            services.put(one)
            assert asked_there(here) == [one.id]
            services.remove("card", one.id)
            assert asked_there(here) == []
    finally:
        here.send(None)
        process.join(10)


def test_processes_that_write_at_once_lose_nothing(app, other):
    def write(start):
        with app.app_context():
            for number in range(10):
                services.put(document(f"Feedback {start} {number}"))
            db.session.remove()

    threads = [threading.Thread(target=write, args=[start]) for start in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        other.index.catch_up()
    for thread in threads:
        thread.join()

    assert other(query()).total == 40


def test_another_database_at_the_same_address_is_read_anew(other):
    services.put(document("Oud"))
    assert other(query()).total == 1

    with transaction() as session:
        session.execute(update(SearchRevision).values(key="another", number=1))

    services.remove("card", 0)
    assert other(query()).total == 1
    assert other.index._content.state.key == "another"


def test_a_worn_index_is_read_anew(other, monkeypatch):
    monkeypatch.setattr(indexes, "FEWEST_DEAD", 5)
    one = document("Feedback")
    for number in range(12):
        services.put(replace(one, texts=(f"Tekst {number}.",)))
        other.index.catch_up()

    assert len(other.index._content) < 12
    assert ids(other(query("feedback"))) == [one.id]


@pytest.fixture
def saved(other, monkeypatch):
    """Ten objects, and a snapshot of them."""
    made = [document(f"Feedback {number}", facets={"a": ("x",)}) for number in range(10)]
    services.put_all(made)
    other.index.catch_up()
    other.index.save()
    return made


def again(other):
    """The index of a process that starts now."""
    old = other.index
    other.index.__init__(old.engine, folder=old.folder, approximate_from=150_000)


def test_a_process_starts_from_the_snapshot_and_catches_up(other, saved, monkeypatch):
    expected = other(query("feedback 3", explain=True))
    services.remove("card", saved[0].id)
    new = document("Feedback nieuw", numbers={"months": 2.0})
    services.put(new)
    again(other)
    monkeypatch.setattr(indexes.reading, "read_all", lambda *_args: pytest.fail("it read all"))

    found = other(query(per_page=50))

    assert set(ids(found)) == {one.id for one in saved[1:]} | {new.id}
    assert found.facets == {"a": {"x": 9}}
    assert ids(other(query("feedback 3")))[0] == ids(expected)[0]
    assert ids(other(query("feedback", sort="-months")))[0] == new.id


@pytest.mark.parametrize("name", ["arrays.npz", "rows.npy", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_snapshot_is_ignored(other, saved, name, damage):
    path = next(other.index.folder.rglob(name))
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        path.write_bytes(content[:-3] + bytes([content[-3] ^ 255]) + content[-2:])
    else:
        path.unlink()
    again(other)

    assert other(query("feedback")).total == 10


def test_a_snapshot_of_rows_that_are_no_more_is_ignored(other, saved):
    with transaction() as session:  # a copy of the database from before is put back
        session.execute(update(SearchRevision).values(number=1))
    again(other)

    assert other(query()).total == 10
    assert other.index._content.state.number == 1


def test_only_the_last_snapshots_are_kept(other, saved):
    for number in range(4):
        services.put(document(f"Feedback {number}"))
        other.index.catch_up()
        other.index.save()
    other.index.save()

    folders = [path.parent for path in other.index.folder.rglob(snapshots.MANIFEST)]
    assert len(folders) == snapshots.KEPT


def test_a_full_disk_leaves_no_half_snapshot(other, saved, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    services.put(document("Feedback"))
    other.index.catch_up()
    before = sorted(other.index.folder.rglob("*"))
    monkeypatch.setattr(snapshots.np, "savez", full)

    other.index.save()

    assert sorted(other.index.folder.rglob("*")) == before
    assert other(query("feedback")).total == 11


def test_many_passages_are_filed_and_found_the_same(other, monkeypatch):
    monkeypatch.setattr("labapp.search.vectors.FILE_FROM", 60)
    monkeypatch.setattr("labapp.search.parts.TRAINING", 4)
    services.put_all([document(f"Onderwerp {n}", f"Over zaak {n * 7}.") for n in range(150)])
    services.put_all(
        [document(f"Subject {n}", f"About {n * 7}.", language="en") for n in range(30)]
    )
    plain = services.search(query("onderwerp 5 zaak 35"))

    approximate = Index(db.engine, folder=other.index.folder, approximate_from=50)
    approximate.catch_up()

    assert approximate._content.vectors.parts
    assert any(hasattr(part.index, "nlist") for part in approximate._content.vectors.parts.values())
    other.index = approximate
    with approximate.reading() as content:
        mask = np.ones(len(content), bool)
        question = runtime.current().encoder().encode_queries(["onderwerp 5 zaak 35"])[0]
        augmented = np.append(question, np.float32(-0.5))
        rows = content.vectors.best(augmented, 10, mask)
        exact = np.argsort(-content.vectors.products(augmented, np.arange(len(content))))[:10]
    assert len(set(rows) & set(exact)) >= 9
    assert plain.total > 0


def test_the_lock_lets_readers_together_and_a_writer_alone():
    lock, inside, most, written = SharedLock(), [0], [0], []

    def read():
        with lock.reading():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= 1

    def write():
        with lock.writing():
            written.append(inside[0])

    threads = [threading.Thread(target=read) for _ in range(4)]
    threads += [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most[0] > 1
    assert written == [0, 0]


def test_nothing_leaks_out_of_a_snapshot(other, saved):
    secret = document("Feedback geheim", audience=frozenset({"lab:3"}))
    services.put(secret)
    other.index.catch_up()
    other.index.save()
    again(other)

    assert secret.id not in ids(other(query("feedback geheim", per_page=50)))
    assert secret.id in ids(other(query("geheim", audiences=PUBLIC | {"lab:3"}, per_page=50)))
