"""Letters that wait about what is hidden are taken back; what else they told is told again."""

import threading

import pytest

from labapp.database import db, transaction
from labapp.mail import services as mail
from labapp.mail import withdrawing
from labapp.mail.models import LetterObject
from labapp.notifications import digests
from labapp.notifications.models import Delivery, Frequency
from tests.notifications.conftest import letters_of, work

WEEKLY = Frequency.WEEKLY


@pytest.fixture
def digest(tell, at, teacher):
    """A digest of two things that waits."""
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)
    at("2026-11-23T07:00")
    digests.send_digest(WEEKLY)
    return letters_of(teacher)[0]


def hide(*names):
    with transaction():
        withdrawing.withdraw(names)
    work()
    db.session.expire_all()


def test_a_digest_comes_again_without_what_was_hidden(digest, teacher):
    hide("things:1")

    old, new = letters_of(teacher)
    assert old is digest
    assert (old.text, old.withdrawn_at is not None, old.sent_at) == ("", True, None)
    assert "Ding 2" in new.text
    assert "Ding 1" not in new.text
    assert new.subject == old.subject == "Jouw nieuws van de week tot en met 22 november"
    assert {row.letter_id for row in db.session.query(LetterObject)} == {new.id}


def test_the_outbox_says_that_a_letter_was_withdrawn(digest, browse):
    hide("things:1", "things:2")

    page = browse(None).get("/demo/postvak").text

    assert "Ingetrokken" in page
    assert "Ding 1" not in page


def test_a_letter_about_nothing_else_is_not_sent_again(digest, teacher, tell, colleague):
    tell("thing.mentioned", 3, colleague)
    digests.send_at_once(db.session.query(Delivery).filter_by(user_id=colleague.id)[0].event_id)

    hide("things:1", "things:2", "things:3")

    assert [letter.text for letter in letters_of()] == ["", ""]


def test_a_letter_that_went_out_stays_as_it_is(digest, teacher, at):
    digest.sent_at = digest.created_at
    db.session.commit()

    hide("things:1")

    (letter,) = letters_of(teacher)
    assert "Ding 1" in letter.text
    assert letter.withdrawn_at is None


def test_what_is_written_after_the_hiding_goes_out(tell, digest, teacher, researcher):
    with transaction():
        withdrawing.withdraw(["things:1"])
    tell("thing.mentioned", 1, teacher)  # such as: what you wrote is hidden

    work()
    db.session.expire_all()

    told = [letter for letter in letters_of(teacher) if letter.withdrawn_at is None]
    assert sorted("noemt je" in letter.text for letter in told) == [False, True]


def test_a_letter_is_looked_at_once_more_before_it_is_handed_over(digest, things, teacher):
    things.close(2, teacher)

    work()
    db.session.expire_all()

    old, new = letters_of(teacher)
    assert (old.text, old.withdrawn_at is not None) == ("", True)
    assert "Ding 1" in new.text
    assert "Ding 2" not in new.text


def test_a_withdrawn_letter_is_never_handed_over(digest, monkeypatch):
    monkeypatch.setattr(mail, "server", mail.Server("smtp://127.0.0.1:1"))  # nobody is there
    digest.withdrawn_at = digest.created_at
    db.session.commit()

    mail.deliver({"letter": digest.id})

    assert digest.sent_at is None


def test_one_that_is_killed_leaves_everything_as_it_was_and_can_do_it_again(
    digest, teacher, things, monkeypatch
):
    see = things.can_see_many

    def fail(_actor, _numbers):
        raise KeyboardInterrupt

    payload = {"names": ["things:1"], "last": digest.id}
    kind = digests.objects._kinds["things"]
    object.__setattr__(kind, "can_see_many", fail)
    with pytest.raises(KeyboardInterrupt):
        withdrawing.withdraw_waiting(payload)
    db.session.rollback()
    db.session.expire_all()
    assert [letter.withdrawn_at for letter in letters_of(teacher)] == [None]
    object.__setattr__(kind, "can_see_many", see)

    withdrawing.withdraw_waiting(payload)
    withdrawing.withdraw_waiting(payload)

    assert [letter.withdrawn_at is None for letter in letters_of(teacher)] == [False, True]


def test_two_at_once_write_a_digest_anew_once(app, digest, teacher):
    payload = {"names": ["things:1"], "last": digest.id}
    start, faults = threading.Barrier(2), []

    def run():
        with app.app_context():
            try:
                start.wait()
                withdrawing.withdraw_waiting(payload)
            except Exception as error:  # noqa: BLE001
                faults.append(error)
            finally:
                db.session.remove()

    db.session.commit()
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    db.session.expire_all()
    assert faults == []
    assert [letter.withdrawn_at is None for letter in letters_of(teacher)] == [False, True]
