"""A server in a process of its own that counts statements and processor time of each request."""

import threading
import time

import waitress
from sqlalchemy import event

from labapp.database import db

FIGURES = "figures"
THREADS = 8  # as in `labapp run`


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
