"""Reports of use: written by a teacher, confirmed by the leader, told upstream once, withdrawn."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from labapp.accounts.models import Role
from labapp.database import db, name_of
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import use_reports
from labapp.labs.red_thread_view import thread_of
from labapp.labs.review_models import UseReportState
from labapp.labs.use_report_duties import list_use_report_duties
from labapp.labs.use_report_states import UseReportAction as U
from labapp.notifications import following, objects
from labapp.notifications.models import Channel, Delivery, Event
from tests.factories import AffiliationFactory
from tests.labs.reviewing import (
    USED,
    confirmed_report,
    make_outside,
    put_report,
    report_step,
)

S = UseReportState


@pytest.fixture
def outside(cast, knowledge_broker):
    return make_outside(cast, knowledge_broker)


@pytest.fixture
def card(outside):
    return outside.made.finding.card


def told(user, code):
    query = (
        select(Event.id)
        .join(Delivery, Delivery.event_id == Event.id)
        .where(Event.type == code, Delivery.user_id == user.id, Delivery.channel == Channel.IN_APP)
    )
    return len(db.session.scalars(query).all())


def test_a_report_is_confirmed_by_the_leader_and_then_everybody_reads_it(outside, card, as_actor):
    report = use_reports.start_report(as_actor(outside.user), card, USED)
    assert use_reports.list_of_card(as_actor(), card) == ([], 0)

    report_step(outside.user, report, U.SUBMIT)
    assert told(outside.head, "use_report.submitted") == 1
    report_step(outside.head, report, U.CONFIRM)

    assert use_reports.list_of_card(as_actor(), card) == ([report], 1)
    assert report.confirmed_by_id == outside.head.id


def test_everybody_upstream_hears_of_it_once(cast, outside, card, as_actor, stranger):
    following.follow(as_actor(stranger), name_of(card))

    confirmed_report(outside)

    for user in (cast.practice_lead, cast.research_lead, cast.teacher, stranger, outside.user):
        assert told(user, "use_report.published") == 1


def test_the_thread_leads_from_the_finding_to_its_use(outside, card, as_actor):
    report = confirmed_report(outside)

    names = [node.name for node in thread_of(as_actor(), name_of(outside.made.finding))]
    assert name_of(report) in names
    report_step(outside.user, report, U.WITHDRAW)
    names = [node.name for node in thread_of(as_actor(), name_of(outside.made.finding))]
    assert name_of(report) not in names


def test_a_report_that_is_withdrawn_is_gone_everywhere(outside, card, as_actor):
    report = confirmed_report(outside)

    report_step(outside.head, report, U.WITHDRAW)

    assert use_reports.list_of_card(as_actor(), card) == ([], 0)
    assert not objects.can_see(as_actor(), name_of(report))
    with pytest.raises(NotFoundError):
        use_reports.get_report(as_actor(), report.id)
    assert use_reports.get_report(as_actor(outside.user), report.id).state is S.WITHDRAWN


def test_a_report_names_the_municipality_unless_the_school_wants_its_name(outside, as_actor):
    report = confirmed_report(outside)
    named = put_report(outside, names_school=True)

    titles = objects.Titles()
    titles.look_up([name_of(report), name_of(named)])

    assert "De Gebruiker" not in titles.of(name_of(report))
    assert "Zwolle" in titles.of(name_of(report))
    assert "De Gebruiker" in titles.of(name_of(named))


def test_what_is_given_back_is_changed_and_handed_in_again(outside, card, as_actor):
    report = use_reports.start_report(as_actor(outside.user), card, USED)
    report_step(outside.user, report, U.SUBMIT)
    report_step(outside.head, report, U.RETURN, "Voor welke groep?")
    assert report.return_note == "Voor welke groep?"
    assert len(list_use_report_duties(as_actor(outside.user))) == 1

    changed = replace(USED, group="groep 7")
    use_reports.save_report(as_actor(outside.user), report, changed, version=report.version)
    report_step(outside.user, report, U.SUBMIT)

    assert report.group == "groep 7"
    assert len(list_use_report_duties(as_actor(outside.head))) == 1
    assert list_use_report_duties(as_actor(outside.user)) == []


def test_what_lies_with_the_leader_is_not_changed(outside, card, as_actor):
    report = use_reports.start_report(as_actor(outside.user), card, USED)
    report_step(outside.user, report, U.SUBMIT)

    with pytest.raises(ForbiddenError):
        use_reports.save_report(as_actor(outside.user), report, USED, version=report.version)


def test_two_who_save_at_once_lose_nothing(outside, card, as_actor):
    report = use_reports.start_report(as_actor(outside.user), card, USED)
    actor, read = as_actor(outside.user), report.version
    use_reports.save_report(actor, report, replace(USED, did="Eerst."), version=read)

    with pytest.raises(ConflictError) as refused:
        use_reports.save_report(actor, report, replace(USED, did="Daarna."), version=read)

    assert (refused.value.theirs["did"], refused.value.yours["did"]) == ("Eerst.", "Daarna.")


def test_one_has_one_report_of_a_card_under_way(outside, card, as_actor):
    use_reports.start_report(as_actor(outside.user), card, USED)

    with pytest.raises(ConflictError, match="al bezig"):
        use_reports.start_report(as_actor(outside.user), card, USED)


def test_who_is_of_no_school_writes_none(outside, card, as_actor):
    with pytest.raises(ForbiddenError, match="namens een school"):
        use_reports.start_report(as_actor(outside.expert), card, USED)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"did": " "}, "did"),
        ({"outcome": ""}, "outcome"),
        ({"changed": "x" * 50_000}, "changed"),
        ({"group": "x" * 161}, "group"),
        ({"outcome": "Jan uit groep 6, bsn 111222333"}, "pupil_data"),
    ],
)
def test_what_is_not_whole_is_refused_at_its_field(outside, card, as_actor, given, field):
    with pytest.raises(InvalidError) as refused:
        use_reports.start_report(as_actor(outside.user), card, replace(USED, **given))

    assert field in refused.value.fields


def test_the_makers_reply_once_and_cannot_stop_it(cast, outside):
    report = confirmed_report(outside)

    with pytest.raises(ForbiddenError):
        report_step(cast.practice_lead, report, U.WITHDRAW)
    report_step(cast.practice_lead, report, U.REPLY, "Wat mooi.")

    assert report.reply == "Wat mooi."
    assert told(outside.user, "use_report.replied") == 1
    with pytest.raises(ConflictError, match="één keer"):
        report_step(cast.research_lead, report, U.REPLY, "En nog iets.")


def test_a_report_on_its_way_is_read_by_its_author_and_leader_alone(cast, outside, card, as_actor):
    colleague = AffiliationFactory(role=Role.TEACHER, organisation=outside.school).user
    report = put_report(outside, S.SUBMITTED)

    for user in (None, colleague, cast.practice_lead, cast.outsider):
        with pytest.raises(NotFoundError):
            use_reports.get_report(as_actor(user), report.id)
        assert use_reports.list_open(as_actor(user), card) == []
    for user in (outside.user, outside.head):
        assert use_reports.list_open(as_actor(user), card) == [report]
    report.state = S.DRAFT
    db.session.commit()
    with pytest.raises(NotFoundError):
        use_reports.get_report(as_actor(outside.head), report.id)


def test_the_list_takes_a_number_of_statements_that_does_not_grow(
    outside, card, as_actor, count_queries
):
    counts = []
    for more in (1, 6):
        for _number in range(more):
            put_report(outside)
        with count_queries() as queries:
            found, _total = use_reports.list_of_card(as_actor(), card)
            assert {report.organisation.municipality for report in found} == {"Zwolle"}
        counts.append(len(queries))

    assert counts[0] == counts[1]
