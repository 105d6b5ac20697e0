import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from labapp import seeding, serving
from labapp.errors import UnavailableError
from tests.postgres import free_port

SECRET = "s" * 32


def environment(folder, **settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABAPP_")}
    return {
        **kept,
        "LABAPP_INSTANCE": str(folder),
        "LABAPP_SECRET_KEY": SECRET,
        "LABAPP_EMBEDDING_MODEL": "hashing",
        "LABAPP_LOG_FORMAT": "json",
        **{f"LABAPP_{name}": str(value) for name, value in settings.items()},
    }


def command(*arguments):
    return [sys.executable, "-m", "labapp.cli", *arguments]


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """A folder with a migrated, empty database."""
    folder = tmp_path_factory.mktemp("served")
    subprocess.run(command("db", "upgrade"), check=True, env=environment(folder))
    return folder


@contextmanager
def served(folder, **settings):
    """Run `labapp run` until the block ends; give the process and its port."""
    port = free_port()
    process = subprocess.Popen(
        command("run"),
        env=environment(folder, PORT=port, **settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: ask(port, "/healthz")[0] == 200)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def wait_for(is_so, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if is_so():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def ask(port, address, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def rows(folder, statement):
    with sqlite3.connect(folder / "labapp.sqlite") as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.once
def test_it_serves_pages_works_off_jobs_and_ends_when_told_to(instance):
    with served(instance) as (process, port):
        health = ask(port, "/healthz")
        page = ask(port, "/")
        wait_for(lambda: rows(instance, "SELECT 1 FROM jobs WHERE status = 'done'"))

        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)

    assert json.loads(health[2]) == {"status": "ok"}
    assert page[0] == 200
    assert "Server" not in page[1]
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


@pytest.fixture
def listening_to_ctrl_c():
    """A shell lets what it starts with & ignore Ctrl-C, and so does what that starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.once
@pytest.mark.usefixtures("listening_to_ctrl_c")
def test_ctrl_c_ends_it_too(instance):
    with served(instance) as (process, _):
        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0


@pytest.mark.once
def test_without_a_worker_jobs_wait(instance):
    before = rows(instance, "SELECT count(*) FROM jobs WHERE status = 'done'")
    with sqlite3.connect(instance / "labapp.sqlite") as connection:
        connection.execute(
            "INSERT INTO jobs (name, payload, status, run_at, attempts, error, created_at) "
            "VALUES ('audit.anchor', '{}', 'waiting', '2026-01-01', 0, '', '2026-01-01')"
        )
    with served(instance, WORKER=0) as (_, port):
        ask(port, "/")
        time.sleep(1.5)

    assert rows(instance, "SELECT count(*) FROM jobs WHERE status = 'done'") == before


@pytest.mark.once
def test_a_port_that_is_taken_is_said_in_one_sentence(instance):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = subprocess.run(
            command("run", "--port", str(port)),
            check=False,
            env=environment(instance),
            capture_output=True,
            text=True,
        )

    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        f"Error: cannot listen on 127.0.0.1:{port}: Address already in use"
    ]


@pytest.mark.once
@pytest.mark.parametrize(("trusted", "is_secure"), [(0, False), (1, True)])
def test_only_a_trusted_proxy_says_how_the_browser_came(instance, trusted, is_secure):
    with served(instance, TRUSTED_PROXIES=trusted, WORKER=0) as (_, port):
        _, headers, _ = ask(port, "/?lang=en", **{"X-Forwarded-Proto": "https"})

    cookie = next(value for value in headers.get_all("Set-Cookie") if value.startswith("taal="))
    assert ("Secure" in cookie) is is_secure


def test_preparing_goes_on_by_words_when_there_is_no_model(tmp_path, monkeypatch, capsys):
    def missing(*_arguments, **_options):
        raise UnavailableError("Het model ontbreekt.")

    monkeypatch.setattr(serving.model, "is_prepared", lambda *_: False)
    monkeypatch.setattr(serving.model, "prepare", missing)

    serving.prepare_model("any", tmp_path)

    assert "Het model ontbreekt." in capsys.readouterr().err


def test_a_model_that_is_prepared_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(serving.model, "is_prepared", lambda *_: True)
    monkeypatch.setattr(serving.model, "prepare", lambda *_, **__: pytest.fail("prepared again"))

    serving.prepare_model("any", tmp_path)


def test_preparing_seeds_and_prints_demo_logins_only_in_a_demonstration(app, monkeypatch, capsys):
    monkeypatch.setattr(serving, "upgrade", lambda: None)
    monkeypatch.setattr(serving.seeding, "seed_all", lambda **_: seeding.Report(created=3))
    serving.prepare_all(app)
    without = capsys.readouterr().err

    monkeypatch.setitem(app.config, "DEMO", True)
    serving.prepare_all(app)
    demonstration = capsys.readouterr().err

    assert "3 cards new" in without
    assert seeding.PASSWORD not in without
    assert seeding.PASSWORD in demonstration
