import json
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import exc, select, text

from labapp import audit, auditing, clock, create_app
from labapp.audit import AuditEvent
from labapp.database import db, transaction
from labapp.errors import InvalidError
from labapp.jobs import services as jobs
from labapp.mail import services as mail
from tests.conftest import close, unguarded
from tests.factories import OrganisationFactory, UserFactory
from tests.processes import processes

WRITERS, TURNS = 6, 15


def record_some(number=3):
    for place in range(1, number + 1):
        audit.record(None, "entry.create", f"entries:{place}", changes={"minutes": [None, 90]})


def faults(anchors=None):
    db.session.rollback()
    db.session.expire_all()
    return [(fault.seq, fault.message) for fault in audit.verify(anchors)]


def tamper(statement, **values):
    """Do what only somebody with the database's own rights can."""
    db.session.rollback()
    with unguarded(db.engine) as connection:
        connection.execute(text(statement), values)


def test_the_seal_gives_the_heads_of_the_control_vector():
    heads, head = [], audit.GENESIS
    for number in (1, 2, 3):
        event = {
            "seq": number,
            "actor": "P0001",
            "action": "entry.create",
            "object": f"E{number}",
            "at": "2026-01-05T10:00:00Z",
        }
        head = audit.seal(head, event)
        heads.append(head)

    assert heads == [
        "c9cc6c1667139d2b23b011ec41cf9d089924568d583050e682a4f8796d8b6146",
        "91ff25e63a7d3400eebde88b66a6a885694c285a50090f6cc82668484cf19118",
        "c416aa1ffd86591be69dbc9ff3562bafbe099e99c78aef77f289ebb44e81ef33",
    ]


def test_the_canonical_form_is_sorted_dense_and_unescaped():
    assert (
        audit.canonical({"b": 1, "a": {"z": "Zoë", "y": None}})
        == '{"a":{"y":null,"z":"Zoë"},"b":1}'
    )


def test_an_event_says_who_did_what_when_for_whom_and_why(school, teacher):
    clock.set_clock("2026-03-02T09:00")
    audit.request_id.set("request-1")

    audit.record(
        teacher.id,
        "school.renamed",
        school,
        changes={
            "name": ["De Boog", "De Regenboog"],
            "at": [None, datetime(2026, 3, 1, tzinfo=UTC)],
        },
        on_behalf_of=school.id,
        reason="fusie",
    )

    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.seq, event.actor_id, event.on_behalf_of) == (1, teacher.id, school.id)
    assert (event.action, event.object) == ("school.renamed", f"organisations:{school.id}")
    assert event.changes["name"] == ["De Boog", "De Regenboog"]
    assert event.changes["at"] == [None, "2026-03-01T00:00:00+00:00"]
    assert event.at.startswith("2026-03-02T08:00:0")
    assert (event.request_id, event.reason) == ("request-1", "fusie")
    assert audit.head() == (1, event.hash)


def test_an_event_goes_with_its_change_or_not_at_all(school):
    def rename():
        with transaction():
            school.name = "Anders"
            audit.record(None, "school.renamed", school)
            raise InvalidError("no")

    with pytest.raises(InvalidError):
        rename()
    audit.record(None, "school.seen", school)

    assert db.session.scalars(select(AuditEvent.action)).all() == ["school.seen"]
    assert faults() == []


def test_an_event_of_a_refused_part_leaves_no_gap(school):
    def part():
        with transaction():
            audit.record(None, "school.renamed", school)
            raise InvalidError("no")

    with transaction():
        audit.record(None, "first", school)
        with pytest.raises(InvalidError):
            part()
        audit.record(None, "second", school)

    assert db.session.scalars(select(AuditEvent.action)).all() == ["first", "second"]
    assert faults() == []


def record_often(app, name):
    with app.app_context():
        for turn in range(TURNS):
            audit.record(None, f"writer.{name}", f"turns:{turn}")


def test_numbers_have_no_gaps_and_the_chain_holds_when_many_write_at_once(app):
    writers = [threading.Thread(target=record_often, args=(app, n)) for n in range(WRITERS)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    numbers = db.session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)).all()
    assert numbers == list(range(1, WRITERS * TURNS + 1))
    assert faults() == []


def record_in_a_process(uri, instance, name):
    app = create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=instance, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )
    record_often(app, name)
    close(app)


def test_several_processes_write_one_chain_which_holds_while_they_write(app, tmp_path):
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    writers = [
        processes.Process(target=record_in_a_process, args=(uri, str(tmp_path / str(n)), n))
        for n in range(2)
    ]

    for writer in writers:
        writer.start()
    seen = []
    while any(writer.is_alive() for writer in writers):
        seen += faults()
        writers[0].join(0.05)

    assert seen == []
    assert faults() == []
    assert audit.head()[0] == 2 * TURNS


def test_a_whole_trail_has_no_faults():
    assert faults() == []

    record_some()

    assert faults() == []


def test_a_changed_event_is_found():
    record_some()
    tamper("UPDATE audit_events SET object = 'entries:9' WHERE seq = 2")

    assert faults() == [(2, "event 2 is not what was recorded")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01T00:00:00+00:00"),
        ("actor_id", 7),
        ("on_behalf_of", 7),
        ("action", "x"),
        ("changes", '{"minutes":[null,91]}'),
        ("request_id", "x"),
        ("reason", "x"),
        ("hash", "0" * 64),
    ],
)
def test_every_field_of_an_event_is_sealed(column, value):
    record_some(1)
    tamper(f"UPDATE audit_events SET {column} = :value WHERE seq = 1", value=value)

    assert faults()[0] == (1, "event 1 is not what was recorded")


def test_an_event_changed_with_its_own_hash_is_found_by_the_next():
    record_some()
    event = db.session.get_one(AuditEvent, 2)
    contents = audit._contents(event) | {"action": "entry.delete"}
    tamper(
        "UPDATE audit_events SET action = 'entry.delete', hash = :hash WHERE seq = 2",
        hash=audit.seal(event.prev_hash, contents),
    )

    assert faults() == [(3, "event 3 is not what was recorded")]


def test_a_removed_event_is_found():
    record_some()
    tamper("DELETE FROM audit_events WHERE seq = 2")

    assert faults()[0] == (2, "event 2 is missing; the next is 3")


def test_an_inserted_event_is_found():
    record_some(2)
    tamper(
        "INSERT INTO audit_events (seq, at, action, object, changes, prev_hash, hash) "
        "SELECT 3, at, action, object, changes, hash, :hash FROM audit_events WHERE seq = 2",
        hash="a" * 64,
    )

    assert faults() == [
        (3, "event 3 is not what was recorded"),
        (4, "the end of the trail was cut off or added to"),
    ]


def test_events_that_changed_places_are_found():
    record_some()
    for old, new in ((1, 99), (2, 1), (99, 2)):
        tamper("UPDATE audit_events SET seq = :new WHERE seq = :old", old=old, new=new)

    assert [seq for seq, _ in faults()] == [1, 2, 3]


def test_a_tail_that_was_cut_is_found_by_the_head():
    record_some()
    tamper("DELETE FROM audit_events WHERE seq = 3")

    assert faults() == [(3, "the end of the trail was cut off or added to")]


def cut_the_tail_and_the_head():
    second = db.session.get_one(AuditEvent, 2).hash
    tamper("DELETE FROM audit_events WHERE seq = 3")
    tamper("UPDATE audit_head SET seq = 2, hash = :hash", hash=second)


def test_a_tail_that_was_cut_together_with_the_head_is_found_by_an_anchor():
    record_some()
    anchor = dict([audit.head()])
    cut_the_tail_and_the_head()

    assert faults() == []
    assert faults(anchor) == [(3, "event 3 is in an anchor but no longer in the trail")]


def test_a_trail_that_was_made_anew_differs_from_an_anchor():
    record_some()
    anchor = dict([audit.head()])
    tamper("DELETE FROM audit_events")
    tamper("DELETE FROM audit_head")
    record_some()

    assert faults() == []
    assert faults(anchor) == [(3, "event 3 differs from the anchor")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET reason = 'x'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE seq = 3",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_event(statement):
    record_some()
    db.session.rollback()

    with pytest.raises(exc.IntegrityError, match="only grows"), db.engine.begin() as connection:
        connection.exec_driver_sql(statement)

    assert faults() == []


def test_the_database_refuses_to_replace_or_empty_the_trail():
    record_some()
    db.session.rollback()
    statement = (
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 2"
        if db.engine.name == "sqlite"
        else "TRUNCATE audit_events"
    )

    with pytest.raises(exc.IntegrityError, match="only grows"), db.engine.begin() as connection:
        connection.exec_driver_sql(statement)

    assert faults() == []


def test_a_persons_value_stands_in_the_trail_as_the_same_unreadable_text(teacher):
    first, again = (audit.pseudonym(teacher.id, "Noor") for _ in range(2))
    other = audit.pseudonym(UserFactory().id, "Noor")

    assert first == again != other
    assert "Noor" not in first


def test_erasing_a_persons_salt_makes_their_values_meaningless_and_keeps_the_chain(teacher):
    value = audit.pseudonym(teacher.id, "Noor")
    audit.record(teacher.id, "user.renamed", teacher, changes={"name": [None, value]})

    audit.erase_salt(teacher.id)
    audit.erase_salt(teacher.id)

    assert audit.pseudonym(teacher.id, "Noor") != value
    assert faults() == []


def test_anchors_are_lines_of_moment_number_and_hash(tmp_path):
    path = tmp_path / "elsewhere" / "anchors"
    auditing.write_anchor(path)
    record_some(1)
    one = audit.head()
    auditing.write_anchor(path)
    auditing.write_anchor(path)
    record_some(1)
    two = audit.head()
    line = auditing.write_anchor(path)

    assert path.read_text().splitlines()[-1] == line
    assert line.split()[1:] == [str(two[0]), two[1]]
    assert auditing.read_anchors(path) == dict([one, two])
    assert faults(auditing.read_anchors(path)) == []


@pytest.mark.parametrize("line", ["nonsense", "2026-01-01T00:00:00 x " + "a" * 64, "\xff"])
def test_a_file_that_holds_no_anchors_is_refused(tmp_path, line):
    path = tmp_path / "anchors"
    path.write_text(line + "\n", "latin-1")

    with pytest.raises(InvalidError, match="line 1 is not an anchor"):
        auditing.read_anchors(path)


def test_anchors_that_contradict_each_other_are_refused(tmp_path):
    path = tmp_path / "anchors"
    path.write_text("".join(f"2026-01-0{n}T00:00:00 5 {str(n) * 64}\n" for n in (1, 2)))

    with pytest.raises(InvalidError, match="line 2: an earlier line has another hash"):
        auditing.read_anchors(path)


def test_the_anchor_is_written_once_a_day_by_a_job(app, tmp_path, monkeypatch):
    path = tmp_path / "anchors"
    monkeypatch.setitem(app.config, "AUDIT_ANCHOR", str(path))
    record_some(1)
    clock.set_clock("2026-03-02T09:00")

    for _ in range(3):
        jobs.enqueue_periodic()
        jobs.run_waiting()
    clock.set_clock("2026-03-03T09:01")
    jobs.enqueue_periodic()
    jobs.run_waiting()

    assert len(path.read_text().splitlines()) == 2


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["audit", *arguments])


def test_verify_says_that_the_trail_is_whole(app):
    record_some()

    answer = run(app, "verify")

    assert answer.exit_code == 0
    assert answer.stdout.strip() == f"3 events, head {audit.head()[1]}: whole"


def test_verify_of_a_broken_trail_names_the_event_and_exits_with_1(app):
    record_some()
    tamper("UPDATE audit_events SET reason = 'x' WHERE seq = 2")

    words, machine = run(app, "verify"), run(app, "verify", "--json")

    assert (words.exit_code, machine.exit_code) == (1, 1)
    assert words.stderr.strip() == "event 2 is not what was recorded"
    assert json.loads(machine.stdout)["faults"] == [
        {"seq": 2, "message": "event 2 is not what was recorded"}
    ]


def test_verify_uses_the_anchors_of_a_file(app, tmp_path):
    record_some()
    path = tmp_path / "anchors"
    auditing.write_anchor(path)
    before = run(app, "verify", "--anchors", str(path))
    cut_the_tail_and_the_head()

    after = run(app, "verify", "--anchors", str(path))

    assert (before.exit_code, after.exit_code) == (0, 1)
    assert "no longer in the trail" in after.stderr


def test_anchor_writes_where_the_setting_says_and_asks_for_the_setting(app, tmp_path, monkeypatch):
    record_some(1)
    without = run(app, "anchor")
    monkeypatch.setitem(app.config, "AUDIT_ANCHOR", str(tmp_path / "anchors"))

    written = run(app, "anchor")

    assert without.exit_code == 1
    assert written.exit_code == 0
    assert (tmp_path / "anchors").read_text() == written.stdout


def test_the_anchor_is_mailed_to_the_address_in_the_setting(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "AUDIT_ANCHOR_MAIL", "anker@example.org")
    record_some(2)
    db.session.rollback()

    told = run(app, "anchor")

    db.session.rollback()
    [letter] = mail.list_outbox()
    assert told.exit_code == 0
    assert letter.to == "anker@example.org"
    path = tmp_path / "anchors"
    path.write_text(letter.text.splitlines()[0] + "\n")
    assert auditing.read_anchors(path) == dict([audit.head()])

    auditing.anchor_daily({})
    assert len(mail.list_outbox()) == 2


def test_a_new_object_has_its_number_in_the_trail():
    with transaction() as session:
        organisation = OrganisationFactory.build()
        session.add(organisation)
        audit.record(None, "organisation.created", organisation)

    assert db.session.scalars(select(AuditEvent.object)).one() == f"organisations:{organisation.id}"
