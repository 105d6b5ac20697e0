import threading
import time
from datetime import date

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.database import db, transaction
from labapp.search import analytics
from labapp.search.models import SearchCount


def test_questions_without_hits_are_listed_the_most_asked_first():
    for _ in range(3):
        analytics.note_search("Hoogbegaafde  kleuters", 0)
    analytics.note_search("hoogbegaafde kleuters", 4)
    analytics.note_search("mist", 0)
    analytics.note_search("feedback", 12)

    found = analytics.list_without_hits()

    assert [(one.text, one.asked, one.without_hits) for one in found] == [
        ("hoogbegaafde kleuters", 4, 3),
        ("mist", 1, 1),
    ]


def test_questions_without_clicks_are_listed_when_asked_more_than_once():
    for text in ("feedback", "feedback", "eenmalig", "gevolgd", "gevolgd"):
        analytics.note_search(text, 5)
    analytics.note_click("Gevolgd")

    assert [one.text for one in analytics.list_without_clicks()] == ["feedback"]


@pytest.mark.parametrize(
    "text",
    [
        "jan.jansen@school.nl rekenen",
        "bel 06-12345678",
        "bel 06 12 34 56 78",
        "+31 (0)20 123 4567",
        "bsn 123456782",
        "leerling 123.45.678",
        "Dorpsstraat 1, 1234 AB 12",
        "x" * 200,
        "",
        "  \0 ",
    ],
)
def test_what_may_tell_of_a_person_is_not_kept(text):
    analytics.note_search(text, 0)
    analytics.note_click(text)
    analytics.flush()

    assert list(db.session.scalars(select(SearchCount))) == []


@pytest.mark.parametrize(
    "text", ["groep 3 en 4", "schooljaar 2025-2026", "10.3102/0034654307", "ED5551234"]
)
def test_ordinary_numbers_are_kept(text):
    assert analytics.kept_text(text) == text.lower()


def test_counts_are_by_day_and_hold_nothing_else():
    clock.set_clock("2026-03-01T10:00")
    analytics.note_search("feedback", 1)
    clock.set_clock("2026-03-02T10:00")
    analytics.note_search("feedback", 1)
    analytics.flush()
    analytics.note_search("feedback", 0)
    analytics.flush()

    rows = db.session.scalars(select(SearchCount).order_by(SearchCount.day)).all()
    assert [(row.day, row.asked, row.without_hits) for row in rows] == [
        (date(2026, 3, 1), 1, 0),
        (date(2026, 3, 2), 2, 1),
    ]
    names = set(SearchCount.__table__.columns.keys())
    assert names == {"id", "day", "text", "asked", "without_hits", "clicked"}


def test_old_counts_are_forgotten():
    clock.set_clock("2024-01-01T10:00")
    analytics.note_search("oud", 0)
    analytics.flush()
    clock.set_clock("2026-01-01T10:00")

    analytics.forget_old()

    assert list(db.session.scalars(select(SearchCount))) == []


def test_a_search_does_not_wait_for_another_writer(app):
    started, go = threading.Event(), threading.Event()

    def hold():
        with app.app_context(), transaction():
            started.set()
            go.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    started.wait(5)
    began = time.monotonic()

    analytics.note_search("feedback", 0)

    assert time.monotonic() - began < 0.2
    go.set()
    holder.join()
    assert [one.text for one in analytics.list_without_hits()] == ["feedback"]


def test_counts_wait_on_when_they_cannot_be_written(app):
    analytics.note_search("feedback", 0)
    SearchCount.__table__.drop(db.engine)
    try:
        analytics.flush()
    finally:
        SearchCount.__table__.create(db.engine)

    assert [one.text for one in analytics.list_without_hits()] == ["feedback"]


def test_they_are_written_by_themselves_after_a_while(app, monkeypatch):
    monkeypatch.setattr(analytics, "FLUSH_SECONDS", 0.05)
    analytics.note_search("feedback", 0)

    for _ in range(100):
        time.sleep(0.02)
        db.session.rollback()
        if db.session.scalar(select(SearchCount.asked)) == 1:
            break
    assert db.session.scalar(select(SearchCount.asked)) == 1
