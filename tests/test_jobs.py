import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp import clock, create_app
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.jobs import services as jobs
from labapp.jobs.models import Job, JobStatus
from tests.conftest import close
from tests.processes import processes

DONE = []


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    """A job that notes that it was done, and one that fails; no others."""
    DONE.clear()
    monkeypatch.setattr(jobs, "_handlers", {"note": note, "fail": fail})
    monkeypatch.setattr(jobs, "_periodic", {})


def note(payload):
    DONE.append(payload.get("word"))


def fail(_payload):
    raise InvalidError("it cannot be done")


def all_jobs():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Job).order_by(Job.id)).all()


def only_job():
    (job,) = all_jobs()
    return job


def wait(**amount):
    """Let time pass."""
    clock.set_clock(now() + timedelta(**amount))


def test_a_job_is_done_once_and_remembered():
    jobs.enqueue("note", {"word": "feedback"})

    tried = jobs.run_waiting(), jobs.run_waiting()

    assert tried == (1, 0)
    assert DONE == ["feedback"]
    assert (only_job().status, only_job().attempts) == (JobStatus.DONE, 1)
    assert only_job().finished_at is not None


def test_a_job_waits_for_its_moment():
    jobs.enqueue("note", run_at=now() + timedelta(hours=1))

    before = jobs.run_waiting()
    wait(hours=1)

    assert (before, jobs.run_waiting()) == (0, 1)


def test_jobs_are_done_in_the_order_of_their_moments():
    jobs.enqueue("note", {"word": "second"})
    jobs.enqueue("note", {"word": "first"}, run_at=now() - timedelta(hours=1))

    jobs.run_waiting()

    assert DONE == ["first", "second"]


def test_a_job_goes_with_the_change_it_belongs_to_or_not_at_all():
    def refused():
        with transaction():
            jobs.enqueue("note", {"word": "refused"})
            raise InvalidError("no")

    with pytest.raises(InvalidError):
        refused()
    with transaction():
        jobs.enqueue("note", {"word": "saved"})

    jobs.run_waiting()

    assert DONE == ["saved"]


def test_a_job_without_a_handler_is_not_accepted():
    with pytest.raises(KeyError, match="unknown"):
        jobs.enqueue("unknown")

    assert all_jobs() == []


def test_a_job_that_fails_waits_ever_longer_between_attempts():
    jobs.enqueue("fail")
    waits = []
    for _ in range(4):
        jobs.run_waiting()
        waits.append(round((only_job().run_at - now()).total_seconds()))
        clock.set_clock(only_job().run_at)

    assert waits == [10, 20, 40, 80]
    assert only_job().error == "InvalidError: it cannot be done"
    assert only_job().status is JobStatus.WAITING


def fail_for_good():
    jobs.enqueue("fail", unique="once")
    for _ in range(jobs.LAST_ATTEMPT):
        assert jobs.run_waiting() == 1
        clock.set_clock(now() + timedelta(hours=1))


def test_after_the_last_attempt_a_job_is_a_dead_letter_that_stays():
    fail_for_good()

    wait(days=30)
    jobs.remove_done()

    assert jobs.run_waiting() == 0
    assert jobs.list_jobs(JobStatus.DEAD) == [only_job()]
    assert only_job().attempts == jobs.LAST_ATTEMPT
    assert jobs.count_jobs() == {"waiting": 0, "running": 0, "done": 0, "dead": 1}


def test_a_dead_letter_can_try_again(monkeypatch):
    fail_for_good()
    monkeypatch.setitem(jobs._handlers, "fail", note)

    jobs.retry(only_job().id)
    jobs.run_waiting()

    assert (only_job().status, only_job().error) == (JobStatus.DONE, "")


def test_only_a_dead_letter_can_try_again():
    jobs.enqueue("note")

    with pytest.raises(ConflictError):
        jobs.retry(only_job().id)
    with pytest.raises(NotFoundError):
        jobs.retry(only_job().id + 1)


def test_a_dead_letter_does_not_try_again_beside_the_same_work():
    fail_for_good()
    dead = only_job().id
    jobs.enqueue("fail", unique="once")

    with pytest.raises(ConflictError):
        jobs.retry(dead)


def test_one_failing_job_does_not_keep_others_from_being_done():
    jobs.enqueue("fail")
    jobs.enqueue("note", {"word": "done"})

    jobs.run_waiting()

    assert DONE == ["done"]


def test_a_handler_that_forgets_to_save_fails_instead_of_losing_its_change(monkeypatch):
    def careless(_payload):
        db.session.add(Job(name="note", payload={}))

    monkeypatch.setitem(jobs._handlers, "note", careless)
    jobs.enqueue("note")

    jobs.run_waiting()

    assert "outside a transaction" in only_job().error


def test_done_work_is_forgotten_after_two_weeks():
    jobs.enqueue("note")
    jobs.run_waiting()
    wait(days=13)
    jobs.remove_done()
    kept = len(all_jobs())

    wait(days=2)
    jobs.remove_done()

    assert (kept, len(all_jobs())) == (1, 0)


def test_the_same_work_waits_only_once():
    for _ in range(3):
        jobs.enqueue("note", {"word": "index"}, unique="index")
    jobs.enqueue("note", {"word": "other"}, unique="other")

    jobs.run_waiting()

    assert sorted(DONE) == ["index", "other"]


def test_work_that_was_done_may_wait_again():
    for _ in range(2):
        jobs.enqueue("note", {"word": "index"}, unique="index")
        jobs.run_waiting()

    assert DONE == ["index", "index"]


def test_work_asked_for_while_the_same_is_being_done_is_done_again(monkeypatch):
    def ask_again(payload):
        note(payload)
        if len(DONE) == 1:
            jobs.enqueue("note", unique="index")

    monkeypatch.setitem(jobs._handlers, "note", ask_again)
    jobs.enqueue("note", unique="index")

    jobs.run_waiting()

    assert len(DONE) == 2


def test_failed_work_that_waits_again_anyway_is_not_queued_twice(monkeypatch):
    def ask_again_and_fail(payload):
        jobs.enqueue("note", unique="index")
        fail(payload)

    monkeypatch.setitem(jobs._handlers, "note", ask_again_and_fail)
    jobs.enqueue("note", unique="index")

    jobs._run(jobs._take())

    assert [job.status for job in all_jobs()] == [JobStatus.DONE, JobStatus.WAITING]


def enqueue_often(app, faults):
    with app.app_context():
        try:
            for _ in range(20):
                jobs.enqueue("note", {"word": "index"}, unique="index")
        except Exception as error:  # noqa: BLE001
            faults.append(repr(error))


def test_many_who_ask_for_the_same_work_at_once_get_one_job(app):
    faults = []
    askers = [threading.Thread(target=enqueue_often, args=(app, faults)) for _ in range(4)]

    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert faults == []
    assert len(all_jobs()) == 1


def test_waiting_work_cannot_be_taken_before_the_change_that_counts_on_it(app):
    if db.engine.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    jobs.enqueue("note", {"word": "index"}, unique="index")
    taken = []

    def take():
        with app.app_context():
            taken.append(jobs._take())

    with transaction():
        jobs.enqueue("note", {"word": "index"}, unique="index")
        worker = threading.Thread(target=take)
        worker.start()
        worker.join()
        meanwhile = list(taken)
    take()

    assert meanwhile == [None]
    assert taken[1].payload == {"word": "index"}


def test_a_periodic_job_runs_at_its_intervals(monkeypatch):
    clock.set_clock("2026-03-02T09:00")
    monkeypatch.setattr(jobs, "_periodic", {"note": timedelta(days=1)})
    counts = []
    for hours in (0, 1, 22, 1, 24):
        wait(hours=hours)
        jobs.enqueue_periodic()
        jobs.enqueue_periodic()
        counts.append(jobs.run_waiting())

    assert counts == [1, 0, 0, 1, 1]


def test_a_periodic_job_that_was_missed_runs_once(monkeypatch):
    monkeypatch.setattr(jobs, "_periodic", {"note": timedelta(hours=1)})
    jobs.enqueue_periodic()
    jobs.run_waiting()

    wait(days=3)
    jobs.enqueue_periodic()

    assert jobs.run_waiting() == 1
    jobs.enqueue_periodic()
    assert jobs.run_waiting() == 0


def test_a_lease_that_ended_gives_the_job_to_another_worker():
    jobs.enqueue("note", {"word": "late"})
    lost = jobs._take()
    before = jobs._take()

    wait(minutes=6)
    again = jobs._take()

    assert before is None
    assert (again.id, again.attempt) == (lost.id, 2)


def test_a_worker_that_comes_back_late_changes_nothing_of_the_other():
    jobs.enqueue("note")
    late = jobs._take()
    wait(minutes=6)
    jobs._take()

    jobs._fail(late, "too late")
    jobs._finish(late)

    assert (only_job().status, only_job().error) == (JobStatus.RUNNING, "")


def test_work_that_takes_long_keeps_its_lease(monkeypatch):
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.02)
    seen = []

    def slow(_payload):
        first = only_job().leased_until
        for _ in range(100):
            time.sleep(0.02)
            if only_job().leased_until > first:
                break
        seen.append(only_job().leased_until > first)

    monkeypatch.setitem(jobs._handlers, "note", slow)
    jobs.enqueue("note")

    jobs.run_waiting()

    assert seen == [True]
    assert only_job().status is JobStatus.DONE


def test_a_job_whose_worker_is_killed_each_time_is_given_up():
    jobs.enqueue("note")
    for _ in range(jobs.LAST_ATTEMPT):
        jobs._take()
        wait(minutes=6)

    jobs.run_waiting()

    assert DONE == []
    assert only_job().status is JobStatus.DEAD
    assert "killed" in only_job().error


def application(uri, instance):
    return create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=instance, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )


def hang(uri, instance, started):
    """Take the job and never end it."""

    def never(_payload):
        started.set()
        threading.Event().wait()

    jobs._handlers["note"] = never
    with application(uri, instance).app_context():
        jobs.run_waiting()


def test_a_worker_that_is_killed_loses_its_job_to_another(app, tmp_path):
    jobs.enqueue("note", {"word": "saved"})
    started = processes.Event()
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    worker = processes.Process(target=hang, args=(uri, str(tmp_path), started))
    worker.start()
    assert started.wait(60)

    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    at_once = jobs.run_waiting()
    wait(minutes=6)
    later = jobs.run_waiting()

    assert (at_once, later) == (0, 1)
    assert DONE == ["saved"]
    assert only_job().attempts == 2


def work_and_tell(uri, instance, begin, done):
    words = []
    jobs._handlers["note"] = lambda payload: words.append(payload["word"])
    app = application(uri, instance)
    with app.app_context():
        begin.wait(60)
        while jobs.run_waiting():
            pass
    close(app)
    done.put(words)


def test_several_workers_share_the_work_and_do_nothing_twice(app, tmp_path):
    with transaction():
        for number in range(60):
            jobs.enqueue("note", {"word": number})
    begin, done = processes.Barrier(3), processes.Queue()
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    workers = [
        processes.Process(target=work_and_tell, args=(uri, str(tmp_path / str(n)), begin, done))
        for n in range(3)
    ]

    for worker in workers:
        worker.start()
    words = [done.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()

    assert sorted(word for part in words for word in part) == list(range(60))
    assert sum(bool(part) for part in words) > 1
    assert {job.attempts for job in all_jobs()} == {1}


def test_a_worker_stops_when_told_and_outlives_a_fault(app, monkeypatch):
    stop, rounds = threading.Event(), []

    def upkeep():
        rounds.append(1)
        if len(rounds) == 1:
            raise InvalidError("the database is away")

    monkeypatch.setattr(jobs, "enqueue_periodic", upkeep)
    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.01)
    jobs.enqueue("note", {"word": "done"})

    def work():
        with app.app_context():
            jobs.run_forever(stop)

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(500):
        if DONE:
            break
        time.sleep(0.01)
    stop.set()
    worker.join(10)

    assert DONE == ["done"]
    assert len(rounds) >= 2
    assert not worker.is_alive()


def test_a_worker_that_is_told_to_stop_leaves_the_rest_waiting(monkeypatch):
    stop = threading.Event()
    monkeypatch.setitem(jobs._handlers, "note", lambda _payload: stop.set())
    for _ in range(3):
        jobs.enqueue("note")

    assert jobs.run_waiting(stop) == 1


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["jobs", *arguments])


def test_the_command_works_off_what_is_due(app):
    jobs.enqueue("note", {"word": "done"})

    answer = run(app, "run", "--once")

    assert (answer.exit_code, answer.output, DONE) == (0, "1 jobs\n", ["done"])


def test_the_command_shows_dead_letters_and_lets_them_try_again(app):
    fail_for_good()
    number = only_job().id

    words, machine = run(app, "status"), run(app, "status", "--json")
    again = run(app, "retry", str(number))

    assert "dead: 1\n" in words.output
    assert f"dead {number} fail: InvalidError: it cannot be done" in words.output
    assert json.loads(machine.output) == {
        "jobs": {"waiting": 0, "running": 0, "done": 0, "dead": 1},
        "dead": [{"id": number, "name": "fail", "error": "InvalidError: it cannot be done"}],
    }
    assert again.exit_code == 0
    assert only_job().status is JobStatus.WAITING


def test_the_worker_command_ends_cleanly_when_it_is_told_to(app, tmp_path):
    worker = subprocess.Popen(
        [sys.executable, "-m", "labapp.cli", "jobs", "run"],
        env={
            **os.environ,
            "LABAPP_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "LABAPP_INSTANCE": str(tmp_path),
            "LABAPP_SECRET_KEY": "s" * 32,
            "LABAPP_EMBEDDING_MODEL": "hashing",
            "PYTHONWARNINGS": "ignore",
        },
    )
    for _ in range(600):
        if all_jobs():  # it has queued its periodic jobs
            break
        time.sleep(0.05)

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    assert all_jobs() != []
