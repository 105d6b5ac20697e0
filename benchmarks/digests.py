"""How long the digest of a week takes: 100,000 persons, 1,000,000 events about 20,000 objects.

    python -m benchmarks.digests [--people 100000] [--events 1000000] [--json]

Runs on a PostgreSQL of its own (`tests.postgres`). Each person has two affiliations' worth of
looking up, an event reaches one person on the site and by mail, and permission is asked with a
query for each person, as the packages do it. What is told: the whole run, and telling one event to
everybody.
"""

import argparse
import json
import os
import resource
import tempfile
import time

from sqlalchemy import func, select

from benchmarks import serving
from labapp import clock, create_app
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.database import db, transaction
from labapp.mail.models import Letter
from labapp.notifications import digests, emitting, objects
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Delivery, Frequency
from labapp.notifications.objects import ObjectKind

OBJECTS = 20_000
ROWS = """
INSERT INTO organisations (kind, name, search_name, brin6, sector, time_zone, currency, created_at,
version) SELECT 'school', 'School ' || n, 'school ' || n, lpad(to_hex(n), 6, '0'), 'po',
'Europe/Amsterdam', 'EUR', now(), 1 FROM generate_series(1, {objects}) n;
INSERT INTO users (given_name, particle, family_name, email, language, created_at, confirmed_at,
active, fs_uniquifier) SELECT 'Noor', 'van', 'Dijk' || n, 'p' || n || '@example.org',
CASE WHEN n % 5 = 0 THEN 'en' ELSE 'nl' END, now(), now(), true, 'u' || n
FROM generate_series(1, {people}) n;
INSERT INTO affiliations (user_id, organisation_id, role, status, from_on, created_at)
SELECT id, 1 + id % {objects}, 'teacher', 'confirmed', '2026-08-01', now() FROM users;
INSERT INTO notification_events (type, subject, about, actor_id, "values", created_at)
SELECT 'organisation.changed', 'organisations:' || 1 + (n * 7919::bigint) % {objects},
'organisations:' || 1 + (n * 7919::bigint) % {objects}, 1 + n % {people}, '{{"part": "de naam"}}',
'2026-11-16 10:00'::timestamp + n * interval '0.5 second' FROM generate_series(1, {events}) n;
INSERT INTO notification_deliveries (user_id, event_id, channel, frequency, run, created_at)
SELECT 1 + (id * 31::bigint) % {people}, id, channel, 'weekly', '', created_at
FROM notification_events, (VALUES ('in_app'), ('mail')) AS channels (channel);
ANALYZE
"""


def fill(options):
    db.create_all()
    rows = ROWS.format(people=options.people, events=options.events, objects=OBJECTS)
    with db.engine.begin() as connection:
        for statement in rows.replace("%", "%%").split(";"):
            connection.exec_driver_sql(statement)


def register():
    """Tell of organisations, as a package tells of what it has."""

    def titles(numbers):
        query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers))
        return {number: name for number, name in db.session.execute(query)}  # noqa: C416

    def can_see_many(_actor, numbers):
        query = select(Organisation.id).where(
            Organisation.id.in_(numbers), Organisation.closed_on.is_(None)
        )
        return set(db.session.scalars(query))

    kind = ObjectKind(
        url=lambda number: f"/organisaties/{number}",
        can_see_many=can_see_many,
        titles=titles,
    )
    objects.register("organisations", kind)
    sentence = "%(actor)s wijzigde %(part)s van %(title)s."
    emitting.register(EventType("organisation.changed", "Wijzigingen", sentence))


def timed(function):
    start = time.perf_counter()
    found = function()
    return round(time.perf_counter() - start, 1), found


def tell_everybody(people):
    with transaction():
        emitting.emit(
            Actor.system(), "organisation.changed", "organisations:1", range(1, people + 1),
            values={"part": "alles"},
        )  # fmt: skip


def run(options):
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            TESTING=True,
            INSTANCE=folder,
            DATABASE_URL=os.environ["LABAPP_TEST_DATABASE"],
            SECRET_KEY="benchmark",  # noqa: S106
            EMBEDDING_MODEL="hashing",
            LOG_LEVEL="ERROR",
        )
        with app.app_context():
            clock.set_clock("2026-11-23T07:00")
            filled, _nothing = timed(lambda: fill(options))
            register()
            seconds, letters = timed(lambda: digests.send_digest(Frequency.WEEKLY))
            again, none = timed(lambda: digests.send_digest(Frequency.WEEKLY))
            waiting = select(func.count()).where(
                Delivery.settled_at.is_(None), Delivery.channel == "mail"
            )
            assert (none, db.session.scalar(waiting)) == (0, 0)
            assert db.session.scalar(select(func.count(Letter.id))) == letters
            told, _nothing = timed(lambda: tell_everybody(options.people))
            results = {
                "filled in seconds": filled,
                "letters": letters,
                "digest in seconds": seconds,
                "letters a second": round(letters / seconds),
                "again in seconds": again,
                "one event to everybody in seconds": told,
                "memory in MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            print(json.dumps(results, indent=None if options.json else 1))
            db.session.remove()
            db.engine.dispose()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    serving.on_postgres(run, options, "digests")


if __name__ == "__main__":
    main()
