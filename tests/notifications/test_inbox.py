"""What one was told, on the site: the list, the bell, the feed, and what waits for one."""

from datetime import UTC, date, datetime

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import select

from labapp.accounts import privacy
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import NotFoundError
from labapp.notifications import duties, feeds, inbox, own_feed
from labapp.notifications.duties import Duty
from labapp.notifications.models import Delivery
from tests.notifications.conftest import deliveries_of

ATOM = "{http://www.w3.org/2005/Atom}"


def test_one_line_for_an_object_the_newest_first_with_how_many(tell, teacher, as_actor):
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)
    tell("thing.asked", 3, teacher, about="things:1")

    found = inbox.list_inbox(as_actor(teacher))

    assert [(line.title, line.count, line.url) for line in found.lines] == [
        ("Ding 1", 2, "/dingen/3"), ("Ding 2", 1, "/dingen/2"),
    ]  # fmt: skip
    assert (found.total, found.unread) == (2, 3)


def test_what_one_may_no_longer_see_has_no_line_and_no_count(tell, things, teacher, as_actor):
    actor = as_actor(teacher)
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)
    tell("thing.answered", 3, teacher, about="things:2")
    things.close(1, teacher)
    things.close(3, teacher)

    found = inbox.list_inbox(actor)

    assert [(line.title, line.count) for line in found.lines] == [("Ding 2", 1)]
    assert (found.total, found.unread, inbox.unread_count(actor)) == (1, 1, 1)


def test_opening_a_line_reads_the_object_and_leads_to_it(browse, tell, teacher, as_actor):
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)
    first = inbox.list_inbox(as_actor(teacher)).lines[1]

    answer = browse(teacher).get(f"/meldingen/{first.delivery_id}")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/dingen/1")
    assert inbox.unread_count(as_actor(teacher)) == 1


def test_what_was_told_to_another_or_is_closed_now_is_not_found(
    browse, tell, things, teacher, stranger, as_actor
):
    tell("thing.answered", 1, teacher)
    number = inbox.list_inbox(as_actor(teacher)).lines[0].delivery_id

    assert browse(stranger).get(f"/meldingen/{number}").status_code == 404
    things.close(1, teacher)
    assert browse(teacher).get(f"/meldingen/{number}").status_code == 404
    mail = db.session.scalar(select(Delivery.id).where(Delivery.id != number))
    with pytest.raises(NotFoundError):
        inbox.open_notification(as_actor(teacher), mail)


def test_reading_all_leaves_what_arrived_meanwhile(browse, tell, teacher, as_actor):
    actor = as_actor(teacher)
    tell("thing.answered", 1, teacher)
    seen = inbox.list_inbox(actor).newest
    tell("thing.answered", 2, teacher)

    browse(teacher).post("/meldingen/gelezen", data={"newest": seen})

    assert [line.is_unread for line in inbox.list_inbox(actor).lines] == [True, False]


@pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 300])
def test_nonsense_reads_nothing_that_is_not_there(browse, tell, teacher, stranger, newest):
    tell("thing.answered", 1, stranger)

    assert browse(teacher).post("/meldingen/gelezen", data={"newest": newest}).status_code == 303
    assert deliveries_of(stranger) == [("in_app", "weekly", False), ("mail", "weekly", False)]


def test_the_bell_counts_on_every_page_in_one_statement(browse, tell, teacher, count_queries):
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)

    page = browse(teacher).get("/hulp")
    with count_queries() as queries:
        inbox.unread_count(Actor.of(teacher))

    assert "2 ongelezen berichten" in page.text
    assert len([q for q in queries if "notification" in q]) == 1
    assert "ongelezen" not in browse().get("/hulp").text


def test_a_long_list_has_pages_and_asks_as_much_as_a_short_one(
    browse, tell, teacher, as_actor, count_queries
):
    actor = as_actor(teacher)
    tell("thing.answered", 1, teacher)
    with count_queries() as few:
        inbox.list_inbox(actor)
    for number in range(2, 26):
        tell("thing.answered", number, teacher)
        tell("thing.asked", number, teacher)

    with count_queries() as many:
        found = inbox.list_inbox(actor)
    second = browse(teacher).get("/meldingen?page=2").text

    assert len(many) == len(few)
    assert (len(found.lines), found.total) == (20, 25)
    assert "Ding 1" in second
    assert "Ding 25" not in second
    for page in ("0", "-1", "x", "9" * 50):
        assert browse(teacher).get(f"/meldingen?page={page}").status_code == 200


def test_a_title_is_escaped_and_short(browse, tell, things, teacher):
    things.titles[1] = "<script>" + "x" * 50_000
    tell("thing.answered", 1, teacher)

    page = browse(teacher).get("/meldingen").text

    assert "<script>x" not in page
    assert "x" * 200 not in page


class TestFeed:
    @pytest.fixture
    def feed(self, teacher, as_actor):
        return f"/meldingen/feed/{own_feed.make_feed(as_actor(teacher))}.atom"

    def test_it_has_ones_own_events_by_a_secret_address(self, browse, feed, tell, teacher):
        tell("thing.answered", 1, teacher)
        tell("thing.answered", 1, teacher)

        answer = browse().get(feed)

        assert answer.mimetype == "application/atom+xml"
        assert answer.headers["Cache-Control"] == "private, no-store"
        entries = fromstring(answer.text).findall(f"{ATOM}entry")
        assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Ding 1", "Ding 1"]
        assert entries[0].find(f"{ATOM}link").get("href") == "http://127.0.0.1:8000/dingen/1"

    def test_an_entry_that_one_may_no_longer_see_is_gone(self, browse, feed, tell, things, teacher):
        tell("thing.answered", 1, teacher)
        things.close(1, teacher)

        assert "Ding 1" not in browse().get(feed).text

    def test_another_secret_a_revoked_one_and_that_of_a_closed_account_are_not_found(
        self, browse, feed, teacher, as_actor
    ):
        assert browse().get("/meldingen/feed/abc.atom").status_code == 404
        again = f"/meldingen/feed/{own_feed.make_feed(as_actor(teacher))}.atom"
        assert browse().get(feed).status_code == 404
        assert browse().get(again).status_code == 200
        own_feed.revoke_feed(as_actor(teacher))
        own_feed.revoke_feed(as_actor(teacher))
        assert browse().get(again).status_code == 404
        last = f"/meldingen/feed/{own_feed.make_feed(as_actor(teacher))}.atom"
        with transaction():
            teacher.active = False
        assert browse().get(last).status_code == 404

    def test_its_address_is_shown_once_and_kept_as_a_hash(self, browse, teacher):
        made = browse(teacher).post("/mijn/meldingen/feed")
        later = browse(teacher).get("/mijn/meldingen").text

        assert made.status_code == 201
        assert "/meldingen/feed/" in made.text
        assert "no-store" in made.headers["Cache-Control"]
        assert ".atom" not in later
        assert "Trek de adressen in" in later
        assert browse(teacher).post("/mijn/meldingen/feed/intrekken").status_code == 303

    def test_a_token_of_the_api_makes_no_feed(self, teacher):
        with pytest.raises(Exception, match="token"):
            own_feed.make_feed(Actor.of(teacher, scopes=frozenset({"notifications:write"})))


def test_an_atom_feed_holds_any_text():
    entry = feeds.Entry("urn:1", "<b>&\x00\x1f\ud800 'Kaart' \"π\"", "/x?a=1&b=2",
                        datetime(2026, 11, 22, 9, tzinfo=UTC), "]]>", "Noor")  # fmt: skip

    root = fromstring(feeds.atom("T<", "https://lab.example/f", "/", [entry]))

    assert root.find(f"{ATOM}title").text == "T<"
    assert root.find(f"{ATOM}updated").text == "2026-11-22T09:00:00+00:00"
    assert root.find(f"{ATOM}entry/{ATOM}title").text == "<b>& 'Kaart' \"π\""
    assert root.find(f"{ATOM}entry/{ATOM}author/{ATOM}name").text == "Noor"
    assert fromstring(feeds.atom("T", "i", "u", [])).find(f"{ATOM}updated").text


class TestDuties:
    @pytest.fixture
    def waiting(self, teacher):
        known = dict(duties._providers)

        def provide(actor):
            if actor.id != teacher.id:
                return []
            return [
                Duty("Zonder dag", "/c"),
                Duty("Jong <b>", "/b", since=datetime(2026, 11, 20, 9, tzinfo=UTC)),
                Duty("Oud", "/a", since=datetime(2026, 11, 1, 9, tzinfo=UTC),
                     due_on=date(2026, 11, 15), icon="pen-line"),
            ]  # fmt: skip

        duties.register("test", provide)
        yield
        duties._providers.clear()
        duties._providers.update(known)

    @pytest.mark.usefixtures("waiting")
    def test_they_stand_oldest_first_with_their_age(self, browse, at, teacher, colleague):
        at("2026-11-22T12:00")

        page = browse(teacher).get("/jouw-beurt").text

        assert page.index("Oud") < page.index("Jong &lt;b&gt;") < page.index("Zonder dag")
        assert "Wacht 21 dagen" in page
        assert "Te laat" in page
        assert "Oud" not in browse(colleague).get("/jouw-beurt").text
        assert "Er wacht niets op je" in browse(colleague).get("/jouw-beurt").text

    @pytest.mark.usefixtures("waiting")
    def test_they_stand_on_the_start_page_too(self, browse, teacher):
        assert "Zonder dag" in browse(teacher).get("/").text
        assert "Zonder dag" not in browse().get("/").text
        assert duties.list_duties(Actor.visitor()) == []


class TestPrivacy:
    def test_one_gets_what_one_was_told_and_chose(self, tell, teacher, as_actor):
        tell("thing.answered", 1, teacher)
        own_feed.make_feed(as_actor(teacher))

        found = privacy.export_data(as_actor(teacher))["notifications"]

        assert [one["about"] for one in found["notifications"]] == ["things:1"]
        assert found["feed_made_at"]

    def test_after_erasure_nothing_is_left_and_others_read_no_name(
        self, tell, teacher, researcher, as_actor
    ):
        tell("thing.mentioned", 1, teacher, researcher, actor=as_actor(teacher))
        tell("thing.mentioned", 2, teacher)
        name = teacher.name

        privacy.erase_user(Actor.system(), teacher.id)

        assert deliveries_of(teacher) == []
        words = inbox.list_inbox(as_actor(researcher)).lines[0].words
        assert name not in words
        assert words == "Verwijderd persoon noemt je bij Ding 1."
