"""How often one hears of what: which choice counts, saving it, ending mail from a letter."""

import pytest

from labapp.accounts import privacy
from labapp.accounts.actors import Actor
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ConflictError, InvalidError
from labapp.notifications import addresses, following, preferences
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Frequency
from labapp.notifications.preferences import ObjectWish
from tests.notifications.conftest import deliveries_of, letters_of, work

NEVER, AT_ONCE, DAILY, WEEKLY = (
    Frequency.NEVER, Frequency.AT_ONCE, Frequency.DAILY, Frequency.WEEKLY,
)  # fmt: skip
PLAIN = EventType("a.b", "A", "a")
DUTY = EventType("a.b", "A", "a", is_duty=True)
EDIT = EventType("a.b", "A", "a", is_state_change=False, default=AT_ONCE)


@pytest.mark.parametrize(
    ("event_type", "chosen", "expected"),
    [
        (PLAIN, {}, WEEKLY),  # the usual
        (DUTY, {}, AT_ONCE),
        (EDIT, {}, DAILY),
        (PLAIN, {"a.b": DAILY}, DAILY),  # the kind beats the usual
        (PLAIN, {"a.b": DAILY, "q:1": NEVER}, NEVER),  # the object beats the kind
        (PLAIN, {"a.b": NEVER, "q:1": AT_ONCE}, AT_ONCE),
        (PLAIN, {"q:1": NEVER, "p:2": DAILY}, DAILY),  # the nearest of two objects
        (PLAIN, {"q:9": NEVER}, WEEKLY),  # another object says nothing
        (EDIT, {"a.b": AT_ONCE}, DAILY),  # an edit never comes at once
        (EDIT, {"q:1": AT_ONCE}, DAILY),
        (EDIT, {"q:1": NEVER}, NEVER),
        (DUTY, {"a.b": NEVER}, NEVER),
    ],
)
def test_object_beats_kind_beats_usual(event_type, chosen, expected):
    assert preferences.frequency_of(event_type, chosen, "p:2", "q:1") is expected


def test_what_one_wants_no_mail_of_arrives_as_read(tell, teacher, as_actor):
    preferences.save_preferences(as_actor(teacher), {"thing.mentioned": NEVER}, {}, 1)

    tell("thing.mentioned", 1, teacher)
    work()

    assert deliveries_of(teacher) == [("in_app", "never", True)]
    assert letters_of(teacher) == []


def test_choices_are_kept_and_the_usual_leaves_no_row(things, teacher, as_actor):
    actor = as_actor(teacher)
    following.follow(actor, "things:2")

    preferences.save_preferences(
        actor, {"thing.asked": DAILY, "thing.answered": None},
        {"things:1": ObjectWish(is_following=False, frequency=NEVER),
         "things:2": ObjectWish(is_following=False)}, 1,
    )  # fmt: skip

    found = preferences.get_preferences(actor)
    assert {t.code: t.frequency for t in found.types if t.code.startswith("thing")} == {
        "thing.answered": None, "thing.mentioned": None, "thing.edited": None, "thing.asked": DAILY,
    }  # fmt: skip
    assert [(o.title, o.is_following, o.frequency) for o in found.objects] == [
        ("Ding 1", False, NEVER)
    ]
    assert found.version == 2
    assert db.session.query(AuditEvent).order_by(AuditEvent.seq.desc()).first().action == (
        "notifications.chosen"
    )


def test_choices_that_were_read_before_a_change_are_refused_with_both(things, teacher, as_actor):
    actor = as_actor(teacher)
    preferences.save_preferences(actor, {"thing.asked": DAILY}, {}, 1)

    with pytest.raises(ConflictError) as refused:
        preferences.save_preferences(actor, {"thing.asked": NEVER}, {}, 1)

    assert refused.value.theirs == {"thing.asked": "daily"}
    assert refused.value.yours == {"thing.asked": "never"}


@pytest.mark.parametrize(
    ("types", "wishes", "field"),
    [
        ({"thing.unheard": DAILY}, {}, "types"),
        ({}, {"things:1": ObjectWish(is_following=True)}, "objects"),
        ({}, {"x" * 50_000: ObjectWish(is_following=True)}, "objects"),
    ],
)
def test_what_is_not_there_or_not_ones_to_see_cannot_be_chosen(
    things, teacher, as_actor, types, wishes, field
):
    things.close(1, teacher)

    with pytest.raises(InvalidError) as refused:
        preferences.save_preferences(as_actor(teacher), types, wishes, 1)

    assert list(refused.value.fields) == [field]
    assert preferences.get_preferences(as_actor(teacher)).version == 1


def test_what_one_may_no_longer_see_is_not_among_ones_choices(things, teacher, as_actor):
    actor = as_actor(teacher)
    following.follow(actor, "things:1")
    following.follow(actor, "things:2")
    things.close(1, teacher)
    del things.titles[2]

    assert preferences.get_preferences(actor).objects == []


@pytest.mark.usefixtures("things")
class TestThePage:
    def test_it_shows_what_one_chose_and_saves_what_one_chooses(self, browse, teacher, as_actor):
        following.follow(as_actor(teacher), "things:1")
        page = browse(teacher).get("/mijn/meldingen").text
        saved = browse(teacher).post(
            "/mijn/meldingen",
            data={"version": "1", "type.thing.asked": "daily", "object.things:1": "unfollow"},
        )

        assert "Zoals gewoonlijk: meteen" in page
        assert "Ding 1" in page
        assert saved.status_code == 303
        found = preferences.get_preferences(as_actor(teacher))
        assert found.objects == []
        assert {t.frequency for t in found.types if t.code == "thing.asked"} == {DAILY}

    def test_what_is_no_choice_is_refused_at_its_field_and_the_rest_stays(self, browse, teacher):
        answer = browse(teacher).post(
            "/mijn/meldingen",
            data={"version": "1", "type.thing.asked": "hourly", "type.thing.edited": "never"},
        )

        assert answer.status_code == 422
        assert 'href="#type-thing-asked"' in answer.text
        assert '<option value="never" selected>' in answer.text

    def test_what_is_collected_cannot_be_asked_for_at_once(self, browse, teacher):
        page = browse(teacher).get("/mijn/meldingen").text
        answer = browse(teacher).post(
            "/mijn/meldingen", data={"version": "1", "type.thing.edited": "at_once"}
        )

        edits = page.split('id="type-thing-edited"')[1].split("</select>")[0]
        assert "Zoals gewoonlijk: elke dag" in edits
        assert "Meteen" not in edits
        assert answer.status_code == 422

    @pytest.mark.parametrize("version", ["", "x", "²", "9" * 5000, "2"])
    def test_a_form_that_is_not_of_now_shows_both(self, browse, teacher, version):
        answer = browse(teacher).post(
            "/mijn/meldingen", data={"version": version, "type.thing.asked": "never"}
        )

        assert answer.status_code == 409
        assert "Bewaard is nu: Zoals gewoonlijk: meteen." in answer.text
        assert 'name="version" value="1"' in answer.text
        assert '<option value="never" selected>' in answer.text


class TestUnsubscribing:
    @pytest.fixture
    def link(self, tell, teacher):
        """The one-click address in a letter at once."""
        tell("thing.mentioned", 1, teacher)
        work()
        address = letters_of(teacher)[0].headers["List-Unsubscribe"][1:-1]
        return address.removeprefix("http://127.0.0.1:8000")

    def test_opening_the_address_asks_and_ends_nothing(self, browse, link, tell, teacher):
        page = browse().get(link)
        tell("thing.mentioned", 2, teacher)
        work()

        assert page.status_code == 200
        assert "Iemand noemt je" in page.text
        assert len(letters_of(teacher)) == 2

    def test_sending_it_ends_this_mail_at_once_and_no_other(
        self, app, browse, link, tell, teacher, colleague
    ):
        app.config["WTF_CSRF_ENABLED"] = True  # a mail program has no token of a form
        try:
            done = browse().post(link, data={"List-Unsubscribe": "One-Click"})
            browse().post(link, data={"List-Unsubscribe": "One-Click"})
        finally:
            app.config["WTF_CSRF_ENABLED"] = False
        tell("thing.mentioned", 2, teacher, colleague)
        tell("thing.asked", 3, teacher)
        work()

        assert done.status_code == 200
        assert "Je krijgt hierover geen mail meer." in done.text
        assert [letter.subject for letter in letters_of(teacher)] == [
            "Iemand noemt je", "Iets gevraagd",
        ]  # fmt: skip
        assert len(letters_of(colleague)) == 1

    def test_a_form_that_was_open_meanwhile_does_not_undo_it(self, browse, link, teacher):
        browse().post(link)

        answer = browse(teacher).post("/mijn/meldingen", data={"version": "1"})

        assert answer.status_code == 409

    @pytest.mark.usefixtures("things")
    def test_one_object_or_a_whole_digest_can_be_ended(self, browse, teacher, as_actor):
        actor = as_actor(teacher)
        following.follow(actor, "things:1")
        for scope in ("things:1", "digest-weekly"):
            address = addresses.unsubscribe(teacher.id, scope)
            assert browse().get(address).status_code == 200
            assert browse().post(address).status_code == 200

        found = preferences.get_preferences(actor)
        chosen = {t.code: t.frequency for t in found.types if t.code.startswith("thing")}
        assert chosen == {
            "thing.answered": NEVER, "thing.mentioned": None, "thing.edited": None,
            "thing.asked": None,
        }  # fmt: skip
        assert [(o.name, o.is_following, o.frequency) for o in found.objects] == [
            ("things:1", True, NEVER)
        ]

    def test_the_address_tells_no_title_that_one_may_no_longer_see(self, browse, things, teacher):
        things.close(1, teacher)

        page = browse().get(addresses.unsubscribe(teacher.id, "things:1"))

        assert "Ding 1" not in page.text
        assert "Mail over dit onderwerp" in page.text

    @pytest.mark.parametrize("token", ["abc", "W1se", "WzEsICJhIl0.x", "x" * 5000, "W10.%00"])
    def test_an_address_that_is_not_ours_is_not_found(self, browse, token):
        assert browse().get(f"/afmelden/{token}").status_code == 404
        assert browse().post(f"/afmelden/{token}").status_code == 404

    def test_nor_is_that_of_a_person_who_is_gone(self, browse, link, teacher):
        privacy.erase_user(Actor.system(), teacher.id)

        assert browse().post(link).status_code == 404
