"""What benchmarks share: an application, a cookie, a server that counts, a PostgreSQL."""

import os
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import waitress
from sqlalchemy import event

from labapp import clock, create_app
from labapp.accounts import sessions
from labapp.accounts.security import SESSION_KEY
from labapp.database import db

FIGURES = "figures"
THREADS = 8  # as in `labapp run`


def make_app(folder, at=None):
    """The application on a database in a folder; `at` is the moment at which it stands."""
    if at:
        clock.set_clock(at)
    return create_app(
        TESTING=True,
        INSTANCE=str(folder),
        SECRET_KEY="benchmark",  # noqa: S106
        EMBEDDING_MODEL="hashing",
        RATELIMIT_ENABLED=False,
        LOG_LEVEL="ERROR",
    )


def keep_cookie(app, user, folder):
    """Sign somebody in and keep the cookie in the folder, for a browser in another process."""
    client = app.test_client()
    with app.test_request_context(), client.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"] = user.fs_uniquifier, True
        kept[SESSION_KEY] = sessions.begin_session(user, "Benchmark")
    db.session.commit()
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    (folder / "cookie").write_text(f"{cookie.key}={cookie.value}")


def on_postgres(run, options, module):
    """Run a benchmark on the PostgreSQL that LABAPP_TEST_DATABASE names, or on one of its own."""
    if "LABAPP_TEST_DATABASE" in os.environ:
        run(options)
        return
    again = [sys.executable, "-m", f"benchmarks.{module}", *sys.argv[1:]]
    server = [sys.executable, "-m", "tests.postgres", "--"]
    sys.exit(subprocess.run([*server, *again], check=False).returncode)


def figures_of(pipe, ask, requests, *, before):
    """What `requests` calls of `ask(number)` took, after some that warm up, and what they cost."""
    for number in range(before):
        ask(number)
    pipe.send(FIGURES)
    pipe.recv()
    taken = [ask(number) for number in range(before, before + requests)]
    pipe.send(FIGURES)
    statements, cpu = pipe.recv()
    return {
        "p50, ms": round(float(np.percentile(taken, 50)), 1),
        "p95, ms": round(float(np.percentile(taken, 95)), 1),
        "fastest, ms": round(min(taken), 1),
        "CPU of the server, ms": cpu,
        "statements": statements,
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(app, port, pipe):
    """Say "ready" when it serves; answer FIGURES with what was counted since; else stop."""
    counted, per_request = [], []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))

    @app.before_request
    def start():
        del counted[:]

    @app.after_request
    def stop(response):
        per_request.append(len([text for text in counted if not text.startswith("BEGIN")]))
        return response

    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=THREADS)
    pipe.send("ready")
    threading.Thread(target=server.run, daemon=True).start()
    began = time.process_time()
    while pipe.recv() == FIGURES:
        cpu = 1000 * (time.process_time() - began) / max(len(per_request), 1)
        pipe.send((sorted(set(per_request)), round(cpu, 1)))
        del per_request[:]
        began = time.process_time()
