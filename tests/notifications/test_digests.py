"""Digests by calendar windows: each event once, however often, late or broken the job runs."""

import threading
from datetime import date, datetime

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.accounts import privacy
from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE
from labapp.database import db, transaction
from labapp.mail.models import Letter
from labapp.notifications import digests, following, preferences, windows
from labapp.notifications.models import Delivery, DigestRun, Frequency, Subscription
from labapp.notifications.preferences import ObjectWish
from tests.factories import UserFactory
from tests.notifications.conftest import deliveries_of, letters_of, work

DAILY, WEEKLY = Frequency.DAILY, Frequency.WEEKLY


@pytest.fixture
def daily(teacher, as_actor):
    """The teacher hears of answers every day."""
    preferences.save_preferences(as_actor(teacher), {"thing.answered": DAILY}, {}, 1)


@pytest.mark.parametrize(
    ("moment", "day", "week"),
    [
        ("2026-11-22T05:59", "2026-11-20", "2026-W46"),  # not yet six o'clock
        ("2026-11-22T06:00", "2026-11-21", "2026-W46"),
        ("2026-11-23T06:00", "2026-11-22", "2026-W47"),
        ("2026-03-29T06:00", "2026-03-28", "2026-W12"),  # the clock went forward at two
        ("2026-03-30T06:00", "2026-03-29", "2026-W13"),
        ("2026-10-25T05:59", "2026-10-23", "2026-W42"),  # it went back at three
        ("2026-10-25T06:00", "2026-10-24", "2026-W42"),
        ("2027-01-04T06:00", "2027-01-03", "2026-W53"),
    ],
)
def test_the_last_window_that_is_due(moment, day, week):
    local = datetime.fromisoformat(moment).replace(tzinfo=LOCAL_ZONE)

    assert windows.last_due(DAILY, local).key == day
    assert windows.last_due(WEEKLY, local).key == week


def test_a_window_ends_at_midnight_here_in_winter_and_in_summer():
    assert windows.day_of(date(2026, 3, 28)).ends_at.utcoffset().seconds == 3600
    assert windows.day_of(date(2026, 3, 29)).ends_at.utcoffset().seconds == 7200
    assert windows.week_of(date(2026, 10, 25)).ends_at.isoformat() == "2026-10-26T00:00:00+01:00"


def test_the_digest_of_a_day_has_that_day_and_not_the_next(tell, at, daily, teacher):
    at("2026-11-20T23:59:30")
    tell("thing.answered", 1, teacher)
    at("2026-11-21T00:00:30")
    tell("thing.answered", 2, teacher)
    at("2026-11-21T07:00")

    assert digests.send_digest(DAILY) == 1

    (letter,) = letters_of(teacher)
    assert "Ding 1" in letter.text
    assert "Ding 2" not in letter.text
    assert letter.subject == "Jouw nieuws van 20 november"


@pytest.mark.parametrize("moments", [
    ("2026-11-21T07:00", "2026-11-21T07:30", "2026-11-21T23:00"),  # again and again
    ("2026-11-21T10:05", "2026-11-22T10:01", "2026-11-23T09:59"),  # a bit earlier each day
    ("2026-11-24T07:00", "2026-11-24T07:01"),  # some days not at all
    ("2026-11-21T05:00", "2026-11-21T06:00"),  # too early, then on time
])  # fmt: skip
def test_however_often_or_late_it_runs_each_event_comes_once(tell, at, daily, teacher, moments):
    at("2026-11-19T12:00")
    tell("thing.answered", 1, teacher)
    at("2026-11-20T12:00")
    tell("thing.answered", 2, teacher)

    for moment in moments:
        at(moment)
        digests.send_digest(DAILY)
        digests.send_digest(WEEKLY)

    text = "".join(letter.text for letter in letters_of(teacher))
    assert text.count("\nDing 1\n") == text.count("\nDing 2\n") == 1


def test_a_week_runs_from_monday_to_sunday_across_the_change_of_the_clock(tell, at, teacher):
    at("2026-10-25T23:30")  # a Sunday of twenty-five hours
    tell("thing.answered", 1, teacher)
    at("2026-10-26T00:30")
    tell("thing.answered", 2, teacher)
    at("2026-10-26T06:30")
    digests.send_digest(WEEKLY)
    at("2026-11-02T06:30")
    digests.send_digest(WEEKLY)

    first, second = letters_of(teacher)
    assert "Ding 1" in first.text
    assert "Ding 2" not in first.text
    assert "Ding 2" in second.text
    assert "Ding 1" not in second.text
    assert [run.window for run in db.session.query(DigestRun)] == ["2026-W43", "2026-W44"]


def test_a_run_that_is_killed_goes_on_where_it_was(tell, at, things, monkeypatch):
    people = [UserFactory() for _ in range(7)]
    monkeypatch.setattr(digests, "BATCH", 2)
    at("2026-11-20T12:00")
    tell("thing.answered", 1, *people)
    at("2026-11-23T07:00")
    see, seen = things.can_see_many, []

    def fail_at_the_fifth(actor, numbers):
        seen.append(actor.id)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return see(actor, numbers)

    object.__setattr__(objects_kind(), "can_see_many", fail_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        digests.send_digest(WEEKLY)
    killed = len(letters_of())
    db.session.rollback()
    again = digests.send_digest(WEEKLY)

    assert (killed, again) == (4, 3)
    assert sorted(letter.user_id for letter in letters_of()) == sorted(p.id for p in people)


def objects_kind():
    from labapp.notifications import objects

    return objects._kinds["things"]


def test_two_that_run_at_once_share_the_work(app, tell, at, monkeypatch, things):
    people = [UserFactory() for _ in range(12)]
    monkeypatch.setattr(digests, "BATCH", 2)
    at("2026-11-20T12:00")
    tell("thing.answered", 1, *people)
    tell("thing.mentioned", 2, *people)
    at("2026-11-23T07:00")
    start, faults = threading.Barrier(4), []
    event_id = db.session.scalar(
        select(Delivery.event_id).where(Delivery.frequency == Frequency.AT_ONCE)
    )
    db.session.rollback()

    def run(job):
        with app.app_context():
            start.wait()
            try:
                job()
            except Exception as error:  # noqa: BLE001
                faults.append(error)
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=run, args=(job,))
        for job in [lambda: digests.send_digest(WEEKLY), lambda: digests.send_at_once(event_id)] * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    for person in people:
        assert len(letters_of(person)) == 2
        assert all(is_settled for channel, _, is_settled in deliveries_of(person)
                   if channel == "mail")  # fmt: skip


def test_one_line_for_an_object_with_the_newest_and_how_many(tell, at, teacher, researcher):
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    tell("thing.edited", 2, teacher, values={"part": "de titel"})
    tell("thing.edited", 3, teacher, about="things:1", values={"part": "een antwoord"})
    preferences.save_preferences(Actor.of(teacher), {"thing.edited": WEEKLY}, {}, 1)
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    (letter,) = letters_of(teacher)
    assert letter.text.index("Ding 1") < letter.text.index("Ding 2")
    assert letter.text.count("Ding 1") == 1
    assert f"{researcher.name} wijzigde een antwoord. (en nog 1 bericht)" in letter.text
    assert "http://127.0.0.1:8000/dingen/3\n" in letter.text


def test_what_one_may_no_longer_see_is_in_no_letter_and_in_no_count(tell, at, things, teacher):
    at("2026-11-20T12:00")
    for number in (1, 2, 3):
        tell("thing.answered", number, teacher)
    tell("thing.answered", 4, teacher, about="things:1")
    tell("thing.answered", 5, teacher, about="things:9")
    things.close(2, teacher)  # the object itself
    things.close(4, teacher)  # a part of it
    things.close(9, teacher)  # the whole that it is part of
    del things.titles[3]  # gone
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    (letter,) = letters_of(teacher)
    assert "Ding 1" in letter.text
    for word in ("Ding 2", "Ding 3", "Ding 4", "Ding 5", "Ding 9", "en nog"):
        assert word not in letter.text


def test_when_nothing_is_left_to_say_there_is_no_letter(tell, at, things, teacher):
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    tell("thing.mentioned", 1, teacher)
    things.close(1, teacher)
    work()
    at("2026-11-23T07:00")

    assert digests.send_digest(WEEKLY) == 0
    assert letters_of(teacher) == []


def test_who_is_closed_unconfirmed_or_erased_gets_nothing(tell, at, teacher, colleague, stranger):
    at("2026-11-20T12:00")
    for code in ("thing.answered", "thing.mentioned"):
        tell(code, 1, teacher, colleague, stranger)
    with transaction():
        teacher.active = False
        colleague.confirmed_at = None
    privacy.erase_user(Actor.system(), stranger.id)
    work()
    at("2026-11-23T07:00")

    assert digests.send_digest(WEEKLY) == 0
    assert letters_of() == []


def test_each_reads_it_in_their_own_language(tell, at, teacher, colleague):
    with transaction():
        colleague.language = "en"
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher, colleague)
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    assert letters_of(teacher)[0].subject == "Jouw nieuws van de week tot en met 22 november"
    assert letters_of(colleague)[0].subject == "Your news of the week up to 22 November"
    assert "\nNew\n" in letters_of(colleague)[0].text


def test_mentions_and_duties_come_at_once_and_edits_are_collected(tell, at, teacher):
    at("2026-11-20T12:00")
    tell("thing.mentioned", 1, teacher)
    tell("thing.asked", 2, teacher)
    for _ in range(5):
        tell("thing.edited", 3, teacher, values={"part": "iets"})
    work()
    at_once = [letter.text for letter in letters_of(teacher)]
    at("2026-11-21T07:00")
    digests.send_digest(DAILY)

    assert len(at_once) == 1  # both in one letter: what waits goes together
    assert "Ding 1" in at_once[0]
    assert "Ding 2" in at_once[0]
    assert "(en nog 4 berichten)" in letters_of(teacher)[-1].text


def test_a_letter_about_a_duty_leads_to_the_list_that_it_is_on(tell, teacher, colleague):
    tell("thing.asked", 1, teacher)
    tell("thing.mentioned", 1, colleague)

    work()

    assert "http://127.0.0.1:8000/jouw-beurt\n" in letters_of(teacher)[0].text
    assert "/jouw-beurt" not in letters_of(colleague)[0].text


def test_a_letter_at_once_says_what_it_is_and_how_to_end_it(tell, teacher):
    tell("thing.mentioned", 1, teacher)

    work()

    (letter,) = letters_of(teacher)
    assert letter.subject == "Iemand noemt je"
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.headers["List-Unsubscribe"][1:-1] in letter.text
    assert "Geen mail meer over ‘Ding 1’:" in letter.text


def test_a_choice_holds_for_mail_that_waits(tell, at, teacher, as_actor):
    actor = as_actor(teacher)
    at("2026-11-20T12:00")
    for number in (1, 2, 3):
        tell("thing.answered", number, teacher)

    preferences.save_preferences(
        actor, {"thing.answered": DAILY},
        {"things:1": ObjectWish(is_following=True, frequency=Frequency.NEVER),
         "things:2": ObjectWish(is_following=True, frequency=Frequency.AT_ONCE)}, 1,
    )  # fmt: skip
    work()
    at("2026-11-21T07:00")
    digests.send_digest(DAILY)
    at("2026-11-23T07:00")
    digests.send_digest(WEEKLY)

    at_once, daily = letters_of(teacher)
    assert "Ding 2" in at_once.text
    assert "Ding 3" in daily.text
    assert "Ding 2" not in daily.text
    assert "Ding 1" not in at_once.text + daily.text


def test_mail_that_was_ended_while_it_was_on_its_way_does_not_come(tell, at, teacher):
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)
    with transaction() as session:  # as another did at the same moment: the mail was not seen
        never = Frequency.NEVER
        session.add(Subscription(user_id=teacher.id, scope="things:1", frequency=never))
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    (letter,) = letters_of(teacher)
    assert "Ding 1" not in letter.text
    assert "Ding 2" in letter.text


def test_a_title_of_many_lines_makes_no_lines_of_its_own(tell, at, things, teacher):
    things.titles[1] = "Eerste\n\nhttp://kwaad.example/\n" + "x" * 50_000
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    (letter,) = letters_of(teacher)
    assert "Eerste http://kwaad.example/…" in letter.text
    assert len(letter.text) < 2000


def test_a_long_digest_names_some_and_counts_the_rest(tell, at, teacher):
    at("2026-11-20T12:00")
    for number in range(1, 44):
        tell("thing.answered", number, teacher)
    at("2026-11-23T07:00")

    digests.send_digest(WEEKLY)

    assert "En nog 3 onderwerpen:\nhttp://127.0.0.1:8000/meldingen\n" in letters_of(teacher)[0].text


def test_a_digest_asks_once_for_each_person_whatever_there_is(
    tell, at, things, count_queries, teacher, colleague
):
    at("2026-11-20T12:00")
    for number in range(1, 4):
        tell("thing.answered", number, teacher, colleague)
    at("2026-11-23T07:00")
    with count_queries() as few:
        digests.send_digest(WEEKLY)
    for number in range(1, 31):
        tell("thing.answered", number, teacher, colleague)
    at("2026-11-30T07:00")
    things.asked.clear()

    with count_queries() as many:
        digests.send_digest(WEEKLY)

    assert len(many) == len(few)
    assert sorted(things.asked) == sorted([(teacher.id, 30), (colleague.id, 30)])


def test_what_is_older_than_a_year_is_forgotten(tell, at, teacher):
    at("2025-01-01T12:00")
    tell("thing.answered", 1, teacher)
    at("2026-11-20T12:00")
    tell("thing.answered", 2, teacher)

    digests.remove_old()

    assert len(deliveries_of(teacher)) == 2


def test_following_ends_with_the_person(things, teacher, as_actor):
    following.follow(as_actor(teacher), "things:1")

    privacy.erase_user(Actor.system(), teacher.id)

    assert following.followers_of("things:1") == []


def test_the_jobs_are_started_by_themselves(tell, at, daily, teacher):
    at("2026-11-20T12:00")
    tell("thing.answered", 1, teacher)
    at("2026-11-21T07:00")
    from labapp.jobs import services as jobs

    jobs.enqueue_periodic()
    work()

    assert len(letters_of(teacher)) == 1
    clock.set_clock(None)
    assert db.session.query(Letter).count() == 1
