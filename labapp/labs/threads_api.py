"""Conversations as JSON: listed, begun, read, joined in, closed."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import contributions, mentions, reading_marks, thread_page, threads
from labapp.labs.contributions import Posted
from labapp.labs.thread_models import Thread
from labapp.labs.thread_page import Line
from labapp.labs.thread_rights import rights_in
from labapp.labs.thread_schemas import (
    ContributionInputSchema,
    ContributionsSchema,
    PeopleQuerySchema,
    PeopleSchema,
    PostedSchema,
    ThreadInputSchema,
    ThreadQuerySchema,
    ThreadSchema,
    ThreadsSchema,
    ThreadStepSchema,
)
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import PageSchema, etag, idempotent, matched_version, page_links, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
LINK = {"Link": {"schema": {"type": "string"}}}
PLACE = {"Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:thread_id>"

resources = Resources(
    "Threads",
    __name__,
    url_prefix="/api/v1/threads",
    description="Conversations about labs, questions, rounds and findings.",
)


def _me() -> int | None:
    return current_actor().id


def _get(thread_id: int) -> Thread:
    return threads.get_thread(current_actor(), thread_id)


def shown(line: Line) -> dict[str, Any]:
    """Give a contribution as whoever asks may read it."""
    one = line.contribution
    kept = {
        name: getattr(one, name)
        for name in ("id", "thread_id", "state", "created_at", "reply_to_id", "version")
    }
    readable = line.words is not None
    return {
        **kept,
        "kind": one.kind if readable else None,
        "body": one.body if readable else None,
        "html": line.words,
        "said_by": one if readable else None,
        "quote": one.quote if readable and line.shows_quote else None,
        "is_useful": one.is_useful and readable,
        "for_researchers": one.for_researchers and readable,
        "edited_at": one.edited_at if readable else None,
        "actions": line.actions,
    }


def answer_of(posted: Posted) -> tuple[dict[str, Any], dict[str, str]]:
    """Give what was posted, where it is and what its author should know."""
    one = posted.contribution
    line = thread_page.line_of(current_actor(), one)
    place = url_for("Contributions.OneContribution", contribution_id=one.id)
    body = {"contribution": shown(line), "notices": posted.notices}
    return body, etag(one.version) | {"Location": place}


@resources.route("")
class AllThreads(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(ThreadQuerySchema, location="query")
    @resources.response(200, ThreadsSchema, headers=LINK)
    def get(self, query: dict[str, Any]) -> Any:
        """List the conversations of a lab, or give the one about a subject; the latest first."""
        actor, page = current_actor(), query["page"]
        if query["subject"] is not None and query["lab_id"] is None:
            place = threads.find_place(actor, query["subject"])
            one = None if place.has_many else threads.find_thread(actor, place.subject)
            found = [one] if one is not None else []
            total = len(found)
        else:
            listed, total = threads.list_threads(actor, query["lab_id"] or 0, page)
            found = list(listed)
        unread = reading_marks.count_unread(actor, [thread.id for thread in found])
        items = [_item(thread, unread.get(thread.id, 0)) for thread in found]
        return {"items": items}, page_links(page, query["per_page"], total)

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(404, 409, 422)
    @resources.arguments(
        ThreadInputSchema,
        example={"subject": "labs:3", "title": "Wat zien we?", "body": "Ze lezen langer door."},
    )
    @resources.response(201, PostedSchema, headers={**TAG, **PLACE})
    def post(self, values: dict[str, Any]) -> Any:
        """Begin a conversation with its first words; where there is one they go in there."""
        return answer_of(
            threads.start_thread(
                current_actor(), values["subject"], values["words"], title=values["title"]
            )
        )


@resources.route(f"/{ONE}")
class OneThread(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, ThreadSchema, headers=TAG)
    def get(self, thread_id: int) -> Any:
        """Read what a conversation is about and how it stands."""
        one = _get(thread_id)
        return unchanged(one.version) or (one, etag(one.version))


@resources.route(f"/{ONE}/contributions")
class ThreadContributions(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(PageSchema, location="query")
    @resources.response(200, ContributionsSchema, headers=LINK)
    def get(self, query: dict[str, int], thread_id: int) -> Any:
        """Read contributions in their order; each page stays what it is."""
        thread, page, size = _get(thread_id), query["page"], query["per_page"]
        lines = thread_page.list_lines(current_actor(), thread, page, size)
        links = page_links(page, size, thread.contribution_count)
        return {"items": [shown(line) for line in lines]}, links

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(404, 409, 422)
    @resources.arguments(ContributionInputSchema, example={"body": "Bij ons ook.", "kind": "data"})
    @resources.response(201, PostedSchema, headers={**TAG, **PLACE})
    def post(self, values: dict[str, Any], thread_id: int) -> Any:
        """Say something in a conversation."""
        posted = contributions.post_contribution(current_actor(), _get(thread_id), values["words"])
        return answer_of(posted)


@resources.route(f"/{ONE}/steps")
class ThreadSteps(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.arguments(
        ThreadStepSchema, example={"action": "close", "reason": "Dit weten we nu."}
    )
    @resources.response(200, ThreadSchema, headers=TAG)
    def post(self, values: dict[str, Any], thread_id: int) -> Any:
        """Close a conversation with its conclusion, open it again, lock or unlock it."""
        one = _get(thread_id)
        version = matched_version(one.version)
        threads.perform(current_actor(), one, version=version, **values)
        return one, etag(one.version)


@resources.route(f"/{ONE}/read")
class ReadThread(MethodView):
    @require_scope("labs:write")
    @refuses(404)
    @resources.response(204)
    def put(self, thread_id: int) -> None:
        """Mark all that is in a conversation as read."""
        reading_marks.mark_all_read(current_actor(), _get(thread_id))


@resources.route(f"/{ONE}/people")
class ThreadPeople(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.arguments(PeopleQuerySchema, location="query")
    @resources.response(200, PeopleSchema)
    def get(self, query: dict[str, str], thread_id: int) -> Any:
        """List whom you can name with @: only people who may read the conversation."""
        actor, thread = current_actor(), _get(thread_id)
        rights = rights_in(actor, thread)
        return {"items": mentions.list_mentionable(actor, thread, rights, query["q"])}


def _item(thread: Thread, unread: int) -> dict[str, Any]:
    names = ThreadSchema().fields
    return {**{name: getattr(thread, name) for name in names}, "unread": unread}
