"""Things that happen at the same moment."""

import threading

from labapp.database import db


def run_at_once(app, works):
    """Call each in a thread and a context of its own, from one moment on; give their answers."""
    db.session.commit()
    start, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        with app.app_context():
            start.wait()
            answers[place] = work()
            db.session.remove()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    return answers
