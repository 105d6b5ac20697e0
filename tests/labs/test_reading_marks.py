"""What one read and where one goes on, on pages that stay what they are."""

import pytest

from labapp.database import db
from labapp.labs import reading_marks, thread_page
from labapp.labs.lab_models import LabVisibility
from labapp.labs.thread_models import ContributionState, ReadMark
from labapp.labs.thread_page import PER_PAGE
from tests.labs.talking import begin, fill, say


def unread(actor, *threads):
    counts = reading_marks.count_unread(actor, [thread.id for thread in threads])
    return [counts.get(thread.id, 0) for thread in threads]


def look(actor, thread, page=None):
    talk = thread_page.of_thread(actor, thread, page)
    thread_page.note_read(actor, talk)
    return talk


@pytest.fixture
def thread(cast):
    thread = begin(cast.teacher, cast.lab).thread
    fill(thread, cast.researcher, 2 * PER_PAGE + 20)
    return thread


def test_what_others_said_is_new_until_one_saw_it(cast, as_actor, count_queries):
    reader = as_actor(cast.practice_lead)
    first = begin(cast.teacher, cast.lab, "Een").thread
    second = begin(cast.practice_lead, cast.lab, "Twee").thread
    say(cast.researcher, first)
    ids, _me = [first.id, second.id], reader.id

    with count_queries() as queries:
        assert reading_marks.count_unread(reader, ids) == {ids[0]: 2}
    assert len([q for q in queries if q.startswith("SELECT")]) == 1
    look(reader, first)
    assert unread(reader, first) == [0]
    say(cast.researcher, first, "Nog iets.")
    assert unread(reader, first) == [1]
    assert unread(as_actor(), first) == [0]


def test_one_goes_on_where_one_was(cast, as_actor, thread):
    reader = as_actor(cast.practice_lead)

    pages = [look(reader, thread).page for _ in range(3)]
    assert pages == [1, 2, 3]
    assert look(reader, thread).page == 3  # all was read: the last page
    posted = say(cast.researcher, thread, "Nieuw!").contribution
    talk = look(reader, thread)

    assert (talk.page, talk.first_new_id, talk.unread) == (3, posted.id, 1)
    assert [line.is_new for line in talk.lines][-2:] == [False, True]


def test_a_leap_forward_leaves_what_was_skipped_unread(cast, as_actor, thread):
    reader = as_actor(cast.practice_lead)
    look(reader, thread)

    look(reader, thread, 3)
    assert look(reader, thread).page == 2
    reading_marks.mark_all_read(reader, thread)

    assert unread(reader, thread) == [0]


def test_a_mark_never_goes_back(cast, as_actor, thread):
    reader = as_actor(cast.practice_lead)
    reading_marks.mark_all_read(reader, thread)

    reading_marks.mark_read(reader, thread, 1)

    assert db.session.query(ReadMark).one().last_read_id > 1


def test_pages_stay_when_something_is_hidden_or_waits(cast, as_actor, thread):
    teacher = as_actor(cast.teacher)
    first = [line.contribution.id for line in thread_page.of_thread(teacher, thread, 2).lines]
    gone, waiting = thread_page.of_thread(teacher, thread, 1).lines[3:5]
    gone.contribution.state = ContributionState.REMOVED
    waiting.contribution.state = ContributionState.HELD
    waiting.contribution.author_id = cast.outsider.id
    db.session.commit()

    assert len(thread_page.of_thread(teacher, thread, 1).lines) == PER_PAGE - 1
    again = thread_page.of_thread(teacher, thread, 2).lines
    assert [line.contribution.id for line in again] == first
    assert [thread_page.page_of(line.contribution) for line in again] == [2] * PER_PAGE


def test_a_visitor_begins_at_the_beginning_and_leaves_no_mark(cast, as_actor, thread):
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()

    assert look(as_actor(), thread).page == 1
    assert db.session.query(ReadMark).count() == 0


def test_a_page_costs_the_same_however_much_was_said(cast, as_actor, count_queries):
    reader, costs = as_actor(cast.practice_lead), []
    thread = begin(cast.teacher, cast.lab).thread
    for count in (60, 500):
        fill(thread, cast.researcher, count)
        db.session.expire_all()
        with count_queries() as queries:
            thread_page.of_thread(reader, thread, 1)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 30
