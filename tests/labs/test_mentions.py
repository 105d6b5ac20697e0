"""Naming people: only who may read it, and without telling who exists."""

from datetime import timedelta

import pytest

from labapp import clock
from labapp.clock import now, today
from labapp.database import db
from labapp.labs import mentions
from labapp.labs.lab_models import LabVisibility, MemberListVisibility, PostingPolicy
from labapp.labs.thread_models import Mention
from labapp.labs.thread_rights import rights_in
from tests.labs.talking import begin, say, told


def called(user, given, particle, family):
    user.given_name, user.particle, user.family_name = given, particle, family
    return user


@pytest.fixture
def thread(cast):
    called(cast.researcher, "Aïsha", "van den", "Berg")
    called(cast.teacher, "Anna", "", "de Wit")
    called(cast.practice_lead, "Jan", "van 't", "Hoff")
    called(cast.research_lead, "Jan", "", "Hoffman")
    called(cast.outsider, "Piet", "", "Puk")
    return begin(cast.teacher, cast.lab).thread


def named(posted):
    rows = db.session.query(Mention).filter_by(contribution_id=posted.contribution.id)
    return {row.user_id or row.role for row in rows}


@pytest.mark.parametrize(
    ("body", "who"),
    [
        ("@Aïsha van den Berg, kijk.", {"researcher"}),
        ("Vraag het (@aïsha VAN DEN berg)!", {"researcher"}),
        ("@Aïsha weet het.", {"researcher"}),  # the only one with that first name
        ("@Jan weet het.", set()),  # there are two
        ("@Jan van 't Hoff en @Jan Hoffman.", {"practice_lead", "research_lead"}),
        ("Mail naar jan@Aïsha.nl of a@b.nl", set()),
        ("In code: `@Aïsha van den Berg`", set()),
        ("> @Aïsha van den Berg zei dit\n\nNiet waar.", set()),
        ("@Anna de Wit ben ik zelf.", set()),
        ("@Aïsha van den Bergen", set()),  # another name: of nobody, and first name alone is cut
    ],
)
def test_a_name_is_read_as_a_person_of_the_conversation(cast, thread, body, who):
    posted = say(cast.teacher, thread, body)

    wanted = {getattr(cast, name).id for name in who}
    if body.endswith("Bergen"):
        wanted = {cast.researcher.id}  # @Aïsha, the only one
    assert named(posted) == wanted
    assert told("contribution.mention") == wanted


def test_whoever_may_not_see_the_lab_is_not_named_and_not_given_away(cast, thread):
    exists = say(cast.teacher, thread, "@Piet Puk, wat denk jij?")
    invented = say(cast.teacher, thread, "@Klaas Vaak, wat denk jij?")

    assert told("contribution.mention") == set()
    assert "mention" not in exists.contribution.body_html
    assert exists.notices == [n.replace("Klaas", "Piet") for n in invented.notices]
    assert len(exists.notices) == 1


def test_a_name_is_marked_in_words_and_not_in_code_or_links(cast, thread):
    body = "@Aïsha van den Berg & `@Aïsha van den Berg` [@Aïsha van den Berg](https://a.nl) <b>"

    html = say(cast.teacher, thread, body).contribution.body_html

    assert html.count('<strong class="mention">@Aïsha van den Berg</strong>') == 1
    assert "<b>" not in html


def test_who_left_is_no_longer_named(cast, thread):
    say(cast.researcher, thread, "Ik ga weg.")
    cast.researcher.affiliations[0].until_on = today()
    db.session.commit()

    posted = say(cast.teacher, thread, "@Aïsha van den Berg, waar ben je?")

    assert named(posted) == set()


def test_suggestions_are_people_who_may_read_it(cast, as_actor, thread):
    actor = as_actor(cast.teacher)
    rights = rights_in(actor, thread)

    def suggest(text):
        found = mentions.list_mentionable(actor, thread, rights, text)
        return {user.name for user in found}

    assert suggest("jan") == {"Jan van 't Hoff", "Jan Hoffman"}
    assert suggest("hoffm") == {"Jan Hoffman"}
    assert suggest("piet") == suggest("zz") == set()
    assert cast.leader.name in suggest("")
    stranger = as_actor(cast.outsider)
    assert not mentions.list_mentionable(stranger, thread, rights_in(stranger, thread), "")


def test_a_guest_does_not_learn_from_suggestions_who_takes_part(cast, as_actor):
    called(cast.researcher, "Aïsha", "van den", "Berg")
    cast.lab.visibility, cast.lab.posting_policy = LabVisibility.PROGRAMME, PostingPolicy.GUESTS
    thread = begin(cast.teacher, cast.lab).thread
    guest = as_actor(cast.outsider)

    def suggested():
        found = mentions.list_mentionable(guest, thread, rights_in(guest, thread), "")
        return set(found)

    assert suggested() == {cast.teacher}  # who wrote is there to be seen
    assert say(cast.outsider, thread, "@Aïsha van den Berg, hoi").notices
    cast.lab.member_list = MemberListVisibility.READERS
    db.session.commit()
    assert cast.researcher in suggested()


def test_a_group_is_called_three_times_a_week_at_most(cast, thread):
    first = say(cast.teacher, thread, "@trekkers en @onderzoekers: kijk eens.")
    assert named(first) == {"leads", "researchers"}
    assert told("contribution.mention") == {
        cast.practice_lead.id, cast.research_lead.id, cast.researcher.id,
    }  # fmt: skip

    third = say(cast.teacher, thread, "@praktijk ook.")
    fourth = say(cast.teacher, thread, "@praktijk nog eens.")
    assert (named(third), named(fourth)) == ({"practice"}, set())
    assert "drie keer" in fourth.notices[0]
    assert say(cast.researcher, thread, "@praktijk, ik mag nog.").notices == []
    clock.set_clock(now() + timedelta(days=8))
    assert say(cast.teacher, thread, "@trekkers, weer een week.").notices == []


def test_a_guest_calls_no_group(cast):
    cast.lab.visibility, cast.lab.posting_policy = LabVisibility.PROGRAMME, PostingPolicy.GUESTS
    thread = begin(cast.teacher, cast.lab).thread

    posted = say(cast.outsider, thread, "@onderzoekers, help!")

    assert (named(posted), len(posted.notices)) == (set(), 1)
