import pytest

from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.notifications import emitting, following, inbox, objects
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Event
from tests.notifications.conftest import deliveries_of, letters_of, work


def test_each_person_is_told_on_the_site_and_by_mail_and_who_acts_is_not(
    tell, teacher, colleague, researcher
):
    tell("thing.answered", 1, teacher, colleague, researcher)

    for person in (teacher, colleague):
        assert deliveries_of(person) == [("in_app", "weekly", False), ("mail", "weekly", False)]
    assert deliveries_of(researcher) == []


def test_who_acts_hears_it_too_where_the_kind_says_so(things, researcher):
    kind = EventType("thing.kept", "Bewaard", "Bewaard", to_self=True)
    emitting.register(kind)
    with transaction():
        emitting.emit(Actor.of(researcher), kind.code, "things:1", [researcher.id])

    assert len(deliveries_of(researcher)) == 2


def test_the_same_key_reaches_each_person_once_and_for_all(tell, teacher, colleague):
    tell("thing.mentioned", 1, teacher, key="round:7")
    tell("thing.mentioned", 1, teacher, colleague, key="round:7")
    work()
    tell("thing.mentioned", 1, teacher, colleague, key="round:7")
    work()

    assert db.session.query(Event).count() == 1
    for person in (teacher, colleague):
        assert len(deliveries_of(person)) == 2
        assert len(letters_of(person)) == 1


def test_another_kind_or_another_key_is_another_event(tell, teacher):
    tell("thing.answered", 1, teacher, key="a")
    tell("thing.answered", 1, teacher, key="b")
    tell("thing.asked", 1, teacher, key="a")

    assert len(deliveries_of(teacher)) == 6


def test_followers_of_an_object_and_of_the_whole_are_told_where_the_kind_says_so(
    tell, teacher, colleague, stranger, as_actor
):
    following.follow(as_actor(teacher), "things:1")
    following.follow(as_actor(colleague), "things:2")

    tell("thing.answered", 1, stranger, about="things:2")
    tell("thing.asked", 1, stranger, about="things:2")

    assert len(deliveries_of(teacher)) == len(deliveries_of(colleague)) == 2
    assert len(deliveries_of(stranger)) == 4


def test_a_closed_account_is_told_nothing_and_an_unknown_id_harms_nobody(tell, teacher, stranger):
    with transaction():
        stranger.active = False

    tell("thing.answered", 1, teacher, stranger)
    with transaction():
        emitting.emit(Actor.system(), "thing.answered", "things:1", [999_999])

    assert deliveries_of(stranger) == []
    assert len(deliveries_of(teacher)) == 2


def test_what_is_undone_was_never_told(things, teacher, researcher):
    def tell_and_fail():
        with transaction():
            emitting.emit(Actor.of(researcher), "thing.mentioned", "things:1", [teacher.id])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell_and_fail()

    assert deliveries_of(teacher) == []
    assert work() == 0


def test_an_event_that_nobody_registered_is_a_mistake_of_ours(things, teacher, researcher):
    with pytest.raises(KeyError), transaction():
        emitting.emit(Actor.of(researcher), "thing.unheard", "things:1", [teacher.id])


def test_values_stand_in_the_sentence_and_one_that_is_missing_stops_nothing(
    tell, teacher, researcher, as_actor
):
    tell("thing.edited", 1, teacher, values={"part": "100% van <b>"})
    tell("thing.edited", 2, teacher)

    second, first = inbox.list_inbox(as_actor(teacher)).lines
    assert first.words == f"{researcher.name} wijzigde 100% van <b>."
    assert second.words == f"{researcher.name} wijzigde …."


def test_telling_a_thousand_people_takes_no_statement_for_each(
    things, tell, count_queries, researcher
):
    with count_queries() as few, transaction():
        emitting.emit(Actor.of(researcher), "thing.answered", "things:1", [])
    with count_queries() as many, transaction():
        emitting.emit(Actor.of(researcher), "thing.answered", "things:1", range(5000, 6000))

    assert len(many) <= len(few) + 2


@pytest.mark.usefixtures("things")
class TestFollowing:
    def test_following_twice_is_once_and_ends(self, teacher, as_actor):
        actor = as_actor(teacher)

        following.follow(actor, "things:1")
        following.follow(actor, "things:1")

        assert following.is_following(actor, "things:1")
        assert following.followers_of("things:1") == [teacher.id]
        following.unfollow(actor, "things:1")
        following.unfollow(actor, "things:1")
        assert not following.is_following(actor, "things:1")

    @pytest.mark.parametrize(
        "name", ["things:1", "things:999", "things:", "things:-1", "nothing:1", "", "things:1:2",
                 "things:" + "9" * 50_000]
    )  # fmt: skip
    def test_what_one_may_not_see_cannot_be_followed(self, things, teacher, as_actor, name):
        things.close(1, teacher)

        with pytest.raises(Exception, match="bestaat niet"):
            following.follow(as_actor(teacher), name)

    def test_a_visitor_follows_nothing(self, as_actor):
        assert not following.is_following(as_actor(), "things:1")
        with pytest.raises(Exception, match="Log eerst in"):
            following.follow(as_actor(), "things:1")

    def test_after_a_merge_the_followers_of_both_follow_what_is_left(
        self, teacher, colleague, stranger, as_actor
    ):
        following.follow(as_actor(teacher), "things:1")
        following.follow(as_actor(colleague), "things:1")
        following.follow(as_actor(colleague), "things:2")
        following.follow(as_actor(stranger), "things:3")

        following.copy_followers("things:1", "things:2")
        following.copy_followers("things:1", "things:2")

        assert following.followers_of("things:2") == sorted([teacher.id, colleague.id])


def test_an_object_of_a_kind_that_nobody_registered_is_seen_by_nobody(teacher, as_actor):
    assert objects.visible(as_actor(teacher), ["things:1", "x", ":", "things:²"]) == set()
