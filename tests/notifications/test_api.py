import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.notifications import duties, following, inbox, preferences
from labapp.notifications.duties import Duty
from tests.api.test_openapi import check


@pytest.fixture
def call(app, browse):
    """Call the API as a person: `call(teacher, "get", "duties", json=...)`."""

    def calling(
        user, method, path, scopes=("notifications:read", "notifications:write"), **options
    ):
        _token, text = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)
        headers = {"Authorization": f"Bearer {text}", **options.pop("headers", {})}
        return getattr(browse(), method)(f"/api/v1/{path}", headers=headers, **options)

    return calling


def test_one_reads_what_one_was_told_and_marks_it_as_read(call, tell, teacher, stranger):
    tell("thing.answered", 1, teacher)
    tell("thing.answered", 2, teacher)

    found = call(teacher, "get", "notifications?per_page=1").json
    done = call(teacher, "put", "notifications/read", json={"newest": found["newest"]})

    assert [item["title"] for item in found["items"]] == ["Ding 2"]
    assert found["items"][0]["url"] == "http://127.0.0.1:8000/dingen/2"
    assert (found["total"], found["unread"]) == (2, 2)
    assert done.status_code == 204
    assert inbox.unread_count(Actor.of(teacher)) == 0
    assert call(stranger, "get", "notifications").json["items"] == []


def test_a_list_with_something_on_it_is_as_the_document_says(app, call, tell, things, teacher):
    following.follow(Actor.of(teacher), "things:1")
    tell("thing.answered", 1, teacher)
    document = app.test_client().get("/api/openapi.json").json

    check(document, "getNotifications", call(teacher, "get", "notifications"))
    check(document, "getNotificationPreferences",
          call(teacher, "get", "notifications/preferences"))  # fmt: skip


def test_reading_and_writing_each_ask_their_scope(call, things, teacher):
    reading, other = ("notifications:read",), ("cards:read",)

    assert call(teacher, "get", "notifications", scopes=other).status_code == 403
    assert call(teacher, "put", "notifications/read", scopes=reading,
                json={"newest": 1}).status_code == 403  # fmt: skip
    assert call(teacher, "put", "notifications/preferences", scopes=reading, json={},
                headers={"If-Match": "*"}).status_code == 403  # fmt: skip


@pytest.mark.parametrize("newest", [-1, 2**31, "x", None, 10**400])
def test_nonsense_is_no_place_to_have_read_to(call, things, teacher, newest):
    answer = call(teacher, "put", "notifications/read", json={"newest": newest})

    assert answer.status_code in (400, 422)


def test_choices_are_read_and_made_by_version(call, things, teacher):
    read = call(teacher, "get", "notifications/preferences")
    wish = {"types": [{"code": "thing.asked", "frequency": "weekly"}],
            "objects": [{"name": "things:1", "following": True}]}  # fmt: skip
    tag = {"If-Match": read.headers["ETag"]}

    made = call(teacher, "put", "notifications/preferences", json=wish, headers=tag)
    stale = call(teacher, "put", "notifications/preferences", json=wish, headers=tag)
    blind = call(teacher, "put", "notifications/preferences", json=wish)

    assert made.json["objects"] == [
        {"name": "things:1", "title": "Ding 1", "following": True, "frequency": None}
    ]
    assert stale.status_code == 409
    assert stale.json["theirs"] == {"thing.asked": "weekly", "things:1": "follow"}
    assert blind.status_code == 428


@pytest.mark.parametrize("wish", [
    {"types": [{"code": "thing.unheard", "frequency": "daily"}]},
    {"types": [{"code": "thing.asked", "frequency": "hourly"}]},
    {"objects": [{"name": "things:2", "following": True}]},
    {"objects": [{"name": "x" * 50_000, "following": True}]},
    {"unknown": 1},
])  # fmt: skip
def test_a_choice_that_cannot_be_is_refused(call, things, teacher, wish):
    things.close(2, teacher)

    answer = call(teacher, "put", "notifications/preferences", json=wish, headers={"If-Match": "*"})

    assert answer.status_code == 422
    assert preferences.get_preferences(Actor.of(teacher)).version == 1


def test_one_reads_what_waits_for_one(call, teacher, monkeypatch):
    monkeypatch.setattr(duties, "_providers", {"test": lambda _actor: [Duty("Lees", "/lees")]})

    assert call(teacher, "get", "duties").json["items"] == [
        {"words": "Lees", "url": "http://127.0.0.1:8000/lees", "since": None, "due_on": None,
         "late": False, "object": ""}
    ]  # fmt: skip
