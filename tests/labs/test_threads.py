"""Conversations: where they begin, who closes them and with what."""

from threading import Barrier
from threading import Thread as Run

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import machine, threads
from labapp.labs.contribution_words import Words
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.lab_models import LabState, LabVisibility, PostingPolicy
from labapp.labs.question_models import QuestionState
from labapp.labs.thread_models import Thread, ThreadState
from labapp.labs.thread_states import MACHINE, ThreadAction
from tests.labs.factories import QuestionFactory, RoundFactory
from tests.labs.talking import begin, say

HELLO = Words("Hallo.")


def test_a_lab_has_conversations_each_with_a_title(cast, as_actor):
    teacher = as_actor(cast.teacher)

    begin(cast.teacher, cast.lab, "Wat zien we?")
    begin(cast.researcher, cast.lab, "Wat meten we?")

    found, total = threads.list_threads(teacher, cast.lab.id)
    assert ([thread.title for thread in found], total) == (["Wat meten we?", "Wat zien we?"], 2)
    assert (found[1].starter, found[1].acting_for) == (cast.teacher, cast.school)
    with pytest.raises(InvalidError) as refused:
        threads.start_thread(teacher, f"labs:{cast.lab.id}", HELLO, title="  ")
    assert "title" in refused.value.fields


def test_a_round_a_finding_and_a_question_have_one_conversation_each(cast, as_actor):
    one = RoundFactory(lab=cast.lab, title="Vrij lezen")
    finding = Finding(lab_id=cast.lab.id, round_id=one.id, title="Vrij lezen helpt")
    db.session.add(finding)
    db.session.commit()
    asked = QuestionFactory(asker=cast.teacher, acting_for=cast.school)
    names = [f"rounds:{one.id}", f"findings:{finding.id}", f"questions:{asked.id}"]

    for name in names:
        threads.start_thread(as_actor(cast.teacher), name, HELLO)
        threads.start_thread(as_actor(cast.researcher), name, Words("Ook hallo."))

    rows = db.session.query(Thread).order_by(Thread.id).all()
    assert [(t.subject, t.contribution_count) for t in rows] == [(name, 2) for name in names]
    assert [t.title for t in rows] == ["Vrij lezen", "Vrij lezen helpt", asked.title]
    assert [t.lab_id for t in rows] == [cast.lab.id, cast.lab.id, None]


@pytest.mark.parametrize("who", ["bystander", "outsider", None])
def test_nobody_outside_finds_a_conversation_of_a_private_lab(cast, as_actor, who):
    said = begin(cast.teacher, cast.lab)
    stranger = as_actor(getattr(cast, who) if who else None)

    for look in (
        lambda: threads.get_thread(stranger, said.thread_id),
        lambda: threads.find_place(stranger, f"labs:{cast.lab.id}"),
        lambda: threads.start_thread(stranger, f"labs:{cast.lab.id}", HELLO, title="Hoi"),
    ):
        with pytest.raises(NotFoundError):
            look()
    assert threads.list_threads(stranger, cast.lab.id) == ([], 0)


@pytest.mark.parametrize("name", ["labs:0", "labs:x", "cards:1", "labs:99999999999", "labs", ""])
def test_a_conversation_about_nothing_is_not_found(cast, as_actor, name):
    with pytest.raises(NotFoundError):
        threads.start_thread(as_actor(cast.teacher), name, HELLO, title="Hoi")


@pytest.mark.parametrize(
    ("policy", "speakers"),
    [
        (PostingPolicy.LEADS, {"practice_lead", "research_lead"}),
        (PostingPolicy.MEMBERS,
         {"practice_lead", "research_lead", "teacher", "researcher", "leader"}),
        (PostingPolicy.GUESTS,
         {"practice_lead", "research_lead", "teacher", "researcher", "leader", "outsider"}),
    ],
)  # fmt: skip
def test_the_lab_says_who_writes(cast, as_actor, policy, speakers):
    cast.lab.posting_policy, cast.lab.visibility = policy, LabVisibility.PUBLIC
    thread = begin(cast.practice_lead, cast.lab).thread

    wrote = set()
    for who in ("practice_lead", "research_lead", "teacher", "researcher", "leader", "outsider"):
        try:
            say(getattr(cast, who), thread, f"Ik ben {who}.")
        except ForbiddenError:
            continue
        wrote.add(who)

    assert wrote == speakers
    with pytest.raises(ForbiddenError):
        threads.start_thread(as_actor(), f"labs:{cast.lab.id}", HELLO, title="Hoi")


def test_the_office_that_looks_in_writes_nothing(cast, as_actor, programme_officer):
    cast.lab.visibility = LabVisibility.PROGRAMME
    thread = begin(cast.teacher, cast.lab).thread

    with pytest.raises(ForbiddenError):
        say(programme_officer, thread)


def test_nothing_is_added_to_an_archive_or_an_ended_question(cast, as_actor):
    thread = begin(cast.teacher, cast.lab).thread
    asked = QuestionFactory(asker=cast.teacher, acting_for=cast.school)
    about = f"questions:{asked.id}"
    threads.start_thread(as_actor(cast.teacher), about, HELLO)
    cast.lab.state, asked.state = LabState.ARCHIVED, QuestionState.WITHDRAWN
    db.session.commit()

    with pytest.raises(ConflictError):
        say(cast.teacher, thread)
    with pytest.raises(ConflictError):
        threads.start_thread(as_actor(cast.teacher), about, Words("Nog iets."))


def test_closing_asks_for_a_conclusion_that_leads_the_conversation(cast, as_actor):
    thread = begin(cast.teacher, cast.lab).thread
    starter = as_actor(cast.teacher)

    with pytest.raises(InvalidError) as refused:
        threads.perform(starter, thread, ThreadAction.CLOSE, reason="  ")
    threads.perform(starter, thread, ThreadAction.CLOSE, reason="Het **werkt**.")

    assert "reason" in refused.value.fields
    assert thread.state is ThreadState.CLOSED
    assert thread.conclusion_html == "<p>Het <strong>werkt</strong>.</p>\n"
    with pytest.raises(ConflictError):
        say(cast.researcher, thread)

    threads.perform(starter, thread, ThreadAction.REOPEN, reason="Er zijn nieuwe gegevens.")

    assert (thread.state, thread.conclusion, thread.closed_at) == (ThreadState.OPEN, "", None)
    assert say(cast.researcher, thread).contribution.id
    steps = machine.list_steps(f"threads:{thread.id}")
    assert steps[0].reason == "Het **werkt**."  # what was concluded before stays to be read


def test_two_who_close_at_once_are_told(cast, as_actor):
    thread = begin(cast.teacher, cast.lab).thread
    version = thread.version
    threads.perform(
        as_actor(cast.practice_lead), thread, ThreadAction.CLOSE, version=version, reason="Ja."
    )

    with pytest.raises(ConflictError):
        threads.perform(
            as_actor(cast.teacher), thread, ThreadAction.CLOSE, version=version, reason="Nee."
        )

    assert thread.conclusion == "Ja."


def test_posting_makes_no_version_of_a_conversation_old(cast, as_actor):
    thread = begin(cast.teacher, cast.lab).thread
    version = thread.version

    say(cast.researcher, thread)
    threads.perform(
        as_actor(cast.teacher), thread, ThreadAction.CLOSE, version=version, reason="Dit."
    )

    assert thread.state is ThreadState.CLOSED


MAY_CLOSE = {"teacher", "practice_lead", "research_lead", "knowledge_broker"}  # began it, or leads
MAY_LOCK = {"practice_lead", "research_lead", "knowledge_broker", "programme_officer"}
ALLOWED = {
    (ThreadState.OPEN, ThreadAction.CLOSE): MAY_CLOSE,
    (ThreadState.CLOSED, ThreadAction.REOPEN): MAY_CLOSE,
    (ThreadState.OPEN, ThreadAction.LOCK): MAY_LOCK,
    (ThreadState.LOCKED, ThreadAction.UNLOCK): MAY_LOCK,
}


def test_who_may_take_which_step_in_which_state(
    cast, as_actor, knowledge_broker, programme_officer, administrator
):
    cast.lab.visibility = LabVisibility.PUBLIC
    thread = begin(cast.teacher, cast.lab).thread
    others = {"knowledge_broker": knowledge_broker, "programme_officer": programme_officer,
              "administrator": administrator, "visitor": None}  # fmt: skip
    names = ("bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
             "leader")  # fmt: skip
    people = {**{name: getattr(cast, name) for name in names}, **others}

    found, wanted = {}, {}
    for state in ThreadState:
        thread.state = state  # looked at, never saved
        for action in ThreadAction:
            key = (state, action)
            with db.session.no_autoflush:
                found[key] = {
                    name for name, user in people.items()
                    if MACHINE.is_allowed(as_actor(user), thread, action)
                }  # fmt: skip
            wanted[key] = ALLOWED.get(key, set())
    db.session.rollback()

    assert found == wanted


def test_authors_do_not_judge_what_is_said_of_their_finding(cast, as_actor, knowledge_broker):
    one = RoundFactory(lab=cast.lab)
    finding = Finding(lab_id=cast.lab.id, round_id=one.id, title="Lezen helpt")
    finding.versions.append(
        FindingVersion(number=1, content={}, content_hash="0" * 64, author_id=cast.research_lead.id)
    )
    db.session.add(finding)
    db.session.commit()
    subject = f"findings:{finding.id}"
    posted = threads.start_thread(as_actor(cast.teacher), subject, Words("Dit klopt niet."))
    thread = posted.contribution.thread

    for action in (ThreadAction.CLOSE, ThreadAction.LOCK):
        assert not MACHINE.is_allowed(as_actor(cast.research_lead), thread, action)
        assert MACHINE.is_allowed(as_actor(cast.practice_lead), thread, action)


def test_the_platform_itself_reads_every_conversation(cast):
    said = begin(cast.teacher, cast.lab)

    assert threads.get_thread(Actor.system(), said.thread_id) == said.thread


def test_who_begin_at_once_begin_one_conversation(app, cast):
    asked = QuestionFactory(asker=cast.teacher, acting_for=cast.school)
    subject, ids = f"questions:{asked.id}", [cast.teacher.id, cast.researcher.id, cast.outsider.id]
    db.session.commit()
    start, faults = Barrier(len(ids)), []

    def enter(user_id):
        with app.app_context():
            actor = Actor.of(db.session.get_one(User, user_id))
            start.wait()
            try:
                threads.start_thread(actor, subject, Words(f"Ik ben {user_id}."))
            except Exception as error:  # noqa: BLE001  # told by the test itself
                faults.append(error)
            finally:
                db.session.remove()

    runs = [Run(target=enter, args=(number,)) for number in ids]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert faults == []
    assert db.session.query(Thread).one().contribution_count == len(ids)
