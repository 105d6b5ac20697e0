"""Contributions: written once, changed with care, taken back, judged by others."""

from datetime import timedelta

import pytest

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import contribution_marks, contributions, thread_page, threads
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.contribution_words import LONGEST, Words
from labapp.labs.lab_models import LabVisibility, PostingPolicy, Side
from labapp.labs.thread_models import (
    CaseDecision,
    CaseState,
    Contribution,
    ContributionKind,
    ContributionState,
    ModerationCase,
)
from labapp.labs.thread_states import ThreadAction
from labapp.notifications import following
from labapp.notifications.models import Event
from labapp.search.models import SearchObject
from tests.labs.factories import QuestionFactory
from tests.labs.talking import begin, say, told

HIDE, RESTORE, REMOVE, RELEASE = (
    ContributionAction.HIDE,
    ContributionAction.RESTORE,
    ContributionAction.REMOVE,
    ContributionAction.RELEASE,
)
BSN = "111222333"


def is_found(contribution):
    rows = db.session.query(SearchObject).filter_by(
        kind="contribution", object_id=contribution.id, is_removed=False
    )
    return rows.count() == 1


def test_a_contribution_shows_role_school_and_side_of_that_moment(cast):
    thread = begin(cast.teacher, cast.lab).thread

    said = say(cast.researcher, thread, "Zie **dit**.", kind=ContributionKind.EVIDENCE)

    one = said.contribution
    assert (one.role.value, one.acting_for, one.side) == (
        "researcher", cast.institution, Side.RESEARCH,
    )  # fmt: skip
    assert one.body_html == "<p>Zie <strong>dit</strong>.</p>\n"
    assert is_found(one)
    assert following.is_following(Actor.of(cast.researcher), name_of(thread))


@pytest.mark.parametrize("body", ["", "  \n ", "a" * (LONGEST + 1), "x" * 50_000])
def test_nothing_and_too_much_are_refused_in_words(cast, body):
    thread = begin(cast.teacher, cast.lab).thread

    with pytest.raises(InvalidError) as refused:
        say(cast.teacher, thread, body)

    assert refused.value.fields["body"]
    assert thread.contribution_count == 1


def test_what_looks_like_a_pupil_is_kept_only_after_a_look(cast):
    thread = begin(cast.teacher, cast.lab).thread

    with pytest.raises(InvalidError) as refused:
        say(cast.teacher, thread, f"BSN {BSN}.")
    kept = say(cast.teacher, thread, f"BSN {BSN}.", confirmed=True).contribution

    assert "pupil_data" in refused.value.fields
    assert kept.warned_of == ["bsn"]


def test_a_second_click_says_it_once(cast):
    thread = begin(cast.teacher, cast.lab).thread

    first, second = say(cast.teacher, thread, "Ja!"), say(cast.teacher, thread, " Ja! ")

    assert first.contribution == second.contribution
    clock.set_clock(now() + timedelta(minutes=3))
    assert say(cast.teacher, thread, "Ja!").contribution != first.contribution


def test_a_reply_quotes_what_stands_there(cast):
    said = begin(cast.teacher, cast.lab, body="Ze lezen **langer** door.\n\nEn thuis ook.")

    reply = say(
        cast.researcher, said.thread, "Hoeveel?", reply_to_id=said.id, quote="langer  door. En"
    ).contribution

    assert (reply.reply_to, reply.quote) == (said, "langer door. En")
    with pytest.raises(InvalidError) as refused:
        say(cast.researcher, said.thread, "Ha.", reply_to_id=said.id, quote="Ze lezen niet")
    assert "quote" in refused.value.fields
    other = begin(cast.teacher, cast.lab, "Iets anders")
    with pytest.raises(InvalidError):
        say(cast.researcher, other.thread, "Ha.", reply_to_id=said.id)


def test_an_author_changes_words_freely_for_a_day_and_later_with_a_trace(cast, as_actor):
    said = begin(cast.teacher, cast.lab, body="Frist gezien.")
    author = as_actor(cast.teacher)

    contributions.edit_contribution(author, said, said.version, Words("Eerst gezien."))
    assert contributions.list_texts(author, said) == []
    clock.set_clock(now() + timedelta(hours=25))
    contributions.edit_contribution(author, said, said.version, Words("Later anders gezien."))

    assert said.body_html == "<p>Later anders gezien.</p>\n"
    texts = contributions.list_texts(as_actor(cast.researcher), said)
    assert [text.body for text in texts] == ["Eerst gezien."]
    with pytest.raises(ForbiddenError):
        contributions.edit_contribution(as_actor(cast.practice_lead), said, None, Words("Nee."))


def test_an_edit_of_an_older_version_keeps_both_texts(cast, as_actor):
    said = begin(cast.teacher, cast.lab)
    author, version = as_actor(cast.teacher), said.version
    contributions.edit_contribution(author, said, version, Words("In het ene venster."))

    with pytest.raises(ConflictError) as refused:
        contributions.edit_contribution(author, said, version, Words("In het andere."))

    assert refused.value.theirs["body"] == "In het ene venster."
    assert refused.value.yours["body"] == "In het andere."


def test_a_locked_conversation_keeps_every_word(cast, as_actor):
    said = begin(cast.teacher, cast.lab)
    threads.perform(
        as_actor(cast.research_lead), said.thread, ThreadAction.LOCK, reason="Even rustig."
    )

    with pytest.raises(ConflictError):
        contributions.edit_contribution(as_actor(cast.teacher), said, None, Words("Anders."))
    with pytest.raises(ForbiddenError):
        contributions.perform(as_actor(cast.teacher), said, REMOVE)


def test_what_is_removed_leaves_its_place_and_nothing_to_read(cast, as_actor):
    said = begin(cast.teacher, cast.lab, body="Weg hiermee.")
    reply = say(
        cast.researcher, said.thread, "Waarom?", reply_to_id=said.id, quote="Weg hiermee."
    ).contribution

    contributions.perform(as_actor(cast.teacher), said, REMOVE, version=said.version)

    for who in (cast.teacher, cast.practice_lead):
        talk = thread_page.of_thread(as_actor(who), said.thread, 1)
        assert [line.words is None for line in talk.lines] == [True, False]
        assert talk.lines[1].contribution == reply
        assert not talk.lines[1].shows_quote
    assert not is_found(said)
    with pytest.raises(NotFoundError):
        contributions.list_texts(as_actor(cast.practice_lead), said)


def test_a_lead_hides_with_a_reason_that_the_author_reads(cast, as_actor):
    said = begin(cast.teacher, cast.lab)
    lead = as_actor(cast.practice_lead)

    with pytest.raises(InvalidError):
        contributions.perform(lead, said, HIDE)
    contributions.perform(lead, said, HIDE, reason="Hier staat een naam.")

    assert told("contribution.hidden") == {cast.teacher.id}
    assert not is_found(said)
    contributions.perform(lead, said, RESTORE)
    assert is_found(said)


def test_nobody_judges_words_of_their_own(cast, as_actor):
    said = begin(cast.practice_lead, cast.lab)
    contributions.perform(as_actor(cast.research_lead), said, HIDE, reason="Onjuist.")

    for action in (RESTORE, REMOVE):
        with pytest.raises(ForbiddenError):
            contributions.perform(as_actor(cast.practice_lead), said, action)


@pytest.fixture
def guests(cast):
    """A lab in which guests may speak, once somebody of the lab saw what they say."""
    cast.lab.visibility = LabVisibility.PROGRAMME
    cast.lab.posting_policy, cast.lab.pre_moderates_guests = PostingPolicy.GUESTS, True
    return begin(cast.teacher, cast.lab).thread


def test_a_guest_waits_until_the_lab_saw_the_words(cast, as_actor, guests, stranger):
    posted = say(cast.outsider, guests, "Bij ons niet.").contribution

    assert posted.state is ContributionState.HELD
    assert told("contribution.held") == {cast.practice_lead.id, cast.research_lead.id}
    assert told("contribution.posted") == set()
    for other in (cast.teacher, stranger):
        with pytest.raises(NotFoundError):
            contributions.get_contribution(as_actor(other), posted.id)
    assert contributions.get_contribution(as_actor(cast.outsider), posted.id)

    contributions.perform(as_actor(cast.practice_lead), posted, RELEASE)

    case = db.session.query(ModerationCase).one()
    assert (case.state, case.decision) == (CaseState.DECIDED, CaseDecision.KEEP)
    assert told("contribution.posted") == {cast.teacher.id}  # who follows by having written
    assert told("contribution.released") == {cast.outsider.id}
    assert contributions.get_contribution(as_actor(stranger), posted.id)


def test_who_belongs_to_the_lab_does_not_wait(cast, guests):
    for who in (cast.researcher, cast.leader):
        assert say(who, guests, "Wij wel.").contribution.state is ContributionState.POSTED


def test_several_answers_are_useful_and_who_asked_says_so(cast, as_actor):
    thread = begin(cast.teacher, cast.lab).thread
    first = say(cast.researcher, thread, "Lees dit.").contribution
    second = say(cast.practice_lead, thread, "Of dat.").contribution

    for one in (first, second):
        contribution_marks.mark_useful(as_actor(cast.teacher), one, is_on=True)
        contribution_marks.mark_useful(as_actor(cast.teacher), one, is_on=True)

    assert contribution_marks.list_useful(thread) == [first, second]
    assert told("contribution.useful") == {cast.researcher.id, cast.practice_lead.id}
    with pytest.raises(ForbiddenError):
        contribution_marks.mark_useful(as_actor(cast.researcher), first, is_on=False)
    contributions.perform(as_actor(cast.practice_lead), first, HIDE, reason="Toch niet.")
    assert contribution_marks.list_useful(thread) == [second]
    with pytest.raises(ConflictError):
        contribution_marks.mark_useful(as_actor(cast.teacher), first, is_on=True)


def test_leads_point_researchers_to_a_contribution(cast, as_actor):
    said = begin(cast.teacher, cast.lab)

    contribution_marks.flag_for_researchers(as_actor(cast.practice_lead), said, is_on=True)

    assert told("contribution.for_researchers") == {cast.researcher.id, cast.research_lead.id}
    found = contribution_marks.list_for_researchers(as_actor(cast.researcher), cast.lab.id)
    assert found == [said]
    assert contribution_marks.list_for_researchers(as_actor(cast.outsider), cast.lab.id) == []
    with pytest.raises(ForbiddenError):
        contribution_marks.flag_for_researchers(as_actor(cast.teacher), said, is_on=False)


def test_the_first_answer_to_a_question_is_noted_once_and_not_of_the_asker(cast, as_actor):
    asked = QuestionFactory(asker=cast.bystander, acting_for=cast.school)
    subject = f"questions:{asked.id}"
    threads.start_thread(as_actor(cast.bystander), subject, Words("Weet iemand het?"))
    assert asked.first_reply_at is None

    threads.start_thread(as_actor(cast.outsider), subject, Words("Ja."))
    first = asked.first_reply_at
    clock.set_clock(now() + timedelta(hours=1))
    threads.start_thread(as_actor(cast.researcher), subject, Words("Ik ook."))

    assert first is not None
    assert asked.first_reply_at == first
    assert cast.bystander.id in told("contribution.posted")


def test_an_edit_tells_nobody_but_who_is_named_for_the_first_time(cast, as_actor):
    cast.researcher.given_name, cast.researcher.family_name = "Aisha", "Bakker"
    cast.researcher.particle = ""
    said = begin(cast.teacher, cast.lab)
    say(cast.practice_lead, said.thread)
    before = db.session.query(Event).count()

    author = as_actor(cast.teacher)
    contributions.edit_contribution(author, said, None, Words("Toch anders."))
    assert db.session.query(Event).count() == before
    contributions.edit_contribution(author, said, None, Words("@Aisha Bakker, kijk."))
    contributions.edit_contribution(author, said, None, Words("@Aisha Bakker, kijk even."))

    assert told("contribution.mention") == {cast.researcher.id}
    assert db.session.query(Event).count() == before + 1
    assert db.session.query(Contribution).count() == 2
