"""What you were told, what waits for you and how often you hear of it, under /api/v1."""

from dataclasses import replace
from typing import Any

from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.notifications import addresses, duties, inbox, preferences
from labapp.notifications.preferences import ObjectWish, Preferences
from labapp.notifications.schemas import (
    DutiesSchema,
    NewPreferencesSchema,
    NotificationsSchema,
    PreferencesSchema,
    ReadSchema,
)
from labapp.resources import Resources, asks, refuses
from labapp.rest import PageSchema, etag, matched_version, page_links

resources = Resources(
    "Notifications",
    __name__,
    url_prefix="/api/v1",
    description="What you were told, what waits for you, and how often you hear of it.",
)
LINK = {"Link": {"schema": {"type": "string"}}}
TAG = {"ETag": {"schema": {"type": "string"}}}


@resources.route("/notifications")
class Notifications(MethodView):
    @require_scope("notifications:read")
    @resources.arguments(PageSchema, location="query")
    @resources.response(200, NotificationsSchema, headers=LINK)
    def get(self, values: dict[str, int]) -> Any:
        """List what you were told: one item for each object, the newest first."""
        found = inbox.list_inbox(current_actor(), **values)
        items = [replace(line, url=addresses.whole(line.url)) for line in found.lines]
        links = page_links(values["page"], values["per_page"], found.total)
        return {**vars(found), "items": items}, links


@resources.route("/notifications/read")
class ReadNotifications(MethodView):
    @require_scope("notifications:write")
    @resources.arguments(ReadSchema)
    @resources.response(204)
    def put(self, values: dict[str, int]) -> None:
        """Mark as read what you saw; what arrived after it stays unread."""
        inbox.mark_all_read(current_actor(), values["newest"])


@resources.route("/notifications/preferences")
class NotificationPreferences(MethodView):
    @require_scope("notifications:read")
    @resources.response(200, PreferencesSchema, headers=TAG)
    def get(self) -> Any:
        """Read how often you get mail of each kind of event and of the objects that you follow."""
        return _answer(preferences.get_preferences(current_actor()))

    @require_scope("notifications:write")
    @asks("If-Match")
    @refuses(409)
    @resources.arguments(
        NewPreferencesSchema,
        example={"objects": [{"name": "questions:12", "following": True, "frequency": "daily"}]},
    )
    @resources.response(200, PreferencesSchema, headers=TAG)
    def put(self, values: dict[str, Any]) -> Any:
        """Choose how often you get mail, and follow or leave objects. An object beats a kind."""
        actor = current_actor()
        preferences.save_preferences(
            actor,
            {one["code"]: one["frequency"] for one in values["types"]},
            {
                one["name"]: ObjectWish(is_following=one["following"], frequency=one["frequency"])
                for one in values["objects"]
            },
            matched_version(preferences.get_preferences(actor).version),
        )
        return _answer(preferences.get_preferences(actor))


@resources.route("/duties")
class Duties(MethodView):
    @require_scope("notifications:read")
    @resources.response(200, DutiesSchema)
    def get(self) -> dict[str, Any]:
        """List what waits for you, the oldest first."""
        found = duties.list_duties(current_actor())
        return {"items": [replace(duty, url=addresses.whole(duty.url)) for duty in found]}


def _answer(found: Preferences) -> tuple[Preferences, dict[str, str]]:
    return found, etag(found.version)


RESOURCES = (resources,)
